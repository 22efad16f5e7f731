"""The commands that were run last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from labbook.model import CommandRole, Run
from labbook.store import tables
from labbook.store.run_rows import load_runs

if TYPE_CHECKING:
    from labbook.store.notebook import Notebook

_command, _run, _of = tables.command, tables.run, tables.sweep_run


def recent_commands(nb: Notebook, limit: int) -> tuple[Run, ...]:
    """The last run of each command line and directory, newest first; no points of sweeps."""
    in_sweeps = select(_of.c.run_id).where(_of.c.run_id == _run.c.id).exists()
    latest = (
        select(func.max(_run.c.id).label("id"))
        .join(_command, _command.c.run_id == _run.c.id)
        .where(_command.c.role == CommandRole.RUN.value, _run.c.deleted_us.is_(None), ~in_sweeps)
        .group_by(_command.c.argv, _command.c.directory)
        .order_by(func.max(_run.c.id).desc())
        .limit(limit)
    )
    chosen = select(_run).where(_run.c.id.in_(latest.scalar_subquery()))
    with nb.read() as connection:
        return load_runs(connection, chosen.order_by(_run.c.id.desc()), whole=False)
