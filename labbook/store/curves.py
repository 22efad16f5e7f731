"""Which metrics of runs are curves: have more than one point."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from labbook.store import tables

if TYPE_CHECKING:
    from labbook.store.notebook import Notebook

_metric = tables.metric


def curve_names(nb: Notebook, run_ids: Sequence[int]) -> dict[str, int]:
    """Each metric that is a curve in some of the runs, and in how many of them."""
    found: dict[str, int] = {}
    chosen = select(_metric.c.name).group_by(_metric.c.name).having(func.count() > 1)
    with nb.read() as connection:
        for run_id in run_ids:
            mine = chosen.where(_metric.c.run_id == run_id).order_by(func.min(_metric.c.id))
            for (name,) in connection.execute(mine):
                found[name] = found.get(name, 0) + 1
    return found
