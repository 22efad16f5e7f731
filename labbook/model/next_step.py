"""A next step: one object from the note that raised it to the review that settles it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt

    from labbook.model.moment import Moment


class StepState(StrEnum):
    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"


REMOVED_FROM_NOTE = "removed from note"


@dataclass(frozen=True, slots=True)
class NextStep:
    """An item to do, open until it is done or dropped.

    position: its place among the note's `- [ ]` items
    note_id: the note that raised it; None when a review did
    carried: how many reviews have carried it on
    because: why it was dropped, or what settled it
    """

    id: int
    text: str
    state: StepState
    raised: dt.date
    position: int = 0
    note_id: int | None = None
    thread: str | None = None
    carried: int = 0
    because: str = ""
    settled: Moment | None = None


def match_steps(old: Sequence[str], new: Sequence[str]) -> list[int | None]:
    """For each new item, which old one it continues (an index), or None for a new one.

    Items are matched by exact text first, then by order, so that a reworded item keeps its
    identity. An old item that no new one continues has been removed.
    """
    continued: list[int | None] = [None] * len(new)
    free = set(range(len(old)))
    for index, text in enumerate(new):
        same = next((other for other in sorted(free) if old[other] == text), None)
        if same is not None:
            continued[index] = same
            free.remove(same)
    # What is left is matched between its neighbours, so that of an item removed at the top
    # and another added at the end, the second does not become the first reworded. Where
    # items have changed places, the neighbours stand the other way round.
    for index, found in enumerate(continued):
        if found is not None:
            continue
        before = next((c for c in reversed(continued[:index]) if c is not None), -1)
        after = next((c for c in continued[index + 1 :] if c is not None), len(old))
        low, high = sorted((before, after))
        between = [other for other in sorted(free) if low < other < high]
        if between:
            continued[index] = between[0]
            free.remove(between[0])
    return continued
