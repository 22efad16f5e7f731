"""A period: the run of days that a review condenses."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A run of days, both ends included. An ISO week is the usual one.

    Raises:
        ValueError: it ends before it begins.
    """

    first: dt.date
    last: dt.date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(f"a period from {self.first} cannot end on {self.last}")

    @classmethod
    def week_of(cls, day: dt.date) -> Period:
        """The ISO week that `day` lies in: Monday to Sunday."""
        monday = day - dt.timedelta(days=day.weekday())
        return cls(monday, monday + dt.timedelta(days=6))

    @property
    def label(self) -> str:
        """ "2026-W47" for an ISO week, "2026-11" for a month, "2026-11-23" for one day, else
        "first..last". `parse_period` reads it back.
        """
        if self.first == self.last:
            return self.first.isoformat()
        if self == Period.months(self.first.year, self.first.month):
            return f"{self.first:%Y-%m}"
        if self == Period.week_of(self.first):
            year, week, _ = self.first.isocalendar()
            return f"{year}-W{week:02}"
        return f"{self.first}..{self.last}"

    def days(self) -> Iterator[dt.date]:
        for offset in range((self.last - self.first).days + 1):
            yield self.first + dt.timedelta(days=offset)

    def weeks(self) -> Iterator[Period]:
        """The whole ISO weeks that have a day in it."""
        week = Period.week_of(self.first)
        while week.first <= self.last:
            yield week
            week = week.after()

    def __contains__(self, day: dt.date) -> bool:
        return self.first <= day <= self.last

    def touches(self, other: Period) -> bool:
        """Whether the two have a day in common."""
        return self.first <= other.last and other.first <= self.last

    def before(self) -> Period:
        """The period of the same length that ends the day before this one begins."""
        length = self.last - self.first
        last = self.first - dt.timedelta(days=1)
        return Period(last - length, last)

    def after(self) -> Period:
        """The period of the same length that begins the day after this one ends."""
        first = self.last + dt.timedelta(days=1)
        return Period(first, first + (self.last - self.first))

    @classmethod
    def months(cls, year: int, month: int, count: int = 1) -> Period:
        """`count` whole months of one year, from `month` on."""
        after = month + count
        last = dt.date(year + after // 13, (after - 1) % 12 + 1, 1) - dt.timedelta(days=1)
        return cls(dt.date(year, month, 1), last)
