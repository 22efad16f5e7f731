"""Which thread an untagged note probably belongs to: a suggestion, with its reasons."""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labbook.desk.desk import Desk
from labbook.desk.time import GAP_US

if TYPE_CHECKING:
    from labbook.model import Note
    from labbook.text.period import Period

_WORD = re.compile(r"[^\W\d_]{5,}")
_MOST_WORDS = 12
_NEIGHBOUR = 1.0
_ENOUGH = 1.0


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A note and the thread that it probably belongs to.

    reasons: why, each in a few words
    """

    note: Note
    thread: str
    reasons: tuple[str, ...]


def suggestions(desk: Desk, period: Period) -> tuple[Suggestion, ...]:
    """For each of the period's notes that names no thread and was given none, a guess if any.

    A note of the same sitting, just before or after, counts one for its thread; a word counts
    as much of one as few threads use it. Below one in all, nothing is suggested.
    """
    from labbook.store import thread_contents as store

    notes = store.notes_around(desk.notebook, period, GAP_US)
    known: dict[str, dict[str, int]] = {}
    found = []
    for place, note in enumerate(notes):
        if note.threads or note.day not in period:
            continue
        scores: dict[str, float] = defaultdict(float)
        reasons: dict[str, list[str]] = defaultdict(list)
        _by_neighbours(notes, place, scores, reasons)
        for word in _words(note.body):
            if word not in known:
                known[word] = store.threads_with_word(desk.notebook, word)
            for thread in known[word]:
                scores[thread] += 1 / len(known[word])
                reasons[thread].append(f"“{word}”")
        best = max(scores, key=lambda thread: (scores[thread], thread), default=None)
        if best is not None and scores[best] >= _ENOUGH:
            found.append(Suggestion(note, best, tuple(reasons[best])))
    return tuple(found)


def _by_neighbours(
    notes: Sequence[Note], place: int, scores: dict[str, float], reasons: dict[str, list[str]]
) -> None:
    """The nearest note with a thread before and after, as long as the sitting lasts."""
    for walk in (notes[place::-1], notes[place:]):
        for near, far in itertools.pairwise(walk):
            if abs(near.time.us - far.time.us) >= GAP_US:
                break
            if far.thread is not None:
                scores[far.thread] += _NEIGHBOUR
                reasons[far.thread].append(f"beside note {far.id}")
                break


def _words(body: str) -> list[str]:
    """A note's longer words, the longest first: they say most of what it is about."""
    words = dict.fromkeys(word.lower() for word in _WORD.findall(body))
    return sorted(words, key=len, reverse=True)[:_MOST_WORDS]
