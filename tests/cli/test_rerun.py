"""`labbook rerun`: a run repeated bit for bit, or with changes, in real processes."""

from __future__ import annotations

import json
import sqlite3
import struct
from contextlib import closing
from pathlib import Path

import pytest

from labbook.model import Command, CommandRole
from labbook.store.connection import connect_to_write
from tests.support.command import labbook
from tests.support.notebooks import new_notebook
from tests.support.store_runs import create

SMALL = {
    "kl.bias-table": ("samples=2e5", "shift=0.5"),
    "kl.pair": ("p=t(3)", "samples=1e5"),
    "kl.gradient": ("samples=1e5",),
    "channel.rejection": ("p=0.5,0.5", "q=0.1,0.9", "blocks=2000"),
    "channel.bits-back": (),
}


@pytest.fixture
def book(tmp_path: Path) -> Path:
    new_notebook(tmp_path / "notebook").close()
    return tmp_path / "notebook"


@pytest.mark.parametrize("name", SMALL)
def test_a_run_repeats_to_the_last_bit(book: Path, name: str) -> None:
    first = labbook(book, "run", name, *SMALL[name], "--json").json
    answer = labbook(book, "rerun", "last", "--json")
    assert answer.code == 0, answer.err
    again = answer.json
    assert again["params"] == first["params"]
    assert (again["seed"], again["parent"]) == (first["seed"], first["id"])
    assert _bits(again["metrics"]) == _bits(first["metrics"])
    assert again["tables"] == first["tables"]
    assert f"Its metrics are those of run {first['id']}, to the last bit." in answer.err


def _bits(metrics: dict[str, float]) -> dict[str, bytes]:
    return {name: struct.pack("d", float(value)) for name, value in metrics.items()}


def test_changes_replace_and_drift_is_told_before_the_start(book: Path) -> None:
    labbook(book, "run", "kl.bias-table", "samples=1e4", "--seed", "3")
    with closing(connect_to_write(book / "labbook.db")) as connection:
        _pretend(connection)
    answer = labbook(book, "rerun", "1", "shift=0.7", "--seed", "4", "--json")
    assert answer.code == 0, answer.err
    assert answer.json["params"]["samples"] == 10_000
    assert answer.json["params"]["shift"] == 0.7
    assert answer.json["seed"] == 4
    told = answer.err
    for words in (
        "It was made from commit 0123456789ab, and here",
        "It was made with changes that are in no commit.",
        "Python was 3.8.1, and is",
        "numpy 1.0 →",
        "It was on the host node-of-old, and this is",
        "Run 2 repeats run 1 with changes.",
    ):
        assert words in told
    assert told.index("numpy 1.0") < told.index("Run 2 repeats")
    assert "to the last bit" not in told


def _pretend(connection: sqlite3.Connection) -> None:
    """Let the first run have been made elsewhere, long ago."""
    old = json.dumps({"python": "3.8.1", "packages": {"numpy": "1.0"}})
    connection.execute("UPDATE environment SET content = ?", (old,))
    connection.execute(
        "UPDATE run SET host = 'node-of-old', git_commit = ?, git_dirty = 1", ("0123456789abcdef",)
    )
    connection.commit()


def test_what_cannot_be_repeated_is_refused_and_nothing_is_recorded(book: Path) -> None:
    from labbook.store.notebook import Notebook
    from tests.support.notebooks import at

    with Notebook.open(book, clock=lambda: at(0)) as nb:
        create(nb, experiment="gone.away")
        create(nb, params={"shift": 0.1, "samples": 100})
        inside = Command(("python", "a b.py"), "/home/me", CommandRole.AROUND)
        create(nb, experiment="train", command=inside)
        create(nb, experiment="train", command=Command(("python", "x.py"), "/home/me"))
    refusals = {
        ("1",): (3, "Run 1 cannot be repeated: There is no experiment called gone.away."),
        ("2", "shift=x"): (2, "The parameter shift cannot be 'x'"),
        ("2", "shfit=1"): (2, "shfit"),
        ("2", "shift"): (2, "'shift' is no parameter."),
        ("3",): (2, "In /home/me, start: python 'a b.py'"),
        ("4",): (2, "There is no directory /home/me to start it in."),
        ("4", "lr=1"): (2, "Change the command line itself"),
        ("9",): (3, "There is no run 9."),
        ("2", "--detach", "--figures", "x"): (2, "--figures needs the run's end"),
    }
    for given, (code, sentence) in refusals.items():
        answer = labbook(book, "rerun", *given)
        assert (answer.code, answer.out) == (code, ""), given
        assert sentence in answer.err
    assert len(labbook(book, "runs", "list", "--json").json) == 4
