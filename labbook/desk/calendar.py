"""The calendar: how much each day holds, the streak, and this day in former years."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from labbook.desk import time
from labbook.desk.desk import Desk
from labbook.settings import WEEKDAYS
from labbook.text.period import Period

if TYPE_CHECKING:
    from labbook.model import Entry

Measure = Literal["notes", "runs", "time"]

_WEEKS = 53


@dataclass(frozen=True, slots=True)
class CalendarView:
    """The days of a period.

    values: of each day that has any: notes, runs, or hours measured and estimated
    streak: working days in a row, up to today, on which something was written; today need not
        have its note yet
    longest: the longest streak that lies in the period
    """

    period: Period
    measure: Measure
    values: Mapping[dt.date, float]
    streak: int
    longest: int


def default_period(desk: Desk) -> Period:
    """The last 53 weeks, this one included: a year and the days that complete its weeks."""
    this = Period.week_of(desk.today())
    return Period(this.first - dt.timedelta(weeks=_WEEKS - 1), this.last)


def view(desk: Desk, period: Period, measure: Measure = "notes") -> CalendarView:
    """How much each day of a period holds."""
    from labbook.store import entries

    values: Mapping[dt.date, float]
    if measure == "time":
        values = _hours(desk, period)
    elif measure == "runs":
        values = entries.runs_by_day(desk.notebook, period)
    else:
        values = entries.notes_by_day(desk.notebook, period)
    written = set(entries.days_written(desk.notebook, Period(dt.date.min, dt.date.max)))
    working = {WEEKDAYS.index(name) for name in desk.settings.working_days}
    today = desk.today()
    return CalendarView(
        period, measure, values, streak(written, working, today), _longest(written, working, period)
    )


def on_this_day(desk: Desk, day: dt.date) -> tuple[Entry, ...]:
    """What was written on this day of the month in former years, newest first."""
    from labbook.store import entries

    return entries.same_day_before(desk.notebook, day)


def streak(written: Collection[dt.date], working: Collection[int], today: dt.date) -> int:
    """Working days in a row with something written, up to today or the working day before it.

    working: weekdays, Monday being 0. Other days neither count nor break it
    """
    count = 0
    day = today if today in written else today - dt.timedelta(days=1)
    first = min(written, default=today)
    while day >= first and (day in written or day.weekday() not in working):
        count += day in written and day.weekday() in working
        day -= dt.timedelta(days=1)
    return count


def _longest(written: Collection[dt.date], working: Collection[int], period: Period) -> int:
    longest = count = 0
    for day in period.days():
        if day.weekday() in working:
            count = count + 1 if day in written else 0
            longest = max(longest, count)
    return longest


def _hours(desk: Desk, period: Period) -> dict[dt.date, float]:
    found = time.table(desk, period)
    hours: dict[dt.date, float] = {}
    for by_day in (*found.measured.values(), *found.estimated.values()):
        for day, seconds in by_day.items():
            hours[day] = hours.get(day, 0.0) + seconds / 3600
    return hours
