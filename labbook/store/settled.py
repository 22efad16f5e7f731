"""Runs whose directories hold nothing that is still needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from labbook.store import tables

if TYPE_CHECKING:
    from labbook.store.notebook import Notebook

_run = tables.run


def settled_runs(nb: Notebook, *, before_us: int) -> tuple[int, ...]:
    """The runs that ended before an instant and are not pinned."""
    chosen = select(_run.c.id).where(_run.c.ended_us < before_us, _run.c.is_pinned == 0)
    with nb.read() as connection:
        return tuple(row.id for row in connection.execute(chosen.order_by(_run.c.id)))
