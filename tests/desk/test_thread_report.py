"""What a thread's report gathers, of its whole life and of a period, by independent SQL."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from labbook.desk import ideas, marks, review, steps, thread_report, threads, time, write
from labbook.desk.desk import Desk
from labbook.errors import NotFound
from labbook.model import Metric, Moment, ReviewItem, RunState, Section
from labbook.report.thread_pages import MOST_SHOWN
from labbook.settings import Settings
from labbook.store.engine import plain_connection
from labbook.store.run_results import add_results
from labbook.text.period import Period
from tests.support.notebooks import DAY, ZONE, at, new_notebook
from tests.tui.made import ended

WEEK = Period.week_of(DAY)
OLD = DAY - dt.timedelta(days=21)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    new_notebook(tmp_path / "notebook").close()
    later = Moment(at(60 * 24 * 3).us, ZONE)
    with Desk(Settings(notebook=tmp_path / "notebook"), clock=lambda: later) as desk:
        yield desk


def _sql(desk: Desk, question: str) -> list[object]:
    with sqlite3.connect(desk.path / "labbook.db") as connection:
        return [value for (value,) in connection.execute(question)]


def test_it_gathers_what_belongs_to_the_thread_and_bounds_what_is_shown(desk: Desk) -> None:
    runs = [ended(desk, at(minute)).id for minute in range(MOST_SHOWN + 2)]
    write.add_note(desk, "all of @kl: " + " ".join(f"run:{each}" for each in runs), day=DAY)
    ended(desk, at(99))  # of no thread
    marks.pin(desk, runs[0])
    pages = thread_report.pages(desk, "KL")
    assert [run.id for run in pages.runs] == [runs[0], *reversed(runs[1:])]
    assert [run.id for run, _ in pages.shown] == [run.id for run in pages.runs[:MOST_SHOWN]]
    assert pages.shown_left_out == 2
    assert all(results.tables and results.figures for _, results in pages.shown)


def test_a_run_that_has_only_a_curve_is_shown_too(desk: Desk) -> None:
    run = ended(desk, at(0), state=RunState.FAILED)
    points = [Metric("loss", 1 / step, step) for step in range(1, 6)]
    with desk.notebook.write() as connection:
        add_results(plain_connection(connection), run.id, points, ())
    write.add_note(desk, f"@kl run:{run.id}", day=DAY)
    ((_, results),) = thread_report.pages(desk, "kl").shown
    assert [curve.name for group in results.curves.groups for curve in group] == ["loss"]


def test_a_period_narrows_everything(desk: Desk) -> None:
    old = write.add_note(desk, "- [ ] long done @kl\n- [ ] still open", day=OLD)
    write.add_note(desk, "k3 wins #finding @kl\n\n- [ ] new", day=DAY)
    write.add_note(desk, "of another @thread #finding", day=DAY)
    ideas.add(desk, "an idea", thread="kl")
    time.add(desk, "kl", at(0), at(60))
    for week in (Period.week_of(OLD), WEEK):
        draft = review.gather(desk, week)
        lines = [*draft.items, ReviewItem(Section.INSIGHTS, f"of {week.label} @kl")]
        review.save(desk, week, lines, (), version=None)
    whole = thread_report.pages(desk, "kl")
    assert [each.text for each in whole.findings] == [
        f"of {WEEK.label} @kl",
        "k3 wins #finding @kl",
        f"of {Period.week_of(OLD).label} @kl",
    ]
    assert [step.text for step in whole.steps] == _sql(
        desk, "SELECT text FROM next_step WHERE thread_id = 1 ORDER BY id"
    )
    assert sum(measured for _, measured, _ in whole.weeks) == 3600
    assert len(whole.weeks) == 1
    first = thread_report.pages(desk, "kl", Period.week_of(OLD))
    assert [each.text for each in first.findings] == [f"of {Period.week_of(OLD).label} @kl"]
    assert [step.text for step in first.steps] == ["long done @kl", "still open"]
    assert (first.ideas, first.weeks) == ((), ())
    steps.settle(desk, first.steps[0].id, "done")
    assert old.day == OLD
    after = thread_report.pages(desk, "kl", Period(DAY + dt.timedelta(days=4), DAY.replace(day=30)))
    assert [step.text for step in after.steps] == ["still open", "new"]
    now = thread_report.pages(desk, "kl", Period(DAY, DAY))
    assert len(now.weeks) == 1
    assert now.weeks[0][1] == 3600


def test_an_unknown_thread_is_not_found_and_the_near_ones_are_named(desk: Desk) -> None:
    threads.add(desk, "channel")
    with pytest.raises(NotFound) as raised:
        thread_report.report(desk, "chanel", None, "md")
    assert "Did you mean @channel?" in raised.value.hint
