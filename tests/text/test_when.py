"""Phrases for days and periods mean what a person means, also at the ends of years."""

from __future__ import annotations

import calendar
import contextlib
import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labbook.errors import UsageError
from labbook.text.clock import parse_clock
from labbook.text.when import Period, parse_day, parse_period

FRIDAY = dt.date(2026, 11, 20)
DAYS = st.dates(dt.date(1900, 1, 1), dt.date(2200, 12, 31))
TODAYS = st.dates(dt.date(1930, 1, 1), dt.date(2190, 12, 31))
COUNTS = st.integers(0, 9999)


@pytest.mark.parametrize(
    ("phrase", "day"),
    [
        ("today", "2026-11-20"),
        (" Today ", "2026-11-20"),
        ("yesterday", "2026-11-19"),
        ("tomorrow", "2026-11-21"),
        ("friday", "2026-11-20"),
        ("monday", "2026-11-16"),
        ("sat", "2026-11-14"),
        ("last friday", "2026-11-13"),
        ("last-monday", "2026-11-16"),
        ("next friday", "2026-11-27"),
        ("this sunday", "2026-11-22"),
        ("3 days ago", "2026-11-17"),
        ("a week ago", "2026-11-13"),
        ("in 2 weeks", "2026-12-04"),
        ("2026-11-20", "2026-11-20"),
        ("2027-1-5", "2027-01-05"),
        ("11-20", "2026-11-20"),
        ("11-21", "2025-11-21"),
        ("20 nov", "2026-11-20"),
        ("Nov 21", "2025-11-21"),
        ("21st November 2026", "2026-11-21"),
        ("Sept 3, 2024", "2024-09-03"),
        ("29 feb", "2024-02-29"),
        ("2026-W47-3", "2026-11-18"),
        ("2026-W01-1", "2025-12-29"),
    ],
)
def test_a_phrase_for_a_day_means_that_day(phrase: str, day: str) -> None:
    assert parse_day(phrase, FRIDAY) == dt.date.fromisoformat(day)


@pytest.mark.parametrize(
    ("phrase", "first", "last"),
    [
        ("2026-W47", "2026-11-16", "2026-11-22"),
        ("2026w47", "2026-11-16", "2026-11-22"),
        ("W47", "2026-11-16", "2026-11-22"),
        ("week 48", "2025-11-24", "2025-11-30"),
        ("W53", "2020-12-28", "2021-01-03"),
        ("2026-W53", "2026-12-28", "2027-01-03"),
        ("2025-W01", "2024-12-30", "2025-01-05"),
        ("this week", "2026-11-16", "2026-11-22"),
        ("last week", "2026-11-09", "2026-11-15"),
        ("last-week", "2026-11-09", "2026-11-15"),
        ("last 2 weeks", "2026-11-02", "2026-11-15"),
        ("last 7 days", "2026-11-14", "2026-11-20"),
        ("2026-10", "2026-10-01", "2026-10-31"),
        ("october", "2026-10-01", "2026-10-31"),
        ("dec", "2025-12-01", "2025-12-31"),
        ("feb 2024", "2024-02-01", "2024-02-29"),
        ("last month", "2026-10-01", "2026-10-31"),
        ("last 12 months", "2025-11-01", "2026-10-31"),
        ("2026-Q3", "2026-07-01", "2026-09-30"),
        ("last quarter", "2026-07-01", "2026-09-30"),
        ("2026", "2026-01-01", "2026-12-31"),
        ("last year", "2025-01-01", "2025-12-31"),
        ("yesterday", "2026-11-19", "2026-11-19"),
        ("2026-11-02..2026-11-13", "2026-11-02", "2026-11-13"),
        ("W45 .. W46", "2026-11-02", "2026-11-15"),
        ("monday..", "2026-11-16", "2026-11-20"),
    ],
)
def test_a_phrase_for_a_period_means_those_days(phrase: str, first: str, last: str) -> None:
    expected = Period(dt.date.fromisoformat(first), dt.date.fromisoformat(last))
    assert parse_period(phrase, FRIDAY) == expected


@pytest.mark.parametrize("today", ["2027-01-01", "2026-12-31", "2024-12-30", "2021-01-03"])
def test_this_week_at_the_end_of_a_year_is_the_iso_week(today: str) -> None:
    day = dt.date.fromisoformat(today)
    year, week, _ = day.isocalendar()
    assert parse_period("this week", day).label == f"{year}-W{week:02}"
    assert parse_period(f"W{week}", day) == parse_period("this week", day)


