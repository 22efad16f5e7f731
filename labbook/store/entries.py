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
from labbook.text.period import Period

if TYPE_CHECKING:
    from labbook.store.notebook import Notebook

_block = tables.block
_written: Select[Any] = select(_block.c.day).where(_block.c.deleted_us.is_(None))


def entry(nb: Notebook, day: dt.date) -> Entry:
    """One day's page; without blocks when nothing is written on it."""
    return Entry(day, blocks(nb, Period(day, day)))


def blocks(nb: Notebook, period: Period) -> tuple[Block, ...]:
    """What stands on the days of a period, day by day."""
    with nb.read() as connection:
        found = [
            *_notes(connection, period),
            *_run_blocks(connection, period),
            *_sweep_blocks(connection, period),
            *_comparisons(connection, period),
        ]
    return tuple(sorted(found, key=lambda block: (block.day, block.time.us, block.id)))


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


def _notes(connection: Connection, period: Period) -> tuple[Block, ...]:
    return load_notes(connection, _on(period).where(_block.c.kind == "note"))


def _comparisons(connection: Connection, period: Period) -> list[ComparisonBlock]:
    return load_comparisons(connection, _on(period).where(_block.c.kind == "comparison"))


def _run_blocks(connection: Connection, period: Period) -> list[Block]:
    chosen = _on(period).where(_block.c.run_id.is_not(None))
    rows = connection.execute(chosen).all()
    if not rows:
        return []
    wanted = chosen.with_only_columns(_block.c.run_id).scalar_subquery()
    found = load_runs(connection, select(tables.run).where(tables.run.c.id.in_(wanted)))
    runs = {run.id: run for run in found}
    return [
        RunBlock(
            id=row.id,
            day=to_day(row.day),
            time=moment(row.created_us, row.created_zone),
            run=runs[row.run_id],
            role=RunRole(row.role),
        )
        for row in rows
    ]


def _sweep_blocks(connection: Connection, period: Period) -> list[Block]:
    link, block = tables.block_sweep, _block.c
    chosen = _on(period).join(link, link.c.block_id == block.id)
    columns = (block.id, block.day, block.created_us, block.created_zone)
    rows = connection.execute(
        chosen.with_only_columns(*columns, link.c.sweep_id, link.c.role)
    ).all()
    sweeps = load_sweeps(connection, {row.sweep_id for row in rows}) if rows else {}
    return [
        SweepBlock(
            id=row.id,
            day=to_day(row.day),
            time=moment(row.created_us, row.created_zone),
            sweep=sweeps[row.sweep_id],
            role=RunRole(row.role),
        )
        for row in rows
    ]


def _on(period: Period) -> Select[Any]:
    first, last = period.first.isoformat(), period.last.isoformat()
    return select(_block).where(_block.c.day.between(first, last), _block.c.deleted_us.is_(None))
