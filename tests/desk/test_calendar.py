"""The calendar: values agree with SQL, and the streak with a walk over all days."""

from __future__ import annotations

import datetime as dt
import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labbook.desk import calendar, write
from labbook.desk.desk import Desk
from labbook.model import Moment
from labbook.settings import Settings
from labbook.text.period import Period
from tests.support.command import labbook
from tests.support.notebooks import new_notebook

TODAY = dt.date(2026, 11, 26)
FIRST = dt.date(2026, 10, 1)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    new_notebook(tmp_path / "notebook").close()
    now = Moment.at(dt.datetime(2026, 11, 26, 12, 0, tzinfo=dt.UTC))
    with Desk(Settings(notebook=tmp_path / "notebook"), clock=lambda: now) as desk:
        yield desk


@given(
    st.sets(st.integers(0, 56)),
    st.sets(st.integers(0, 6), min_size=1),
)
def test_a_streak_is_working_days_in_a_row(offsets: set[int], working: set[int]) -> None:
    written = {TODAY - dt.timedelta(days=offset) for offset in offsets}
    days = [TODAY - dt.timedelta(days=offset) for offset in range(200)]
    inward = [day for day in days if day.weekday() in working]
    if inward[0] == TODAY and TODAY not in written:
        inward = inward[1:]
    expected = next(place for place, day in enumerate(inward) if day not in written)
    assert calendar.streak(written, working, TODAY) == expected


def test_the_values_agree_with_the_rows(desk: Desk) -> None:
    rng = random.Random(2)
    for number in range(80):
        day = FIRST + dt.timedelta(days=rng.randint(0, 56))
        note = write.add_note(desk, f"note {number}", day=day)
        if number % 9 == 0:
            write.delete_note(desk, note.id)
    period = Period(FIRST, TODAY)
    found = calendar.view(desk, period)
    with sqlite3.connect(desk.path / "labbook.db") as connection:
        rows = connection.execute(
            "SELECT day, count(*) FROM block WHERE deleted_us IS NULL GROUP BY day"
        ).fetchall()
    assert {day.isoformat(): value for day, value in found.values.items()} == dict(rows)
    assert found.longest >= min(found.streak, 1)


def test_this_day_in_former_years(desk: Desk) -> None:
    for day, text in (
        (dt.date(2024, 11, 26), "two years ago"),
        (dt.date(2025, 11, 26), "a year ago"),
        (dt.date(2025, 11, 27), "another day"),
        (TODAY, "today"),
    ):
        write.add_note(desk, text, day=day)
    assert [entry.day.year for entry in calendar.on_this_day(desk, TODAY)] == [2025, 2024]


def test_it_is_drawn_and_given_as_json(tmp_path: Path) -> None:
    book = tmp_path / "notebook"
    new_notebook(book).close()
    for day in ("2026-11-02", "2026-11-02", "2026-11-03"):
        assert labbook(book, "log", "--day", day, "--", "a note").code == 0
    drawn = labbook(book, "calendar", "2026-11")
    lines = drawn.out.splitlines()
    assert lines[1].startswith("mon  █·")
    assert lines[2].startswith("tue  ▒·")
    assert "3 notes on 2 days" in drawn.out
    shape = labbook(book, "calendar", "2026", "--json").json
    assert shape["days"] == {"2026-11-02": 2, "2026-11-03": 1}
    assert shape["longest_streak"] == 2
    assert labbook(book, "calendar", "someday").code == 2
