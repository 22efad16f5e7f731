"""What one says of runs: pinned, tags, names, annotations; deleted ones and back."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from labbook.model import RunState
from labbook.store.runs import Outcome
from tests.support.command import labbook
from tests.support.notebooks import DAY, new_notebook
from tests.support.store_runs import close, create, step


@pytest.fixture
def book(tmp_path: Path) -> Path:
    with new_notebook(tmp_path / "notebook") as nb:
        for n in range(3):
            run = create(nb, n)
            step(nb, run, RunState.STARTING, RunState.RUNNING)
            day = DAY + dt.timedelta(days=n)
            assert close(nb, run, Outcome(RunState.FINISHED), n + 10, day=day)
    return tmp_path / "notebook"


def ids(book: Path, *query: str) -> list[int]:
    return [run["id"] for run in labbook(book, "runs", "list", *query, "--json").json]


def test_a_run_is_marked_found_by_it_and_unmarked(book: Path) -> None:
    for command in (
        ("pin", "last~1"),
        ("tag", "2", "+Paper", "#draft"),
        ("rename", "2", "the big one"),
        ("annotate", "2", "agrees with Zürich's table"),
    ):
        assert labbook(book, "runs", *command).code == 0, command
    for query in ("is:pinned", "tag:paper tag:draft", "name:big", "zurich"):
        assert ids(book, query) == [2], query
    assert labbook(book, "search", "zürich", "--json").json[0]["id"] == 2
    shown = labbook(book, "runs", "show", "2").out
    for words in ("★", "the big one", "#paper #draft", "agrees with Zürich's table"):
        assert words in shown
    assert "agrees with" in labbook(book, "show", str(DAY)).out
    assert labbook(book, "runs", "tag", "2", "-paper", "-none").err.splitlines() == [
        "Run 2 had no tag none.",
        "Run 2: #draft.",
    ]
    assert labbook(book, "runs", "rename", "2", "").code == 0
    assert labbook(book, "runs", "unpin", "2").code == 0
    assert labbook(book, "runs", "annotate", "2", "-", stdin="other\n").err.endswith(
        "It was: agrees with Zürich's table\n"
    )
    assert ids(book, "is:pinned or tag:paper or name:big or zurich") == []
    assert ids(book, "other") == [2]


def test_a_deleted_run_is_nowhere_and_comes_back(book: Path) -> None:
    assert labbook(book, "runs", "delete", "2", "3").code == 0
    assert ids(book) == [1]
    assert ids(book, "is:deleted") == [3, 2]
    assert labbook(book, "search", "kl.bias-table", "--json").json[0]["id"] == 1
    days = [DAY, DAY + dt.timedelta(days=1)]
    assert [_runs_on(book, day) for day in days] == [[1], []]
    assert "`labbook runs restore 2` brings it back" in labbook(book, "runs", "show", "2").out
    assert labbook(book, "runs", "delete", "2").err == "Run 2 was deleted already.\n"
    assert labbook(book, "runs", "restore", "2").code == 0
    assert [_runs_on(book, day) for day in days] == [[1, 2], [2]]
    assert ids(book) == [2, 1]


def test_what_cannot_be_is_refused(book: Path) -> None:
    refusals = {
        ("runs", "delete", "1", "9"): (3, "There is no run 9."),
        ("runs", "tag", "1", "+a b"): (2, "'a b' cannot be a tag."),
        ("runs", "rename", "1", "x" * 201): (2, "200 are the most"),
        ("runs", "restore", "1"): (2, "Run 1 is not deleted."),
        ("runs", "show", "last~7"): (3, "There are not so many runs."),
        ("runs", "list", "shft>1"): (2, "Did you mean shift?"),
        ("runs", "list", "--jsn"): (2, "There is no option --jsn."),
    }
    for given, (code, sentence) in refusals.items():
        answer = labbook(book, *given)
        assert (answer.code, answer.out) == (code, ""), given
        assert sentence in answer.err
    assert ids(book) == [3, 2, 1]


def _runs_on(book: Path, day: dt.date) -> list[int]:
    return [
        block["run"]["id"] for block in labbook(book, "show", str(day), "--json").json["blocks"]
    ]
