"""Runs: their rows, and the two transactions that paste them into the day.

The first, `create_run`, inserts the run together with its block; the last, `close_run`, adds
metrics, artifacts and the final state. Each change of state is a compare-and-set, so of two
processes that want the same step one takes it and the other learns that it came too late.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from labbook.errors import NotebookBusy
from labbook.model import Artifact, Code, Metric, Moment, Progress, Run, RunState
from labbook.model.published import Published
from labbook.model.run import ALLOWED_STEPS
from labbook.store import rows, tables
from labbook.store.new_run import NewRun, insert
from labbook.store.rows import ensure_entry, insert_row, instant, to_json
from labbook.store.run_queries import (
    ActiveRun,
    active_runs,
    load_run,
    metric_points,
    run,
    runs,
)
from labbook.store.run_results import (
    add_artifacts,
    add_published,
    add_results,
    environment_id,
)
from labbook.text.plain import storable

if TYPE_CHECKING:
    import sqlite3

    from labbook.store.notebook import Notebook

__all__ = [
    "ActiveRun",
    "NewRun",
    "Outcome",
    "active_runs",
    "close_run",
    "create_run",
    "describe_run",
    "heartbeat",
    "ingest",
    "metric_points",
    "run",
    "runs",
    "step_run",
]

HEARTBEAT_PATIENCE_S = 1.0
_ENDED = frozenset(state for state in RunState if state.has_ended)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended. What is None stays as the run's row has it."""

    state: RunState
    exit_code: int | None = None
    signal: int | None = None
    message: str | None = None
    duration_s: float | None = None
    peak_memory_bytes: int | None = None
    backend: str | None = None
    backend_reason: str | None = None
    device: str | None = None
    cpu_s: float | None = None
    gpu_memory_bytes: int | None = None
    gpu_utilisation: float | None = None


def create_run(nb: Notebook, new: NewRun) -> Run:
    """Insert a queued run, and its block in the day's entry.

    Raises:
        UsageError: something about it does not fit.
    """
    new = new.checked()
    with nb.write() as connection:
        driver = cast("sqlite3.Connection", connection.connection.driver_connection)
        return load_run(connection, insert(driver, new))


def step_run(
    nb: Notebook,
    run_id: int,
    to: RunState,
    *,
    moment: Moment,
    expected: Collection[RunState] | None = None,
    owner: str | None = None,
    worker: str | None = None,
    host: str | None = None,
    message: str | None = None,
) -> bool:
    """Move a run to state `to`, if it is in a state from which that is allowed.

    Entering `running` is the run's start, and entering a last state its end.

    expected: the only states to move it from
    owner, worker, host, message: written with the state

    Returns: whether this call moved it.
    """
    changes = _given(owner=owner, worker=worker, host=host, message=message)
    changes |= {"state": to.value, "heartbeat_us": moment.us}
    if to is RunState.RUNNING:
        changes |= instant("started", moment)
    if to.has_ended:
        changes |= instant("ended", moment)
    with nb.write() as connection:
        return _moved(connection, run_id, _leading_to(to, expected), changes)


def describe_run(
    nb: Notebook,
    run_id: int,
    *,
    code: Code | None = None,
    environment: Mapping[str, Any] | None = None,
    worker: str | None = None,
    host: str | None = None,
    backend: str | None = None,
    backend_reason: str | None = None,
    device: str | None = None,
) -> None:
    """Write what is known once a run is under way. What is None stays as it is."""
    changes = _given(
        worker=worker, host=host, backend=backend, backend_reason=backend_reason, device=device
    )
    if code is not None:
        changes |= _given(git_commit=code.commit, git_branch=code.branch, git_root=code.root)
        changes["git_dirty"] = int(code.dirty)
    content = None if environment is None else to_json(environment)
    with nb.write() as connection:
        if content is not None:
            changes["environment_id"] = environment_id(connection, content)
        if changes:
            connection.execute(update(tables.run).where(tables.run.c.id == run_id).values(changes))


def heartbeat(
    nb: Notebook, run_id: int, *, moment: Moment, progress: Progress | None = None
) -> bool:
    """Say that a run is still looked after, and how far it has come.

    Returns: False when the run has ended, or the notebook was busy: the next one will do.
    """
    changes = {"heartbeat_us": moment.us, **_progress(progress)}
    try:
        with nb.write(wait_s=HEARTBEAT_PATIENCE_S) as connection:
            return _moved(connection, run_id, frozenset(RunState) - _ENDED, changes)
    except NotebookBusy:
        return False


