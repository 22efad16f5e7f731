"""`labbook sweep` as one types it, in real processes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.support.command import environment, labbook
from tests.support.lab import EXPERIMENTS, wait_until
from tests.support.notebooks import new_notebook


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "notebook"
    new_notebook(path).close()
    shutil.copytree(EXPERIMENTS, path / "experiments", ignore=shutil.ignore_patterns("__py*"))
    return path


def test_a_sweep_is_counted_run_and_shown_with_the_means_over_its_seeds(book: Path) -> None:
    axes = ("kl.bias-table", "shift=0.1:1:3:log", "samples=1000,4000", "seed=1..4")
    planned = labbook(book, "sweep", *axes, "--dry-run", "--executor", "local:2")
    assert (planned.code, planned.out) == (0, "")
    assert planned.err.startswith("24 points, 2 at a time; no earlier run")

    asked = (*axes, "--executor", "local:2", "--metric", "k3.bias", "--json")
    answer = labbook(book, "sweep", *asked)
    assert answer.code == 0, answer.err
    sweep = answer.json
    assert (sweep["id"], sweep["state"], len(sweep["runs"])) == (1, "finished", 24)
    alone = labbook(book, "run", *axes[:1], "shift=0.1", "samples=1000", "seed=1", "--json").json
    first = sweep["runs"][0]
    same = ("params", "seed", "metrics", "tables", "backend", "artifacts", "warnings")
    assert {name: first[name] for name in same} == {name: alone[name] for name in same}

    names = [column["name"] for column in sweep["table"]["columns"]]
    assert names == ["shift", "samples", "runs", "k3.bias", "± k3.bias"]
    for shift, samples, count, mean, error in sweep["table"]["rows"]:
        values = [
            run["metrics"]["k3.bias"]
            for run in sweep["runs"]
            if run["params"] == {"shift": shift, "samples": samples}
        ]
        assert count == len(values) == 4
        assert mean == pytest.approx(np.mean(values), rel=1e-12)
        assert error == pytest.approx(np.std(values, ddof=1) / 2, rel=1e-12)

    shown = labbook(book, "show")
    assert "sweep 1 · kl.bias-table · finished · 24 of 24 finished" in shown.out
    assert "─●─ samples 1000   ─▲─ samples 4000" in shown.out
    assert "Mean ± standard error of k3.bias" in shown.out
    assert labbook(book, "show", "--json").json["blocks"][0]["sweep"]["finished"] == 24
    assert "k1.bias" in labbook(book, "sweep", "show", "1", "--metric", "k1.bias").out
    listed = labbook(book, "sweep", "list").out.splitlines()
    assert listed[1].startswith("1   kl.bias-table  finished")
    assert "about" in labbook(book, "sweep", *axes, "--dry-run").err


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("kl.bias-table", "shift=1"), 2, "Nothing is swept"),
        (("shift=1,2",), 2, "begins with the name"),
        (("kl.bias-tabel", "shift=1,2"), 3, "Did you mean kl.bias-table?"),
        (("kl.bias-table", "shift=1..2", "samples=2,1"), 2, "must be at least 2"),
        (("kl.bias-table", "shift=1..400", "seed=1..400"), 2, "160,000 points"),
        (("kl.bias-table", "shift=1,2", "--executor", "local:0"), 2, "number of workers"),
        (("kl.bias-table", "shift=1,2", "--executor", "slurm"), 2, "no executor"),
        (("kl.bias-table", "shift=1,2", "--from", "none.csv"), 2, "cannot be read"),
        (("kl.bias-table", "shift=1,2", "seed=1", "--seed", "1"), 2, "given twice"),
        (("test.walk", "steps=1,2", "--backend", "cupy"), 6, "does not compute on cupy"),
        (("x=1,2", "--exec", "--", "true"), 2, "no place for x"),
        (("x=1,2", "--exec", "--", "no-such-program", "{x}"), 2, "no program"),
        (("x=1,2", "--", "true", "{x}"), 2, "--exec before it"),
        (("show", "7"), 3, "no sweep 7"),
        (("resume", "7"), 3, "no sweep 7"),
        (("cancel", "7"), 3, "no sweep 7"),
    ],
)
def test_a_sweep_that_cannot_be_is_refused_in_a_sentence(
    book: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    answer = labbook(book, "sweep", *arguments)
    assert answer.code == code, answer.err
    assert words in answer.err
    assert "Traceback" not in answer.err
    assert not list((book / "runs").glob("sweep-*")), "nothing was started"


def test_a_command_is_swept(book: Path, tmp_path: Path) -> None:
    script = "import sys; print(sys.argv[1:]); sys.exit(sys.argv[2] == 'b;c')"
    command = (sys.executable, "-c", script, "--lr={lr}", "{word}", "{seed}")
    words = ("lr=1e-3,2", "word=a,b;c", "--seed", "9", "--json")
    answer = labbook(book, "sweep", *words, "--exec", "--", *command, cwd=tmp_path)
    assert answer.code == 0, answer.err
    runs = answer.json["runs"]
    assert [run["state"] for run in runs] == ["finished", "failed", "finished", "failed"]
    assert runs[1]["exit_code"] == 1
    assert runs[1]["params"] == {"lr": 0.001, "word": "b;c"}
    assert labbook(book, "runs", "log", str(runs[3]["id"])).out == "['--lr=2', 'b;c', '9']\n"
    again = labbook(book, "sweep", "resume", str(answer.json["id"]))
    assert again.code == 2
    assert "--failed" in again.err


def test_ctrl_c_cancels_a_sweep_and_a_hang_up_does_not(book: Path) -> None:
    def client(*words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "labbook", "sweep", "test.walk", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(book),
            start_new_session=True,
        )

    def state(sweep_id: int) -> str:
        answer = labbook(book, "sweep", "show", str(sweep_id), "--json")
        return str(answer.json["state"]) if answer.code == 0 else ""

    long = client("steps=1000..1003", "pause_s=0.1")
    wait_until(lambda: state(1) == "running", 60, "the sweep")
    os.kill(long.pid, signal.SIGINT)
    out, err = long.communicate(timeout=60)
    assert long.returncode == 130, err
    assert "sweep 1 · test.walk · cancelled" in out

    short = client("steps=20..23", "pause_s=0.05")
    wait_until(lambda: state(2) == "running", 60, "the sweep")
    os.kill(short.pid, signal.SIGKILL)
    short.wait()
    wait_until(lambda: state(2) == "finished", 60, "its end")
    shown = json.loads(labbook(book, "sweep", "show", "2", "--json").out)
    assert shown["finished"] == 4


def test_a_sweep_stands_in_the_draft_of_the_review_and_in_the_report(book: Path) -> None:
    answer = labbook(book, "sweep", "test.walk", "steps=1,10,100", "seed=1..2", "--detach")
    assert "labbook sweep show 1" in answer.err
    wait_until(lambda: "finished" in labbook(book, "sweep", "list").out, 60, "its end")
    text = labbook(book, "report", "--format", "md").out
    assert "test.walk over steps=1,10,100 seed=1,2 pause" in text
    assert "(sweep 1)" in text
    assert "Mean ± standard error of position, distance" in text
