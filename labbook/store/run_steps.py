"""The steps of a run that is there: into a state, on with its events, to its end.

Each is one transaction and a compare-and-set, so of two processes that want the same step one
takes it and the other learns that it came too late. They speak to the standard library's
driver, so that a script that records itself needs no SQLAlchemy; `Notebook` is one of those
that they can write through, `QuickNotebook` the other.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from labbook.errors import NotebookBusy
from labbook.model.moment import Moment
from labbook.model.published import Published
from labbook.model.run import ALLOWED_STEPS, Artifact, Code, Metric, Progress, RunState
from labbook.store.gate import PATIENCE_S
from labbook.store.outcome import Outcome, add_usage
from labbook.store.run_intake import Stretch, add_provenance, is_next, take
from labbook.store.run_results import (
    add_artifacts,
    add_params,
    add_published,
    add_results,
    environment_id,
)
from labbook.text.plain import storable

__all__ = [
    "Outcome",
    "Writable",
    "close_run",
    "describe",
    "describe_run",
    "heartbeat",
    "ingest",
    "step_run",
]

HEARTBEAT_PATIENCE_S = 1.0
_ENDED = frozenset(state for state in RunState if state.has_ended)


class Writable(Protocol):
    """A notebook that gives out the driver's own connection."""

    @property
    def artifacts_dir(self) -> Path: ...

    def write_plainly(
        self, wait_s: float = PATIENCE_S
    ) -> AbstractContextManager[sqlite3.Connection]: ...


