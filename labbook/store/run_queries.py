"""Finds runs: one, many, and those that have not ended."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, Connection, func, literal_column, select

from labbook.errors import NotFound
from labbook.model import Metric, Moment, Run, RunState
from labbook.store import tables
from labbook.store.rows import moment
from labbook.store.run_rows import load_runs, metric_value

if TYPE_CHECKING:
    from labbook.store.notebook import Notebook
    from labbook.text.period import Period

# As in the partial index on runs that have not ended.
_IS_ACTIVE: ColumnElement[bool] = literal_column(
    "run.state IN ('queued', 'starting', 'running', 'finishing')"
)


@dataclass(frozen=True, slots=True)
class ActiveRun:
    """A run that has not ended, with what tells whether anybody still looks after it.

    owner, worker: process identities, as the runner wrote them
    heartbeat: the last sign of life
    events_offset, metrics_offset: how many bytes of the run's events, and of its metrics.jsonl,
        are in the notebook
    """

    run: Run
    owner: str
    worker: str
    heartbeat: Moment
    events_offset: int
    metrics_offset: int


def run(nb: Notebook, run_id: int) -> Run:
    """One run.

    Raises:
        NotFound: there is none of that number.
    """
    with nb.read() as connection:
        return load_run(connection, run_id)


def runs(
    nb: Notebook,
    *,
    experiment: str | None = None,
    states: Collection[RunState] | None = None,
    period: Period | None = None,
    before: int | None = None,
    limit: int = 100,
) -> tuple[Run, ...]:
    """Runs, newest first.

    period: the days they were started on
    before: only runs with smaller numbers; the last of one page gives the next
    """
    chosen = select(tables.run).where(tables.run.c.deleted_us.is_(None))
    if experiment is not None:
        chosen = chosen.where(tables.run.c.experiment == experiment)
    if states is not None:
        chosen = chosen.where(tables.run.c.state.in_([state.value for state in states]))
    if period is not None:
        first, last = period.first.isoformat(), period.last.isoformat()
        chosen = chosen.where(tables.run.c.day.between(first, last))
    if before is not None:
        chosen = chosen.where(tables.run.c.id < before)
    with nb.read() as connection:
        return load_runs(connection, chosen.order_by(tables.run.c.id.desc()).limit(limit))


def latest(nb: Notebook, back: int = 0) -> int:
    """The number of the newest run that is not deleted, or of one so many before it.

    Raises:
        NotFound: there are not so many.
    """
    chosen = select(tables.run.c.id).where(tables.run.c.deleted_us.is_(None))
    with nb.read() as connection:
        found: int | None = connection.scalar(
            chosen.order_by(tables.run.c.id.desc()).offset(back).limit(1)
        )
    if found is None:
        raise NotFound("There are not so many runs." if back else "There is no run yet.")
    return found


def active_runs(nb: Notebook) -> tuple[ActiveRun, ...]:
    """The runs that have not ended, oldest first."""
    chosen = select(tables.run).where(_IS_ACTIVE).order_by(tables.run.c.id)
    measured = select(tables.metrics_file).join(tables.run).where(_IS_ACTIVE)
    with nb.read() as connection:
        rows = {row.id: row for row in connection.execute(chosen)}
        found = load_runs(connection, chosen)
        taken = {row.run_id: row.taken_bytes for row in connection.execute(measured)}
    return tuple(
        ActiveRun(
            run=each,
            owner=rows[each.id].owner,
            worker=rows[each.id].worker,
            heartbeat=moment(rows[each.id].heartbeat_us or each.created.us, each.created.zone),
            events_offset=rows[each.id].events_offset,
            metrics_offset=taken.get(each.id, 0),
        )
        for each in found
    )


def finished_before(nb: Notebook, run_ids: Collection[int]) -> dict[int, Run]:
    """For each run the last finished one of the same experiment before it, where there is one."""
    this, other = tables.run, tables.run.alias()
    before = (
        select(func.max(other.c.id))
        .where(other.c.experiment == this.c.experiment, other.c.id < this.c.id)
        .where(other.c.state == RunState.FINISHED.value, other.c.deleted_us.is_(None))
        .scalar_subquery()
    )
    chosen = select(this.c.id, before).where(this.c.id.in_(run_ids))
    with nb.read() as connection:
        pairs = {run_id: found for run_id, found in connection.execute(chosen) if found}
        wanted = select(tables.run).where(tables.run.c.id.in_(set(pairs.values())))
        known = {run.id: run for run in load_runs(connection, wanted)} if pairs else {}
    return {run_id: known[found] for run_id, found in pairs.items()}


def never_finished(nb: Notebook, run_ids: Collection[int]) -> frozenset[int]:
    """Those of the runs that no later one of the same experiment and parameters has made good."""
    this, later = tables.run, tables.run.alias()
    made_good = (
        select(later.c.id)
        .where(later.c.experiment == this.c.experiment, later.c.id > this.c.id)
        .where(later.c.params == this.c.params, later.c.deleted_us.is_(None))
        .where(later.c.state == RunState.FINISHED.value)
        .exists()
    )
    chosen = select(this.c.id).where(this.c.id.in_(run_ids), ~made_good)
    with nb.read() as connection:
        return frozenset(connection.execute(chosen).scalars())


def metric_points(nb: Notebook, run_id: int, name: str) -> tuple[Metric, ...]:
    """Every point of one metric, in the order they were made."""
    table = tables.metric
    chosen = select(table).where(table.c.run_id == run_id, table.c.name == name)
    with nb.read() as connection:
        rows = connection.execute(chosen.order_by(table.c.id))
        return tuple(Metric(row.name, metric_value(row), row.step) for row in rows)


def load_run(connection: Connection, run_id: int) -> Run:
    """One run, inside a transaction.

    Raises:
        NotFound: there is none of that number.
    """
    found = load_runs(connection, select(tables.run).where(tables.run.c.id == run_id))
    if found:
        return found[0]
    last = connection.execute(select(func.max(tables.run.c.id))).scalar()
    raise NotFound(
        f"There is no run {run_id}.",
        hint=f"The last run is {last}." if last else "No run has been made in this notebook.",
    )
