"""Reads sweeps from their rows, with the runs that stand for their points."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    case,
    func,
    literal_column,
    select,
)

from labbook.errors import NotFound
from labbook.model import Moment, Run, RunState, Space, Sweep, SweepPoint, SweepState, Tally
from labbook.store import rows, tables
from labbook.store.run_rows import IS_LAST, load_runs, metric_value

if TYPE_CHECKING:
    from labbook.store.notebook import Notebook

_sweep, _of, _run = tables.sweep, tables.sweep_run, tables.run
IS_RUNNING: ColumnElement[bool] = literal_column("sweep.state = 'running'")
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class RunningSweep:
    """A sweep that has not ended, with what tells whether anybody still looks after it."""

    sweep: Sweep
    owner: str
    heartbeat: Moment


def sweep(nb: Notebook, sweep_id: int) -> Sweep:
    """One sweep.

    Raises:
        NotFound: there is none of that number.
    """
    with nb.read() as connection:
        found = load(connection, select(_sweep).where(_sweep.c.id == sweep_id))
        if found:
            return found[0]
        last = connection.execute(select(func.max(_sweep.c.id))).scalar()
    raise NotFound(
        f"There is no sweep {sweep_id}.",
        hint=f"The last sweep is {last}." if last else "No sweep has been made in this notebook.",
    )


def sweeps(nb: Notebook, *, limit: int = 50) -> tuple[Sweep, ...]:
    """Sweeps, newest first."""
    chosen = select(_sweep).where(_sweep.c.deleted_us.is_(None))
    with nb.read() as connection:
        return load(connection, chosen.order_by(_sweep.c.id.desc()).limit(limit))


def load_sweeps(connection: Connection, ids: Collection[int]) -> dict[int, Sweep]:
    """Sweeps by their numbers, inside a transaction."""
    return {each.id: each for each in load(connection, select(_sweep).where(_sweep.c.id.in_(ids)))}


def running_sweeps(nb: Notebook) -> tuple[RunningSweep, ...]:
    """The sweeps that have not ended, oldest first."""
    chosen = select(_sweep).where(IS_RUNNING).order_by(_sweep.c.id)
    with nb.read() as connection:
        found = connection.execute(chosen).all()
        loaded = load(connection, chosen) if found else ()
    return tuple(
        RunningSweep(each, row.owner, Moment(row.heartbeat_us or row.created_us, row.created_zone))
        for each, row in zip(loaded, found, strict=True)
    )


def points(nb: Notebook, sweep_id: int) -> tuple[SweepPoint, ...]:
    """The points that have a run, by position: the finished run, else the last."""
    chosen = (
        select(_of.c.position, _run.c.id, _run.c.state, _run.c.duration_s, _run.c.message)
        .join(_run, _run.c.id == _of.c.run_id)
        .where(_of.c.sweep_id == sweep_id)
        .order_by(_of.c.position, _run.c.state == RunState.FINISHED, _run.c.id)
    )
    mine = select(_of.c.run_id).where(_of.c.sweep_id == sweep_id).scalar_subquery()
    measured = select(tables.metric).where(tables.metric.c.run_id.in_(mine), IS_LAST)
    with nb.read() as connection:
        last = {row.position: row for row in connection.execute(chosen)}
        metrics: dict[int, dict[str, float]] = defaultdict(dict)
        for row in connection.execute(measured.order_by(tables.metric.c.id)):
            metrics[row.run_id][row.name] = metric_value(row)
    return tuple(
        SweepPoint(
            row.position,
            row.id,
            RunState(row.state),
            row.duration_s,
            row.message,
            metrics.get(row.id, {}),
        )
        for row in last.values()
    )


def runs(nb: Notebook, ids: Sequence[int]) -> Iterator[Run]:
    """Runs by their numbers, a few hundred at a time, in the order of the numbers given."""
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        with nb.read() as connection:
            found = load_runs(connection, select(_run).where(_run.c.id.in_(some)))
        by_id = {each.id: each for each in found}
        yield from (by_id[each] for each in some)


def run_ids(nb: Notebook, sweep_id: int) -> tuple[int, ...]:
    """Every run of a sweep, those that were done again included, oldest first."""
    chosen = select(_of.c.run_id).where(_of.c.sweep_id == sweep_id).order_by(_of.c.run_id)
    with nb.read() as connection:
        return tuple(connection.execute(chosen).scalars())


def durations(nb: Notebook, experiment: str, limit: int = 101) -> tuple[float, ...]:
    """How long the last finished runs of an experiment took, in seconds."""
    chosen = (
        select(_run.c.duration_s)
        .where(_run.c.experiment == experiment, _run.c.state == RunState.FINISHED.value)
        .where(_run.c.duration_s.is_not(None))
    )
    with nb.read() as connection:
        return tuple(connection.execute(chosen.order_by(_run.c.id.desc()).limit(limit)).scalars())


def load(connection: Connection, chosen: Select[Any]) -> tuple[Sweep, ...]:
    thread = tables.thread
    joined = chosen.outerjoin(thread, thread.c.id == _sweep.c.thread_id)
    found = connection.execute(joined.add_columns(thread.c.name.label("thread"))).all()
    tallies = _tallies(connection, [row.id for row in found])
    return tuple(_record(row, tallies[row.id]) for row in found)


def _tallies(connection: Connection, ids: Sequence[int]) -> dict[int, tuple[int, int, int]]:
    """Of each sweep, how many points are finished, have failed, and are on their way."""
    # A point is what its best run is; the ranks make the best the largest.
    rank = case(
        (_run.c.state == RunState.FINISHED.value, literal_column("9223372036854775807")),
        else_=_run.c.id,
    )
    best = (
        select(_of.c.sweep_id, _run.c.state, func.max(rank))
        .join(_run, _run.c.id == _of.c.run_id)
        .where(_of.c.sweep_id.in_(ids))
        .group_by(_of.c.sweep_id, _of.c.position)
    )
    tallies = {each: [0, 0, 0] for each in ids}
    places = {RunState.FINISHED: 0, RunState.FAILED: 1, RunState.TIMED_OUT: 1, RunState.LOST: None}
    for sweep_id, state, _ in connection.execute(best):
        place = places.get(RunState(state), None if RunState(state).has_ended else 2)
        if place is not None:
            tallies[sweep_id][place] += 1
    return {each: (counts[0], counts[1], counts[2]) for each, counts in tallies.items()}


def _record(row: Row[Any], tally: tuple[int, int, int]) -> Sweep:
    return Sweep(
        id=row.id,
        experiment=row.experiment,
        state=SweepState(row.state),
        day=rows.day(row.day),
        created=rows.moment(row.created_us, row.created_zone),
        space=Space.from_json(json.loads(row.space)),
        tally=Tally(row.points, *tally),
        seed=row.seed,
        backend_asked=row.backend_asked,
        executor=row.executor,
        ended=rows.moment(row.ended_us, row.ended_zone),
        argv=None if row.argv is None else tuple(json.loads(row.argv)),
        directory=row.directory,
        thread=row.thread,
        message=row.message,
    )
