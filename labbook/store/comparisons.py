"""Comparisons on the pages of the days: which runs, in which order."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Select, insert, select, update

from labbook.errors import NotFound
from labbook.model import ComparisonBlock, Moment
from labbook.store import tables
from labbook.store.rows import day as to_day
from labbook.store.rows import ensure_entry, insert_row, instant
from labbook.store.rows import moment as to_moment
from labbook.store.run_queries import load_run
from labbook.store.run_rows import load_runs

if TYPE_CHECKING:
    from labbook.store.notebook import Notebook
    from labbook.text.period import Period

_block, _comparison = tables.block, tables.comparison


def add_comparison(
    nb: Notebook, run_ids: Sequence[int], *, moment: Moment, day: dt.date
) -> ComparisonBlock:
    """Add a comparison of runs to a day.

    Raises:
        NotFound: one of them is not there.
    """
    with nb.write() as connection:
        for run_id in run_ids:
            load_run(connection, run_id)
        ensure_entry(connection, day, moment)
        row = {"day": day.isoformat(), "kind": "comparison"}
        row |= {**instant("created", moment), **instant("edited", moment)}
        block_id = insert_row(connection, _block, row)
        rows = [
            {"block_id": block_id, "position": position, "run_id": run_id}
            for position, run_id in enumerate(run_ids)
        ]
        connection.execute(insert(_comparison), rows)
        return _one(connection, block_id)


def delete_comparison(nb: Notebook, block_id: int, *, moment: Moment) -> ComparisonBlock:
    """Take a comparison off its day; it can be restored.

    Raises:
        NotFound: there is no such comparison.
    """
    return _changed(nb, block_id, moment)


def restore_comparison(nb: Notebook, block_id: int) -> ComparisonBlock:
    """Put a deleted comparison back on its day.

    Raises:
        NotFound: there is no such comparison.
    """
    return _changed(nb, block_id, None)


def comparisons_in(nb: Notebook, period: Period) -> tuple[ComparisonBlock, ...]:
    """The comparisons on the days of a period, oldest first."""
    chosen = (
        select(_block)
        .where(_block.c.day.between(period.first.isoformat(), period.last.isoformat()))
        .where(_block.c.kind == "comparison", _block.c.deleted_us.is_(None))
        .order_by(_block.c.day, _block.c.created_us, _block.c.id)
    )
    with nb.read() as connection:
        return tuple(load_comparisons(connection, chosen))


def load_comparisons(connection: Connection, chosen: Select[Any]) -> list[ComparisonBlock]:
    """The comparisons that `chosen` selects from the block table, in its order."""
    rows = connection.execute(chosen).all()
    if not rows:
        return []
    compared: dict[int, list[int]] = defaultdict(list)
    mine = select(_comparison).where(_comparison.c.block_id.in_([row.id for row in rows]))
    for each in connection.execute(mine.order_by(_comparison.c.position)):
        compared[each.block_id].append(each.run_id)
    ids = {run_id for each in compared.values() for run_id in each}
    wanted = select(tables.run).where(tables.run.c.id.in_(ids))
    runs = {run.id: run for run in load_runs(connection, wanted, whole=False)}
    return [
        ComparisonBlock(
            id=row.id,
            day=to_day(row.day),
            time=to_moment(row.created_us, row.created_zone),
            runs=tuple(runs[run_id] for run_id in compared[row.id]),
        )
        for row in rows
    ]


def _changed(nb: Notebook, block_id: int, deleted: Moment | None) -> ComparisonBlock:
    with nb.write() as connection:
        found = _one(connection, block_id)
        connection.execute(
            update(_block).where(_block.c.id == block_id).values(instant("deleted", deleted))
        )
        return found


def _one(connection: Connection, block_id: int) -> ComparisonBlock:
    chosen = select(_block).where(_block.c.id == block_id, _block.c.kind == "comparison")
    found = load_comparisons(connection, chosen)
    if not found:
        raise NotFound(f"There is no comparison {block_id}.")
    return found[0]
