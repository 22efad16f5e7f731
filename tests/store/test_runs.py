"""Runs: each step once, each result once, and every number as it was."""

from __future__ import annotations

import datetime as dt
import math
import threading
from typing import Any

import pytest

from labbook.errors import UsageError
from labbook.model import Artifact, ArtifactKind, Code, Metric, Progress, RunRole, RunState
from labbook.model.run import ALLOWED_STEPS
from labbook.store import entries, run_steps, runs
from labbook.store.notebook import Notebook
from labbook.store.runs import Outcome
from tests.support.notebooks import DAY, at, open_notebook
from tests.support.store_runs import close, create, step

S = RunState
TABLE = Artifact("summary", ArtifactKind.TABLE, "a" * 64, 10, "application/json")
FIGURE = Artifact("bias", ArtifactKind.FIGURE, "b" * 64, 20, "application/json")


def test_a_run_is_queued_together_with_its_block(nb: Notebook) -> None:
    run = create(nb, params={"p": [0.5, 0.5], "name": "ü", "clip": math.inf}, parent_id=None)
    assert run == runs.run(nb, run.id)
    assert (run.state, run.day, run.created) == (S.QUEUED, DAY, at(0))
    assert run.params == {"p": [0.5, 0.5], "name": "ü", "clip": "inf"}
    assert (run.seed, run.backend_asked, run.host) == (5, "auto", "node7")
    assert [block.id for block in entries.entry(nb, DAY).blocks] == [1]
    child = create(nb, parent_id=run.id)
    assert child.parent_id == run.id


@pytest.mark.parametrize("seed", [-1, 2**63, 2**80])
def test_a_seed_that_does_not_fit_records_nothing(nb: Notebook, seed: int) -> None:
    with pytest.raises(UsageError, match=str(seed)):
        create(nb, seed=seed)
    assert runs.runs(nb) == ()
    assert entries.entry(nb, DAY).blocks == ()


def test_the_largest_seed_comes_back(nb: Notebook) -> None:
    assert create(nb, seed=2**63 - 1).seed == 2**63 - 1
    assert create(nb, seed=None).seed is None


@pytest.mark.parametrize("to", list(S))
@pytest.mark.parametrize("before", list(S))
def test_a_run_takes_exactly_the_allowed_steps(
    shared: Notebook, before: RunState, to: RunState
) -> None:
    run = create(shared)
    ways = {
        S.QUEUED: (),
        S.STARTING: (S.STARTING,),
        S.RUNNING: (S.STARTING, S.RUNNING),
        S.FINISHING: (S.STARTING, S.RUNNING, S.FINISHING),
        S.CANCELLED: (S.CANCELLED,),
        S.LOST: (S.LOST,),
    }
    step(shared, run, *ways.get(before, (S.STARTING, S.RUNNING, before)))
    assert runs.run(shared, run.id).state is before
    allowed = to in ALLOWED_STEPS[before]
    assert runs.step_run(shared, run.id, to, moment=at(2)) is allowed
    assert runs.run(shared, run.id).state is (to if allowed else before)


def test_a_step_only_from_where_it_was_expected(nb: Notebook) -> None:
    run = create(nb)
    assert not runs.step_run(nb, run.id, S.CANCELLED, moment=at(1), expected={S.RUNNING})
    assert runs.step_run(nb, run.id, S.STARTING, moment=at(1), expected={S.QUEUED}, owner="x")
    # What is not allowed is not made allowed by expecting it.
    assert not runs.step_run(nb, run.id, S.QUEUED, moment=at(1), expected={S.STARTING})
    assert not runs.step_run(nb, 99, S.STARTING, moment=at(1))


def test_a_run_remembers_when_it_began_and_ended(nb: Notebook) -> None:
    run = create(nb, minute=1)
    assert runs.step_run(nb, run.id, S.STARTING, moment=at(2))
    assert runs.step_run(nb, run.id, S.RUNNING, moment=at(3))
    assert runs.step_run(nb, run.id, S.FAILED, moment=at(4), message="no luck")
    now = runs.run(nb, run.id)
    assert (now.created, now.started, now.ended, now.message) == (at(1), at(3), at(4), "no luck")


