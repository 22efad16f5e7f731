"""The person's own command is told of an end: once, of what took long, and it disturbs nothing."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from labbook.model import Moment, RunState, SweepState
from labbook.model.notice import Notice
from labbook.runner.commands import Request
from labbook.runner.commands import start as start_command
from labbook.runner.notifier import call
from labbook.store import runs
from tests.support.lab import Lab, kill, wait_until
from tests.support.sweeps import end_of, start

NOTICE = Notice("run 1 · a", "finished in 1 s.", {"LABBOOK_RUN_ID": "1"})


class Told:
    """A notebook whose settings name a command, and what that was told."""

    def __init__(self, lab: Lab, after_s: float = 0) -> None:
        self.file = lab.path / "told"
        program = lab.path / "tell"
        program.write_text(
            "#!/bin/sh\n"
            f'echo "$1|$2|$LABBOOK_RUN_ID$LABBOOK_SWEEP_ID|$LABBOOK_RUN_DIR" >> "{self.file}"\n'
        )
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        self.command = (str(program), "{title}", "{message}")
        listed = ", ".join(f'"{each}"' for each in self.command)
        (lab.path / "settings.toml").write_text(
            f"notify_after_s = {after_s}\nnotify_command = [{listed}]\n"
        )
        lab.settings = replace(lab.settings, notify_after_s=after_s, notify_command=self.command)

    @property
    def lines(self) -> list[str]:
        return self.file.read_text().splitlines() if self.file.exists() else []

    def wait(self, count: int) -> list[str]:
        wait_until(lambda: len(self.lines) >= count, 30.0, f"{count} notices in {self.lines}")
        return sorted(self.lines)


def test_a_command_is_told_once_at_the_end_of_all_attempts(lab: Lab) -> None:
    told = Told(lab)
    cancelled = lab.exec("sh", "-c", "echo ready; sleep 1000")
    lab.wait_for_output(cancelled, b"ready")
    lab.cancel(cancelled)
    lab.end_of(cancelled)
    first = lab.end_of(lab.exec("sh", "-c", "exit 3", attempts=2))
    named = Request(("true",), str(lab.path), "-rm\x1b]52;c;aGk=\x07 $(touch x)\n`id`")
    hostile = lab.end_of(runs.run(lab.notebook, start_command(named, lab.settings, Moment.now)))
    lines = told.wait(2)
    assert [line.split("|")[2:] for line in lines] == [
        [str(first.id + 1), ""],
        [str(hostile.id), ""],
    ]
    assert lines[0].startswith(f"run {first.id + 1} · test.command|failed after ")
    assert "It ended with exit code 3. Attempt 2 of 2." in lines[0]
    assert lines[1].startswith(f"run {hostile.id} · -rm $(touch x) `id`|finished in ")


def test_what_took_less_long_than_asked_is_not_told_of_and_attempts_count_together(
    lab: Lab,
) -> None:
    told = Told(lab, after_s=1.0)
    lab.end_of(lab.exec("true"))
    lab.end_of(lab.exec("sh", "-c", "sleep 0.7; exit 1", attempts=2))
    assert len(told.wait(1)) == 1


def test_a_run_that_is_found_lost_is_told_of_once_by_whoever_ended_it(lab: Lab) -> None:
    told = Told(lab)
    run = lab.start("test.walk", steps="1000", pause_s="0.1")
    lab.wait_for(run, RunState.RUNNING)
    kill(lab.pid(run, "supervisor"))
    wait_until(lambda: bool(lab.reconcile()) or lab.now(run).state.has_ended, 30.0, "its end")
    assert lab.reconcile() == ()
    (line,) = told.wait(1)
    assert line.startswith(f"run {run.id} · test.walk|lost after ")


def test_a_sweep_is_told_of_once_and_its_points_are_not(lab: Lab) -> None:
    told = Told(lab)
    sweep = end_of(lab, start(lab, "test.walk", steps="10,20", seed="7,8"))
    assert sweep.state is SweepState.FINISHED
    (line,) = told.wait(1)
    assert line.startswith(f"sweep {sweep.id} · test.walk|finished in ")


def test_a_command_that_fails_is_a_warning_of_the_run_and_the_run_is_as_it_was(lab: Lab) -> None:
    (lab.path / "settings.toml").write_text(
        'notify_after_s = 0\nnotify_command = ["sh", "-c", "echo no bus >&2; exit 4"]\n'
    )
    run = lab.end_of(lab.exec("true"))
    wait_until(lambda: bool(lab.now(run).warnings), 30.0, "a warning")
    found = lab.now(run)
    assert found.state is RunState.FINISHED
    assert found.warnings == ("The notify_command failed (4): no bus.",)


def test_a_record_in_a_script_is_told_of_too(lab: Lab) -> None:
    told = Told(lab)
    code = f"import labbook\nwith labbook.record('train', notebook={str(lab.path)!r}): pass"
    lab.exec(sys.executable, "-c", code)  # joins the run around it
    environment = {k: v for k, v in os.environ.items() if not k.startswith("LABBOOK")}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    assert [line.split("|")[0] for line in told.wait(2)] == [
        "run 1 · test.command",
        "run 2 · train",
    ]


def test_what_is_wrong_with_a_command_is_said_in_a_sentence(tmp_path: Path) -> None:
    assert call(["no-such-notifier"], NOTICE, tmp_path) == (
        "The notify_command no-such-notifier could not be started: No such file or directory."
    )
    whole = ["sh", "-c", 'test "$1|$2|$LABBOOK_RUN_ID" = "run 1 · a|finished in 1 s.|1"', "sh"]
    assert call([*whole, "{title}", "{message}"], NOTICE, tmp_path) == ""


@pytest.mark.parametrize("signals", ["", "trap '' TERM HUP; "])
def test_a_command_that_takes_too_long_is_ended_with_its_children(
    tmp_path: Path, signals: str
) -> None:
    pid = tmp_path / "pid"
    slow = ["sh", "-c", f"{signals}sleep 1000 & echo $! > {pid}; wait"]
    began = time.monotonic()
    fault = call(slow, NOTICE, tmp_path, patience_s=0.5)
    assert fault == "The notify_command took longer than 0.5 s and was ended."
    assert time.monotonic() - began < 5
    child = int(pid.read_text())
    wait_until(
        lambda: not psutil.pid_exists(child) or psutil.Process(child).status() == "zombie",
        5.0,
        "its child to end",
    )
