"""The long view: weeks beside threads, and what became of what was begun."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from labbook.desk import time
from labbook.desk.desk import Desk
from labbook.model.moment import Moment
from labbook.model.thread import Thread, ThreadState
from labbook.model.time_span import Stretch
from labbook.text.period import Period

UNTOUCHED_DAYS = 28
"""An active thread that nobody touched for so long counts as half-finished."""

MANY_BEGUN = 4
MUCH_UNFINISHED = 1 / 3
"""With so many threads begun, and such a share of time in half-finished ones, it is a pattern."""

DEFAULT_WEEKS = 12


@dataclass(frozen=True, slots=True)
class Strand:
    """One thread's part in the weeks of a long view.

    measured, estimated: seconds of each week
    begun: whether its first note, run or span lies in the period
    """

    thread: Thread
    measured: tuple[float, ...]
    estimated: tuple[float, ...]
    begun: bool
    is_half_finished: bool

    @property
    def seconds(self) -> float:
        return sum(self.measured) + sum(self.estimated)


@dataclass(frozen=True, slots=True)
class LongView:
    """Several weeks at once.

    weeks: the ISO weeks that the period touches, each cut to it
    strands: the threads with any time, most of it first
    switches: how often one thread followed another in each week
    """

    period: Period
    weeks: tuple[Period, ...]
    strands: tuple[Strand, ...]
    switches: tuple[int, ...]

    @property
    def touched(self) -> tuple[int, ...]:
        """How many threads each week had."""
        return tuple(
            sum(bool(each.measured[place] + each.estimated[place]) for each in self.strands)
            for place in range(len(self.weeks))
        )

    @property
    def seconds(self) -> float:
        return sum(each.seconds for each in self.strands)

    @property
    def delivered(self) -> tuple[Strand, ...]:
        """The threads that have delivered by now."""
        return tuple(s for s in self.strands if s.thread.state is ThreadState.DELIVERED)

    @property
    def half_finished(self) -> tuple[Strand, ...]:
        """Left, paused, or active and untouched for long; most time first. A dead end is none."""
        return tuple(each for each in self.strands if each.is_half_finished)

    def share(self, strands: Sequence[Strand]) -> float:
        """The part of all the time that went into these, from 0 to 1."""
        return sum(each.seconds for each in strands) / self.seconds if self.seconds else 0.0


def default_period(desk: Desk) -> Period:
    """The last twelve weeks, this one included."""
    this = Period.week_of(desk.today())
    return Period(this.first - dt.timedelta(weeks=DEFAULT_WEEKS - 1), this.last)


def view(desk: Desk, period: Period) -> LongView:
    """The weeks of a period, side by side."""
    from labbook.store import threads as store

    weeks = _weeks(period)
    measured, guessed = time.stretches(desk, period)
    known, guesses = time.by_day(desk, measured), time.by_day(desk, guessed)
    strands = [
        Strand(
            each,
            _by_week(known.get(each.name, {}), weeks),
            _by_week(guesses.get(each.name, {}), weeks),
            begun=_lies_in(desk, each.began, period),
            is_half_finished=_is_half_finished(desk, each),
        )
        for each in store.all_threads(desk.notebook, now=desk.clock())
        if each.name in known or each.name in guesses
    ]
    strands.sort(key=lambda strand: (-strand.seconds, strand.thread.name))
    return LongView(period, weeks, tuple(strands), _switches(desk, [*measured, *guessed], weeks))


def sentences(desk: Desk, found: LongView) -> tuple[str, ...]:
    """What the weeks say, with the numbers that it rests on."""
    if not found.strands:
        return ()
    delivered = [f"@{each.thread.name}" for each in found.delivered]
    told = [
        f"Of {found.seconds / 3600:.1f} h on threads, {found.share(found.delivered):.0%} went into "
        + (f"what has delivered: {', '.join(delivered)}." if delivered else "what has delivered.")
    ]
    told.append(
        f"In a week there were typically {median(found.touched):g} threads, and "
        f"{median(found.switches):g} switches from one to another."
    )
    if found.half_finished:
        listed = ", ".join(
            f"@{each.thread.name} ({each.seconds / 3600:.1f} h, {_why(each.thread)})"
            for each in found.half_finished[:5]
        )
        told.append(f"Half-finished, by the time in them: {listed}.")
    return (*told, *_gentle(desk, found))


def _gentle(desk: Desk, found: LongView) -> tuple[str, ...]:
    """One sentence when much was begun and nothing delivered; dead ends are no reproach."""
    begun = [each for each in found.strands if each.begun]
    share = found.share(found.half_finished)
    if (
        not desk.settings.gentle
        or found.delivered
        or len(begun) < MANY_BEGUN
        or share < MUCH_UNFINISHED
    ):
        return ()
    half = sum(each.seconds for each in found.half_finished) / 3600
    sentence = (
        f"In these {len(found.weeks)} weeks {len(begun)} threads were begun and none delivered, "
        f"and {share:.0%} of the time ({half:.1f} of {found.seconds / 3600:.1f} h) lies in "
        "half-finished ones: perhaps one of them is worth following through. "
        "(`gentle = false` in settings.toml silences this.)"
    )
    return (sentence,)


def _is_half_finished(desk: Desk, thread: Thread) -> bool:
    if thread.state in (ThreadState.LEFT, ThreadState.PAUSED):
        return True
    touched = (thread.touched or thread.created).day(desk.settings.day_starts_at)
    return thread.state is ThreadState.ACTIVE and (desk.today() - touched).days >= UNTOUCHED_DAYS


def _why(thread: Thread) -> str:
    if thread.state is not ThreadState.ACTIVE:
        return thread.standing
    return f"untouched since {(thread.touched or thread.created).local:%Y-%m-%d}"


def _weeks(period: Period) -> tuple[Period, ...]:
    found = []
    first = period.first
    while first <= period.last:
        last = min(Period.week_of(first).last, period.last)
        found.append(Period(first, last))
        first = last + dt.timedelta(days=1)
    return tuple(found)


def _by_week(by_day: dict[dt.date, float], weeks: Sequence[Period]) -> tuple[float, ...]:
    return tuple(sum(by_day.get(day, 0.0) for day in week.days()) for week in weeks)


def _lies_in(desk: Desk, moment: Moment | None, period: Period) -> bool:
    return moment is not None and moment.day(desk.settings.day_starts_at) in period


def _switches(desk: Desk, stretches: Sequence[Stretch], weeks: Sequence[Period]) -> tuple[int, ...]:
    """A switch counts in the week in which the later thread begins; the first of a week is none."""
    zone, starts = desk.clock().zone, desk.settings.day_starts_at
    named = sorted((each for each in stretches if each.thread), key=lambda each: each.start_us)
    places = {week.first: place for place, week in enumerate(weeks)}
    counts = [0] * len(weeks)
    week_of = [
        places[max(Period.week_of(Moment(each.start_us, zone).day(starts)).first, weeks[0].first)]
        for each in named
    ]
    for (before, was), (after, place) in itertools.pairwise(zip(named, week_of, strict=True)):
        counts[place] += was == place and before.thread != after.thread
    return tuple(counts)
