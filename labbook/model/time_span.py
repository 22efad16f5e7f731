"""Time spent on a thread: measured by a timer, entered by hand, or estimated from what was done."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from labbook.model.moment import Moment

SpanSource = Literal["timed", "entered"]


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """A stretch of time that somebody says they spent on a thread. No two overlap.

    end: None while the timer runs
    source: by starting and stopping a timer, or by hand afterwards
    """

    id: int
    thread: str
    start: Moment
    end: Moment | None
    source: SpanSource = "timed"
    note: str = ""


@dataclass(frozen=True, slots=True)
class Activity:
    """Something that was done at a moment and is known to the notebook: a save, a run begun.

    thread: the one that it names, if any
    """

    at_us: int
    thread: str | None = None


@dataclass(frozen=True, slots=True)
class Stretch:
    """Part of a day that goes to one thread, in microseconds since 1970; its end is not in it.

    is_estimate: worked out from what was done, never measured
    """

    start_us: int
    end_us: int
    thread: str | None
    is_estimate: bool = False

    @property
    def seconds(self) -> float:
        return (self.end_us - self.start_us) / 1e6


def estimated(
    done: tuple[Activity, ...], measured: tuple[Stretch, ...], *, gap_us: int, lead_us: int
) -> tuple[Stretch, ...]:
    """What the time beside the measured one was probably spent on.

    Two things done less than `gap_us` apart are one sitting, and the time between them goes to
    the later one's thread, or to the earlier's where the later has none; before the first of a
    sitting come `lead_us`. What was measured is left out.
    """
    found: list[Stretch] = []
    before: Activity | None = None
    thread: str | None = None
    for each in sorted(done, key=lambda activity: activity.at_us):
        sitting = before is not None and each.at_us - before.at_us < gap_us
        thread = each.thread or (thread if sitting else None)
        start = before.at_us if before is not None and sitting else each.at_us - lead_us
        if before is not None and not sitting:
            start = max(start, before.at_us)
        if start < each.at_us:
            found.append(Stretch(start, each.at_us, thread, is_estimate=True))
        before = each
    return tuple(_without(found, measured))


def _without(stretches: list[Stretch], measured: tuple[Stretch, ...]) -> Iterator[Stretch]:
    """The parts of the first that lie in none of the second; neither overlaps itself."""
    taken = sorted(measured, key=lambda stretch: stretch.start_us)
    ends = [stretch.end_us for stretch in taken]
    for each in stretches:
        start = each.start_us
        for other in taken[bisect_right(ends, start) :]:
            if other.start_us >= each.end_us:
                break
            if start < other.start_us:
                yield replace(each, start_us=start, end_us=other.start_us)
            start = other.end_us
        if start < each.end_us:
            yield replace(each, start_us=start)
