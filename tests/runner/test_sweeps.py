"""A sweep is its runs, each as `labbook run` makes it, whatever is killed on the way."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import psutil
import pytest

from labbook.errors import UsageError
from labbook.experiments.space import of_experiment, parse_space
from labbook.model import Moment, RunState, Sweep, SweepBlock, SweepState
from labbook.runner.identity import Identity
from labbook.runner.sweeps import launch
from labbook.runner.sweeps.launch import Manner
from labbook.store import runs, sweeps
from tests.support.lab import Lab, kill, wait_until
from tests.support.sweeps import end_of, numbers, resume, runs_of, start

KILLS = 12


def supervisor(lab: Lab, sweep: Sweep) -> int:
    with closing(sqlite3.connect(lab.notebook.database)) as db:
        asked = "SELECT owner FROM sweep WHERE id = ?"

        def owner() -> Identity | None:
            return Identity.parse(db.execute(asked, (sweep.id,)).fetchone()[0])

        wait_until(lambda: (each := owner()) is not None and each.pid != os.getpid(), 60, "owner")
        found = owner()
    assert found is not None
    return found.pid


def workers(lab: Lab, sweep: Sweep) -> list[int]:
    children = psutil.Process(supervisor(lab, sweep)).children()
    return [each.pid for each in children if "executors.worker" in " ".join(each.cmdline())]


def test_each_point_is_a_whole_run_with_the_numbers_of_labbook_run(lab: Lab) -> None:
    sweep = end_of(lab, start(lab, "test.walk", steps="10,20", seed="7,8"))
    assert (sweep.state, sweep.message) == (SweepState.FINISHED, "")
    assert sweep.tally.words == "4 of 4 finished"
    assert sweep.ended is not None

    found = runs_of(lab, sweep)
    assert [(run.params["steps"], run.seed) for run in found] == [
        (10, 7), (10, 8), (20, 7), (20, 8),
    ]  # fmt: skip
    for run in found:
        alone = lab.run("test.walk", steps=str(run.params["steps"]), seed=run.seed)
        assert run.state is RunState.FINISHED
        assert run.metrics == alone.metrics
        assert run.params == alone.params
        assert run.warnings == alone.warnings
        assert [a.sha256 for a in run.artifacts] == [a.sha256 for a in alone.artifacts]
        assert (run.backend, run.backend_reason) == (alone.backend, alone.backend_reason)
        assert run.environment == alone.environment
        assert run.sweep_id == sweep.id
        assert run.duration_s is not None
        assert (run.peak_memory_bytes or 0) > 1e6
        assert run.started is not None
        points = runs.metric_points(lab.notebook, run.id, "position")
        assert points == runs.metric_points(lab.notebook, alone.id, "position")
        assert lab.log(run) == f"walked {run.params['steps']} steps\n"

    (block, *alone_blocks) = lab.entry().blocks
    assert isinstance(block, SweepBlock)
    assert block.sweep == sweep
    assert len(alone_blocks) == 4, "a sweep's runs have no blocks of their own"


def test_a_worker_that_dies_loses_its_point_and_nothing_else(lab: Lab) -> None:
    ways = {
        "return": (RunState.FINISHED, ""),
        "kill": (RunState.FAILED, "SIGKILL"),
        "exit-0": (RunState.FINISHED, ""),
        "segfault": (RunState.FAILED, "SIGSEGV"),
        "_exit-5": (RunState.FAILED, "exit code 5"),
        "exit-3": (RunState.FAILED, "sys.exit(3)"),
        "memory": (RunState.FAILED, "MemoryError"),
        "term": (RunState.FAILED, "SIGTERM"),
        "_exit-0": (RunState.FAILED, "exit code 0"),
        "unspeakable": (RunState.FAILED, "Unspeakable"),
    }
    sweep = end_of(lab, start(lab, "test.end", how=",".join(ways)))
    assert sweep.state is SweepState.FINISHED, "partial failures are listed, not fatal"
    assert sweep.tally.words == "2 of 10 finished, 8 failed"
    assert sweep.message == "8 of 10 points have no finished run."
    for run in runs_of(lab, sweep):
        state, words = ways[run.params["how"]]
        assert (run.state, words in run.message) == (state, True), run
        assert run.metrics == {"before": 1.0}
    again = resume(lab, sweep, with_failed=True)
    assert again.tally == sweep.tally
    assert len(sweeps.run_ids(lab.notebook, sweep.id)) == 10 + 8


def test_the_first_failure_ends_a_sweep_that_is_to_fail_fast(lab: Lab) -> None:
    manner = Manner("local:1", fail_fast=True)
    sweep = end_of(lab, start(lab, "test.end", how="return,kill,exit-0,exit-3", manner=manner))
    assert sweep.state is SweepState.FAILED
    assert [run.state for run in runs_of(lab, sweep)][:2] == [RunState.FINISHED, RunState.FAILED]
    assert sweep.tally.finished == 1
    done = resume(lab, sweep, executor="local:1")
    assert done.tally.words == "2 of 4 finished, 2 failed"


def test_a_sweep_is_cancelled_with_its_runs_and_resumed(lab: Lab) -> None:
    sweep = start(lab, "test.walk", steps="60,61,62,63", pause_s="0.01")
    wait_until(lambda: sweeps.sweep(lab.notebook, sweep.id).tally.running > 0, 60, "a run")
    with pytest.raises(UsageError, match="running already"):
        resume(lab, sweep)
    launch.cancel(lab.notebook, sweep.id)
    ended = end_of(lab, sweep)
    assert ended.state is SweepState.CANCELLED
    assert not runs.active_runs(lab.notebook)
    assert {run.state for run in runs_of(lab, sweep)} <= {RunState.CANCELLED, RunState.FINISHED}
    launch.cancel(lab.notebook, sweep.id)  # does nothing more

    done = resume(lab, sweep)
    assert (done.state, done.tally.finished) == (SweepState.FINISHED, 4)
    assert done.message == ""


def test_one_run_of_a_sweep_is_cancelled_though_it_does_not_look(lab: Lab) -> None:
    manner = Manner("local:2", term_after_s=0.2)
    sweep = start(lab, "test.stubborn", children="0,1", manner=manner)
    wait_until(lambda: len(sweeps.points(lab.notebook, sweep.id)) == 2, 60, "both runs")
    first, second = runs_of(lab, sweep)
    lab.wait_for(first, RunState.RUNNING)
    lab.wait_for_metric(second, "before")
    lab.cancel(second)
    ended = lab.wait_for(second, RunState.CANCELLED)
    assert ended.metrics == {"before": 1.0}
    assert lab.family(second) == []
    assert lab.now(first).state is RunState.RUNNING
    launch.cancel(lab.notebook, sweep.id)
    assert end_of(lab, sweep).state is SweepState.CANCELLED


def test_what_a_killed_supervisor_left_is_ended_truly_and_resumed(lab: Lab) -> None:
    sweep = start(lab, "test.walk", steps="80,81,82", pause_s="0.01")
    wait_until(lambda: len(sweeps.points(lab.notebook, sweep.id)) > 1, 60, "runs")
    first = runs_of(lab, sweep)[0]
    lab.wait_for_metric(first, "position")
    alive = workers(lab, sweep)
    kill(supervisor(lab, sweep))
    lab.reconcile()
    now = sweeps.sweep(lab.notebook, sweep.id)
    assert now.state is SweepState.LOST
    assert f"labbook sweep resume {sweep.id}" in now.message
    assert not runs.active_runs(lab.notebook)
    lost = lab.now(first)
    assert lost.state is RunState.LOST
    assert "supervisor was killed" in lost.message
    assert "position" in lost.metrics, "what it had recorded is kept"
    wait_until(lambda: not any(map(_is_there, alive)), 10, "the workers' end")

    assert resume(lab, sweep).tally.finished == 3
    calm = end_of(lab, start(lab, "test.walk", steps="80,81,82"))
    for disturbed, undisturbed in zip(numbers(lab, sweep), numbers(lab, calm), strict=True):
        assert disturbed[1:] == undisturbed[1:]


def test_a_sweep_whose_starter_died_before_its_supervisor_is_lost(lab: Lab) -> None:
    found = lab.registry.find("test.walk")
    space = parse_space({"steps": "1,2"}, of_experiment(found.signature))
    sweep = sweeps.create_sweep(
        lab.notebook,
        sweeps.NewSweep("test.walk", space, 5, Moment.now().day(), Moment.now(), _gone()),
    )
    lab.reconcile()
    assert sweeps.sweep(lab.notebook, sweep.id).state is SweepState.LOST
    assert resume(lab, sweep).tally.finished == 2


def _own() -> str:
    from labbook.runner.identity import own

    return own().text


def _gone() -> str:
    host, boot, space, pid, _ = _own().split()
    return " ".join((host, boot, space, pid, "1"))


def _is_there(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _client(*arguments: str, lab: Lab) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "labbook", "--notebook", str(lab.path), *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _kill_one(
    lab: Lab, sweep: Sweep, rng: random.Random, clients: list[subprocess.Popen[bytes]]
) -> None:
    """Kill a worker, the supervisor, or whoever has resumed the sweep."""
    who = rng.choice(("worker", "worker", "supervisor", "client"))
    if who == "client":
        for client in clients[-1:]:
            client.kill()
        return
    try:
        found = workers(lab, sweep) if who == "worker" else [supervisor(lab, sweep)]
    except (psutil.Error, AssertionError):
        return  # it has gone by itself
    for pid in found[:1]:
        kill(pid)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_after_any_kills_each_point_has_exactly_one_finished_run(lab: Lab, seed: int) -> None:
    rng = random.Random(seed)
    given = {"steps": "20..24", "seed": "1..6", "pause_s": "0.002"}
    sweep = start(lab, "test.walk", **given)
    clients: list[subprocess.Popen[bytes]] = []
    kills = 0
    for _ in range(1000):
        time.sleep(rng.uniform(0.02, 0.6))
        lab.reconcile()
        now = sweeps.sweep(lab.notebook, sweep.id)
        if now.state is SweepState.FINISHED and now.tally.missing == 0:
            break
        if now.state.has_ended:
            clients.append(_client("sweep", "resume", str(sweep.id), "--failed", lab=lab))
            time.sleep(rng.uniform(0.2, 2.0))
        elif kills < KILLS:
            kills += 1
            _kill_one(lab, sweep, rng, clients)
    else:
        pytest.fail("it never ended")
    for client in clients:
        client.wait(60)
    assert not runs.active_runs(lab.notebook)
    ids = sweeps.run_ids(lab.notebook, sweep.id)
    finished = [
        run.params | {"seed": run.seed}
        for run in (runs.run(lab.notebook, each) for each in ids)
        if run.state is RunState.FINISHED
    ]
    assert sorted(map(repr, finished)) == sorted(map(repr, sweep.space.points()))
    calm = end_of(lab, start(lab, "test.walk", **given))
    assert numbers(lab, sweep) == numbers(lab, calm)
