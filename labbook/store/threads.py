"""Threads: the lines of research that notes name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from labbook.store import tables

if TYPE_CHECKING:
    from labbook.store.notebook import Notebook


def threads(nb: Notebook) -> tuple[str, ...]:
    """The names of all threads, the one that was named last first."""
    thread, link = tables.thread, tables.block_thread
    last = func.max(link.c.block_id)
    chosen = (
        select(thread.c.name)
        .outerjoin(link, link.c.thread_id == thread.c.id)
        .group_by(thread.c.id)
        .order_by(last.desc().nulls_last(), thread.c.name)
    )
    with nb.read() as connection:
        return tuple(connection.scalars(chosen))
