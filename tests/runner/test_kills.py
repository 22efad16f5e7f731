"""Whatever is killed, at whatever moment: no run is stuck, none is pasted twice, nothing lost."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from textwrap import dedent

import pytest

from labbook.model import Moment, RunBlock, RunState
from labbook.runner.identity import Life, judge
from labbook.runner.reconcile import reconcile
from labbook.store import runs
from tests.support.lab import CAMPAIGN, Lab, kill, wait_until

LAUNCHER = """
    import sys, time
    from pathlib import Path
    from labbook.model import Moment
    from labbook.runner.launch import launch, registry
    from labbook.settings import Settings
    from labbook.store.notebook import Notebook

    path = Path(sys.argv[1])
    notebook = Notebook.open(path, clock=Moment.now)
    request = registry(path).request("test.walk", {"steps": "40", "pause_s": "0.01"}, 7)
    run = launch(notebook, request, Settings(notebook=path), Moment.now)
    print(run.id, flush=True)
    time.sleep(60)
"""


def assert_true_and_pasted_once(lab: Lab, run_id: int, steps: int = 40) -> None:
    """The run's row, metrics and blocks agree with its directory."""
    run = runs.run(lab.notebook, run_id)
    assert run.state.has_ended, f"run {run_id} is stuck as {run.state}"
    blocks = [
        each for each in lab.entry().blocks if isinstance(each, RunBlock) and each.run.id == run_id
    ]
    assert len(blocks) == 1
    points = runs.metric_points(lab.notebook, run_id, "position")
    assert [each.step for each in points] == list(range(len(points)))
    events = lab.directory(run).events
    whole = events.read_bytes().split(b"\n")[:-1] if events.exists() else []
    said = sum(b'"position"' in line and b'"metric"' in line for line in whole)
    assert len(points) == said, "every whole line that was written counts"
    if run.state is RunState.FINISHED:
        assert len(points) == steps
        assert [each.name for each in run.artifacts] == ["start", "end", "path"]
    assert lab.family(run) == []


def test_a_killed_worker_leaves_its_partial_output(lab: Lab) -> None:
    run = lab.start("test.walk", steps="10000", pause_s="0.01")
    lab.wait_for_metric(run, "position")
    kill(lab.pid(run, "worker"))
    ended = lab.end_of(run)
    assert ended.state is RunState.FAILED
    assert ended.signal == signal.SIGKILL
    assert "killed (SIGKILL)" in ended.message
    assert ended.metrics["position"] is not None
    assert_true_and_pasted_once(lab, run.id)


def test_a_worker_dies_with_its_supervisor_and_the_run_is_lost(lab: Lab) -> None:
    run = lab.start("test.stubborn", ignore_term="yes", children="2")
    lab.wait_for_metric(run, "before")
    lab.wait_for(run, RunState.RUNNING)
    worker = lab.directory(run).identity("worker")
    kill(lab.pid(run, "supervisor"))
    wait_until(lambda: judge(worker) is Life.GONE, 20.0, "the worker to die")
    (ended,) = lab.reconcile()
    assert ended.state is RunState.LOST
    assert "supervisor was killed or failed" in ended.message
    assert ended.metrics == {"before": 1.0}, "what it had recorded is kept"
    assert lab.family(run) == [], "what it had started is ended"
    assert lab.reconcile() == ()


def test_both_killed_at_once_is_a_lost_run(lab: Lab) -> None:
    run = lab.start("test.walk", steps="10000", pause_s="0.01")
    lab.wait_for_metric(run, "position")
    for who in ("worker", "supervisor"):
        kill(lab.pid(run, who))
    ended = lab.end_of(run)
    assert ended.state in (RunState.LOST, RunState.FAILED)
    assert_true_and_pasted_once(lab, run.id)


