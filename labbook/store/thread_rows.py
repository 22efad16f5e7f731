"""The rows of threads, with the sums over what belongs to each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Row,
    Select,
    func,
    select,
    union,
    union_all,
)

from labbook.model.moment import Moment
from labbook.model.thread import Thread, ThreadState
from labbook.store import tables
from labbook.store.rows import moment

if TYPE_CHECKING:
    from sqlalchemy import Subquery

_thread, _block, _link = tables.thread, tables.block, tables.block_thread
_run, _span, _mention = tables.run, tables.time_span, tables.mention


def load_threads(
    connection: Connection, now: Moment, *conditions: ColumnElement[bool]
) -> tuple[Thread, ...]:
    """The threads that satisfy the conditions, by name, with all that belongs to them.

    Notes and runs that were deleted belong to none.
    """
    notes, runs, steps, spans = _notes(), _runs(), _open_steps(), _spans(now)
    moments = _moments(now)
    chosen: Select[Any] = select(
        _thread,
        func.coalesce(notes.c.notes, 0).label("notes"),
        func.coalesce(runs.c.runs, 0).label("runs"),
        func.coalesce(steps.c.steps, 0).label("steps"),
        func.coalesce(spans.c.seconds, 0.0).label("seconds"),
        moments.c.first_us,
        moments.c.last_us,
    )
    for sums in (notes, runs, steps, spans, moments):
        chosen = chosen.outerjoin(sums, sums.c.thread_id == _thread.c.id)
    rows = connection.execute(chosen.where(*conditions).order_by(_thread.c.name))
    return tuple(_record(row, now.zone) for row in rows)


def runs_of_threads() -> CompoundSelect[Any]:
    """Pairs (thread_id, run_id): runs given to a thread, and those that its notes name."""
    given = select(_run.c.thread_id, _run.c.id.label("run_id")).where(
        _run.c.thread_id.is_not(None), _run.c.deleted_us.is_(None)
    )
    named = (
        select(_link.c.thread_id, _mention.c.run_id)
        .join(_mention, _mention.c.block_id == _link.c.block_id)
        .join(_run, _run.c.id == _mention.c.run_id)
        .join(_block, _block.c.id == _link.c.block_id)
        .where(_block.c.deleted_us.is_(None), _run.c.deleted_us.is_(None))
    )
    return union(given, named)


def _notes() -> Subquery:
    return (
        select(_link.c.thread_id, func.count().label("notes"))
        .join(_block, _block.c.id == _link.c.block_id)
        .where(_block.c.deleted_us.is_(None))
        .group_by(_link.c.thread_id)
        .subquery()
    )


def _runs() -> Subquery:
    pairs = runs_of_threads().subquery()
    chosen = select(pairs.c.thread_id, func.count().label("runs"))
    return chosen.group_by(pairs.c.thread_id).subquery()


def _open_steps() -> Subquery:
    step = tables.next_step
    return (
        select(step.c.thread_id, func.count().label("steps"))
        .where(step.c.state == "open")
        .group_by(step.c.thread_id)
        .subquery()
    )


def _spans(now: Moment) -> Subquery:
    seconds = func.sum(func.coalesce(_span.c.to_us, now.us) - _span.c.from_us) / 1e6
    chosen = select(_span.c.thread_id, seconds.label("seconds"))
    return chosen.group_by(_span.c.thread_id).subquery()


def _moments(now: Moment) -> Subquery:
    """The first and the last thing that happened on each thread."""
    noted = (
        select(_link.c.thread_id, _block.c.created_us.label("a"), _block.c.edited_us.label("z"))
        .join(_block, _block.c.id == _link.c.block_id)
        .where(_block.c.deleted_us.is_(None))
    )
    created_us = _run.c.created_us
    ran = select(_run.c.thread_id, created_us.label("a"), created_us.label("z")).where(
        _run.c.thread_id.is_not(None), _run.c.deleted_us.is_(None)
    )
    ended = func.coalesce(_span.c.to_us, now.us)
    timed = select(_span.c.thread_id, _span.c.from_us.label("a"), ended.label("z"))
    happened = union_all(noted, ran, timed).subquery("happened")
    chosen = select(
        happened.c.thread_id,
        func.min(happened.c.a).label("first_us"),
        func.max(happened.c.z).label("last_us"),
    )
    return chosen.group_by(happened.c.thread_id).subquery()


def _record(row: Row[Any], zone: str) -> Thread:
    return Thread(
        id=row.id,
        name=row.name,
        created=moment(row.created_us, row.created_zone),
        goal=row.goal,
        kind=row.kind,
        importance=row.importance,
        state=ThreadState(row.state),
        outcome=row.outcome,
        notes=row.notes,
        runs=row.runs,
        open_steps=row.steps,
        measured_s=row.seconds,
        began=moment(row.first_us, zone),
        touched=moment(row.last_us, zone),
    )
