"""`labbook findings` and `labbook report --thread`, in real processes."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from tests.support.command import labbook
from tests.support.notebooks import new_notebook


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs, a finding that rests on both, and a saved review."""
    path = tmp_path_factory.mktemp("findings") / "notebook"
    new_notebook(path).close()
    for shift in ("0.1", "1"):
        labbook(path, "run", "kl.bias-table", f"shift={shift}", "samples=1e3", "--seed", "1")
    labbook(path, "log", "k3 wins @kl #finding, see run:1 and run:2")
    labbook(path, "review", "--save")
    labbook(path, "log", "not taken up @kl #insight")
    return path


def test_the_forms_of_the_list(book: Path) -> None:
    found = labbook(book, "findings", "k3", "wins", "--json").json
    assert [(each["text"], each["run_ids"], each["standing"]) for each in found] == [
        ("k3 wins @kl #finding, see run:1 and run:2", [1, 2], "draft")
    ]
    assert [run["params"]["shift"] for run in found[0]["runs"]] == [0.1, 1]
    (row,) = csv.DictReader(io.StringIO(labbook(book, "findings", "k3 wins", "--csv").out))
    assert (row["runs"], row["threads"], row["source"]) == ("1 2", "@kl", "note:3")
    assert "shift: 0.1 | 1" in labbook(book, "findings", "tag:finding").out
    assert "in no review" in labbook(book, "findings", "is:loose").out
    none = labbook(book, "findings", "nothing like it")
    assert (none.code, none.out, none.err) == (0, "", "No findings.\n")
    assert labbook(book, "findings", "shft>1").code == 2
    assert labbook(book, "findings", "--nonsense").code == 2


def test_which_setting_made_a_difference(book: Path) -> None:
    found = labbook(book, "findings", "--differences", "--json").json
    (setting,) = found["settings"]
    assert (setting["parameter"], setting["alone"], setting["same"]) == (
        "shift",
        True,
        {"samples": 1000},
    )
    shown = labbook(book, "findings", "--differences")
    assert "kl.bias-table · shift alone, with samples=1000" in shown.out
    assert " se" in shown.out
    assert labbook(book, "findings", "--differences", "--csv").code == 2


def test_the_report_of_a_thread(book: Path, tmp_path: Path) -> None:
    report = labbook(book, "report", "--thread", "@kl", "--format", "json").json
    assert report["title"] == "Thread @kl"
    assert [each["id"] for each in report["runs"]] == [2, 1]
    assert [each["text"] for each in report["noted"]] == ["not taken up @kl #insight"]
    past = labbook(book, "report", "--thread", "kl", "2020-10", "--format", "json").json
    assert (past["runs"], past["findings"], past["period"]) == ([], [], "2020-10")
    written = labbook(book, "report", "--thread", "kl", "-o", str(tmp_path / "kl.html"))
    assert written.out == f"{tmp_path / 'kl.html'}\n"
    assert "<title>Thread @kl</title>" in (tmp_path / "kl.html").read_text()
    unknown = labbook(book, "report", "--thread", "kll")
    assert (unknown.code, "Did you mean @kl?" in unknown.err) == (3, True)
    assert labbook(book, "report", "--thread", "kl", "run:1").code == 2


def test_a_run_and_a_day_say_what_rests_on_them(book: Path) -> None:
    shown = labbook(book, "runs", "show", "1").out
    below = shown[shown.index("Found out from it") :]
    assert "k3 wins @kl #finding, see run:1 and run:2" in below
    assert "note of " in below
    data = labbook(book, "runs", "show", "1", "--json").json
    assert {each["source"] for each in data["findings"]} == {"run:1", "run:2", "note:3"}
    assert [each["source"] for each in data["named_in"]] == ["note:3"]
    (review,) = {each["reviews"][0]["period"] for each in data["findings"]}
    assert f"named in review {review}" in labbook(book, "show").out
    assert {each["source"] for each in labbook(book, "show", "--json").json["named_in"]} == {
        f"review:{review}"
    }
    assert "named in" not in labbook(book, "show", "2020-01-01").out