@pytest.mark.parametrize(
    "phrase",
    [
        "",
        "..",
        "someday",
        "2026-02-30",
        "2026-13-01",
        "31 feb",
        "1899-12-31",
        "2201-01-01",
        "nov 0",
        "9999999 days ago",
        "99999999999 days ago",
        "20 nov 0000",
        "٢٠٢٦-١١-٢٠",
        "12-12-12-12",
    ],
)
def test_what_is_no_day_is_refused_in_one_sentence(phrase: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_day(phrase, FRIDAY)
    assert refused.value.message.endswith(".")
    assert "\n" not in refused.value.message


@pytest.mark.parametrize(
    "phrase",
    [
        "",
        "2025-W53",
        "W54",
        "W00",
        "2026-13",
        "last 0 days",
        "last 0 weeks",
        "last 9999 months",
        "0000",
        "9999",
        "9999-W52",
        "2026-11-13..2026-11-02",
        "..today",
        "1..2..3",
        "year 2026",
    ],
)
def test_what_is_no_period_is_refused_in_one_sentence(phrase: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_period(phrase, FRIDAY)
    assert refused.value.message.endswith(".")
    assert "\n" not in refused.value.message


@given(DAYS, TODAYS)
def test_a_day_written_out_is_read_back(day: dt.date, today: dt.date) -> None:
    year, week, weekday = day.isocalendar()
    assert parse_day(day.isoformat(), today) == day
    assert parse_day(f"{day.day} {calendar.month_name[day.month]} {day.year}", today) == day
    if 1900 <= year <= 2200:
        assert parse_day(f"{year}-W{week:02}-{weekday}", today) == day


@given(st.dates(dt.date(1901, 1, 1), dt.date(2199, 12, 31)), st.integers(0, 400), TODAYS)
def test_a_label_is_read_back_as_its_period(first: dt.date, length: int, today: dt.date) -> None:
    for period in (
        Period.week_of(first),
        Period.months(first.year, first.month),
        Period.months(first.year, 1, 12),
        Period(first, first + dt.timedelta(days=length)),
    ):
        assert parse_period(period.label, today) == period


@given(st.sampled_from(list(calendar.day_name)), TODAYS)
def test_a_weekday_is_the_latest_one_up_to_today(name: str, today: dt.date) -> None:
    day = parse_day(name, today)
    assert calendar.day_name[day.weekday()] == name
    assert dt.timedelta(0) <= today - day < dt.timedelta(days=7)
    last, following = parse_day(f"last {name}", today), parse_day(f"next {name}", today)
    assert dt.timedelta(0) < today - last <= dt.timedelta(days=7)
    assert dt.timedelta(0) < following - today <= dt.timedelta(days=7)
    assert last.weekday() == following.weekday() == day.weekday()


@given(TODAYS, COUNTS)
def test_days_ago_are_counted(today: dt.date, count: int) -> None:
    assert today - parse_day(f"{count} days ago", today) == dt.timedelta(days=count)


@given(TODAYS, st.integers(1, 12), st.integers(1, 28))
def test_a_date_without_a_year_is_the_latest_one_up_to_today(
    today: dt.date, month: int, day: int
) -> None:
    found = parse_day(f"{month:02}-{day:02}", today)
    assert (found.month, found.day) == (month, day)
    assert dt.timedelta(0) <= today - found <= dt.timedelta(days=366)


@given(TODAYS)
def test_weeks_follow_each_other_without_gap_or_overlap(today: dt.date) -> None:
    last, this, following = (parse_period(f"{w} week", today) for w in ("last", "this", "next"))
    assert today in this
    assert [*last.days(), *this.days(), *following.days()] == [
        last.first + dt.timedelta(days=offset) for offset in range(21)
    ]
    assert this.before() == last


@given(st.text(max_size=30), TODAYS)
def test_no_phrase_breaks_the_reader(phrase: str, today: dt.date) -> None:
    for parse in (parse_day, parse_period):
        with contextlib.suppress(UsageError):
            parse(phrase, today)


@pytest.mark.parametrize(("typed", "hour", "minute"), [("9:30", 9, 30), (" 16:05 ", 16, 5)])
def test_a_time_of_the_day_is_read(typed: str, hour: int, minute: int) -> None:
    assert parse_clock(typed) == dt.time(hour, minute)


@pytest.mark.parametrize("typed", ["", "9", "24:00", "9:60", "9:5", "9:30 pm", "٩:٣٠"])
def test_what_is_no_time_of_the_day_is_refused(typed: str) -> None:
    with pytest.raises(UsageError, match="is no time of the day"):
        parse_clock(typed)


@given(st.dates(dt.date(1990, 1, 1), dt.date(2050, 1, 1)), st.integers(0, 500))
@settings(max_examples=30)
def test_the_weeks_of_a_period_hold_its_days_and_no_week_without_one(
    first: dt.date, length: int
) -> None:
    period = Period(first, first + dt.timedelta(days=length))
    weeks = list(period.weeks())
    assert {day.isocalendar()[:2] for day in period.days()} == {
        week.first.isocalendar()[:2] for week in weeks
    }
    assert len(weeks) == len(set(weeks))
    assert all(week == Period.week_of(week.first) for week in weeks)
