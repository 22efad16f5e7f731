"""Runs as files and back: a round trip, CSV from elsewhere, and files that are wrong."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path
from typing import Any

import pytest

from labbook import artifacts
from labbook.model import Artifact, ArtifactKind, Code, Command, Metric, RunState
from labbook.store.runs import Outcome, describe_run, run
from tests.support.command import labbook
from tests.support.notebooks import DAY, new_notebook, open_notebook
from tests.support.store_runs import close, create, step

POINTS = [Metric("loss", value, n) for n, value in enumerate((1 / 3, math.nan, -math.inf, 0.1))]


@pytest.fixture
def book(tmp_path: Path) -> Path:
    with new_notebook(tmp_path / "notebook") as nb:
        for n in range(3):
            made = create(
                nb,
                n,
                params={"shift": n / 3, "opt": 'a,\n"b"', "nan": math.nan, "list": [1, 2]},
                tags=("paper",),
                thread="main",
                name="Zürich",
                command=Command(("python", "x y.py"), "/home") if n == 2 else None,
            )
            describe_run(nb, made.id, code=Code("ab" * 20, "main", True), environment={"py": "3"})
            step(nb, made, RunState.STARTING, RunState.RUNNING)
            sha, size = artifacts.put(nb.artifacts_dir, b"weights")
            files = [
                Artifact(name, ArtifactKind.FILE, sha, size, "application/octet-stream")
                for name in ("../../evil", "evil", "w.npz")
            ]
            outcome = Outcome(RunState.FINISHED, 0, None, "done", 1.5, 10**7, "numpy", cpu_s=2.5)
            assert close(nb, made, outcome, metrics=POINTS, artifacts=files, warnings=["w"])
    return tmp_path / "notebook"


def shapes(book: Path, tmp_path: Path) -> list[dict[str, Any]]:
    labbook(book, "runs", "export", "-o", str(tmp_path / "again.jsonl"))
    found = [json.loads(line) for line in (tmp_path / "again.jsonl").read_text().splitlines()]
    for each in found:
        del each["artifacts"]
    return found


def test_json_lines_go_round_and_nothing_comes_twice(book: Path, tmp_path: Path) -> None:
    file = tmp_path / "runs.jsonl"
    assert labbook(book, "runs", "export", "-o", str(file)).err.startswith("3 runs written")
    other = tmp_path / "other-notebook"
    assert labbook(other, "runs", "import", str(file), "--json").json == {
        "imported": [1, 2, 3],
        "known": 0,
    }
    assert shapes(other, tmp_path) == shapes(book, tmp_path)
    assert labbook(other, "runs", "import", str(file), "--json").json["known"] == 3
    # What was made here is not taken for another.
    assert labbook(book, "runs", "import", str(file), "--json").json["known"] == 3
    assert labbook(other, "show", str(DAY), "--json").json["blocks"] == []
    assert labbook(other, "check").code == 0
    third = tmp_path / "third-notebook"
    assert labbook(third, "runs", "import", str(file), "--into-days").code == 0
    assert len(labbook(third, "show", str(DAY), "--json").json["blocks"]) == 3
    assert [each["id"] for each in labbook(third, "runs", "list", "zurich", "--json").json] == [
        3,
        2,
        1,
    ]


def test_csv_has_every_run_in_full(book: Path) -> None:
    out = labbook(book, "runs", "export", "id>1").out
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [row["id"] for row in rows] == ["2", "3"]
    assert float(rows[0]["param.shift"]) == 1 / 3
    assert rows[0]["param.opt"] == 'a,\n"b"'
    assert rows[0]["metric.loss"] == "0.1"


def test_a_folder_for_each_run_has_all_of_it_under_safe_names(book: Path, tmp_path: Path) -> None:
    where = tmp_path / "out"
    assert labbook(book, "runs", "export", "id:1", "--format", "dir", "-o", str(where)).code == 0
    folder = where / "run-1"
    assert {path.name for path in folder.iterdir()} == {"run.json", "metrics.csv", "files"}
    assert {path.name for path in (folder / "files").iterdir()} == {"evil", "2-evil", "w.npz"}
    assert (folder / "files" / "w.npz").read_bytes() == b"weights"
    rows = list(csv.reader((folder / "metrics.csv").open()))
    assert rows[1:] == [
        ["loss", "0", "0.3333333333333333"],
        ["loss", "1", "nan"],
        ["loss", "2", "-inf"],
        ["loss", "3", "0.1"],
    ]
    again = labbook(book, "runs", "export", "--format", "dir", "-o", str(where))
    assert (again.code, again.err.count("is there already")) == (2, 1)
    assert not (where / "run-2").exists()


SHEET = """\
experiment,day,started,param.lr,param.flag,metric.loss,metric.acc,tags,seed,took,state
mnist,2025-03-01,,1e-3,true,0.5,nan,paper #old,7,2.5,finished
mnist,,2025-03-02T23:30:00+09:00,adam,,0.25,,,,,failed
mnist,,2025-03-02T23:30:00+09:00,adam,,0.75,,,,,failed
"""


def test_a_sheet_from_elsewhere_is_taken_in_on_its_days(tmp_path: Path) -> None:
    book, file = tmp_path / "notebook", tmp_path / "sheet.csv"
    file.write_text(SHEET, encoding="utf-8-sig")
    assert labbook(book, "runs", "import", str(file)).err == (
        "3 runs imported (1 to 3), 0 known already.\n"
    )
    file.write_text(SHEET + "mnist,2025-03-03,,2,,0.1,,,,,\n")
    assert labbook(book, "runs", "import", str(file)).err == "1 run imported, 3 known already.\n"
    with open_notebook(book) as nb:
        first, second = run(nb, 1), run(nb, 2)
    assert first.params == {"lr": 0.001, "flag": True}
    assert first.metrics["loss"] == 0.5
    assert math.isnan(first.metrics["acc"])
    assert (first.tags, first.seed, first.duration_s) == (("paper", "old"), 7, 2.5)
    assert (str(first.day), str(second.day)) == ("2025-03-01", "2025-03-02")
    assert second.started is not None
    assert second.started.local.isoformat() == "2025-03-02T23:30:00+09:00"
    assert second.state is RunState.FAILED
    assert "mnist" in labbook(book, "runs", "list", "loss<0.3 after:2025-03-02").out


WRONG = {
    "experiment,day\nx,2025-13-01\n": "Line 2 of {}: day is '2025-13-01', and no day",
    "experiment,day\nx,2025-01-01\ny\nz,\n": "Line 3 of {}: it has 1 cells, and there are 2",
    "experiment,day,metric.a\nx,2025-01-01,big\n": "Line 2 of {}: metric.a is 'big', which is no",
    "experiment,day,stat\nx,2025-01-01,\n": "Line 1 of {}: there is no column 'stat'. Did you mean",
    "day\n2025-01-01\n": "Line 1 of {}: the columns experiment, and day or started, must be",
    "experiment,day,state\nx,2025-01-01,running\n": "Line 2 of {}: state is 'running', which is",
    "experiment,day,thread\nx,2025-01-01,a b\n": "Line 2 of {}: 'a b' cannot be the name of",
    '{"experiment": "x"\n': "Line 1 of {}: it is no JSON",
    '{"experiment": "x"}\n[1]\n': "Line 1 of {}: it has no moment of creation. Nothing",
    "": "Line 1 of {}: the columns experiment",
    "experiment,day\nx,\ud800".encode("utf-8", "surrogatepass").decode("latin-1"): "Line 2 of {}",
}


@pytest.mark.parametrize("content", WRONG)
def test_a_file_that_is_wrong_changes_nothing(tmp_path: Path, content: str) -> None:
    file = tmp_path / "sheet"
    file.write_text(content)
    answer = labbook(tmp_path / "notebook", "runs", "import", str(file))
    assert answer.code == 2
    said = " ".join(answer.err.split()).removeprefix("labbook: ")
    assert said.startswith(WRONG[content].format(file)), said
    assert "Nothing is imported." in said
    assert labbook(tmp_path / "notebook", "runs", "list", "--json").json == []
