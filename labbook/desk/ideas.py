"""The backburner: ideas kept, weighed, promoted to threads or buried with a reason."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from labbook.desk.desk import Desk
from labbook.errors import UsageError
from labbook.model.idea import LARGEST_FACTOR, Idea, IdeaState, by_worth, read_importance

if TYPE_CHECKING:
    from labbook.model import Note

IDEA_TAG = "idea"

_WORD = re.compile(r"[^\W\d_]{4,}")
_NOTE = re.compile(r"note:([0-9]{1,18})")
_REVIEW = re.compile(r"review:[0-9.W-]{4,22}")
_STEM = 6
_MOST_WORDS = 24
_NAME_WORDS = 4


def ideas(
    desk: Desk, *, everything: bool = False, sort: Literal["worth", "age"] = "worth"
) -> tuple[Idea, ...]:
    """The ideas that are kept, the best worth for its cost first, or the oldest.

    everything: also those that were promoted or buried
    """
    from labbook.store import ideas as store

    states = None if everything else (IdeaState.KEPT,)
    found = store.ideas(desk.notebook, states=states)
    return found if sort == "age" else tuple(sorted(found, key=by_worth))


def idea(desk: Desk, idea_id: int) -> Idea:
    """One idea.

    Raises:
        NotFound: there is none of that id.
    """
    from labbook.store import ideas as store

    return store.idea(desk.notebook, idea_id)


def add(
    desk: Desk,
    text: str = "",
    *,
    origin: str | None = None,
    thread: str | None = None,
    importance: str | None = None,
    cost: float | None = None,
    tags: Sequence[str] = (),
) -> tuple[Idea, tuple[Idea, ...]]:
    """Keep an idea.

    text: empty for the text of the note that it comes from
    origin: "note:12", or "review:2026-W47"
    importance: "10%", "10x" or a factor
    tags: besides those in the text

    Returns: the idea, and those there were that say much the same.

    Raises:
        NotFound: there is no such note.
        UsageError: there is nothing in it; something cannot be understood; or the note's text
            is an idea already.
    """
    from labbook.store import ideas as store
    from labbook.text.markdown import parse_note

    better = None if importance is None else factor(importance)
    review = _REVIEW.fullmatch(origin or "")
    note = None if origin is None or review is not None else _note(desk, origin)
    if note is not None and not text.strip():
        _refuse_twice(desk, note)
        text = note.body
    marks = parse_note(text)
    alike = similar(desk, text)
    moment = desk.clock()
    named = thread or (note.thread if note else None) or next(iter(marks.threads), None)
    kept = store.add(
        desk.notebook,
        text,
        moment=moment,
        day=moment.day(desk.settings.day_starts_at),
        thread=named,
        importance=better,
        cost=cost,
        tags=[*marks.tags, *map(tag_name, tags)],
        note_id=note.id if note else None,
        origin=review[0] if review else "",
    )
    return kept, alike


def edit(
    desk: Desk,
    idea_id: int,
    *,
    text: str | None = None,
    thread: str | None = None,
    importance: str | None = None,
    cost: float | None = None,
    tags: Sequence[str] | None = None,
    version: int | None = None,
) -> Idea:
    """Change an idea; what is None stays.

    tags: all that it has from now on
    version: the version that the change was made from; None for whichever it is

    Raises:
        NotFound: there is no such idea.
        StoreError: somebody changed it meanwhile.
        UsageError: something cannot be understood.
    """
    from labbook.store import ideas as store

    return store.edit(
        desk.notebook,
        idea_id,
        moment=desk.clock(),
        text=text,
        thread=thread,
        importance=None if importance is None else factor(importance),
        cost=cost,
        tags=None if tags is None else [tag_name(tag) for tag in tags],
        version=version,
    )


def promote(desk: Desk, idea_id: int, thread: str | None = None) -> Idea:
    """Make a thread of an idea, or let it join one.

    thread: its name; by default the idea's own, else one from its first words

    Raises:
        NotFound: there is no such idea.
        UsageError: that can be no thread's name, or the idea's words make none.
    """
    from labbook.store import ideas as store

    found = idea(desk, idea_id)
    name = thread or found.thread or _name_from(found.title)
    return store.promote(desk.notebook, idea_id, name, moment=desk.clock())


def bury(desk: Desk, idea_id: int, because: str) -> Idea:
    """Put an idea away, with the reason.

    Raises:
        NotFound: there is no such idea.
        UsageError: no reason is given.
    """
    from labbook.store import ideas as store

    if not because.strip():
        raise UsageError("An idea is buried with a reason.", hint='--because "too incremental"')
    return store.bury(desk.notebook, idea_id, because, moment=desk.clock())


def restore(desk: Desk, idea_id: int) -> Idea:
    """Take a buried or promoted idea back onto the list.

    Raises:
        NotFound: there is no such idea.
    """
    from labbook.store import ideas as store

    return store.restore(desk.notebook, idea_id, moment=desk.clock())


def similar(desk: Desk, text: str) -> tuple[Idea, ...]:
    """The ideas that have two or more words, and half of the shorter one's, in common with a text.

    Words are compared by their first six letters, so that their endings do not matter.
    """
    from labbook.store import ideas as store

    mine = _stems(text)
    found = []
    for other in store.with_any_word(desk.notebook, mine[:_MOST_WORDS]):
        theirs = _stems(other.text)
        shared = len(set(mine) & set(theirs))
        if shared >= 2 and 2 * shared >= min(len(mine), len(theirs)):
            found.append(other)
    return tuple(found)


def notes_not_taken(desk: Desk) -> tuple[int, tuple[Note, ...]]:
    """How many notes are tagged #idea and gave none yet, and the newest few of them."""
    from labbook.store import ideas as store

    return store.notes_not_taken(desk.notebook, IDEA_TAG)


