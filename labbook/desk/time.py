"""Time: the timer, spans entered by hand, and where a period went."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labbook.desk.desk import Desk
from labbook.model.moment import Moment, journal_day, time_zone
from labbook.model.time_span import Stretch, TimeSpan, estimated

if TYPE_CHECKING:
    from labbook.text.period import Period

GAP_US = 30 * 60 * 1_000_000
"""What is done less than this apart is one sitting."""

LEAD_US = 5 * 60 * 1_000_000
"""What comes before the first thing that was done in a sitting."""

_MARGIN_US = 36 * 3600 * 1_000_000


@dataclass(frozen=True, slots=True)
class TimeTable:
    """Where a period went, in seconds.

    measured, estimated: by thread (None for what names none) and day; a day without any is
        missing. An estimate covers only what was not measured
    """

    period: Period
    measured: dict[str, dict[dt.date, float]]
    estimated: dict[str | None, dict[dt.date, float]]

    @property
    def threads(self) -> tuple[str, ...]:
        """Those with measured time, most of it first."""
        return tuple(sorted(self.measured, key=lambda name: (-self.total(name), name)))

    def total(self, thread: str | None = None) -> float:
        """Measured seconds, of one thread or of all."""
        chosen = self.measured.values() if thread is None else [self.measured.get(thread, {})]
        return sum(sum(days.values()) for days in chosen)

    def estimate(self) -> float:
        """Estimated seconds, of all threads."""
        return sum(sum(days.values()) for days in self.estimated.values())


def start(desk: Desk, thread: str, *, note: str = "") -> tuple[TimeSpan, TimeSpan | None]:
    """Start the timer on a thread; one that runs on another ends now.

    Returns: the running span, and the one that ended for it.

    Raises:
        UsageError: that can be no thread's name, or a span of the future stands in the way.
    """
    from labbook.store import time_spans

    before = time_spans.running(desk.notebook)
    found = time_spans.start(desk.notebook, thread, now=desk.clock(), note=note)
    return found, before if before is not None and before.id != found.id else None


def stop(desk: Desk, *, at: Moment | None = None) -> TimeSpan:
    """Stop the timer.

    Raises:
        NotFound: none runs.
        UsageError: it was started later than `at`.
    """
    from labbook.store import time_spans

    return time_spans.stop(desk.notebook, at=at or desk.clock())


def running(desk: Desk) -> TimeSpan | None:
    """The span whose timer runs."""
    from labbook.store import time_spans

    return time_spans.running(desk.notebook)


def idle_since(desk: Desk, span: TimeSpan, until: Moment) -> Moment | None:
    """When the last thing was done in a span, if that is a sitting's gap or more before `until`.

    None where it is not, or where nothing at all was done: then nothing is known.
    """
    from labbook.store import time_spans

    done = time_spans.activities(desk.notebook, span.start.us, until.us)
    if not done or until.us - done[-1].at_us < GAP_US:
        return None
    return Moment(done[-1].at_us, until.zone)


def add(desk: Desk, thread: str, begin: Moment, end: Moment, note: str = "") -> TimeSpan:
    """Enter a span by hand.

    Raises:
        UsageError: it ends before it begins, lies in the future, or overlaps another.
    """
    from labbook.store import time_spans

    _refuse_future(desk, end)
    return time_spans.add(desk.notebook, thread, begin, end, note)


def edit(
    desk: Desk,
    span_id: int,
    *,
    thread: str | None = None,
    begin: Moment | None = None,
    end: Moment | None = None,
    note: str | None = None,
) -> TimeSpan:
    """Change a span; what is None stays.

    Raises:
        NotFound: there is no such span.
        UsageError: as for `add`.
    """
    from labbook.store import time_spans

    for moment in (begin, end):
        if moment is not None:
            _refuse_future(desk, moment)
    return time_spans.edit(desk.notebook, span_id, thread=thread, start=begin, end=end, note=note)


def remove(desk: Desk, span_id: int) -> TimeSpan:
    """Take a span away, and return what it was.

    Raises:
        NotFound: there is no such span.
    """
    from labbook.store import time_spans

    return time_spans.remove(desk.notebook, span_id)


def restore(desk: Desk, span: TimeSpan) -> TimeSpan:
    """Let a span be again as it was, whether it was changed, stopped or taken away since.

    Raises:
        UsageError: another overlaps it by now.
    """
    from labbook.store import time_spans

    return time_spans.restore(desk.notebook, span)


def unstart(desk: Desk, begun: TimeSpan, before: TimeSpan | None) -> None:
    """Take back what `start` did.

    Raises:
        UsageError: that timer has ended since.
    """
    from labbook.store import time_spans

    time_spans.unstart(desk.notebook, begun.id, before)


def span(desk: Desk, span_id: int) -> TimeSpan:
    """One span.

    Raises:
        NotFound: there is none of that id.
    """
    from labbook.store import time_spans

    return time_spans.span(desk.notebook, span_id)


def spans(desk: Desk, period: Period) -> tuple[TimeSpan, ...]:
    """The spans that touch the period's days, by their beginning."""
    from labbook.store import time_spans

    first, last = _borders(desk, period)
    return time_spans.spans(desk.notebook, first, last)


