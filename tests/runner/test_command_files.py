"""A command of a TOML file, run like any other experiment, where there is no labbook."""

from __future__ import annotations

import sys
import time

import pytest

from labbook.errors import UsageError
from labbook.model import RunState
from labbook.runner.log import log_text
from tests.support.lab import Lab

PROGRAM = """
import json, os, pathlib, sys, time
here = pathlib.Path(os.environ["LABBOOK_RUN_DIR"])
print(sys.argv[1:], pathlib.Path.cwd().name, flush=True)
with (here / "events.jsonl").open("a") as events:
    events.write(json.dumps({"type": "metric", "name": "lr", "value": float(sys.argv[1])}) + "\\n")
if sys.argv[2] == "9":
    time.sleep(60)
sys.exit(int(sys.argv[2]))
"""


@pytest.fixture
def train(lab: Lab) -> Lab:
    folder = lab.path / "experiments" / "work"
    folder.mkdir()
    (folder / "train.py").write_text(PROGRAM)
    (folder / "python").symlink_to(sys.executable)
    (folder.parent / "train.toml").write_text(
        '[experiment]\ndirectory = "work"\n'
        'command = ["./python", "-I", "-S", "train.py", "{lr}", "{code}", "{seed}"]\n'
        "[parameters]\nlr = 0.5\ncode = {default = 0, between = [0, 9]}\n"
    )
    return lab


def test_a_command_records_into_its_run(train: Lab) -> None:
    run = train.run("train", lr="1e-3", seed=7)
    assert run.state is RunState.FINISHED, run.message
    assert (run.params, run.metrics, run.seed) == ({"lr": 1e-3, "code": 0}, {"lr": 1e-3}, 7)
    assert log_text(train.path, run.id) == "['0.001', '0', '7'] work\n"


def test_a_command_that_fails_says_how(train: Lab) -> None:
    run = train.run("train", code="3")
    assert (run.state, run.message) == (RunState.FAILED, "python ended with exit code 3.")
    assert run.metrics == {"lr": 0.5}
    (train.path / "experiments" / "work" / "python").unlink()
    run = train.run("train")
    assert run.state is RunState.FAILED
    assert "could not be started: No such file or directory" in run.message
    with pytest.raises(UsageError, match="code"):
        train.start("train", code="10")


def test_a_command_is_cancelled(train: Lab) -> None:
    run = train.start("train", code="9", term_after_s=0.2)
    deadline = time.monotonic() + 20
    while not log_text(train.path, run.id):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    train.cancel(run)
    assert train.end_of(run).state is RunState.CANCELLED