def _stems(text: str) -> list[str]:
    words = (word.lower()[:_STEM] for word in _WORD.findall(text))
    return [word for word in dict.fromkeys(words) if word != IDEA_TAG]


def factor(text: str) -> float:
    """By what factor an importance says that things would be better.

    Raises:
        UsageError: it is none.
    """
    found = read_importance(text)
    if found is None:
        raise UsageError(
            f"{text!r} is no importance.",
            hint="Would it make things 10% better, or 10x? A factor too is above 1, and at most "
            f"{LARGEST_FACTOR:g}.",
        )
    return found


def _note(desk: Desk, origin: str) -> Note:
    from labbook.store import notes

    found = _NOTE.fullmatch(origin.strip())
    if found is None:
        raise UsageError(
            f"{origin!r} is no origin.", hint="Write it as note:12, or as review:2026-W47."
        )
    return notes.note(desk.notebook, int(found[1]))


def _refuse_twice(desk: Desk, note: Note) -> None:
    from labbook.store import ideas as store

    for other in store.ideas(desk.notebook):
        if other.note_id == note.id:
            raise UsageError(
                f"Note {note.id} is idea {other.id} already.",
                hint="Give a text of its own for another one.",
            )


def tag_name(name: str) -> str:
    """A tag as it is kept, from what was typed.

    Raises:
        UsageError: it cannot be one.
    """
    from labbook.text.markdown import parse_note

    tags = parse_note(f"#{name.removeprefix('#')}").tags
    if len(tags) != 1 or tags[0] != name.removeprefix("#").lower():
        raise UsageError(f"{name!r} cannot be a tag.", hint="A tag has letters, digits, - and _.")
    return tags[0]


def _name_from(title: str) -> str:
    words = [word.lower() for word in _WORD.findall(title)][:_NAME_WORDS]
    if not words:
        raise UsageError("No thread's name can be made of its words.", hint="Give --thread NAME.")
    return "-".join(words)
