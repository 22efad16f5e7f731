"""The shapes of `--json`: what scripts may rely on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labbook.model import (
    Artifact,
    ComparisonBlock,
    Entry,
    Note,
    Results,
    Run,
    Sweep,
    SweepBlock,
)
from labbook.model.comparison import compare


def entry_json(entry: Entry, results: Mapping[int, Results]) -> dict[str, Any]:
    """One day and its blocks, in order; of a sweep all but its runs."""
    blocks: list[dict[str, Any]] = []
    for block in entry.blocks:
        shape: dict[str, Any] = {"id": block.id, "time": block.time.local.isoformat()}
        if isinstance(block, Note):
            blocks.append({"kind": "note", **shape, **_note(block)})
        elif isinstance(block, SweepBlock):
            sweep = sweep_json(block.sweep)
            blocks.append({"kind": "sweep", "role": block.role.value, **shape, "sweep": sweep})
        elif isinstance(block, ComparisonBlock):
            from labbook.report.comparison import comparison_json

            compared = comparison_json(compare(block.runs))
            blocks.append({"kind": "comparison", **shape, "comparison": compared})
        else:
            run = run_json(block.run, results[block.run.id])
            blocks.append({"kind": "run", "role": block.role.value, **shape, "run": run})
    return {"day": entry.day.isoformat(), "blocks": blocks}


def run_json(run: Run, results: Results) -> dict[str, Any]:
    """One run with its results."""
    return {
        "id": run.id,
        "experiment": run.experiment,
        "name": run.name,
        "tags": list(run.tags),
        "thread": run.thread,
        "pinned": run.is_pinned,
        "annotation": run.annotation,
        "deleted": run.deleted,
        "state": run.state.value,
        "params": dict(run.params),
        "seed": run.seed,
        "backend": run.backend,
        "backend_reason": run.backend_reason,
        "parent": run.parent_id,
        "sweep": run.sweep_id,
        "entry": run.day.isoformat(),
        "started": run.started.local.isoformat() if run.started else None,
        "ended": run.ended.local.isoformat() if run.ended else None,
        "duration_s": run.duration_s,
        "metrics": dict(run.metrics),
        "tables": [table.to_json() for table in results.tables],
        "figures": [{"name": figure.name, "title": figure.title} for figure in results.figures],
        "curves": [*results.curves.by_name, *results.curves.rest],
        "published": [
            {
                "metric": each.metric,
                "value": each.value,
                "uncertainty": each.uncertainty,
                "source": each.source,
            }
            for each in run.published
        ],
        "pictures": [
            {"name": each.name, "width": each.width, "height": each.height}
            for each in results.pictures
        ],
        "artifacts": [_artifact(artifact) for artifact in run.artifacts],
        "provenance": [_artifact(artifact) for artifact in run.provenance],
        "command": None if run.command is None else list(run.command.argv),
        "directory": None if run.command is None else run.command.directory,
        "cpu_s": run.cpu_s,
        "peak_memory_bytes": run.peak_memory_bytes,
        "gpu_memory_bytes": run.gpu_memory_bytes,
        "gpu_utilisation": run.gpu_utilisation,
        "warnings": list(run.warnings),
        "message": run.message,
        "exit_code": run.exit_code,
        "signal": run.signal,
        "host": run.host,
        "device": run.device,
        "code": _code(run),
        "environment": dict(run.environment),
    }


def sweep_json(sweep: Sweep) -> dict[str, Any]:
    """One sweep, without its runs."""
    return {
        "id": sweep.id,
        "experiment": sweep.experiment,
        "state": sweep.state.value,
        "points": sweep.tally.points,
        "finished": sweep.tally.finished,
        "failed": sweep.tally.failed,
        "running": sweep.tally.running,
        "entry": sweep.day.isoformat(),
        "created": sweep.created.local.isoformat(),
        "ended": sweep.ended.local.isoformat() if sweep.ended else None,
        "seed": sweep.seed,
        "backend": sweep.backend_asked,
        "executor": sweep.executor,
        "argv": None if sweep.argv is None else list(sweep.argv),
        "space": sweep.space.to_json(),
        "message": sweep.message,
    }


def _artifact(artifact: Artifact) -> dict[str, Any]:
    return {
        "name": artifact.name,
        "kind": artifact.kind.value,
        "sha256": artifact.sha256,
        "size_bytes": artifact.size_bytes,
        "media_type": artifact.media_type,
    }


def _note(note: Note) -> dict[str, Any]:
    return {
        "body": note.body,
        "tags": list(note.tags),
        "thread": note.thread,
        "threads": list(note.threads),
        "version": note.version,
        "conflict_of": note.conflict_of,
    }


def _code(run: Run) -> dict[str, Any] | None:
    if run.code is None:
        return None
    return {"commit": run.code.commit, "branch": run.code.branch, "dirty": run.code.dirty}
