"""Days and periods, and the phrases that people use for them.

A phrase that leaves the year open ("20 nov", "W47", "october", "friday") means the latest
one up to today: a notebook looks back. "last" means the whole one before the one that today
lies in, so "last week" is the ISO week before this one.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from typing import TypeVar

from labbook.errors import UsageError
from labbook.text.period import Period

__all__ = ["DAY_EXAMPLES", "PERIOD_EXAMPLES", "Period", "parse_day", "parse_period"]

FIRST_YEAR = 1900
LAST_YEAR = 2200

DAY_EXAMPLES = "today, yesterday, monday, 3 days ago, 2026-11-20, 20 nov"
PERIOD_EXAMPLES = (
    "2026-W47, last week, last 2 weeks, 2026-10, last month, 2026-11-02..2026-11-13, yesterday"
)


def parse_day(phrase: str, today: dt.date) -> dt.date:
    """The day that a phrase means, seen from `today`.

    Raises:
        UsageError: it means none, or one outside the years 1900 to 2200.
    """
    day = _first_that_fits(_DAYS, _normal(phrase), today)
    if day is None:
        raise UsageError(f"“{phrase}” is not a day.", hint=f"Days are: {DAY_EXAMPLES}.")
    _within_years(day)
    return day


def parse_period(phrase: str, today: dt.date) -> Period:
    """The period that a phrase means, seen from `today`; a day is a period too.

    `a..b` goes from the first day of `a` to the last day of `b`; `a..` goes up to today.

    Raises:
        UsageError: it means none, or one outside the years 1900 to 2200.
    """
    first, dots, last = (part.strip() for part in _normal(phrase).partition(".."))
    start = _period(first, today)
    end = _period(last, today) if last else Period(today, today) if dots else start
    if start is None or end is None:
        raise UsageError(f"“{phrase}” is not a period.", hint=f"Periods are: {PERIOD_EXAMPLES}.")
    if end.last < start.first:
        raise UsageError(f"“{phrase}” ends before it begins.", hint="Put the earlier day first.")
    _within_years(start.first)
    _within_years(end.last)
    return Period(start.first, end.last)


_T = TypeVar("_T")
_Rule = tuple[re.Pattern[str], Callable[[re.Match[str], dt.date], _T]]

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_UNIT_DAYS = {"day": 1, "week": 7}


def _normal(phrase: str) -> str:
    """Lower case, and single blanks; "last-week" and "2026-W47" become "last week", "2026 w47"."""
    lower = re.sub(r"(?<=[a-z])[-_]|[-_](?=[a-z])", " ", phrase.lower())
    return " ".join(lower.replace(",", " ").split())


def _first_that_fits(rules: Sequence[_Rule[_T]], normal: str, today: dt.date) -> _T | None:
    for pattern, meaning in rules:
        if found := pattern.fullmatch(normal):
            try:
                return meaning(found, today)
            except (ValueError, OverflowError):
                raise UsageError(
                    f"There is no “{normal}” in the calendar.",
                    hint=f"Days are from {FIRST_YEAR}-01-01 to {LAST_YEAR}-12-31.",
                ) from None
    return None


def _period(normal: str, today: dt.date) -> Period | None:
    day = _first_that_fits(_DAYS, normal, today)
    return Period(day, day) if day else _first_that_fits(_PERIODS, normal, today)


def _within_years(day: dt.date) -> None:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise UsageError(f"{day} is outside the years {FIRST_YEAR} to {LAST_YEAR}.")


def _index(names: tuple[str, ...], word: str) -> int:
    return next(index for index, name in enumerate(names) if name.startswith(word))


def _latest(begins: Callable[[int], dt.date], year: str | None, today: dt.date) -> dt.date:
    """What begins in the given year, else the latest such beginning up to today.

    begins: from a year; ValueError where that year has none, as 29 February or week 53
    """
    if year:
        return begins(int(year))
    # 12 years reach over 1900, which was no leap year.
    for candidate in range(today.year + 1, today.year - 12, -1):
        try:
            begun = begins(candidate)
        except ValueError:
            continue
        if begun <= today:
            return begun
    raise ValueError


def _month_day(month: int, day: str, year: str | None, today: dt.date) -> dt.date:
    return _latest(lambda each: dt.date(each, month, int(day)), year, today)


def _weekday(found: re.Match[str], today: dt.date) -> dt.date:
    ahead = _index(_WEEKDAYS, found["weekday"]) - today.weekday()
    match found["which"]:
        case "this":
            return today + dt.timedelta(days=ahead)
        case "next":
            return today + dt.timedelta(days=(ahead - 1) % 7 + 1)
        case "last":
            return today - dt.timedelta(days=(-ahead - 1) % 7 + 1)
        case _:
            return today - dt.timedelta(days=-ahead % 7)


def _days_away(found: re.Match[str]) -> dt.timedelta:
    count = 1 if found["count"].startswith("a") else int(found["count"])
    return dt.timedelta(days=count * _UNIT_DAYS[found["unit"]])


def _week(found: re.Match[str], today: dt.date) -> Period:
    week = int(found["week"])
    monday = _latest(lambda year: dt.date.fromisocalendar(year, week, 1), found["year"], today)
    return Period.week_of(monday)


def _months(first: int, count: int, year: str | None, today: dt.date) -> Period:
    begun = _latest(lambda each: dt.date(each, first, 1), year, today)
    return Period.months(begun.year, begun.month, count)


def _around(unit: str, day: dt.date) -> Period:
    match unit:
        case "week":
            return Period.week_of(day)
        case "month":
            return Period.months(day.year, day.month)
        case "quarter":
            return Period.months(day.year, (day.month - 1) // 3 * 3 + 1, 3)
        case _:
            return Period.months(day.year, 1, 12)


def _relative(found: re.Match[str], today: dt.date) -> Period:
    this = _around(found["unit"], today)
    match found["which"]:
        case "this":
            return this
        case "next":
            return _around(found["unit"], this.last + dt.timedelta(days=1))
        case _:
            return _around(found["unit"], this.first - dt.timedelta(days=1))


def _last_few(found: re.Match[str], today: dt.date) -> Period:
    """The last n days up to today; else the n whole weeks or months before the present one."""
    count = int(found["count"])
    if found["unit"] == "day":
        return Period(today - dt.timedelta(days=count - 1), today)
    last = first = _around(found["unit"], today).first
    for _ in range(count):
        first = _around(found["unit"], first - dt.timedelta(days=1)).first
    return Period(first, last - dt.timedelta(days=1))


def _names(names: tuple[str, ...]) -> str:
    """A pattern for names and their usual short forms."""
    short = {name[:length] for name in names for length in (3, 4, 5)}
    return "|".join(sorted({*names, *short}, key=len, reverse=True))


_MONTH = f"(?P<month>{_names(_MONTHS)})"
_DAY_OF_MONTH = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>\d{4})"
_COUNT = r"(?P<count>\d{1,7}|an?) (?P<unit>day|week)s?"
_WHICH = "(?P<which>this|last|next)"


def _written(found: re.Match[str], today: dt.date) -> dt.date:
    month = _index(_MONTHS, found["month"]) + 1
    return _month_day(month, found["day"], found["year"], today)


_DAYS: tuple[_Rule[dt.date], ...] = tuple(
    (re.compile(pattern, re.ASCII), meaning)
    for pattern, meaning in (
        ("today", lambda _, today: today),
        ("yesterday", lambda _, today: today - dt.timedelta(days=1)),
        ("tomorrow", lambda _, today: today + dt.timedelta(days=1)),
        (f"(?:{_WHICH} )?(?P<weekday>{_names(_WEEKDAYS)})", _weekday),
        (f"{_COUNT} ago", lambda found, today: today - _days_away(found)),
        (f"in {_COUNT}", lambda found, today: today + _days_away(found)),
        (
            rf"(?:{_YEAR}-)?(?P<month>\d{{1,2}})-{_DAY_OF_MONTH}",
            lambda found, today: _month_day(
                int(found["month"]), found["day"], found["year"], today
            ),
        ),
        (f"{_DAY_OF_MONTH} {_MONTH}(?: {_YEAR})?", _written),
        (f"{_MONTH} {_DAY_OF_MONTH}(?: {_YEAR})?", _written),
        (
            rf"{_YEAR} ?w(?P<week>\d{{1,2}})-(?P<weekday>[1-7])",
            lambda found, _: dt.date.fromisocalendar(
                int(found["year"]), int(found["week"]), int(found["weekday"])
            ),
        ),
    )
)

_PERIODS: tuple[_Rule[Period], ...] = tuple(
    (re.compile(pattern, re.ASCII), meaning)
    for pattern, meaning in (
        (rf"(?:{_YEAR} ?)?(?:w|week )(?P<week>\d{{1,2}})", _week),
        (f"{_WHICH} (?P<unit>week|month|quarter|year)", _relative),
        (r"(?:the )?last (?P<count>\d{1,4}) (?P<unit>day|week|month)s?", _last_few),
        (
            rf"{_YEAR}-(?P<month>\d{{1,2}})",
            lambda found, today: _months(int(found["month"]), 1, found["year"], today),
        ),
        (
            f"{_MONTH}(?: {_YEAR})?",
            lambda found, today: _months(
                _index(_MONTHS, found["month"]) + 1, 1, found["year"], today
            ),
        ),
        (
            rf"(?:{_YEAR} ?)?q(?P<quarter>[1-4])",
            lambda found, today: _months(int(found["quarter"]) * 3 - 2, 3, found["year"], today),
        ),
        (_YEAR, lambda found, today: _months(1, 12, found["year"], today)),
    )
)
