"""Time spans: one timer at most, and no two spans that overlap.

Both are settled inside one write transaction, so two windows cannot start two timers.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Connection, Row, Select, delete, func, or_, select, update

from labbook.errors import NotFound, UsageError
from labbook.model.moment import Moment
from labbook.model.time_span import Activity, TimeSpan
from labbook.store import tables
from labbook.store.capture import thread_id
from labbook.store.note_text import thread_name
from labbook.store.rows import insert_row, instant, moment
from labbook.text.plain import storable

if TYPE_CHECKING:
    import sqlite3

    from labbook.store.notebook import Notebook

SKEW_US = 60_000_000
"""By so much two windows may differ about what is now."""

_span, _thread = tables.time_span, tables.thread
_chosen: Select[Any] = select(_span, _thread.c.name.label("thread")).join(
    _thread, _thread.c.id == _span.c.thread_id
)


def start(nb: Notebook, thread: str, *, now: Moment, note: str = "") -> TimeSpan:
    """Start the timer on a thread; one that runs on another thread ends now.

    Returns: the running span; the one there was, when it is on that thread already.

    Raises:
        UsageError: that can be no thread's name, or a span of the future stands in the way.
    """
    name = cast(str, thread_name(thread))
    with nb.write() as connection:
        running = _running(connection)
        if running is not None and running.thread == name and not note:
            return running
        if running is not None:
            _end(connection, running, now)
        begins = _after_the_last(connection, now)
        _refuse_overlap(connection, begins.us, None, None)
        return _insert(connection, name, begins, None, "timed", note)


def stop(nb: Notebook, *, at: Moment) -> TimeSpan:
    """Stop the timer.

    at: not before it was started

    Raises:
        NotFound: none runs.
        UsageError: it was started later than that.
    """
    with nb.write() as connection:
        running = _running(connection)
        if running is None:
            raise NotFound("No timer runs.", hint="Start one: labbook time start THREAD")
        if at.us < running.start.us:
            raise UsageError(
                f"The timer was started at {running.start.local:%H:%M}, after {at.local:%H:%M}."
            )
        _end(connection, running, at)
        return _load(connection, running.id) or replace(running, end=at)


def add(nb: Notebook, thread: str, start: Moment, end: Moment, note: str = "") -> TimeSpan:
    """Enter a span by hand.

    Raises:
        UsageError: it ends before it begins, or overlaps another.
    """
    name = cast(str, thread_name(thread))
    with nb.write() as connection:
        _refuse_overlap(connection, start.us, end.us, None)
        return _insert(connection, name, start, end, "entered", note)


def edit(
    nb: Notebook,
    span_id: int,
    *,
    thread: str | None = None,
    start: Moment | None = None,
    end: Moment | None = None,
    note: str | None = None,
) -> TimeSpan:
    """Change a span; what is None stays.

    Raises:
        NotFound: there is no such span.
        UsageError: it would end before it begins, or overlap another.
    """
    name = thread_name(thread)
    with nb.write() as connection:
        before = _need(connection, span_id)
        begins, ends = start or before.start, end or before.end
        _refuse_overlap(connection, begins.us, None if ends is None else ends.us, span_id)
        changes = {**instant("from", begins), **instant("to", ends)}
        if name is not None:
            changes["thread_id"] = _thread_id(connection, name, begins)
        if note is not None:
            changes["note"] = storable(note)
        connection.execute(update(_span).where(_span.c.id == span_id).values(changes))
        return _need(connection, span_id)


def remove(nb: Notebook, span_id: int) -> TimeSpan:
    """Take a span away, and return what it was.

    Raises:
        NotFound: there is no such span.
    """
    with nb.write() as connection:
        found = _need(connection, span_id)
        connection.execute(delete(_span).where(_span.c.id == span_id))
        return found


def restore(nb: Notebook, span: TimeSpan) -> TimeSpan:
    """Let a span be again as it was, whether it was changed since or taken away.

    Raises:
        UsageError: another overlaps it by now.
    """
    with nb.write() as connection:
        return _put(connection, span)


def unstart(nb: Notebook, span_id: int, before: TimeSpan | None) -> None:
    """Take a timer back that still runs.

    before: the span that ended for it, whose timer runs on

    Raises:
        UsageError: it runs no more.
    """
    with nb.write() as connection:
        running = _running(connection)
        if running is None or running.id != span_id:
            raise UsageError("That timer has ended since.", hint="Change or remove its span.")
        connection.execute(delete(_span).where(_span.c.id == span_id))
        if before is not None:
            _put(connection, before)


def running(nb: Notebook) -> TimeSpan | None:
    """The span whose timer runs."""
    with nb.read() as connection:
        return _running(connection)


def span(nb: Notebook, span_id: int) -> TimeSpan:
    """One span.

    Raises:
        NotFound: there is none of that id.
    """
    with nb.read() as connection:
        return _need(connection, span_id)


def spans(nb: Notebook, from_us: int, to_us: int) -> tuple[TimeSpan, ...]:
    """Those that touch the stretch, by their beginning; the running one too."""
    touching = _chosen.where(
        _span.c.from_us < to_us, or_(_span.c.to_us > from_us, _span.c.to_us.is_(None))
    )
    with nb.read() as connection:
        rows = connection.execute(touching.order_by(_span.c.from_us))
        return tuple(_record(row) for row in rows)


def activities(nb: Notebook, from_us: int, to_us: int) -> tuple[Activity, ...]:
    """What was done in the stretch: notes saved, runs started by somebody."""
    block, revision, run = tables.block, tables.block_revision, tables.run
    notes = (
        select(revision.c.saved_us, func.min(_thread.c.name))
        .join(block, block.c.id == revision.c.block_id)
        .outerjoin(tables.block_thread, tables.block_thread.c.block_id == block.c.id)
        .outerjoin(_thread, _thread.c.id == tables.block_thread.c.thread_id)
        .where(revision.c.saved_us >= from_us, revision.c.saved_us < to_us)
        .group_by(revision.c.id)
    )
    runs = (
        select(run.c.created_us, _thread.c.name)
        .outerjoin(_thread, _thread.c.id == run.c.thread_id)
        .outerjoin(tables.sweep_run, tables.sweep_run.c.run_id == run.c.id)
        .where(run.c.created_us >= from_us, run.c.created_us < to_us)
        .where(tables.sweep_run.c.run_id.is_(None), run.c.deleted_us.is_(None))
    )
    with nb.read() as connection:
        rows = [*connection.execute(notes), *connection.execute(runs)]
    return tuple(Activity(us, thread) for us, thread in sorted(rows, key=lambda row: row[0]))


def _after_the_last(connection: Connection, now: Moment) -> Moment:
    """Now, or when the last span ended: another window may have waited less for the gate."""
    last = connection.execute(select(func.max(_span.c.to_us))).scalar()
    ahead_us = 0 if last is None else last - now.us
    return Moment(now.us + ahead_us, now.zone) if 0 < ahead_us <= SKEW_US else now


def _running(connection: Connection) -> TimeSpan | None:
    row = connection.execute(_chosen.where(_span.c.to_us.is_(None))).one_or_none()
    return None if row is None else _record(row)


def _load(connection: Connection, span_id: int) -> TimeSpan | None:
    row = connection.execute(_chosen.where(_span.c.id == span_id)).one_or_none()
    return None if row is None else _record(row)


def _need(connection: Connection, span_id: int) -> TimeSpan:
    found = _load(connection, span_id)
    if found is None:
        raise NotFound(f"There is no time span {span_id}.", hint="`labbook time list` shows them.")
    return found


def _end(connection: Connection, span: TimeSpan, at: Moment) -> None:
    if at.us <= span.start.us:
        # Started and ended in one moment, or the clock was set back: nothing was measured.
        connection.execute(delete(_span).where(_span.c.id == span.id))
        return
    changes = instant("to", at)
    connection.execute(update(_span).where(_span.c.id == span.id).values(changes))


def _insert(
    connection: Connection, thread: str, start: Moment, end: Moment | None, source: str, note: str
) -> TimeSpan:
    values = {**instant("from", start), **instant("to", end), "source": source}
    values |= {"thread_id": _thread_id(connection, thread, start), "note": storable(note)}
    return _need(connection, insert_row(connection, _span, values))


def _put(connection: Connection, span: TimeSpan) -> TimeSpan:
    """Write a span under its id."""
    _refuse_overlap(connection, span.start.us, None if span.end is None else span.end.us, span.id)
    values = {**instant("from", span.start), **instant("to", span.end), "source": span.source}
    values |= {"thread_id": _thread_id(connection, span.thread, span.start), "note": span.note}
    if _load(connection, span.id) is None:
        insert_row(connection, _span, {"id": span.id, **values})
    else:
        connection.execute(update(_span).where(_span.c.id == span.id).values(values))
    return _need(connection, span.id)


def _thread_id(connection: Connection, name: str, at: Moment) -> int:
    driver = cast("sqlite3.Connection", connection.connection.driver_connection)
    return thread_id(driver, storable(name), (at.us, storable(at.zone)))


def _refuse_overlap(
    connection: Connection, from_us: int, to_us: int | None, but: int | None
) -> None:
    if to_us is not None and to_us <= from_us:
        raise UsageError("A time span ends after it begins.")
    touching = _chosen.where(or_(_span.c.to_us > from_us, _span.c.to_us.is_(None)))
    if to_us is not None:
        touching = touching.where(_span.c.from_us < to_us)
    if but is not None:
        touching = touching.where(_span.c.id != but)
    row = connection.execute(touching.order_by(_span.c.from_us).limit(1)).one_or_none()
    if row is not None:
        raise _overlap(_record(row))


def _overlap(other: TimeSpan) -> UsageError:
    until = f"to {other.end.local:%H:%M}" if other.end else "on, and its timer runs"
    return UsageError(
        f"That overlaps span {other.id}, @{other.thread} on {other.start.local:%Y-%m-%d} from "
        f"{other.start.local:%H:%M} {until}.",
        hint=f"Change or remove that one: labbook time edit {other.id} …",
    )


def _record(row: Row[Any]) -> TimeSpan:
    return TimeSpan(
        id=row.id,
        thread=row.thread,
        start=moment(row.from_us, row.from_zone),
        end=moment(row.to_us, row.to_zone),
        source=row.source,
        note=row.note,
    )
