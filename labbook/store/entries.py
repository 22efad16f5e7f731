"""Entries: the pages of the days, with their blocks in order."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, Select, func, select

from labbook.model import Block, ComparisonBlock, Entry, RunBlock, RunRole, SweepBlock
from labbook.store import tables
from labbook.store.comparisons import load_comparisons
from labbook.store.note_rows import load_notes
from labbook.store.rows import day as to_day
from labbook.store.rows import moment
from labbook.store.run_rows import load_runs
from labbook.store.sweeps import load_sweeps

if TYPE_CHECKING:
    from labbook.store.notebook import Notebook
    from labbook.text.period import Period

_block = tables.block
_written: Select[Any] = select(_block.c.day).where(_block.c.deleted_us.is_(None))


def entry(nb: Notebook, day: dt.date) -> Entry:
    """One day's page; without blocks when nothing is written on it."""
    with nb.read() as connection:
        blocks = [
            *_notes(connection, day),
            *_run_blocks(connection, day),
            *_sweep_blocks(connection, day),
            *_comparisons(connection, day),
        ]
    return Entry(day, tuple(sorted(blocks, key=lambda block: (block.time.us, block.id))))


def days_written(nb: Notebook, period: Period) -> tuple[dt.date, ...]:
    """The days of the period that have something on them."""
    first, last = period.first.isoformat(), period.last.isoformat()
    chosen = _written.where(_block.c.day.between(first, last)).distinct().order_by(_block.c.day)
    with nb.read() as connection:
        return tuple(to_day(found) for found in connection.execute(chosen).scalars())


def notes_by_day(nb: Notebook, period: Period) -> dict[dt.date, int]:
    """How many notes each day of the period has; days without any are missing."""
    return _count(nb, _block.c.day, period, _block.c.kind == "note", _block.c.deleted_us.is_(None))


def runs_by_day(nb: Notebook, period: Period) -> dict[dt.date, int]:
    """How many runs were started on each day of the period; days without any are missing."""
    return _count(nb, tables.run.c.day, period, tables.run.c.deleted_us.is_(None))


def same_day_before(nb: Notebook, day: dt.date) -> tuple[Entry, ...]:
    """The entries of this day of the month in former years, newest first."""
    written = _written.where(
        _block.c.day < day.isoformat(), func.substr(_block.c.day, 6) == f"{day:%m-%d}"
    )
    with nb.read() as connection:
        days = connection.scalars(written.distinct().order_by(_block.c.day.desc())).all()
    return tuple(entry(nb, to_day(found)) for found in days)


def neighbours(nb: Notebook, day: dt.date) -> tuple[dt.date | None, dt.date | None]:
    """The days next before and next after `day` that have something on them."""
    on = day.isoformat()
    before = _written.where(_block.c.day < on).order_by(_block.c.day.desc()).limit(1)
    after = _written.where(_block.c.day > on).order_by(_block.c.day).limit(1)
    with nb.read() as connection:
        return _one_day(connection, before), _one_day(connection, after)


def _count(
    nb: Notebook, day: ColumnElement[str], period: Period, *conditions: ColumnElement[bool]
) -> dict[dt.date, int]:
    first, last = period.first.isoformat(), period.last.isoformat()
    chosen = select(day, func.count()).where(day.between(first, last), *conditions).group_by(day)
    with nb.read() as connection:
        return {to_day(row[0]): row[1] for row in connection.execute(chosen)}


def _one_day(connection: Connection, chosen: Select[Any]) -> dt.date | None:
    found = connection.scalar(chosen)
    return to_day(found) if found else None


def _notes(connection: Connection, day: dt.date) -> tuple[Block, ...]:
    return load_notes(
        connection,
        select(_block).where(
            _block.c.day == day.isoformat(), _block.c.kind == "note", _block.c.deleted_us.is_(None)
        ),
    )


def _comparisons(connection: Connection, day: dt.date) -> list[ComparisonBlock]:
    on_day = _block.c.day == day.isoformat(), _block.c.deleted_us.is_(None)
    return load_comparisons(
        connection, select(_block).where(*on_day, _block.c.kind == "comparison")
    )


def _run_blocks(connection: Connection, day: dt.date) -> list[Block]:
    rows = connection.execute(
        select(_block).where(
            _block.c.day == day.isoformat(),
            _block.c.run_id.is_not(None),
            _block.c.deleted_us.is_(None),
        )
    ).all()
    wanted = select(tables.run).where(tables.run.c.id.in_({row.run_id for row in rows}))
    runs = {run.id: run for run in load_runs(connection, wanted)} if rows else {}
    return [
        RunBlock(
            id=row.id,
            day=day,
            time=moment(row.created_us, row.created_zone),
            run=runs[row.run_id],
            role=RunRole(row.role),
        )
        for row in rows
    ]


def _sweep_blocks(connection: Connection, day: dt.date) -> list[Block]:
    link = tables.block_sweep
    rows = connection.execute(
        select(
            _block.c.id, _block.c.created_us, _block.c.created_zone, link.c.sweep_id, link.c.role
        )
        .join(link, link.c.block_id == _block.c.id)
        .where(_block.c.day == day.isoformat(), _block.c.deleted_us.is_(None))
    ).all()
    sweeps = load_sweeps(connection, {row.sweep_id for row in rows}) if rows else {}
    return [
        SweepBlock(
            id=row.id,
            day=day,
            time=moment(row.created_us, row.created_zone),
            sweep=sweeps[row.sweep_id],
            role=RunRole(row.role),
        )
        for row in rows
    ]
