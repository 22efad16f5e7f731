"""Every example of docs/python.md works as it stands, in one notebook."""

from __future__ import annotations

import json
import math
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from labbook.desk import runs as desk_runs
from labbook.desk.desk import open_desk
from labbook.experiments import command_files
from labbook.runner.directory import RunDirectory
from labbook.runner.events import EventReader
from tests.support.command import environment, labbook
from tests.support.notebooks import new_notebook

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)


def test_the_examples_in_python_record_what_they_say(tmp_path: Path) -> None:
    new_notebook(tmp_path / "notebook").close()
    env = environment(tmp_path / "notebook", PYTHONPATH=str(ROOT))
    for number, code in enumerate(blocks("python")):
        script = tmp_path / f"example{number}.py"
        script.write_text(code)
        done = subprocess.run(
            [sys.executable, script], env=env, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, ""), code
    with open_desk(tmp_path / "notebook") as desk:
        runs = {run.experiment: run for run in reversed(desk_runs.runs(desk))}
        assert len(desk_runs.curve(desk, runs["fit"].id, "loss")) == 3
    assert {run.state.value for run in runs.values()} == {"finished"}
    assert set(runs) == {"train", "eval", "fit", "by hand", "study"}
    assert runs["fit"].params == {"lr": 0.5, "epochs": 3}
    assert runs["eval"].params == {"model.depth": 2, "model.width": 64, "split": "test"}
    assert runs["train"].parent_id == runs["study"].id


def test_the_example_in_shards_has_the_numbers_of_one_process(tmp_path: Path) -> None:
    book = tmp_path / "notebook"
    new_notebook(book).close()
    (book / "experiments").mkdir(exist_ok=True)
    (code,) = (each for each in blocks("python") if "@experiment" in each)
    (book / "experiments" / "darts.py").write_text(code)
    run = ("run", "demo.pi", "darts=450_001", "--seed", "2", "--json")
    alone, shared = (labbook(book, *run, *more).json for more in ((), ("--shards", "3")))
    assert shared["environment"]["shards"] == 3
    assert shared["metrics"] == alone["metrics"]
    se = 4 * math.sqrt(math.pi / 4 * (1 - math.pi / 4) / 450_001)
    assert abs(alone["metrics"]["pi"] - math.pi) < 4 * se


def test_the_example_of_a_command_can_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "small.toml").write_text(blocks("toml")[0])
    signature = command_files.read(tmp_path / "small.toml")
    argv, directory = command_files.filled(signature.specification, signature.read({}), 7)
    assert directory == tmp_path / "code" / "model"
    assert argv[0] == os.fspath(directory / ".venv/bin/python")
    assert argv[1:] == ("train.py", "--lr", "0.0003", "--layers=64,64", "--seed", "7")


def test_the_example_of_an_event_is_one(tmp_path: Path) -> None:
    (line,) = blocks("json")
    (tmp_path / "events.jsonl").write_text(line)
    batch = EventReader(RunDirectory(tmp_path)).read(0)
    assert json.loads(line)["value"] == batch.metrics[0].value
    assert not batch.warnings
