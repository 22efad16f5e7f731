"""Where the time went: sums agree with the spans to the second, and nothing is counted twice."""

from __future__ import annotations

import datetime as dt
import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from labbook.desk import report, time, write
from labbook.desk.desk import Desk
from labbook.errors import UsageError
from labbook.model import Moment
from labbook.settings import Settings
from labbook.text.when import Period
from tests.support.notebooks import new_notebook

ZONE = "Europe/Berlin"
NOW = Moment.at(dt.datetime(2026, 10, 30, 15, 0, tzinfo=dt.UTC), ZONE)
WEEK = Period.week_of(dt.date(2026, 10, 23))
"""It ends on the day on which Berlin sets its clocks back: a week of 169 hours."""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    new_notebook(tmp_path / "notebook").close()
    settings = Settings(notebook=tmp_path / "notebook", day_starts_at=dt.time(4))
    with Desk(settings, clock=lambda: NOW) as desk:
        yield desk


def _at(day: int, hour: float) -> Moment:
    begun = dt.datetime(2026, 10, day, tzinfo=dt.UTC) + dt.timedelta(hours=hour - 2)
    return Moment.at(begun, ZONE)


def _sql_seconds(desk: Desk, first_us: int, last_us: int) -> dict[str, float]:
    with sqlite3.connect(desk.path / "labbook.db") as connection:
        rows = connection.execute(
            "SELECT thread.name, sum(min(to_us, ?) - max(from_us, ?)) / 1e6 FROM time_span"
            " JOIN thread ON thread.id = thread_id WHERE from_us < ? AND to_us > ? GROUP BY 1",
            (last_us, first_us, last_us, first_us),
        ).fetchall()
    return dict(rows)


def test_the_table_of_a_week_agrees_with_the_spans(desk: Desk) -> None:
    rng = random.Random(7)
    begin = 0.0
    for _ in range(100):
        begin += rng.uniform(0.1, 3)
        end = begin + rng.uniform(0.05, 4)
        time.add(desk, rng.choice(["kl", "channel", "reading"]), _at(15, begin), _at(15, end))
        begin = end
    table = time.table(desk, WEEK)
    first = Moment.at(dt.datetime(2026, 10, 19, 2, 0, tzinfo=dt.UTC)).us
    last = Moment.at(dt.datetime(2026, 10, 26, 3, 0, tzinfo=dt.UTC)).us
    expected = _sql_seconds(desk, first, last)
    assert {name: table.total(name) for name in table.threads} == pytest.approx(expected)
    assert table.total() == pytest.approx(sum(expected.values()))
    assert set(table.threads) == {"kl", "channel", "reading"}
    by_total = [table.total(name) for name in table.threads]
    assert by_total == sorted(by_total, reverse=True)


def test_a_night_belongs_to_the_day_it_began_on(desk: Desk) -> None:
    time.add(desk, "kl", _at(20, 23), _at(21, 6))
    (days,) = time.table(desk, WEEK).measured.values()
    assert days == {dt.date(2026, 10, 20): 5 * 3600, dt.date(2026, 10, 21): 2 * 3600}


def test_the_day_on_which_clocks_are_set_back_has_25_hours(desk: Desk) -> None:
    time.add(desk, "kl", _at(24, 12), _at(27, 12))
    (days,) = time.table(desk, WEEK).measured.values()
    assert days[dt.date(2026, 10, 24)] == 16 * 3600 + 3600
    assert sum(days.values()) == (16 + 24 + 1) * 3600


def test_what_is_not_measured_is_estimated_and_kept_apart(desk: Desk) -> None:
    moments = iter([_at(20, 9), _at(20, 9.25), _at(20, 14)])
    desk.clock = lambda: next(moments)
    for text in ("first @kl", "second", "third @channel"):
        write.add_note(desk, text, day=dt.date(2026, 10, 20))
    desk.clock = lambda: NOW
    time.add(desk, "kl", _at(20, 9.1), _at(20, 9.2))
    table = time.table(desk, WEEK)
    assert table.total() == pytest.approx(360)
    assert {name: sum(days.values()) for name, days in table.estimated.items()} == pytest.approx(
        {"kl": 300 + 900 - 360, "channel": 300}
    )
    assert "are an estimate" in time.remarks(table)[0]


def test_the_timer_that_runs_counts_up_to_now(desk: Desk) -> None:
    desk.clock = lambda: _at(30, 16)
    time.start(desk, "kl")
    desk.clock = lambda: _at(30, 17)
    table = time.table(desk, Period.week_of(dt.date(2026, 10, 30)))
    assert table.total("kl") == 3600
    span, ended = time.start(desk, "channel")
    assert (span.thread, ended.thread if ended else "") == ("channel", "kl")


def test_idling_is_noticed_when_something_was_done_before(desk: Desk) -> None:
    desk.clock = lambda: _at(30, 10)
    span, _ = time.start(desk, "kl")
    assert time.idle_since(desk, span, _at(30, 12)) is None, "nothing is known"
    desk.clock = lambda: _at(30, 10.5)
    write.add_note(desk, "a word", day=dt.date(2026, 10, 30))
    assert time.idle_since(desk, span, _at(30, 10.9)) is None
    assert time.idle_since(desk, span, _at(30, 12)) == _at(30, 10.5)


def test_the_future_cannot_be_entered(desk: Desk) -> None:
    with pytest.raises(UsageError, match="has not come yet"):
        time.add(desk, "kl", _at(30, 10), _at(31, 10))


def test_the_report_shows_it_beside_the_weeks_before(desk: Desk) -> None:
    time.add(desk, "kl", _at(20, 9), _at(20, 11))
    time.add(desk, "reading", _at(13, 9), _at(13, 10))
    text = report.report(desk, WEEK, "md").decode()
    assert "## Time" in text
    assert r"| \@kl | 0 | 2 |" in text
    assert r"| \@reading | 1 | 0 |" in text
    assert "Where the time went" in text
    page = report.report(desk, WEEK, "html").decode()
    assert "<h2>Time</h2>" in page
    assert "Where the time went" in page
    empty = Period.week_of(dt.date(2026, 8, 1))
    assert "## Time" not in report.report(desk, empty, "md").decode()
