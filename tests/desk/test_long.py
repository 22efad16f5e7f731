"""The long view agrees with SQL over the spans; what it says rests on the numbers it shows."""

from __future__ import annotations

import datetime as dt
import random
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from labbook.desk import habits, long, reading, report, threads, time
from labbook.desk.desk import Desk
from labbook.model import Moment
from labbook.model.reading import ReadingState
from labbook.settings import Settings
from labbook.text.period import Period
from tests.support.notebooks import new_notebook

NOW = Moment.at(dt.datetime(2026, 11, 27, 16, 0, tzinfo=dt.UTC))
WEEKS = Period(dt.date(2026, 9, 7), dt.date(2026, 11, 29))
MONDAY_US = Moment.at(dt.datetime(2026, 9, 7, tzinfo=dt.UTC)).us
HOUR_US = 3_600_000_000


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    new_notebook(tmp_path / "notebook").close()
    with Desk(Settings(notebook=tmp_path / "notebook"), clock=lambda: NOW) as desk:
        yield desk


def _spend(desk: Desk, thread: str, week: int, day: int, hours: float, at: float = 9) -> None:
    """Time on a thread, so many weeks and days after the first Monday."""
    begin = MONDAY_US + round((week * 7 * 24 + day * 24 + at) * HOUR_US)
    time.add(desk, thread, Moment(begin), Moment(begin + round(hours * HOUR_US)))


def test_weeks_and_switches_agree_with_the_spans(desk: Desk) -> None:
    rng = random.Random(5)
    for week in range(12):
        for day in range(5):
            if (week, day) < (11, 4):
                at = 8.0
                for _ in range(rng.randint(0, 4)):
                    hours = rng.uniform(0.2, 2)
                    _spend(desk, rng.choice("abcd"), week, day, hours, at)
                    at += hours + rng.choice([0.001, 0.5])
    found = long.view(desk, WEEKS)
    with sqlite3.connect(desk.path / "labbook.db") as connection:
        rows = connection.execute(
            "SELECT name, (from_us - ?) / (7 * 86400000000), sum(to_us - from_us) / 1e6"
            " FROM time_span JOIN thread ON thread.id = thread_id GROUP BY 1, 2",
            (MONDAY_US,),
        ).fetchall()
        switches = connection.execute(
            "SELECT week, sum(thread_id <> before) FROM (SELECT thread_id,"
            " (from_us - ?1) / (7 * 86400000000) AS week, lag(thread_id) OVER"
            " (PARTITION BY (from_us - ?1) / (7 * 86400000000) ORDER BY from_us) AS before"
            " FROM time_span) GROUP BY week",
            (MONDAY_US,),
        ).fetchall()
    expected = {(name, week): seconds for name, week, seconds in rows}
    shown = {
        (each.thread.name, week): seconds
        for each in found.strands
        for week, seconds in enumerate(each.measured)
        if seconds
    }
    assert shown == pytest.approx(expected)
    assert found.seconds == pytest.approx(sum(expected.values()))
    assert {week: n for week, n in enumerate(found.switches) if n} == {
        week: n for week, n in switches if n
    }
    assert list(found.touched) == [
        len({name for name, at in expected if at == week}) for week in range(12)
    ]


def test_many_small_starts_are_told_once_and_gently(desk: Desk) -> None:
    for number, name in enumerate(("one", "two", "three", "four", "five")):
        _spend(desk, name, number, 1, 4)
    _spend(desk, "five", 11, 1, 5)
    found = long.view(desk, WEEKS)
    assert {each.thread.name for each in found.half_finished} == {"one", "two", "three", "four"}
    said = long.sentences(desk, found)
    assert said[0] == "Of 25.0 h on threads, 0% went into what has delivered."
    (gentle,) = [each for each in said if "perhaps" in each]
    for number in ("12 weeks", "5 threads were begun", "64%", "16.0 of 25.0 h", "gentle = false"):
        assert number in gentle
    desk.settings = replace(desk.settings, gentle=False)
    assert not any("perhaps" in each for each in long.sentences(desk, found))


def test_dead_ends_and_deliverables_are_no_reproach(desk: Desk) -> None:
    for number, name in enumerate(("one", "two", "three", "four")):
        _spend(desk, name, number, 1, 4)
    for name in ("one", "two", "three"):
        threads.end(desk, name, "no signs of life")
    found = long.view(desk, WEEKS)
    assert [each.thread.name for each in found.half_finished] == ["four"]
    assert not any("perhaps" in each for each in long.sentences(desk, found)), "a quarter is little"
    threads.leave(desk, "one", "two")
    threads.pause(desk, "two")
    assert any("perhaps" in e for e in long.sentences(desk, long.view(desk, WEEKS)))
    threads.deliver(desk, "three", "a post")
    said = long.sentences(desk, long.view(desk, WEEKS))
    assert said[0] == "Of 16.0 h on threads, 25% went into what has delivered: @three."
    assert "@one (4.0 h, left for @two), @two (4.0 h, paused)" in said[2]
    assert not any("perhaps" in each for each in said)


def test_shares_of_exploration_and_learning_say_what_they_rest_on(desk: Desk) -> None:
    week = Period.week_of(NOW.day())
    _spend(desk, "main", 11, 0, 6)
    _spend(desk, "wild", 11, 1, 1)
    _spend(desk, "books", 11, 2, 2)
    _spend(desk, "papers", 11, 3, 1)
    assert habits.remarks(desk, time.table(desk, week)) == (), "no thread has a kind"
    for name, kind in (("main", "goal-driven"), ("wild", "exploration")):
        threads.edit(desk, name, kind=kind)  # type: ignore[arg-type]
    for name in ("books", "papers"):
        threads.edit(desk, name, kind="learning")
    for title, kind, thread in (("A", "book", "books"), ("B", "paper", "papers")):
        kept = reading.add(desk, title, kind=kind, thread=thread)  # type: ignore[arg-type]
        reading.move(desk, kept.id, ReadingState.READ)
    said = habits.remarks(desk, time.table(desk, week))
    explored, learned, read = said
    assert explored == (
        "Exploration took 1.0 h of 10.0 h measured on threads (10%), on @wild; "
        "the budget is 1 of 5 working days, 20%."
    )
    assert learned == (
        "Learning took 3.0 h of 10.0 h measured on threads (30%), on @books, @papers: "
        "by what each thread has on its reading list, 2.0 h on books and theses, 1.0 h on papers."
    )
    assert read == "Read to the end: 1 book, 1 paper."
    mixed = reading.add(desk, "C", thread="books")
    reading.move(desk, mixed.id, ReadingState.READING)
    said = habits.remarks(desk, time.table(desk, week))
    assert "1.0 h on papers, 2.0 h that cannot be told apart" in said[1]


def test_the_report_of_a_month_has_the_long_view(desk: Desk) -> None:
    _spend(desk, "kl", 10, 1, 3)
    month, week = Period.months(2026, 11), Period.week_of(dt.date(2026, 11, 16))
    assert "went into what has delivered" in report.report(desk, month, "md").decode()
    assert "went into what has delivered" not in report.report(desk, week, "md").decode()
