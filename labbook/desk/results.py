"""Reads a run's tables and figures back from its artifacts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from labbook import artifacts
from labbook.errors import ArtifactError
from labbook.model import ArtifactKind, Figure, Results, Run, Table
from labbook.model.published import published_table


def read_results(directory: Path, run: Run) -> Results:
    """Tables and figures in the order they were made; what cannot be read is named."""
    tables: list[Table] = []
    figures: list[Figure] = []
    missing: list[str] = []
    for artifact in run.artifacts:
        try:
            if artifact.kind is ArtifactKind.TABLE:
                tables.append(Table.from_json(_json(directory, artifact.sha256)))
            elif artifact.kind is ArtifactKind.FIGURE:
                figures.append(Figure.from_json(_json(directory, artifact.sha256)))
        except (ArtifactError, ValueError, KeyError, TypeError):
            missing.append(artifact.name)
    if (beside := published_table(run.metrics, run.published)) is not None:
        tables.append(beside)
    return Results(tuple(tables), tuple(figures), tuple(missing))


def _json(directory: Path, sha256: str) -> Any:
    return json.loads(artifacts.read(directory, sha256))
