"""Reads a run's tables, figures and pictures back from its artifacts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from labbook import artifacts
from labbook.errors import ArtifactError
from labbook.model import Artifact, ArtifactKind, Figure, Results, Run, Table
from labbook.model.picture import HEAD_BYTES, Picture, is_picture, picture_size
from labbook.model.published import published_table


def read_results(directory: Path, run: Run) -> Results:
    """Tables, figures and pictures in the order they were made; what cannot be read is named."""
    tables: list[Table] = []
    figures: list[Figure] = []
    pictures: list[Picture] = []
    missing: list[str] = []
    for artifact in run.artifacts:
        try:
            if artifact.kind is ArtifactKind.TABLE:
                tables.append(Table.from_json(_json(directory, artifact.sha256)))
            elif artifact.kind is ArtifactKind.FIGURE:
                figures.append(Figure.from_json(_json(directory, artifact.sha256)))
            elif is_picture(artifact.media_type):
                pictures.append(_picture(directory, artifact))
        except (ArtifactError, ValueError, KeyError, TypeError):
            missing.append(artifact.name)
    if (beside := published_table(run.metrics, run.published)) is not None:
        tables.append(beside)
    return Results(tuple(tables), tuple(figures), tuple(missing), tuple(pictures))


def _picture(directory: Path, artifact: Artifact) -> Picture:
    """A picture, as far as its first bytes tell; the rest is read when it is drawn."""
    head = artifacts.head(directory, artifact.sha256, HEAD_BYTES)
    size = picture_size(head, artifact.media_type) or (None, None)
    return Picture(artifact.name, artifact.media_type, artifact.sha256, artifact.size_bytes, *size)


def _json(directory: Path, sha256: str) -> Any:
    return json.loads(artifacts.read(directory, sha256))
