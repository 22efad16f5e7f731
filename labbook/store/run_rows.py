"""Reads runs from their rows, with their last metrics and their artifacts."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, literal_column, select

from labbook.model import Artifact, ArtifactKind, Code, Progress, Run, RunState
from labbook.store import tables
from labbook.store.rows import day, moment

_run, _environment = tables.run, tables.environment
_KINDS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
# Spelled out, since SQLite takes a partial index only for the very condition it was made with.
IS_LAST: ColumnElement[bool] = literal_column("metric.is_last = 1")


def load_runs(connection: Connection, chosen: Select[Any]) -> tuple[Run, ...]:
    """The runs that `chosen` selects from the run table, in its order."""
    joined = chosen.outerjoin(_environment, _environment.c.id == _run.c.environment_id)
    rows = connection.execute(joined.add_columns(_environment.c.content.label("environment"))).all()
    if not rows:
        return ()
    ids = chosen.with_only_columns(_run.c.id).scalar_subquery()
    metrics: dict[int, dict[str, float]] = defaultdict(dict)
    last = select(tables.metric).where(tables.metric.c.run_id.in_(ids), IS_LAST)
    for row in connection.execute(last.order_by(tables.metric.c.id)):
        metrics[row.run_id][row.name] = metric_value(row)
    artifacts: dict[int, list[Artifact]] = defaultdict(list)
    made = select(tables.artifact).where(tables.artifact.c.run_id.in_(ids))
    for row in connection.execute(made.order_by(tables.artifact.c.position)):
        artifacts[row.run_id].append(_artifact(row))
    return tuple(_record(row, metrics[row.id], artifacts[row.id]) for row in rows)


def metric_value(row: Row[Any]) -> float:
    """A stored number; SQLite has no NaN, so the row's kind says what it was."""
    return float(row.value) if row.kind == "number" else _KINDS[row.kind]


def _artifact(row: Row[Any]) -> Artifact:
    return Artifact(row.name, ArtifactKind(row.kind), row.sha256, row.size_bytes, row.media_type)


def _record(row: Row[Any], metrics: dict[str, float], artifacts: Iterable[Artifact]) -> Run:
    code = Code(row.git_commit, row.git_branch, bool(row.git_dirty), row.git_root)
    progress = Progress(row.progress_done, row.progress_total)
    return Run(
        id=row.id,
        experiment=row.experiment,
        state=RunState(row.state),
        day=day(row.day),
        created=moment(row.created_us, row.created_zone),
        params=json.loads(row.params),
        seed=row.seed,
        backend=row.backend,
        backend_asked=row.backend_asked,
        backend_reason=row.backend_reason,
        device=row.device,
        started=moment(row.started_us, row.started_zone),
        ended=moment(row.ended_us, row.ended_zone),
        duration_s=row.duration_s,
        exit_code=row.exit_code,
        signal=row.signal,
        message=row.message,
        host=row.host,
        code=code if row.git_commit is not None else None,
        environment=json.loads(row.environment) if row.environment else {},
        peak_memory_bytes=row.peak_memory_bytes,
        progress=progress if row.progress_done is not None else None,
        warnings=tuple(json.loads(row.warnings)),
        metrics=metrics,
        artifacts=tuple(artifacts),
        parent_id=row.parent_id,
    )
