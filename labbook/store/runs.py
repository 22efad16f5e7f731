"""Runs: their rows, and the two transactions that paste them into the day.

The first, `create_run`, inserts the run together with its block; the last, `close_run`, adds
metrics, artifacts and the final state. What happens in between and at the end stands in
`run_steps`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labbook.model import Run
from labbook.store.engine import plain_connection
from labbook.store.new_run import NewRun, insert
from labbook.store.run_files import keep_files
from labbook.store.run_intake import Stretch
from labbook.store.run_queries import (
    ActiveRun,
    active_runs,
    load_run,
    metric_points,
    run,
    runs,
)
from labbook.store.run_steps import (
    Outcome,
    close_run,
    describe_run,
    heartbeat,
    ingest,
    step_run,
)

if TYPE_CHECKING:
    from labbook.store.notebook import Notebook

__all__ = [
    "ActiveRun",
    "NewRun",
    "Outcome",
    "Stretch",
    "active_runs",
    "close_run",
    "create_run",
    "describe_run",
    "heartbeat",
    "ingest",
    "keep_files",
    "metric_points",
    "run",
    "runs",
    "step_run",
]


def create_run(nb: Notebook, new: NewRun) -> Run:
    """Insert a queued run, and its block in the day's entry.

    Raises:
        UsageError: something about it does not fit.
    """
    new = new.checked()
    with nb.write() as connection:
        return load_run(connection, insert(plain_connection(connection), new))
