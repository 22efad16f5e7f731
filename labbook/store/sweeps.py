"""Sweeps: their rows, their block in the day, and the runs that stand for their points."""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    bindparam,
    case,
    func,
    literal_column,
    select,
    update,
)

from labbook.errors import NotFound
from labbook.model import Code, Moment, Run, RunState, Space, Sweep, SweepPoint, SweepState, Tally
from labbook.store import rows, tables
from labbook.store.new_run import NewRun, insert
from labbook.store.rows import ensure_entry, insert_row, instant, to_json
from labbook.store.run_results import environment_id
from labbook.store.run_rows import IS_LAST, load_runs, metric_value
from labbook.text.plain import storable

if TYPE_CHECKING:
    import sqlite3

    from labbook.store.notebook import Notebook

_sweep, _of, _run = tables.sweep, tables.sweep_run, tables.run
_IS_RUNNING: ColumnElement[bool] = literal_column("sweep.state = 'running'")
_AT_ONCE = 500
_ENDED = frozenset(state for state in RunState if state.has_ended)


@dataclass(frozen=True, slots=True)
class NewSweep:
    """What a sweep is, before it has begun.

    owner: the process that is to look after it
    """

    experiment: str
    space: Space
    seed: int
    day: dt.date
    moment: Moment
    owner: str
    backend_asked: str = "auto"
    executor: str = "local"
    argv: tuple[str, ...] | None = None
    directory: str = ""


@dataclass(frozen=True, slots=True)
class RunningSweep:
    """A sweep that has not ended, with what tells whether anybody still looks after it."""

    sweep: Sweep
    owner: str
    heartbeat: Moment


def create_sweep(nb: Notebook, new: NewSweep) -> Sweep:
    """Insert a sweep, and its block in the day's entry."""
    row = {
        "experiment": storable(new.experiment),
        "state": SweepState.RUNNING.value,
        "day": new.day.isoformat(),
        **instant("created", new.moment),
        "points": new.space.size,
        "seed": new.seed,
        "backend_asked": new.backend_asked,
        "executor": storable(new.executor),
        "owner": storable(new.owner),
        "heartbeat_us": new.moment.us,
        "space": to_json(new.space.to_json()),
        "argv": None if new.argv is None else to_json(list(new.argv)),
        "directory": storable(new.directory),
    }
    with nb.write() as connection:
        ensure_entry(connection, new.day, new.moment)
        sweep_id = insert_row(connection, _sweep, row)
        _add_block(connection, sweep_id, "started", new.day, new.moment)
        return _load(connection, select(_sweep).where(_sweep.c.id == sweep_id))[0]


def sweep(nb: Notebook, sweep_id: int) -> Sweep:
    """One sweep.

    Raises:
        NotFound: there is none of that number.
    """
    with nb.read() as connection:
        found = _load(connection, select(_sweep).where(_sweep.c.id == sweep_id))
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
        return _load(connection, chosen.order_by(_sweep.c.id.desc()).limit(limit))


def load_sweeps(connection: Connection, ids: Collection[int]) -> dict[int, Sweep]:
    """Sweeps by their numbers, inside a transaction."""
    return {each.id: each for each in _load(connection, select(_sweep).where(_sweep.c.id.in_(ids)))}


def running_sweeps(nb: Notebook) -> tuple[RunningSweep, ...]:
    """The sweeps that have not ended, oldest first."""
    chosen = select(_sweep).where(_IS_RUNNING).order_by(_sweep.c.id)
    with nb.read() as connection:
        found = connection.execute(chosen).all()
        loaded = _load(connection, chosen) if found else ()
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


def add_runs(nb: Notebook, new: Sequence[NewRun]) -> tuple[int, ...]:
    """Insert queued runs; their numbers, in the same order."""
    with nb.write() as connection:
        driver = cast("sqlite3.Connection", connection.connection.driver_connection)
        return tuple(insert(driver, each.checked()) for each in new)


