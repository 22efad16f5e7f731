"""A run's first rows, by the full store and by the quick way; and those of an older notebook."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from labbook.errors import UsageError
from labbook.model import Command, CommandRole
from labbook.store import entries, runs
from labbook.store.identity import Schema
from labbook.store.new_run import NewRun, capture_run
from labbook.store.notebook import Notebook
from tests.support.notebooks import DAY, MORNING, at, dump, new_notebook, open_notebook, raw

EVERYTHING = NewRun(
    experiment="train",
    params={"lr": 3e-4, "model": "resnet", "deep": True, "sizes": [1, 2], "limit": math.inf},
    day=DAY,
    moment=at(3),
    host="node7",
    owner="boot/1/2",
    seed=7,
    backend_asked="auto",
    name="the big one",
    thread="main",
    tags=("paper", "draft"),
    command=Command(("python", "train.py", "--lr", "3e-4"), "/home/me"),
    gpus=1,
)


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[Notebook, Notebook]]:
    with new_notebook(tmp_path / "full") as full, new_notebook(tmp_path / "quick") as quick:
        yield full, quick


def test_both_ways_write_the_same_rows(pair: tuple[Notebook, Notebook]) -> None:
    full, quick = pair
    for new in (EVERYTHING, NewRun("bare", {}, DAY, at(4), "h", "o")):
        assert capture_run(quick.path, new) == runs.create_run(full, new).id
    assert dump(full.path) == dump(quick.path)


def test_a_captured_run_is_an_ordinary_run(nb: Notebook) -> None:
    run_id = capture_run(nb.path, EVERYTHING)
    assert run_id is not None
    run = runs.run(nb, run_id)
    assert (run.experiment, run.name, run.thread) == ("train", "the big one", "main")
    assert run.tags == ("paper", "draft")
    assert run.command == EVERYTHING.command
    assert run.command.role is CommandRole.RUN
    assert run.params == {**EVERYTHING.params, "limit": "inf"}
    assert run.is_waiting
    assert [block.run.id for block in entries.entry(nb, DAY).blocks if hasattr(block, "run")] == [
        run_id
    ]


def test_parameters_are_kept_one_by_one(nb: Notebook) -> None:
    run_id = capture_run(nb.path, EVERYTHING)
    with raw(nb.path) as connection:
        rows = connection.execute(
            "SELECT name, number, text FROM param WHERE run_id = ? ORDER BY name", (run_id,)
        ).fetchall()
    assert rows == [
        ("deep", 1.0, "true"),
        ("limit", None, '"inf"'),
        ("lr", 3e-4, "0.0003"),
        ("model", None, "resnet"),
        ("sizes", None, "[1, 2]"),
    ]


@pytest.mark.parametrize("wrong", [{"seed": -1}, {"seed": 2**63}, {"thread": "two words"}])
def test_what_does_not_fit_is_refused(nb: Notebook, wrong: dict[str, object]) -> None:
    before = dump(nb.path)
    new = NewRun("x", {}, DAY, at(0), "h", "o", **wrong)  # type: ignore[arg-type]
    with pytest.raises(UsageError):
        capture_run(nb.path, new)
    with pytest.raises(UsageError):
        runs.create_run(nb, new)
    assert dump(nb.path) == before


def test_the_quick_way_steps_aside_where_there_is_no_notebook(tmp_path: Path) -> None:
    assert capture_run(tmp_path / "none", EVERYTHING) is None
    assert not (tmp_path / "none").exists()


def test_runs_of_the_first_schema_get_their_parameters_one_by_one(tmp_path: Path) -> None:
    Notebook.open(tmp_path, clock=lambda: MORNING, schema=Schema(1)).close()
    with raw(tmp_path) as connection:
        connection.execute(
            "INSERT INTO entry (day, created_us, created_zone) VALUES ('2026-11-23', 0, 'UTC')"
        )
        for params in ('{"shift": 0.1, "family": "normal"}', "{}", "damaged"):
            connection.execute(
                "INSERT INTO run (experiment, state, day, created_us, created_zone, ended_us,"
                " params) VALUES ('kl.pair', 'finished', '2026-11-23', 0, 'UTC', 1, ?)",
                (params,),
            )
    with open_notebook(tmp_path) as notebook:
        assert runs.run(notebook, 1).params == {"shift": 0.1, "family": "normal"}
    with raw(tmp_path) as connection:
        rows = connection.execute("SELECT * FROM param ORDER BY name").fetchall()
    assert rows == [(1, "family", None, "normal"), (1, "shift", 0.1, "0.1")]
