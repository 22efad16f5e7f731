"""The shapes of `--json`: what scripts may rely on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labbook.model import Entry, Note, Results, Run


def entry_json(entry: Entry, results: Mapping[int, Results]) -> dict[str, Any]:
    """One day and its blocks, in order."""
    blocks: list[dict[str, Any]] = []
    for block in entry.blocks:
        shape: dict[str, Any] = {"id": block.id, "time": block.time.local.isoformat()}
        if isinstance(block, Note):
            blocks.append({"kind": "note", **shape, **_note(block)})
        else:
            run = run_json(block.run, results[block.run.id])
            blocks.append({"kind": "run", "role": block.role.value, **shape, "run": run})
    return {"day": entry.day.isoformat(), "blocks": blocks}


def run_json(run: Run, results: Results) -> dict[str, Any]:
    """One run with its results."""
    return {
        "id": run.id,
        "experiment": run.experiment,
        "state": run.state.value,
        "params": dict(run.params),
        "seed": run.seed,
        "backend": run.backend,
        "backend_reason": run.backend_reason,
        "entry": run.day.isoformat(),
        "started": run.started.local.isoformat() if run.started else None,
        "ended": run.ended.local.isoformat() if run.ended else None,
        "duration_s": run.duration_s,
        "metrics": dict(run.metrics),
        "tables": [table.to_json() for table in results.tables],
        "figures": [{"name": figure.name, "title": figure.title} for figure in results.figures],
        "published": [
            {
                "metric": each.metric,
                "value": each.value,
                "uncertainty": each.uncertainty,
                "source": each.source,
            }
            for each in run.published
        ],
        "artifacts": [
            {
                "name": artifact.name,
                "kind": artifact.kind.value,
                "sha256": artifact.sha256,
                "size_bytes": artifact.size_bytes,
                "media_type": artifact.media_type,
            }
            for artifact in run.artifacts
        ],
        "peak_memory_bytes": run.peak_memory_bytes,
        "warnings": list(run.warnings),
        "message": run.message,
        "exit_code": run.exit_code,
        "signal": run.signal,
        "host": run.host,
        "device": run.device,
        "code": _code(run),
        "environment": dict(run.environment),
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
