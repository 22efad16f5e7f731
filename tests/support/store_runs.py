"""Runs made by the store alone, without any process."""

from __future__ import annotations

from typing import Any

from labbook.model import Run, RunState
from labbook.store import runs
from labbook.store.notebook import Notebook
from labbook.store.runs import Outcome
from tests.support.notebooks import DAY, at


def create(nb: Notebook, minute: float = 0, **given: Any) -> Run:
    values: dict[str, Any] = {
        "experiment": "kl.bias-table",
        "params": {"shift": 0.1},
        "seed": 5,
        "backend_asked": "auto",
        "day": DAY,
        "moment": at(minute),
        "host": "node7",
        "owner": "boot/1/2",
    }
    return runs.create_run(nb, runs.NewRun(**{**values, **given}))


def step(nb: Notebook, run: Run, *states: RunState) -> None:
    for state in states:
        assert runs.step_run(nb, run.id, state, moment=at(1))


def close(nb: Notebook, run: Run, outcome: Outcome, minute: float = 9, **given: Any) -> bool:
    values: dict[str, Any] = {"day": DAY, "from_offset": 0, "to_offset": 100}
    return runs.close_run(nb, run.id, outcome, moment=at(minute), **{**values, **given})