def test_a_run_that_had_said_how_it_ended_is_adopted_not_lost(lab: Lab) -> None:
    run = lab.start("test.walk", steps="150", pause_s="0.02")
    wait_until(lambda: bool(lab.now(run).metrics), 60.0, "a part to be taken in")
    supervisor = lab.directory(run).identity("claim")
    os.kill(lab.pid(run, "supervisor"), signal.SIGSTOP)
    wait_until(lambda: lab.directory(run).has_exit(), 60.0, "exit.json")
    kill(lab.pid(run, "supervisor"))
    wait_until(lambda: judge(supervisor) is Life.GONE, 10.0, "the supervisor to die")
    (ended,) = lab.reconcile()
    assert ended.state is RunState.FINISHED
    assert ended.backend == "numpy"
    assert ended.duration_s is not None
    assert_true_and_pasted_once(lab, run.id, steps=150)


def test_a_killed_launcher_does_not_stop_its_run(lab: Lab) -> None:
    command = [sys.executable, "-c", dedent(LAUNCHER), str(lab.path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as launcher:
        assert launcher.stdout is not None
        run_id = int(launcher.stdout.readline())
        os.killpg(launcher.pid, signal.SIGKILL)
    ended = lab.end_of(runs.run(lab.notebook, run_id))
    assert ended.state is RunState.FINISHED
    assert_true_and_pasted_once(lab, run_id)


@pytest.mark.slow
def test_a_hang_up_of_the_launchers_terminal_does_not_stop_its_run(lab: Lab) -> None:
    command = [sys.executable, "-c", dedent(LAUNCHER), str(lab.path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as launcher:
        assert launcher.stdout is not None
        run_id = int(launcher.stdout.readline())
        for number in (signal.SIGINT, signal.SIGHUP):
            os.killpg(launcher.pid, number)
    assert lab.end_of(runs.run(lab.notebook, run_id)).state is RunState.FINISHED


def test_a_launcher_killed_before_it_could_start_anything_leaves_a_lost_run(lab: Lab) -> None:
    from labbook.runner import identity

    sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    owner = identity.of(sleeper.pid)
    assert owner is not None
    run = runs.create_run(
        lab.notebook,
        runs.NewRun(
            experiment="test.walk",
            params={},
            seed=1,
            backend_asked="auto",
            day=Moment.now().day(),
            moment=Moment.now(),
            host="here",
            owner=owner.text,
        ),
    )
    lab.directory(run).make()
    assert lab.reconcile() == (), "its launcher lives"
    sleeper.kill()
    sleeper.wait()
    (ended,) = lab.reconcile()
    assert ended.state is RunState.LOST
    assert "never started" in ended.message
    assert lab.directory(run).identity("claim"), "no supervisor can start it any more"


@pytest.mark.parametrize("left", ["", "half an identity"])
def test_a_claim_that_was_cut_off_does_not_keep_a_run_queued(lab: Lab, left: str) -> None:
    run = runs.create_run(
        lab.notebook,
        runs.NewRun(
            experiment="test.walk",
            params={},
            seed=1,
            backend_asked="auto",
            day=Moment.now().day(),
            moment=Moment.now(),
            host="here",
            owner="",
        ),
    )
    lab.directory(run).make()
    (lab.directory(run).path / "claim").write_text(left)
    (ended,) = lab.reconcile()
    assert ended.state is RunState.LOST


def test_a_second_supervisor_for_a_run_starts_nothing(lab: Lab) -> None:
    run = lab.start("test.walk", steps="20", pause_s="0.02")
    lab.pid(run, "supervisor")
    second = [sys.executable, "-P", "-m", "labbook.runner.supervisor", str(lab.path), str(run.id)]
    subprocess.run(second, check=True, timeout=30)
    ended = lab.end_of(run)
    assert ended.state is RunState.FINISHED
    assert lab.directory(run).events.read_text().count('"type":"start"') == 1


def test_many_who_reconcile_at_once_end_a_run_once(lab: Lab) -> None:
    from concurrent.futures import ThreadPoolExecutor

    run = lab.start("test.stubborn")
    lab.wait_for_metric(run, "before")
    kill(lab.pid(run, "supervisor"))
    wait_until(lambda: lab.family(run) == [], 10.0, "the worker to die")
    with ThreadPoolExecutor(4) as pool:
        ended = list(pool.map(lambda _: lab.reconcile(), range(4)))
    assert sum(len(each) for each in ended) == 1
    assert [block.run.id for block in lab.entry().blocks if isinstance(block, RunBlock)] == [run.id]
    assert len(runs.metric_points(lab.notebook, run.id, "before")) == 1


def test_a_supervisor_that_is_only_stopped_is_left_alone(lab: Lab) -> None:
    run = lab.start("test.walk", steps="50", pause_s="0.01")
    lab.wait_for_metric(run, "position")
    supervisor = lab.pid(run, "supervisor")
    os.kill(supervisor, signal.SIGSTOP)
    try:
        time.sleep(1.0)
        assert lab.reconcile() == ()
    finally:
        os.kill(supervisor, signal.SIGCONT)
    assert lab.end_of(run).state is RunState.FINISHED


def test_a_run_on_another_machine_is_lost_only_when_it_has_been_silent(lab: Lab) -> None:
    now = Moment.now()
    elsewhere = "cluster-7 0123 pid:[1] 4711 99"
    run = runs.create_run(
        lab.notebook,
        runs.NewRun(
            experiment="test.walk",
            params={},
            seed=1,
            backend_asked="auto",
            day=now.day(),
            moment=now,
            host="cluster-7",
            owner=elsewhere,
        ),
    )
    lab.directory(run).make()
    lab.directory(run).claim(elsewhere)
    runs.step_run(lab.notebook, run.id, RunState.STARTING, moment=now)
    runs.step_run(lab.notebook, run.id, RunState.RUNNING, moment=now)

    def later(seconds: float) -> Moment:
        return Moment(now.us + int(seconds * 1e6), now.zone)

    assert reconcile(lab.notebook, lab.settings, lambda: later(25)) == ()
    runs.heartbeat(lab.notebook, run.id, moment=later(25))
    assert reconcile(lab.notebook, lab.settings, lambda: later(50)) == ()
    assert reconcile(lab.notebook, lab.settings, lambda: later(-3600)) == (), "a clock set back"
    (ended,) = reconcile(lab.notebook, lab.settings, lambda: later(56))
    assert ended.state is RunState.LOST
    assert "Nothing has been heard of it from cluster-7" in ended.message


@pytest.mark.slow
def test_a_notebook_that_cannot_be_written_for_a_while_loses_nothing(lab: Lab) -> None:
    run = lab.start("test.walk", steps="40", pause_s="0.01")
    lab.wait_for(run, RunState.RUNNING)
    with lab.notebook.write():
        # Longer than any writer waits: the supervisor is refused, and tries again.
        time.sleep(13.0)
    assert lab.end_of(run).state is RunState.FINISHED
    assert "kept" in lab.log(run) or "supervisor" in lab.log(run)
    assert_true_and_pasted_once(lab, run.id)


def kill_at_a_random_moment(lab: Lab, seed: int) -> None:
    """One cycle: start a run of about half a second, kill something somewhere in its life."""
    chance = random.Random(seed)
    victims = chance.choice([("worker",), ("supervisor",), ("worker", "supervisor"), ("launcher",)])
    command = [sys.executable, "-c", dedent(LAUNCHER), str(lab.path)]
    launcher = subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True)
    try:
        if victims == ("launcher",):
            time.sleep(chance.uniform(0.05, 1.5))
        else:
            assert launcher.stdout is not None
            run = runs.run(lab.notebook, int(launcher.stdout.readline()))
            time.sleep(chance.uniform(0.0, 1.5))
            for who in victims:
                if lab.directory(run).identity("claim" if who == "supervisor" else who):
                    kill(lab.pid(run, who))
    finally:
        launcher.kill()
        launcher.communicate()
    wait_until(lambda: settled(lab), 60.0, f"all runs to end (seed {seed})")
    for run in runs.runs(lab.notebook, limit=1):
        assert_true_and_pasted_once(lab, run.id)


def settled(lab: Lab) -> bool:
    reconcile(lab.notebook, lab.settings, Moment.now)
    return runs.active_runs(lab.notebook) == ()


@pytest.mark.parametrize("seed", range(6))
def test_a_kill_at_a_random_moment_leaves_the_truth(lab: Lab, seed: int) -> None:
    kill_at_a_random_moment(lab, seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", CAMPAIGN)
def test_many_kills_at_random_moments_leave_the_truth(lab: Lab, seed: int) -> None:
    kill_at_a_random_moment(lab, seed)