def begin_runs(
    nb: Notebook,
    begun: Mapping[int, tuple[Moment, str]],
    *,
    code: Code | None,
    environment: Mapping[str, Any],
) -> None:
    """Let queued runs run: when each was begun, and by which process."""
    with nb.write() as connection:
        shared: dict[str, Any] = {
            "environment_id": environment_id(connection, to_json(environment))
        }
        if code is not None:
            shared |= {"git_commit": code.commit, "git_branch": code.branch, "git_root": code.root}
            shared["git_dirty"] = int(code.dirty)
        statement = update(_run).where(
            _run.c.id == bindparam("each"), _run.c.state == RunState.QUEUED.value
        )
        values = [
            {
                "each": run_id,
                "heartbeat_us": moment.us,
                "worker": storable(worker),
                **instant("started", moment),
                **shared,
            }
            for run_id, (moment, worker) in begun.items()
        ]
        names: dict[str, Any] = {name: bindparam(name) for name in values[0] if name != "each"}
        connection.execute(statement.values(state=RunState.RUNNING.value, **names), values)


def heartbeat(nb: Notebook, sweep_id: int, moment: Moment) -> None:
    """Say that a sweep, and all its runs that have not ended, are still looked after."""
    mine = select(_of.c.run_id).where(_of.c.sweep_id == sweep_id).scalar_subquery()
    alive = [state.value for state in frozenset(RunState) - _ENDED]
    with nb.write() as connection:
        connection.execute(
            update(_sweep).where(_sweep.c.id == sweep_id).values(heartbeat_us=moment.us)
        )
        connection.execute(
            update(_run)
            .where(_run.c.id.in_(mine), _run.c.state.in_(alive))
            .values(heartbeat_us=moment.us)
        )


def take_over(nb: Notebook, sweep_id: int, owner: str, *, known: Collection[str]) -> bool:
    """Become the one who looks after a running sweep; False when somebody else is.

    known: the owners that may be followed
    """
    statement = (
        update(_sweep)
        .where(_sweep.c.id == sweep_id, _IS_RUNNING, _sweep.c.owner.in_([*known, owner]))
        .values(owner=owner)
    )
    with nb.write() as connection:
        return connection.execute(statement).rowcount == 1


def reopen_sweep(nb: Notebook, sweep_id: int, *, owner: str, executor: str, moment: Moment) -> bool:
    """Let a sweep that has ended run again; False when it runs already."""
    statement = (
        update(_sweep)
        .where(_sweep.c.id == sweep_id, _sweep.c.state != SweepState.RUNNING.value)
        .values(
            state=SweepState.RUNNING.value,
            owner=storable(owner),
            executor=storable(executor),
            heartbeat_us=moment.us,
            message="",
            **instant("ended", None),
        )
    )
    with nb.write() as connection:
        return connection.execute(statement).rowcount == 1


def close_sweep(
    nb: Notebook,
    sweep_id: int,
    state: SweepState,
    message: str,
    *,
    owner: str,
    moment: Moment,
    day: dt.date,
) -> bool:
    """End a sweep, exactly once; False when it has ended or has got another owner.

    One that ends on a later day than it began on also gets a link block on that day.
    """
    statement = (
        update(_sweep)
        .where(_sweep.c.id == sweep_id, _IS_RUNNING, _sweep.c.owner == owner)
        .values(state=state.value, message=storable(message), **instant("ended", moment))
        .returning(_sweep.c.day)
    )
    with nb.write() as connection:
        begun = connection.execute(statement).scalar()
        if begun is not None and day > rows.day(begun):
            ensure_entry(connection, day, moment)
            _add_block(connection, sweep_id, "ended", day, moment)
        return begun is not None


def _add_block(connection: Connection, sweep_id: int, role: str, day: dt.date, at: Moment) -> None:
    linked = tables.block_sweep
    present = select(linked.c.block_id).where(linked.c.sweep_id == sweep_id, linked.c.role == role)
    block = connection.execute(present).scalar()
    if block is not None:  # it was resumed, and ends once more
        moved = {"day": day.isoformat(), **instant("created", at), **instant("edited", at)}
        connection.execute(update(tables.block).where(tables.block.c.id == block).values(moved))
        return
    row = {"day": day.isoformat(), "kind": "sweep"}
    block = insert_row(
        connection, tables.block, {**row, **instant("created", at), **instant("edited", at)}
    )
    connection.execute(linked.insert().values(block_id=block, sweep_id=sweep_id, role=role))


def _load(connection: Connection, chosen: Select[Any]) -> tuple[Sweep, ...]:
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