def table(desk: Desk, period: Period) -> TimeTable:
    """Where a period went: what was measured, and beside it what was probably done."""
    measured, guessed = stretches(desk, period)
    known: dict[str, dict[dt.date, float]] = {}
    for thread, days in by_day(desk, measured).items():
        known[str(thread)] = days
    return TimeTable(period, known, by_day(desk, guessed))


def tables(desk: Desk, period: Period, before: int) -> tuple[TimeTable, ...]:
    """The table of a period, then those of so many of the same length before it."""
    found = [table(desk, period)]
    for _ in range(before):
        found.append(table(desk, found[-1].period.before()))
    return tuple(found)


def stretches(desk: Desk, period: Period) -> tuple[list[Stretch], list[Stretch]]:
    """What was measured in a period, and what was probably done beside it, each in order."""
    from labbook.store import time_spans

    first, last = _borders(desk, period)
    now = desk.clock()
    measured = [
        Stretch(max(span.start.us, first), min((span.end or now).us, last), span.thread)
        for span in time_spans.spans(desk.notebook, first, last)
        if max(span.start.us, first) < min((span.end or now).us, last)
    ]
    done = time_spans.activities(desk.notebook, first - _MARGIN_US, last)
    guessed = [
        Stretch(max(each.start_us, first), min(each.end_us, last), each.thread, is_estimate=True)
        for each in estimated(done, tuple(measured), gap_us=GAP_US, lead_us=LEAD_US)
        if max(each.start_us, first) < min(each.end_us, last)
    ]
    return measured, guessed


def remarks(found: TimeTable) -> tuple[str, ...]:
    """What a period's time says of itself, in sentences."""
    measured, guessed = found.total(), found.estimate()
    told = []
    if guessed:
        told.append(
            f"{measured / 3600:.1f} h were measured; {guessed / 3600:.1f} h more are an estimate "
            "from what was written and run while no timer ran."
        )
    return tuple(told)


def by_day(desk: Desk, stretches: Iterable[Stretch]) -> dict[str | None, dict[dt.date, float]]:
    """Seconds by thread and journal day; a stretch over the end of a day is cut there."""
    zone = desk.clock().zone
    found: dict[str | None, dict[dt.date, float]] = defaultdict(lambda: defaultdict(float))
    for each in stretches:
        start = each.start_us
        while start < each.end_us:
            day = Moment(start, zone).day(desk.settings.day_starts_at)
            end = min(each.end_us, _begin(desk, day + dt.timedelta(days=1), zone))
            found[each.thread][day] += (end - start) / 1e6
            start = end
    return {thread: dict(days) for thread, days in found.items()}


def _borders(desk: Desk, period: Period) -> tuple[int, int]:
    zone = desk.clock().zone
    return (
        _begin(desk, period.first, zone),
        _begin(desk, period.last + dt.timedelta(days=1), zone),
    )


def _begin(desk: Desk, day: dt.date, zone: str) -> int:
    """The instant at which a journal day begins here."""
    local = dt.datetime.combine(day, desk.settings.day_starts_at, time_zone(zone))
    moment = Moment.at(local)
    # A day may begin inside the hour that a clock skips.
    while journal_day(Moment(moment.us, zone).local, desk.settings.day_starts_at) < day:
        moment = Moment(moment.us + 60_000_000)
    return moment.us


def _refuse_future(desk: Desk, moment: Moment) -> None:
    from labbook.errors import UsageError

    if moment.us > desk.clock().us:
        raise UsageError(f"{moment.local:%Y-%m-%d %H:%M} has not come yet.")
