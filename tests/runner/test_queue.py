"""The queue: runs wait their turn with the environment they were given, and none is forgotten."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from labbook.model import Moment, Run, RunState
from labbook.runner.cancel import cancel
from labbook.runner.commands import Request, start
from labbook.runner.log import log_text
from labbook.runner.queue import devices, start_waiting
from labbook.runner.reconcile import reconcile
from labbook.settings import Settings
from labbook.store import queue, runs
from labbook.store.new_run import NewRun
from labbook.store.notebook import Notebook
from tests.support.lab import wait_until


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(notebook=tmp_path / "notebook", runs_at_once=1)


@pytest.fixture
def notebook(settings: Settings) -> Iterator[Notebook]:
    with Notebook.open(settings.notebook, clock=Moment.now) as notebook:
        (settings.notebook / "settings.toml").write_text("runs_at_once = 1\n")
        yield notebook


def line_up(settings: Settings, script: str, gpus: int = 0) -> int:
    request = Request(("sh", "-c", script), str(settings.notebook), "sh", gpus=gpus)
    return start(request, settings, Moment.now)


def until(notebook: Notebook, settings: Settings, run_id: int, *states: RunState) -> Run:
    def there() -> bool:
        reconcile(notebook, settings, Moment.now)
        return runs.run(notebook, run_id).state in states

    wait_until(there, 60, f"run {run_id} to be {states}")
    return runs.run(notebook, run_id)


def test_runs_take_their_turns_with_their_own_environment(
    notebook: Notebook, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = []
    for number in range(3):
        monkeypatch.setenv("TURN", str(number))
        ids.append(line_up(settings, "echo turn $TURN; sleep 0.3"))
    monkeypatch.setenv("TURN", "nobody's")
    ended = [until(notebook, settings, each, RunState.FINISHED) for each in ids]
    for number, (before, after) in enumerate(itertools.pairwise(ended)):
        assert before.ended is not None
        assert after.started is not None
        assert before.ended.us <= after.started.us, number
    for number, each in enumerate(ids):
        assert log_text(settings.notebook, each) == f"turn {number}\n"
        assert not (settings.notebook / "runs" / str(each) / "environment.json").exists()


def test_a_run_that_ends_starts_the_next_one_by_itself(
    notebook: Notebook, settings: Settings
) -> None:
    first, second = line_up(settings, "sleep 0.2"), line_up(settings, "true")
    wait_until(
        lambda: runs.run(notebook, second).state is RunState.FINISHED, 60, "the second to end"
    )
    assert runs.run(notebook, first).state is RunState.FINISHED


def test_a_device_is_given_to_one_run(
    notebook: Notebook, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3, 5")
    assert devices() == ("3", "5")
    wide = replace(settings, runs_at_once=9)
    script = "echo $CUDA_VISIBLE_DEVICES; sleep 1"
    ids = [line_up(wide, script, gpus=1) for _ in range(3)]
    assert [run.id for run in queue.waiting_runs(notebook)] == ids[2:]
    for each in ids[:2]:
        until(notebook, wide, each, RunState.FINISHED)
    until(notebook, wide, ids[2], RunState.FINISHED)
    told = [log_text(settings.notebook, each).strip() for each in ids]
    assert set(told[:2]) == {"3", "5"}
    assert told[2] in {"3", "5"}


def test_what_asks_for_more_than_there_is_waits_and_can_be_cancelled(
    notebook: Notebook, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    run_id = line_up(settings, "true", gpus=1)
    reconcile(notebook, settings, Moment.now)
    assert runs.run(notebook, run_id).is_waiting
    assert cancel(notebook, run_id).state is RunState.CANCELLED
    assert queue.waiting_runs(notebook) == ()
    assert not (settings.notebook / "runs" / str(run_id) / "environment.json").exists()


def test_what_somebody_took_and_did_not_live_to_start_starts_all_the_same(
    notebook: Notebook, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    run_id = line_up(settings, "true", gpus=1)
    gone = ["nowhere", "gone", "gone", "1", "1"]
    from labbook.runner import identity

    gone[:3] = identity.place()
    taken = queue.take_next(notebook, at_once=9, gpus=["0"], owner=" ".join(gone))
    assert taken == run_id
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    until(notebook, settings, run_id, RunState.FINISHED)


def test_what_was_never_made_ready_is_lost_once_its_maker_is_gone(
    notebook: Notebook, settings: Settings
) -> None:
    now = Moment.now()
    new = NewRun("sh", {}, now.day(), now, "here", "gone", gpus=0)
    run_id = runs.create_run(notebook, new).id
    assert start_waiting(notebook, settings, Moment.now) == ()
    until(notebook, settings, run_id, RunState.LOST)
    assert not list((settings.notebook / "runs").iterdir())