def test_of_many_that_claim_a_run_one_gets_it(nb: Notebook) -> None:
    run = create(nb)
    results: list[bool] = []

    def claim(name: str) -> None:
        with open_notebook(nb.path) as mine:
            results.append(
                runs.step_run(
                    mine, run.id, S.STARTING, moment=at(1), expected={S.QUEUED}, owner=name
                )
            )

    threads = [threading.Thread(target=claim, args=(str(number),)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [False] * 5 + [True]


def test_events_are_taken_in_exactly_once(nb: Notebook) -> None:
    run = create(nb)
    step(nb, run, S.STARTING, S.RUNNING)
    batch: dict[str, Any] = {
        "from_offset": 0,
        "to_offset": 50,
        "metrics": [Metric("loss", 1.0, 0), Metric("loss", 0.5, 1)],
        "warnings": ["few samples"],
        "progress": Progress(1, 4),
    }
    assert runs.ingest(nb, run.id, **batch)
    assert not runs.ingest(nb, run.id, **batch)
    now = runs.run(nb, run.id)
    assert now.metrics == {"loss": 0.5}
    assert now.warnings == ("few samples",)
    assert now.progress == Progress(1, 4)
    assert [point.value for point in runs.metric_points(nb, run.id, "loss")] == [1.0, 0.5]
    (active,) = runs.active_runs(nb)
    assert active.events_offset == 50
    more = {**batch, "from_offset": 50, "to_offset": 60, "warnings": ["again"], "progress": None}
    assert runs.ingest(nb, run.id, **more)
    assert runs.run(nb, run.id).warnings == ("few samples", "again")
    assert runs.run(nb, run.id).progress == Progress(1, 4)


def test_a_run_ends_exactly_once_with_all_that_it_produced(nb: Notebook) -> None:
    run = create(nb)
    step(nb, run, S.STARTING, S.RUNNING)
    outcome = Outcome(
        S.FINISHED,
        exit_code=0,
        duration_s=1.25,
        peak_memory_bytes=2**33,
        backend="numpy",
        backend_reason="no device",
        device="cpu",
    )
    given: dict[str, Any] = {
        "metrics": [Metric("true_kl", 0.005)],
        "warnings": ["w"],
        "artifacts": [FIGURE, TABLE],
    }
    assert close(nb, run, outcome, **given)
    assert not close(nb, run, Outcome(S.FAILED), from_offset=100)
    now = runs.run(nb, run.id)
    assert now.state is S.FINISHED
    assert now.ended == at(9)
    assert now.metrics == {"true_kl": 0.005}
    assert now.artifacts == (FIGURE, TABLE)
    assert (now.exit_code, now.signal, now.duration_s) == (0, None, 1.25)
    assert (now.peak_memory_bytes, now.backend, now.device) == (2**33, "numpy", "cpu")
    assert now.warnings == ("w",)
    assert runs.active_runs(nb) == ()
    assert not runs.ingest(
        nb, run.id, from_offset=100, to_offset=200, metrics=[Metric("x", 1.0)], warnings=[]
    )


def test_a_close_that_missed_events_closes_nothing(nb: Notebook) -> None:
    run = create(nb)
    step(nb, run, S.STARTING, S.RUNNING)
    runs.ingest(nb, run.id, from_offset=0, to_offset=30, metrics=[], warnings=[])
    assert not close(nb, run, Outcome(S.FINISHED), metrics=[Metric("m", 1.0)])
    assert runs.run(nb, run.id).state is S.RUNNING
    assert runs.run(nb, run.id).metrics == {}
    assert close(nb, run, Outcome(S.FINISHED), from_offset=30)


def test_two_that_close_a_run_at_once_close_it_once(nb: Notebook) -> None:
    run = create(nb)
    step(nb, run, S.STARTING, S.RUNNING)
    results: list[bool] = []
    start = threading.Barrier(4)

    def end(state: RunState) -> None:
        start.wait()
        results.append(close(nb, run, Outcome(state), metrics=[Metric("m", 1.0)]))

    threads = [
        threading.Thread(target=end, args=(state,))
        for state in (S.FINISHED, S.LOST, S.FAILED, S.CANCELLED)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [False, False, False, True]
    assert len(runs.metric_points(nb, run.id, "m")) == 1


def test_a_run_that_ends_on_a_later_day_is_linked_there(nb: Notebook) -> None:
    run = create(nb)
    step(nb, run, S.STARTING, S.RUNNING)
    later = DAY + dt.timedelta(days=2)
    assert close(nb, run, Outcome(S.FINISHED), day=later)
    roles = [
        (block.run.id, block.role)  # type: ignore[union-attr]
        for day in (DAY, later)
        for block in entries.entry(nb, day).blocks
    ]
    assert roles == [(run.id, RunRole.STARTED), (run.id, RunRole.ENDED)]


def test_a_run_that_ends_on_its_day_or_by_a_clock_set_back_has_one_block(nb: Notebook) -> None:
    for day in (DAY, DAY - dt.timedelta(days=1)):
        run = create(nb)
        step(nb, run, S.STARTING, S.RUNNING)
        assert close(nb, run, Outcome(S.FINISHED), day=day)
    assert len(entries.entry(nb, DAY).blocks) == 2
    assert entries.entry(nb, DAY - dt.timedelta(days=1)).blocks == ()


def test_what_is_known_later_is_added_to_the_run(nb: Notebook) -> None:
    run = create(nb)
    code = Code("c0ffee", "main", dirty=True, root="/home/ada/code")
    runs.describe_run(
        nb,
        run.id,
        code=code,
        environment={"python": "3.11.7", "packages": {"numpy": "2.0"}},
        worker="boot/3/4",
        backend="numpy",
    )
    now = runs.run(nb, run.id)
    assert now.code == code
    assert now.environment == {"python": "3.11.7", "packages": {"numpy": "2.0"}}
    assert now.backend == "numpy"
    runs.describe_run(nb, run.id, device="cpu")
    assert runs.run(nb, run.id).backend == "numpy"
    (active,) = runs.active_runs(nb)
    assert (active.owner, active.worker) == ("boot/1/2", "boot/3/4")


def test_a_heartbeat_is_seen_and_skipped_when_the_notebook_is_busy(
    nb: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = create(nb)
    assert runs.heartbeat(nb, run.id, moment=at(5), progress=Progress(3, 10))
    (active,) = runs.active_runs(nb)
    assert (active.heartbeat, active.run.progress) == (at(5), Progress(3, 10))
    monkeypatch.setattr(run_steps, "HEARTBEAT_PATIENCE_S", 0.05)
    with open_notebook(nb.path) as other, other.write():
        assert not runs.heartbeat(nb, run.id, moment=at(6))
    step(nb, run, S.CANCELLED)
    assert not runs.heartbeat(nb, run.id, moment=at(7))