def step_run(
    nb: Writable,
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
        changes |= _instant("started", moment)
    if to.has_ended:
        changes |= _instant("ended", moment)
    with nb.write_plainly() as connection:
        return _moved(connection, run_id, _leading_to(to, expected), changes)


def describe_run(
    nb: Writable,
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
    with nb.write_plainly() as connection:
        describe(connection, run_id, changes, code=code, environment=environment)


def describe(
    connection: sqlite3.Connection,
    run_id: int,
    changes: Mapping[str, Any] | None = None,
    *,
    code: Code | None = None,
    environment: Mapping[str, Any] | None = None,
) -> None:
    """Write what a run comes from, inside a transaction."""
    changes = dict(changes or {})
    if code is not None:
        changes |= _given(git_commit=code.commit, git_branch=code.branch, git_root=code.root)
        changes["git_dirty"] = int(code.dirty)
    if environment is not None:
        changes["environment_id"] = environment_id(connection, environment)
    if changes:
        _update(connection, run_id, changes)


def heartbeat(
    nb: Writable, run_id: int, *, moment: Moment, progress: Progress | None = None
) -> bool:
    """Say that a run is still looked after, and how far it has come.

    Returns: False when the run has ended, or the notebook was busy: the next one will do.
    """
    changes = {"heartbeat_us": moment.us, **_progress(progress)}
    try:
        with nb.write_plainly(HEARTBEAT_PATIENCE_S) as connection:
            return _moved(connection, run_id, frozenset(RunState) - _ENDED, changes)
    except NotebookBusy:
        return False


def ingest(
    nb: Writable,
    run_id: int,
    *,
    from_offset: int,
    to_offset: int,
    metrics: Sequence[Metric],
    warnings: Sequence[str],
    published: Sequence[Published] = (),
    progress: Progress | None = None,
    params: Mapping[str, Any] | None = None,
    seed: int | None = None,
    stretch: Stretch | None = None,
) -> bool:
    """Take in what a run's events say between two offsets, exactly once.

    stretch: what of its metrics.jsonl is taken in with it; its points are among `metrics`
    params, seed: those that the run has not named yet

    Returns: False, and nothing is stored, when the run has ended or somebody else has taken
    in events meanwhile.
    """
    changes = {"events_offset": to_offset, **_progress(progress)}
    with nb.write_plainly() as connection:
        from_states = frozenset(RunState) - _ENDED
        moved = is_next(connection, run_id, stretch) and _moved(
            connection, run_id, from_states, changes, from_offset
        )
        if moved:
            take(connection, run_id, stretch)
            add_results(connection, run_id, metrics, warnings)
            add_published(connection, run_id, published)
            add_params(connection, run_id, params or {}, seed)
        return moved


def close_run(
    nb: Writable,
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
    provenance: Sequence[Artifact] = (),
    params: Mapping[str, Any] | None = None,
    seed: int | None = None,
    stretch: Stretch | None = None,
) -> bool:
    """End a run with all that it produced, exactly once; the artifacts' files are stored.

    provenance: stored files that say where it comes from
    params, seed, stretch: as for `ingest`

    A run that ends on a later day than it began on also gets a link block on that day.

    Returns: False, and nothing is stored, when the run has ended already or somebody else
    has taken in events meanwhile.
    """
    changes = _said(outcome) | {"state": outcome.state.value, "events_offset": to_offset}
    changes |= {"heartbeat_us": moment.us, **_instant("ended", moment)}
    with nb.write_plainly() as connection:
        leading = _leading_to(outcome.state, None)
        if not is_next(connection, run_id, stretch):
            return False
        if not _moved(connection, run_id, leading, changes, from_offset):
            return False
        take(connection, run_id, stretch)
        add_results(connection, run_id, metrics, warnings)
        add_published(connection, run_id, published)
        add_params(connection, run_id, params or {}, seed)
        add_artifacts(connection, run_id, artifacts)
        add_provenance(connection, run_id, provenance)
        add_usage(connection, run_id, outcome)
        _add_link(connection, run_id, day, moment)
        return True


def _said(outcome: Outcome) -> dict[str, Any]:
    changes = _given(
        message=outcome.message,
        backend=outcome.backend,
        backend_reason=outcome.backend_reason,
        device=outcome.device,
    )
    numbers = ("exit_code", "signal", "duration_s", "peak_memory_bytes")
    given = {name: getattr(outcome, name) for name in numbers}
    return changes | {name: value for name, value in given.items() if value is not None}


def _add_link(connection: sqlite3.Connection, run_id: int, day: dt.date, at: Moment) -> None:
    """A link block, when the run has ended on a later day than it began on."""
    begun = connection.execute("SELECT day FROM run WHERE id = ?", (run_id,)).fetchone()[0]
    if day.isoformat() <= begun:
        return
    pair = (at.us, storable(at.zone))
    connection.execute(
        "INSERT INTO entry (day, created_us, created_zone) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        (day.isoformat(), *pair),
    )
    connection.execute(
        "INSERT INTO block (day, kind, run_id, role, created_us, created_zone, edited_us,"
        " edited_zone) VALUES (?, 'link', ?, 'ended', ?, ?, ?, ?)",
        (day.isoformat(), run_id, *pair, *pair),
    )


def _leading_to(to: RunState, expected: Collection[RunState] | None) -> frozenset[RunState]:
    leading = frozenset(state for state, steps in ALLOWED_STEPS.items() if to in steps)
    return leading if expected is None else leading & frozenset(expected)


def _moved(
    connection: sqlite3.Connection,
    run_id: int,
    from_states: Collection[RunState],
    changes: Mapping[str, Any],
    from_offset: int | None = None,
) -> bool:
    """The compare-and-set: whether the run was as expected, and is now changed."""
    states = [state.value for state in from_states]
    condition = f" AND state IN ({', '.join('?' * len(states))})"
    if from_offset is None:
        return _update(connection, run_id, changes, condition, states)
    condition += " AND events_offset = ?"
    return _update(connection, run_id, changes, condition, [*states, from_offset])


def _update(
    connection: sqlite3.Connection,
    run_id: int,
    changes: Mapping[str, Any],
    condition: str = "",
    values: Sequence[Any] = (),
) -> bool:
    columns = ", ".join(f"{name} = ?" for name in changes)
    statement = f"UPDATE run SET {columns} WHERE id = ?{condition}"  # noqa: S608 - names of ours
    return connection.execute(statement, (*changes.values(), run_id, *values)).rowcount == 1


def _instant(name: str, at: Moment) -> dict[str, Any]:
    return {f"{name}_us": at.us, f"{name}_zone": storable(at.zone)}


def _given(**texts: str | None) -> dict[str, Any]:
    return {name: storable(text) for name, text in texts.items() if text is not None}


def _progress(progress: Progress | None) -> dict[str, Any]:
    if progress is None:
        return {}
    return {"progress_done": progress.done, "progress_total": progress.total}
