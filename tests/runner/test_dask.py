"""Sweeps on a real Dask cluster: nothing is computed twice, nothing that came back is lost."""

from __future__ import annotations

import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from labbook.model import RunState, SweepState
from labbook.runner.sweeps import launch
from labbook.runner.sweeps.launch import Manner
from labbook.store import runs, sweeps
from tests.support.cluster import cluster
from tests.support.lab import Lab, wait_until
from tests.support.sweeps import end_of, numbers, resume, runs_of, start

pytestmark = pytest.mark.slow

MARKS = '''
import time
from pathlib import Path

from labbook.experiments import Trial, experiment


@experiment("test.marks")
def marks(trial: Trial, *, folder: str, point: int = 0, pause_s: float = 0.0) -> None:
    """Leave a mark for each start."""
    with Path(folder, "marks").open("a") as file:
        file.write(f"{point}\\n")
    trial.metric("begun", 1.0)
    for step in range(round(pause_s / 0.01)):
        time.sleep(0.01)
        trial.progress(step, of=pause_s / 0.01)
    trial.metric("point", float(point) + float(trial.rng("x").random()))
'''


def write_marks(lab: Lab) -> None:
    (lab.path / "experiments" / "marks.py").write_text(MARKS)


def marks(folder: Path) -> Counter[str]:
    file = folder / "marks"
    return Counter(file.read_text().split()) if file.exists() else Counter()


def test_a_cluster_gives_the_numbers_of_this_machine(lab: Lab, tmp_path: Path) -> None:
    with cluster(tmp_path) as dask:
        far = end_of(
            lab, start(lab, "test.walk", steps="5..8", seed="1,2", manner=Manner(dask.executor))
        )
    near = end_of(lab, start(lab, "test.walk", steps="5..8", seed="1,2"))
    assert (far.state, far.tally.finished) == (SweepState.FINISHED, 8)
    assert numbers(lab, far) == numbers(lab, near)
    assert lab.log(runs_of(lab, far)[0]) == "walked 5 steps\n"


def test_a_dead_workers_point_is_lost_and_never_started_twice(lab: Lab, tmp_path: Path) -> None:
    write_marks(lab)
    with cluster(tmp_path) as dask:
        manner = Manner(dask.executor)
        sweep = start(
            lab, "test.marks", folder=str(tmp_path), point="1..8", pause_s="0.6", manner=manner
        )
        wait_until(lambda: len(marks(tmp_path)) >= 2, 60, "two starts")
        dask.workers[0].send_signal(signal.SIGKILL)
        ended = end_of(lab, sweep)
        assert ended.state is SweepState.FINISHED
        lost = [run for run in runs_of(lab, sweep) if run.state is RunState.LOST]
        assert len(lost) == 1
        assert "not started a second time" in lost[0].message
        assert ended.tally.finished == 7
        assert set(marks(tmp_path).values()) == {1}, "no point was begun twice"

        assert resume(lab, sweep, executor=dask.executor).tally.finished == 8
        again = str(lost[0].params["point"])
        assert marks(tmp_path) == Counter({str(n): 1 + (str(n) == again) for n in range(1, 9)})


def test_without_its_scheduler_a_sweep_is_lost_and_resumed_on_another(
    lab: Lab, tmp_path: Path
) -> None:
    write_marks(lab)
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with cluster(tmp_path / "a") as dask:
        manner = Manner(dask.executor)
        sweep = start(
            lab, "test.marks", folder=str(tmp_path), point="1..6", pause_s="0.5", manner=manner
        )
        wait_until(lambda: sweeps.sweep(lab.notebook, sweep.id).tally.finished >= 1, 60, "an end")
        dask.scheduler.send_signal(signal.SIGKILL)
        ended = end_of(lab, sweep)
    assert ended.state is SweepState.LOST
    assert "scheduler" in ended.message
    assert "labbook sweep resume" in ended.message
    assert not runs.active_runs(lab.notebook)
    assert ended.tally.finished >= 1
    with cluster(tmp_path / "b") as dask:
        assert resume(lab, sweep, executor=dask.executor).tally.finished == 6
    finished = [
        run.params["point"]
        for run in (runs.run(lab.notebook, each) for each in sweeps.run_ids(lab.notebook, sweep.id))
        if run.state is RunState.FINISHED
    ]
    assert sorted(finished) == [1, 2, 3, 4, 5, 6]


def test_a_sweep_on_a_cluster_is_cancelled(lab: Lab, tmp_path: Path) -> None:
    write_marks(lab)
    with cluster(tmp_path) as dask:
        manner = Manner(dask.executor)
        sweep = start(
            lab, "test.marks", folder=str(tmp_path), point="1..9", pause_s="60", manner=manner
        )
        wait_until(lambda: len(marks(tmp_path)) == 2, 60, "two starts")
        began = time.monotonic()
        launch.cancel(lab.notebook, sweep.id)
        ended = end_of(lab, sweep)
        assert time.monotonic() - began < 20
    assert ended.state is SweepState.CANCELLED
    assert {run.state for run in runs_of(lab, sweep)} == {RunState.CANCELLED}
    assert len(marks(tmp_path)) == 2, "what had not begun never does"


def test_a_scheduler_that_is_not_there_is_told_of(lab: Lab) -> None:
    sweep = end_of(lab, start(lab, "test.walk", steps="1,2", manner=Manner("dask://127.0.0.1:9")))
    assert sweep.state is SweepState.LOST
    assert "No Dask scheduler answers" in sweep.message
