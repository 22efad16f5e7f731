"""`labbook runs continue`: more samples of what a run has begun, in real processes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command import labbook
from tests.support.notebooks import new_notebook

PAIR = ("kl.pair", "p=t(3)")


@pytest.fixture
def book(tmp_path: Path) -> Path:
    new_notebook(tmp_path / "notebook").close()
    return tmp_path / "notebook"


@pytest.mark.parametrize("given", [("kl.bias-table", "shift=0.5"), PAIR], ids=lambda each: each[0])
def test_a_continued_run_is_one_run_with_all_the_samples(
    book: Path, given: tuple[str, ...]
) -> None:
    first = labbook(book, "run", *given, "samples=6e5", "--seed", "3", "--json").json
    answer = labbook(book, "runs", "continue", str(first["id"]), "samples=1500001", "--json")
    assert answer.code == 0, answer.err
    later, whole = (
        answer.json,
        labbook(book, "run", *given, "samples=1500001", "--seed", "3", "--json").json,
    )
    assert later["params"] == whole["params"] == {**first["params"], "samples": 1_500_001}
    assert later["seed"] == 3
    assert later["metrics"] == whole["metrics"]
    assert later["tables"] == whole["tables"]
    shown = labbook(book, "runs", "show", str(later["id"])).out
    assert f"comes from   run {first['id']}" in shown
    again = labbook(book, "runs", "continue", str(later["id"]), "samples=2e6", "--json").json
    assert again["params"]["samples"] == 2_000_000


def test_what_cannot_be_continued_is_refused_and_nothing_is_recorded(book: Path) -> None:
    labbook(book, "run", "kl.bias-table", "samples=1e5")
    labbook(book, "run", "kl.lambda", "samples=1e4")
    refusals = {
        ("1", "samples=1e5"): "Run 1 has samples=100000 already: give more than that.",
        ("1", "samples=5"): "Run 1 has samples=100000 already",
        ("1", "shift=0.2", "samples=1e6"): "Run 1 is continued in samples alone.",
        ("1",): "Run 1 is continued in samples alone.",
        ("1", "samples=many"): "The parameter samples cannot be 'many'",
        ("1", "samples=1e18"): "would take about",
        ("2", "samples=1e6"): "Run 2 cannot be continued: kl.lambda keeps nothing to go on from.",
    }
    for given, sentence in refusals.items():
        answer = labbook(book, "runs", "continue", *given)
        assert (answer.code, answer.out) == (2, ""), given
        assert sentence in answer.err
        assert "Traceback" not in answer.err
    assert labbook(book, "runs", "continue", "9", "samples=1e6").code == 3
    assert len(labbook(book, "runs", "list", "--json").json) == 2


def test_what_a_run_kept_is_not_believed_when_it_was_altered(book: Path) -> None:
    run = labbook(book, "run", "kl.bias-table", "samples=1e6", "--json").json
    (kept,) = (each for each in run["artifacts"] if each["name"] == "kept.json")
    file = book / "artifacts" / kept["sha256"][:2] / kept["sha256"][2:]
    file.chmod(0o600)
    file.write_text('{"sums": {"count": 4}}')
    answer = labbook(book, "runs", "continue", "1", "samples=2e6")
    assert answer.code != 0
    assert "is not what was stored" in answer.err
    assert len(labbook(book, "runs", "list", "--json").json) == 1
