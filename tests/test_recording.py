"""What docs/recording.md shows works as it stands there, and it names what there is to name."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from labbook import settings
from labbook.errors import UsageError
from labbook.model import Column, Moment, Run, RunState
from labbook.runner.directory import OWN_NAMES
from labbook.runner.gathering import NAMES
from labbook.store import runs
from labbook.store.notebook import Notebook
from tests.support.lab import Lab

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "recording.md").read_text("utf-8")


def block(language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    return str(found)


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    Notebook.open(tmp_path / "notebook", clock=Moment.now).close()
    lab = Lab(tmp_path / "notebook")
    yield lab
    lab.close()


def recorded(lab: Lab, program: str, code: str) -> Run:
    script = lab.path / "program"
    script.write_text(code)
    run = lab.run("test.program", command=f"{program} {script}", directory=str(lab.path))
    assert (run.state, run.message, run.warnings) == (RunState.FINISHED, "", ())
    return run


def test_the_python_program_is_recorded(lab: Lab) -> None:
    run = recorded(lab, sys.executable, block("python"))
    loss = runs.metric_points(lab.notebook, run.id, "loss")
    assert [each.step for each in loss] == list(range(100))
    assert run.metrics == {"loss": loss[-1].value, "lr": 3e-4}
    (table,) = lab.results(run).tables
    assert table.columns == (Column("model"), Column("bleu", "%"), Column("runs"))
    assert table.rows == (("base", 27.3, 3), ("large", 28.4, 3))
    assert [each.name for each in run.artifacts] == ["scores.csv", "weights.txt"]


@pytest.mark.skipif(not shutil.which("getconf"), reason="the example asks getconf")
def test_the_shell_program_is_recorded(lab: Lab) -> None:
    run = recorded(lab, "sh", block("sh"))
    found = runs.metric_points(lab.notebook, run.id, "seconds")
    assert [(each.step, each.value) for each in found] == [(1, 1.0), (2, 4.0), (3, 9.0)]
    results = lab.results(run)
    assert [column.name for column in results.tables[0].columns] == ["host", "cores"]
    (picture,) = results.pictures
    assert (picture.name, picture.width, picture.height) == ("square.svg", 120, 80)


def test_the_page_names_what_the_protocol_keeps_to_itself() -> None:
    listed = PAGE.partition("directory's own names")[2].partition("A program")[0]
    named = {name.rstrip("/") for name in re.findall(r"`([^`]+)`", listed)}
    assert named == OWN_NAMES - {"metrics.jsonl"}
    assert set(re.findall(r"`provenance/([^`]+)`", PAGE)) == set(NAMES)


def test_the_pages_setting_is_understood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABBOOK_CONFIG", str(tmp_path))
    (tmp_path / "settings.toml").write_text(block("toml"))
    assert settings.load(tmp_path / "notebook").keep_at_most == 500_000_000
    for wrong in ('"much"', "5", '"-1MB"', '"1e9B"'):
        (tmp_path / "settings.toml").write_text(f"keep_at_most = {wrong}")
        with pytest.raises(UsageError, match="100MB"):
            settings.load(tmp_path / "notebook")
