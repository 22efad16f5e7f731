"""Stores what a run produced and what it ran in: metrics, warnings, artifacts, environment."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, func, select, update
from sqlalchemy.dialects.sqlite import insert

from labbook.model import Artifact, Metric
from labbook.model.published import Published
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
        connection.execute(insert(tables.metric), rows)
    if warnings:
        mine = select(tables.run.c.warnings).where(tables.run.c.id == run_id)
        before = connection.execute(mine).scalar_one()
        after = to_json([*json.loads(before), *warnings])
        connection.execute(
            update(tables.run).where(tables.run.c.id == run_id).values(warnings=after)
        )


def add_published(connection: Connection, run_id: int, published: Sequence[Published]) -> None:
    """Add published values to those the run has; one of the same metric and source replaces."""
    table = tables.published
    mine = table.c.run_id == run_id
    for each in published:
        metric, source = storable(each.metric), storable(each.source)
        same = (mine, table.c.metric == metric, table.c.source == source)
        last = select(func.coalesce(func.max(table.c.position) + 1, 0)).where(mine)
        position = connection.scalar(select(table.c.position).where(*same))
        row = {
            "run_id": run_id,
            "position": connection.scalar(last) if position is None else position,
            "metric": metric,
            "value": each.value,
            "uncertainty": each.uncertainty,
            "source": source,
        }
        connection.execute(insert(table).prefix_with("OR REPLACE").values(row))


def add_artifacts(connection: Connection, run_id: int, artifacts: Sequence[Artifact]) -> None:
    """Add artifacts in the order in which they were made."""
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
        for position, each in enumerate(artifacts)
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


def _metric_row(run_id: int, metric: Metric, *, is_last: bool) -> dict[str, Any]:
    kind = _kind(metric.value)
    return {
        "run_id": run_id,
        "name": metric.name,
        "step": metric.step,
        "kind": kind,
        "value": None if kind == "nan" else float(metric.value),
        "is_last": int(is_last),
    }


def _kind(value: float) -> str:
    """SQLite turns NaN into NULL, so a point says what its value was."""
    if math.isfinite(value):
        return "number"
    return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
