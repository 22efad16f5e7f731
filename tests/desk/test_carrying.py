"""Carrying a next step on is a verdict of this week's review, and counts once in it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from labbook.desk import review, steps, write
from labbook.desk.desk import Desk
from labbook.errors import NotFound, UsageError
from labbook.model import Moment, Verdict
from labbook.settings import Settings
from labbook.text.period import Period
from tests.support.notebooks import DAY, at, new_notebook

WEEK = Period.week_of(DAY)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    new_notebook(tmp_path / "notebook").close()
    with Desk(Settings(notebook=tmp_path / "notebook"), clock=lambda: at(0)) as desk:
        yield desk


def _save(desk: Desk, week: Period) -> None:
    draft = review.draft(desk, week)
    version = draft.saved.version if draft.saved else None
    review.save(desk, week, draft.items, draft.verdicts, version=version)


def test_a_step_is_carried_once_a_week_and_stays_open(desk: Desk) -> None:
    write.add_note(desk, "- [ ] try shift = 2 @kl\n- [ ] another @kl")
    first, second = steps.open_steps(desk)
    with pytest.raises(UsageError, match="2026-W48 is not saved yet"):
        steps.carry(desk, first.id)
    _save(desk, WEEK)
    steps.carry(desk, second.id)
    assert steps.carry(desk, first.id).carried == 1
    assert steps.carry(desk, first.id, "the cluster is full").carried == 1
    saved = review.draft(desk, WEEK)
    assert set(saved.verdicts) == {
        Verdict(first.id, "carried", "the cluster is full"),
        Verdict(second.id, "carried"),
    }
    desk.clock = lambda: Moment(at(0).us + 7 * 86_400_000_000, at(0).zone)
    _save(desk, Period.week_of(DAY + dt.timedelta(days=7)))
    assert steps.carry(desk, first.id).carried == 2
    assert [step.carried for step in steps.open_steps(desk)] == [2, 1]


def test_what_cannot_be_carried(desk: Desk) -> None:
    write.add_note(desk, "- [ ] one @kl\n- [ ] two")
    one, _ = steps.open_steps(desk)
    _save(desk, WEEK)
    steps.settle(desk, one.id, "done")
    with pytest.raises(UsageError, match="is done"):
        steps.carry(desk, one.id)
    for missing in (lambda: steps.carry(desk, 99), lambda: steps.carry(desk, 2, "see run:9")):
        with pytest.raises(NotFound):
            missing()


def test_the_steps_of_one_thread(desk: Desk) -> None:
    write.add_note(desk, "- [ ] one @kl")
    write.add_note(desk, "- [ ] two @channel")
    assert [step.text for step in steps.open_steps(desk, thread="@KL")] == ["one @kl"]
    with pytest.raises(NotFound, match="no thread 'none'"):
        steps.open_steps(desk, thread="none")
