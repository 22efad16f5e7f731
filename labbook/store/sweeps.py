"""Sweeps: their rows, their block in the day, and the runs that stand for their points."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Connection,
    bindparam,
    select,
    update,
)

from labbook.model import Code, Moment, RunState, Space, Sweep, SweepState
from labbook.store import rows, tables
from labbook.store.engine import plain_connection
from labbook.store.new_run import NewRun, insert
from labbook.store.rows import ensure_entry, insert_row, instant, to_json
from labbook.store.run_results import environment_id
from labbook.store.sweep_rows import (
    IS_RUNNING,
    RunningSweep,
    durations,
    load,
    load_sweeps,
    points,
    run_ids,
    running_sweeps,
    runs,
    sweep,
    sweeps,
)
from labbook.text.plain import storable

if TYPE_CHECKING:
    from labbook.store.notebook import Notebook

__all__ = [
    "NewSweep",
    "RunningSweep",
    "add_runs",
    "begin_runs",
    "close_sweep",
    "create_sweep",
    "durations",
    "heartbeat",
    "load_sweeps",
    "points",
    "reopen_sweep",
    "run_ids",
    "running_sweeps",
    "runs",
    "sweep",
    "sweeps",
    "take_over",
]

_sweep, _of, _run = tables.sweep, tables.sweep_run, tables.run
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
        return load(connection, select(_sweep).where(_sweep.c.id == sweep_id))[0]


def add_runs(nb: Notebook, new: Sequence[NewRun]) -> tuple[int, ...]:
    """Insert queued runs; their numbers, in the same order."""
    with nb.write() as connection:
        driver = plain_connection(connection)
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
            "environment_id": environment_id(plain_connection(connection), environment)
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
        .where(_sweep.c.id == sweep_id, IS_RUNNING, _sweep.c.owner.in_([*known, owner]))
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
        .where(_sweep.c.id == sweep_id, IS_RUNNING, _sweep.c.owner == owner)
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
