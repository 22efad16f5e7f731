"""Kill the client, the supervisor or the shim of a command at any moment: the record is true."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from labbook.model import Command, Moment, RunBlock, RunState
from labbook.runner import commands, identity
from labbook.runner.order import Order
from labbook.runner.reconcile import reconcile
from labbook.runner.spawn import bury, spawned
from labbook.store import runs
from tests.support.command import environment
from tests.support.lab import CAMPAIGN, Lab, kill, wait_until

CODE = 37


def ledger(folder: Path) -> list[str]:
    """What the command itself has written down: that it began, and that it ended."""
    path = folder / "ledger"
    return path.read_text().split() if path.exists() else []


def assert_true(lab: Lab, run_id: int, folder: Path, victims: tuple[str, ...]) -> None:
    run = runs.run(lab.notebook, run_id)
    directory = lab.directory(run)
    assert run.state.has_ended, f"run {run_id} is stuck as {run.state}"
    blocks = [each for each in lab.entry().blocks if isinstance(each, RunBlock)]
    assert [each.run.id for each in blocks].count(run_id) == 1
    assert ledger(folder).count("began") <= 1, "it was started once"
    facts = directory.read_exit()
    if facts is not None and "exit_code" in facts:
        assert (run.exit_code, run.signal) == (facts["exit_code"], facts["signal"])
    if "shim" not in victims and "began" in ledger(folder):
        assert "ended" in ledger(folder)
        assert (run.state, run.exit_code) == (RunState.FAILED, CODE)
        assert lab.printed(run) == b"".join(b"%d\n" % n for n in range(20))
        said = directory.events.read_bytes().splitlines()
        points = runs.metric_points(lab.notebook, run_id, "loss")
        assert [each.value for each in points] == [json.loads(line)["value"] for line in said]
    assert lab.family(run) == []


SCRIPT = f"""
import json, os, time
ledger = open("ledger", "a", buffering=1)
ledger.write("began ")
ledger.flush()
events = open(os.path.join(os.environ["LABBOOK_RUN_DIR"], "events.jsonl"), "a", buffering=1)
for n in range(20):
    print(n, flush=True)
    events.write(json.dumps({{"type": "metric", "name": "loss", "value": n, "step": n}}) + chr(10))
    time.sleep(0.03)
ledger.write("ended ")
ledger.close()
os._exit({CODE})
"""


def kill_at_a_random_moment(lab: Lab, seed: int) -> None:
    """One cycle: a command of about a second, and something killed somewhere in its life."""
    chance = random.Random(seed)
    victims = chance.choice(
        [
            *(("client",), ("supervisor",), ("supervisor", "supervisor"), ("shim",)),
            *(("client", "supervisor"), ("supervisor", "shim"), ("client", "supervisor", "shim")),
        ]
    )
    folder = lab.path.parent / f"folder{seed}"
    folder.mkdir()
    command = [sys.executable, "-m", "labbook", "exec", "--", sys.executable, "-c", SCRIPT]
    client = subprocess.Popen(
        command,
        env=environment(lab.path),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        for who in victims:
            time.sleep(chance.uniform(0.0, 0.8))
            strike(lab, who, client)
        if "client" not in victims:
            code = client.wait(100)
            if "shim" not in victims:
                assert code == CODE
    finally:
        client.kill()
        client.wait()
    wait_until(lambda: settled(lab), 60.0, f"all runs to end (seed {seed})")
    for run in runs.runs(lab.notebook):
        assert_true(lab, run.id, folder, victims)


def strike(lab: Lab, who: str, client: subprocess.Popen[bytes]) -> None:
    if who == "client":
        client.kill()
        return
    found = runs.runs(lab.notebook, limit=1)
    if not found:
        return
    directory = lab.directory(found[0])
    known = directory.latest_claim()[1] or directory.identity("spawned")
    text = known if who == "supervisor" else directory.identity("keeper/shim")
    if text:
        kill(int(text.split()[3]))


def settled(lab: Lab) -> bool:
    reconcile(lab.notebook, lab.settings, Moment.now)
    time.sleep(0.1)
    return runs.active_runs(lab.notebook) == ()


@pytest.mark.parametrize("seed", range(5))
def test_a_kill_at_a_random_moment_leaves_the_truth(lab: Lab, seed: int) -> None:
    kill_at_a_random_moment(lab, seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", CAMPAIGN)
def test_many_kills_at_random_moments_leave_the_truth(lab: Lab, seed: int) -> None:
    kill_at_a_random_moment(lab, seed)


def test_a_client_killed_before_anything_was_started_leaves_a_lost_run(lab: Lab) -> None:
    """The row is there, the shim is not; what comes late starts nothing."""
    sleeper = subprocess.Popen(["sleep", "60"])
    owner = identity.of(sleeper.pid)
    assert owner is not None
    new = runs.NewRun(
        experiment="touch",
        params={},
        day=Moment.now().day(),
        moment=Moment.now(),
        host="here",
        owner=owner.text,
        command=Command(("touch", "made"), str(lab.path)),
    )
    run = runs.create_run(lab.notebook, new)
    order = Order(
        run=run.id,
        experiment="touch",
        target="",
        seed=None,
        backend="",
        argv=("touch", "made"),
        directory=str(lab.path),
    )
    directory = commands.prepare(lab.path, order)
    assert lab.reconcile() == (), "its client lives"
    sleeper.kill()
    sleeper.wait()
    (ended,) = lab.reconcile()
    assert ended.state is RunState.LOST
    assert "never started" in ended.message
    commands.set_off(lab.path, directory, order)
    wait_until(commands_have_ended, 30.0, "the late shim to give up")
    assert not (lab.path / "made").exists()


def commands_have_ended() -> bool:
    bury()
    return not spawned


def test_a_stopped_supervisor_is_left_alone(lab: Lab) -> None:
    run = lab.exec("sh", "-c", "echo ready; sleep 1; exit 3")
    lab.wait_for(run, RunState.RUNNING)
    supervisor = lab.pid(run, "supervisor")
    os.kill(supervisor, signal.SIGSTOP)
    try:
        time.sleep(1.5)
        assert lab.reconcile() == ()
        assert lab.directory(run).latest_claim()[0] == 1
    finally:
        os.kill(supervisor, signal.SIGCONT)
    assert lab.end_of(run).exit_code == 3
