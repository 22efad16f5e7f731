"""Every point that runs recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from labbook.model import Metric
from labbook.store import tables
from labbook.store.run_rows import metric_value

if TYPE_CHECKING:
    from labbook.store.notebook import Notebook


def every_point(nb: Notebook, run_id: int) -> tuple[Metric, ...]:
    """Every point of every metric of a run, in the order they were made."""
    metric = tables.metric
    chosen = select(metric).where(metric.c.run_id == run_id).order_by(metric.c.id)
    with nb.read() as connection:
        rows = connection.execute(chosen)
        return tuple(Metric(row.name, metric_value(row), row.step) for row in rows)
