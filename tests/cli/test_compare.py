"""`labbook runs compare`, and the comparison on the day, in reports and away again."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from labbook.model import Code, Metric, RunState
from labbook.store.runs import Outcome, describe_run
from tests.support.command import labbook
from tests.support.notebooks import new_notebook
from tests.support.store_runs import close, create, step


def _git(root: Path, *words: str) -> str:
    own = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    done = subprocess.run(["git", *own, *words], cwd=root, check=True, capture_output=True)
    return done.stdout.decode().strip()


@pytest.fixture
def book(tmp_path: Path) -> Path:
    root = tmp_path / "code"
    root.mkdir()
    _git(root, "init", "-q")
    with new_notebook(tmp_path / "notebook") as nb:
        for n in range(3):
            (root / "train.py").write_text(f"rate = {n}\n")
            _git(root, "add", ".")
            _git(root, "commit", "-qm", "more")
            run = create(nb, n, params={"shift": n / 2, "note": "<b>*x*"}, seed=5)
            describe_run(nb, run.id, code=Code(_git(root, "rev-parse", "HEAD"), root=str(root)))
            step(nb, run, RunState.STARTING, RunState.RUNNING)
            points = [Metric("loss", 1 / (n + s + 1), s) for s in range(9)] if n else []
            points += [Metric("bias", n * 1.0), Metric("bias_se", 0.6 + 0.2 * n)]
            assert close(nb, run, Outcome(RunState.FINISHED), metrics=points)
    return tmp_path / "notebook"


def test_shows_what_is_different(book: Path) -> None:
    shown = labbook(book, "runs", "compare", "1", "last~1").out
    assert "run 1" in shown
    assert "shift       0      0.5" in shown
    assert "bias    0.00 ± 0.60  1.00 ± 0.80  +1   +1" in shown
    assert "train.py | 2 +-" in shown
    assert "note" not in shown
    found = labbook(book, "runs", "compare", "2", "3", "--json").json
    assert found["params"] == {"shift": [0.5, 1.0]}
    assert found["metrics"]["bias"]["differences"] == [0.0, 1.0]
    assert [each["name"] for each in found["curves"][0]["series"]] == ["run 2", "run 3"]
    assert found["curves"][0]["series"][1]["y"][:2] == [1 / 3, 1 / 4]


def test_a_pasted_comparison_is_on_the_day_and_in_reports_and_comes_off(book: Path) -> None:
    answer = labbook(book, "runs", "compare", "2", "1", "3", "--paste")
    assert "`labbook runs unpaste" in answer.err
    block = labbook(book, "show", "--json").json["blocks"][0]
    assert (block["kind"], block["comparison"]["runs"]) == ("comparison", [2, 1, 3])
    assert "comparison of runs 2, 1 and 3" in labbook(book, "show").out
    # An editor sees it as a line that cannot be changed.
    edited = labbook(book, "edit", env={"EDITOR": "true"})
    assert (edited.code, edited.err.count("0 added, 0 changed, 0 deleted")) == (0, 1)
    for form, words in (("md", "### "), ("html", "<h3>")):
        report = labbook(book, "report", "this week", "--format", form).out
        assert f"{words}" in report
        assert "runs 2, 1 and 3" in report
        assert "Different parameters" in report
    assert labbook(book, "runs", "delete", "3").code == 0
    assert labbook(book, "show").code == 0
    taken = labbook(book, "runs", "unpaste", str(block["id"]))
    assert taken.code == 0
    assert labbook(book, "show", "--json").json["blocks"] == []
    assert labbook(book, "runs", "unpaste", str(block["id"]), "--undo").code == 0
    assert len(labbook(book, "show", "--json").json["blocks"]) == 1
    assert labbook(book, "check").code == 0


def test_what_cannot_be_compared_is_refused(book: Path) -> None:
    refusals = {
        ("1",): (2, "2 to 8 runs can be compared, not 1 run."),
        ("1", "1"): (2, "with others, not with itself"),
        ("1", "9"): (3, "There is no run 9."),
        ("1", "2", "--curve", "bias"): (2, "bias has no curve in these runs."),
    }
    for given, (code, sentence) in refusals.items():
        answer = labbook(book, "runs", "compare", "--paste", *given)
        assert (answer.code, answer.out) == (code, ""), given
        assert sentence in answer.err
    assert labbook(book, "runs", "unpaste", "1").code == 3
