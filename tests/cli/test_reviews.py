"""Closing a review, asking whether one is due, and its versions, in real processes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.command import labbook
from tests.support.notebooks import new_notebook

LAST_WEEK = "last week"


@pytest.fixture
def book(tmp_path: Path) -> Path:
    new_notebook(tmp_path / "notebook").close()
    return tmp_path / "notebook"


def test_a_review_is_due_until_it_is_saved_and_closed(book: Path) -> None:
    assert labbook(book, "review", "--due").code == 0
    labbook(book, "log", "k3 wins #finding", "--day", "7 days ago")
    due = labbook(book, "review", "--due")
    assert due.code == 10
    assert due.out.startswith("The review of 20")
    assert len(due.out.splitlines()) == 1
    unsaved = labbook(book, "review", LAST_WEEK, "--close")
    assert (unsaved.code, "--save --close" in unsaved.err) == (3, True)
    closed = labbook(book, "review", LAST_WEEK, "--save", "--close")
    assert (closed.code, "is closed." in closed.err) == (0, True)
    assert labbook(book, "review", "--due").code == 0
    shown = labbook(book, "review", LAST_WEEK, "--json").json
    assert shown["left_open"] == 0
    assert shown["unpromoted"] == []
    assert shown["read"] == {"blocks": 1, "read": 0}


def test_versions_are_listed_compared_and_restored(book: Path, tmp_path: Path) -> None:
    script = tmp_path / "editor.sh"
    script.write_text("#!/bin/sh\nsed -i 's/wins/loses/' \"$1\"\n")
    script.chmod(0o755)
    labbook(book, "log", "k3 wins #finding")
    labbook(book, "review", "--save")
    labbook(book, "review", "--edit", env={"EDITOR": str(script)})
    assert [each["name"] for each in labbook(book, "review", "--history", "--json").json] == [
        "1",
        "2",
    ]
    changes = labbook(book, "review", "--diff", "1", "2").out.splitlines()
    assert [line[:9] for line in changes if "k3" in line] == ["-- k3 win", "+- k3 los"]
    assert labbook(book, "review", "--restore", "1").code == 0
    assert labbook(book, "review", "--diff", "1", "3").out == ""
    assert labbook(book, "review", "--diff", "1", "7").code == 3
    for wrong in (("--due", "last week"), ("--due", "--history"), ("--with-open",)):
        assert labbook(book, "review", *wrong).code == 2


def test_a_report_is_data_too_and_of_a_month_a_day_or_a_run(book: Path, tmp_path: Path) -> None:
    labbook(book, "log", "k3 wins #finding\n\n- [ ] tell Ada", "--day", "2026-10-05")
    labbook(book, "log", "nothing in particular", "--day", "2026-10-06")
    labbook(book, "log", "- [ ] of another day", "--day", "2026-10-02")
    ran = labbook(book, "run", "kl.bias-table", "samples=1e3", "--json").json
    month = labbook(book, "report", "2026-10", "--format", "json").json
    assert month["title"] == "October 2026"
    assert [each["text"] for each in month["sections"]["experimental findings"]] == [
        "k3 wins #finding"
    ]
    assert [each["line"] for each in month["not_taken_up"]] == ["nothing in particular"]
    day = labbook(book, "report", "2026-10-05", "--format", "json").json
    assert day["title"] == "Monday 2026-10-05"
    assert [each["text"] for each in day["sections"]["next steps"]] == ["tell Ada"]
    assert "## Besides: 1 block" in labbook(book, "report", "2026-10-06").out
    path = tmp_path / "run.json"
    assert labbook(book, "report", f"run:{ran['id']}", "-o", str(path)).code == 0
    (run,) = json.loads(path.read_text())["runs"]
    assert run["metrics"] == ran["metrics"]
    assert [each["name"] for each in run["tables"]] == [each["name"] for each in ran["tables"]]
    assert run["figures"][0]["series"]
    piped = labbook(book, "report", f"run:{ran['id']}", "--format", "json", "-o", "-")
    assert piped.json["title"] == f"Run {ran['id']}: kl.bias-table"
    assert labbook(book, "report", "run:x").code == 2
    assert labbook(book, "report", "run:77").code == 3