def ingest(
    nb: Notebook,
    run_id: int,
    *,
    from_offset: int,
    to_offset: int,
    metrics: Sequence[Metric],
    warnings: Sequence[str],
    published: Sequence[Published] = (),
    progress: Progress | None = None,
) -> bool:
    """Take in what a run's events say between two offsets, exactly once.

    Returns: False, and nothing is stored, when the run has ended or somebody else has taken
    in events meanwhile.
    """
    changes = {"events_offset": to_offset, **_progress(progress)}
    with nb.write() as connection:
        from_states = frozenset(RunState) - _ENDED
        moved = _moved(connection, run_id, from_states, changes, from_offset)
        if moved:
            add_results(connection, run_id, metrics, warnings)
            add_published(connection, run_id, published)
        return moved


def close_run(
    nb: Notebook,
    run_id: int,
    outcome: Outcome,
    *,
    moment: Moment,
    day: dt.date,
    from_offset: int,
    to_offset: int,
    metrics: Sequence[Metric] = (),
    warnings: Sequence[str] = (),
    published: Sequence[Published] = (),
    artifacts: Sequence[Artifact] = (),
) -> bool:
    """End a run with all that it produced, exactly once; the artifacts' files are stored.

    A run that ends on a later day than it began on also gets a link block on that day.

    Returns: False, and nothing is stored, when the run has ended already or somebody else
    has taken in events meanwhile.
    """
    changes = _given(
        message=outcome.message,
        backend=outcome.backend,
        backend_reason=outcome.backend_reason,
        device=outcome.device,
    )
    numbers = ("exit_code", "signal", "duration_s", "peak_memory_bytes")
    given = {name: getattr(outcome, name) for name in numbers}
    changes |= {name: value for name, value in given.items() if value is not None}
    changes |= {"state": outcome.state.value, "events_offset": to_offset}
    changes |= {"heartbeat_us": moment.us, **instant("ended", moment)}
    with nb.write() as connection:
        leading = _leading_to(outcome.state, None)
        if not _moved(connection, run_id, leading, changes, from_offset):
            return False
        add_results(connection, run_id, metrics, warnings)
        add_published(connection, run_id, published)
        add_artifacts(connection, run_id, artifacts)
        _add_usage(connection, run_id, outcome)
        begun = connection.execute(
            select(tables.run.c.day).where(tables.run.c.id == run_id)
        ).scalar_one()
        if day > rows.day(begun):
            ensure_entry(connection, day, moment)
            _add_block(connection, run_id, "link", "ended", day, moment)
        return True


def _add_usage(connection: Connection, run_id: int, outcome: Outcome) -> None:
    names = ("cpu_s", "gpu_memory_bytes", "gpu_utilisation")
    given = {name: getattr(outcome, name) for name in names}
    used = {name: value for name, value in given.items() if value is not None}
    if used:
        row = upsert(tables.run_usage).values(run_id=run_id, **used)
        connection.execute(row.on_conflict_do_update(index_elements=["run_id"], set_=used))


def _leading_to(to: RunState, expected: Collection[RunState] | None) -> frozenset[RunState]:
    leading = frozenset(state for state, steps in ALLOWED_STEPS.items() if to in steps)
    return leading if expected is None else leading & frozenset(expected)


def _moved(
    connection: Connection,
    run_id: int,
    from_states: Collection[RunState],
    changes: Mapping[str, Any],
    from_offset: int | None = None,
) -> bool:
    """The compare-and-set: whether the run was as expected, and is now changed."""
    statement = update(tables.run).where(
        tables.run.c.id == run_id,
        tables.run.c.state.in_([state.value for state in from_states]),
    )
    if from_offset is not None:
        statement = statement.where(tables.run.c.events_offset == from_offset)
    return connection.execute(statement.values(changes)).rowcount == 1


def _add_block(
    connection: Connection, run_id: int, kind: str, role: str, day: dt.date, at: Moment
) -> None:
    row = {"day": day.isoformat(), "kind": kind, "run_id": run_id, "role": role}
    insert_row(connection, tables.block, {**row, **instant("created", at), **instant("edited", at)})


def _given(**texts: str | None) -> dict[str, Any]:
    return {name: storable(text) for name, text in texts.items() if text is not None}


def _progress(progress: Progress | None) -> dict[str, Any]:
    if progress is None:
        return {}
    return {"progress_done": progress.done, "progress_total": progress.total}
