"""Reads runs from their rows, with their last metrics and their artifacts."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    ScalarSelect,
    Select,
    literal_column,
    select,
)

from labbook.model import (
    Artifact,
    ArtifactKind,
    Code,
    Command,
    CommandRole,
    Progress,
    Run,
    RunState,
)
from labbook.model.published import Published
from labbook.store import tables
from labbook.store.rows import day, moment

_run, _environment = tables.run, tables.environment
_KINDS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
# Spelled out, since SQLite takes a partial index only for the very condition it was made with.
IS_LAST: ColumnElement[bool] = literal_column("metric.is_last = 1")


def load_runs(
    connection: Connection, chosen: Select[Any], *, whole: bool = True
) -> tuple[Run, ...]:
    """The runs that `chosen` selects from the run table, in its order.

    whole: with their artifacts; a list does without them
    """
    rows = connection.execute(_with_ways(chosen)).all()
    if not rows:
        return ()
    ids = chosen.with_only_columns(_run.c.id).scalar_subquery()
    metrics: dict[int, dict[str, float]] = defaultdict(dict)
    last = select(tables.metric).where(tables.metric.c.run_id.in_(ids), IS_LAST)
    for row in connection.execute(last.order_by(tables.metric.c.id)):
        metrics[row.run_id][row.name] = metric_value(row)
    artifacts: dict[int, list[Artifact]] = defaultdict(list)
    behind: dict[int, list[Artifact]] = defaultdict(list)
    if whole:
        made = select(tables.artifact).where(tables.artifact.c.run_id.in_(ids))
        for row in connection.execute(made.order_by(tables.artifact.c.position)):
            artifacts[row.run_id].append(_artifact(row))
        known = select(tables.provenance).where(tables.provenance.c.run_id.in_(ids))
        for row in connection.execute(known.order_by(tables.provenance.c.name)):
            file = Artifact(row.name, ArtifactKind.FILE, row.sha256, row.size_bytes, row.media_type)
            behind[row.run_id].append(file)
    tags: dict[int, list[str]] = defaultdict(list)
    named = select(tables.tag.c.run_id, tables.tag.c.name).where(tables.tag.c.run_id.in_(ids))
    for run_id, name in connection.execute(named.order_by(tables.tag.c.position)):
        tags[run_id].append(name)
    published = _published(connection, ids)
    return tuple(
        replace(
            _record(row, metrics[row.id], artifacts[row.id], tags[row.id]),
            provenance=tuple(behind[row.id]),
            published=tuple(published[row.id]),
        )
        for row in rows
    )


def _with_ways(chosen: Select[Any]) -> Select[Any]:
    """With what stands in other tables, once a run."""
    command, usage, waiting = tables.command, tables.run_usage, tables.waiting
    joined = chosen.outerjoin(_environment, _environment.c.id == _run.c.environment_id)
    for table in (command, usage, waiting, tables.sweep_run):
        joined = joined.outerjoin(table, table.c.run_id == _run.c.id)
    joined = joined.outerjoin(tables.thread, tables.thread.c.id == _run.c.thread_id)
    return joined.add_columns(
        _environment.c.content.label("environment"),
        *(command.c.argv, command.c.role, command.c.directory),
        *(usage.c.cpu_s, usage.c.gpu_memory_bytes, usage.c.gpu_utilisation),
        *(waiting.c.since_us, waiting.c.gpu, tables.sweep_run.c.sweep_id),
        tables.thread.c.name.label("thread"),
    )


def metric_value(row: Row[Any]) -> float:
    """A stored number; SQLite has no NaN, so the row's kind says what it was."""
    return float(row.value) if row.kind == "number" else _KINDS[row.kind]


def _published(connection: Connection, ids: ScalarSelect[Any]) -> defaultdict[int, list[Published]]:
    table = tables.published
    found: defaultdict[int, list[Published]] = defaultdict(list)
    for row in connection.execute(select(table).where(table.c.run_id.in_(ids))):
        found[row.run_id].append(Published(row.metric, row.value, row.source, row.uncertainty))
    return found


def _artifact(row: Row[Any]) -> Artifact:
    return Artifact(row.name, ArtifactKind(row.kind), row.sha256, row.size_bytes, row.media_type)


def _command(row: Row[Any]) -> Command | None:
    if row.argv is None:
        return None
    return Command(tuple(json.loads(row.argv)), row.directory, CommandRole(row.role))


def _record(
    row: Row[Any],
    metrics: dict[str, float],
    artifacts: Iterable[Artifact],
    tags: Iterable[str],
) -> Run:
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
        name=row.name,
        command=_command(row),
        thread=row.thread,
        tags=tuple(tags),
        is_pinned=bool(row.is_pinned),
        annotation=row.annotation,
        cpu_s=row.cpu_s,
        gpu_memory_bytes=row.gpu_memory_bytes,
        gpu_utilisation=row.gpu_utilisation,
        sweep_id=row.sweep_id,
        is_waiting=row.since_us is not None and row.state == RunState.QUEUED and row.gpu is None,
        deleted=row.deleted_us is not None,
    )
