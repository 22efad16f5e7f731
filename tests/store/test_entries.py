"""The pages of the days: their blocks in order, and the days that have any."""

from __future__ import annotations

import datetime as dt

from labbook.model import Metric, Moment, Note, RunBlock, RunRole, RunState
from labbook.store import drafts, entries, notes, runs
from labbook.store.notebook import Notebook
from labbook.text.period import Period
from tests.support.notebooks import DAY, ZONE, at

TOMORROW = DAY + dt.timedelta(days=1)


def _run(nb: Notebook, minute: float, day: dt.date = DAY) -> int:
    return runs.create_run(
        nb,
        runs.NewRun(
            experiment="demo",
            params={},
            seed=1,
            backend_asked="auto",
            day=day,
            moment=at(minute),
            host="here",
            owner="me",
        ),
    ).id


def test_a_day_without_anything_is_an_empty_page(nb: Notebook) -> None:
    assert entries.entry(nb, DAY).blocks == ()
    assert entries.neighbours(nb, DAY) == (None, None)
    assert entries.days_written(nb, Period(DAY, TOMORROW)) == ()


def test_notes_and_runs_stand_in_the_order_in_which_they_were_made(nb: Notebook) -> None:
    notes.add_note(nb, "third", moment=at(3), day=DAY)
    notes.add_note(nb, "first", moment=at(1), day=DAY)
    run_id = _run(nb, 2)
    notes.add_note(nb, "third too", moment=at(3), day=DAY)
    notes.add_note(nb, "elsewhere", moment=at(2), day=TOMORROW)
    found = [
        block.body if isinstance(block, Note) else block.run.id
        for block in entries.entry(nb, DAY).blocks
    ]
    assert found == ["first", run_id, "third", "third too"]


def test_a_run_block_shows_the_run_as_it_is_now(nb: Notebook) -> None:
    run_id = _run(nb, 1)
    (queued,) = entries.entry(nb, DAY).blocks
    assert isinstance(queued, RunBlock)
    assert queued.run.state is RunState.QUEUED
    assert queued.role is RunRole.STARTED
    runs.step_run(nb, run_id, RunState.STARTING, moment=at(2))
    runs.close_run(
        nb,
        run_id,
        runs.Outcome(RunState.FINISHED),
        moment=at(3),
        day=DAY,
        from_offset=0,
        to_offset=9,
        metrics=[Metric("loss", 0.5)],
    )
    (finished,) = entries.entry(nb, DAY).blocks
    assert isinstance(finished, RunBlock)
    assert finished.id == queued.id
    assert finished.run == runs.run(nb, run_id)
    assert finished.run.metrics == {"loss": 0.5}


def test_the_days_around_a_day_skip_what_is_empty_or_deleted(nb: Notebook) -> None:
    days = [DAY - dt.timedelta(days=9), DAY, DAY + dt.timedelta(days=30)]
    for day in days:
        notes.add_note(nb, "x", moment=at(0), day=day)
    gone = notes.add_note(nb, "y", moment=at(0), day=TOMORROW)
    notes.delete_note(nb, gone.id, moment=at(1))
    assert entries.neighbours(nb, DAY) == (days[0], days[2])
    assert entries.neighbours(nb, TOMORROW) == (DAY, days[2])
    assert entries.neighbours(nb, days[0]) == (None, DAY)
    assert entries.days_written(nb, Period(days[0], DAY)) == (days[0], DAY)
    assert entries.days_written(nb, Period(TOMORROW, TOMORROW)) == ()


def test_the_day_stays_what_it_was_decided_to_be(nb: Notebook) -> None:
    after_midnight = Moment.at(dt.datetime(2026, 11, 24, 1, 30, tzinfo=dt.UTC), ZONE)
    note = notes.add_note(nb, "late", moment=after_midnight, day=DAY)
    assert entries.entry(nb, DAY).blocks == (note,)


def test_a_window_keeps_one_draft_for_each_note(nb: Notebook) -> None:
    from labbook.model import Draft

    note = notes.add_note(nb, "x", moment=at(0), day=DAY)
    new = Draft("tty1", DAY, "new", at(1))
    of_note = Draft("tty1", DAY, "edit", at(2), note_id=note.id, base_version=1)
    elsewhere = Draft("tty2", DAY, "other", at(3))
    for draft in (new, of_note, elsewhere):
        drafts.keep_draft(nb, draft)
    assert drafts.drafts(nb) == (new, of_note, elsewhere)
    newer = Draft("tty1", TOMORROW, "newer \x00", at(4))
    drafts.keep_draft(nb, newer)
    assert [each.body for each in drafts.drafts(nb)] == ["edit", "other", "newer "]
    drafts.drop_draft(nb, "tty1")
    drafts.drop_draft(nb, "tty1")
    drafts.drop_draft(nb, "tty1", note.id)
    assert drafts.drafts(nb) == (elsewhere,)
