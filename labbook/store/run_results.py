"""Stores what a run produced and what it ran in: metrics, warnings, artifacts, environment."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects.sqlite import insert

from labbook.model import Artifact, Metric
from labbook.store import tables
from labbook.store.note_text import body_hash
from labbook.store.rows import to_json
from labbook.store.run_rows import IS_LAST
from labbook.text.plain import storable


def add_results(
    connection: Connection, run_id: int, metrics: Sequence[Metric], warnings: Sequence[str]
) -> None:
    """Add points and warnings to those the run has; the last point of each metric is marked."""
    if metrics:
        named = [Metric(storable(each.name), each.value, each.step) for each in metrics]
        last = {each.name: index for index, each in enumerate(named)}
        connection.execute(
            update(tables.metric)
            .where(tables.metric.c.run_id == run_id, IS_LAST)
            .where(tables.metric.c.name.in_(last))
            .values(is_last=0)
        )
        rows = [
            _metric_row(run_id, each, is_last=last[each.name] == index)
            for index, each in enumerate(named)
        ]
        # Past SQLAlchemy's way with one row: a long training run writes a million.
        connection.exec_driver_sql(_INSERT_METRIC, rows)
    if warnings:
        mine = select(tables.run.c.warnings).where(tables.run.c.id == run_id)
        before = connection.execute(mine).scalar_one()
        after = to_json([*json.loads(before), *warnings])
        connection.execute(
            update(tables.run).where(tables.run.c.id == run_id).values(warnings=after)
        )


def add_artifacts(
    connection: Connection, run_id: int, artifacts: Sequence[Artifact], first: int = 0
) -> None:
    """Add artifacts in the order in which they were made, the first at position `first`."""
    rows = [
        {
            "run_id": run_id,
            "position": position,
            "name": storable(each.name),
            "kind": each.kind.value,
            "sha256": each.sha256,
            "size_bytes": each.size_bytes,
            "media_type": each.media_type,
        }
        for position, each in enumerate(artifacts, start=first)
    ]
    if rows:
        connection.execute(insert(tables.artifact), rows)


def environment_id(connection: Connection, content: str) -> int:
    """The id of an environment; most runs share theirs with the run before."""
    table = tables.environment
    sha256 = body_hash(content)
    row = {"sha256": sha256, "content": content}
    connection.execute(insert(table).values(row).on_conflict_do_nothing())
    found: int = connection.execute(select(table.c.id).where(table.c.sha256 == sha256)).scalar_one()
    return found


_INSERT_METRIC = (
    "INSERT INTO metric (run_id, name, step, kind, value, is_last) VALUES (?, ?, ?, ?, ?, ?)"
)


def _metric_row(run_id: int, metric: Metric, *, is_last: bool) -> tuple[Any, ...]:
    kind = _kind(metric.value)
    value = None if kind == "nan" else float(metric.value)
    return run_id, metric.name, metric.step, kind, value, int(is_last)


def _kind(value: float) -> str:
    """SQLite turns NaN into NULL, so a point says what its value was."""
    if math.isfinite(value):
        return "number"
    return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
