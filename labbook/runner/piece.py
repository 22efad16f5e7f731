"""What one transaction of a run's intake stores, and the files that stand behind it."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from typing import NamedTuple

from labbook import artifacts
from labbook.model import Artifact, ArtifactKind, Metric
from labbook.runner import gathering
from labbook.runner.directory import RunDirectory
from labbook.runner.events import TEXT_LIMIT, Batch
from labbook.runner.lines import open_regular
from labbook.runner.metrics_file import MetricsBatch, MetricsReader
from labbook.store.run_intake import Stretch
from labbook.store.run_steps import Writable
from labbook.text.plain import plain


@dataclass(frozen=True, slots=True)
class Piece:
    """What one transaction takes in: some of the run's events, and some of its metrics.jsonl."""

    events: Batch
    numbers: MetricsBatch

    @property
    def metrics(self) -> list[Metric]:
        return [*self.events.metrics, *self.numbers.metrics]

    @property
    def warnings(self) -> list[str]:
        return [*self.events.warnings, *self.numbers.warnings]

    @property
    def is_last(self) -> bool:
        return self.events.is_last and self.numbers.is_last

    @property
    def is_empty(self) -> bool:
        ends = self.events.end, self.numbers.stretch.end
        return ends == (self.events.start, self.numbers.stretch.start) and not self.warnings

    def with_rest(self, reader: MetricsReader) -> Piece:
        """With the last line of metrics.jsonl, now that nobody writes there any more."""
        before = self.numbers
        rest = reader.read_rest(before.stretch.end)
        joined = MetricsBatch(
            Stretch(before.stretch.start, rest.stretch.end),
            [*before.metrics, *rest.metrics],
            [*before.warnings, *rest.warnings],
        )
        return replace(self, numbers=joined)


@dataclass(frozen=True, slots=True)
class Rest:
    """What the last transaction of a run stores; the files are stored already."""

    piece: Piece
    warnings: list[str]
    artifacts: list[Artifact]
    provenance: list[Artifact]


class StoredProvenance(NamedTuple):
    """Files that say where a run comes from, and what could not be gathered, in sentences."""

    artifacts: list[Artifact]
    warnings: list[str]


def stored_provenance(notebook: Writable, directory: RunDirectory) -> StoredProvenance:
    """Store what was gathered in a directory."""
    folder = directory.provenance
    found = StoredProvenance([], [])
    for name in gathering.NAMES:
        with contextlib.suppress(OSError), open_regular(folder / name) as file:
            kept = artifacts.put(notebook.artifacts_dir, file)
            found.artifacts.append(
                Artifact(f"provenance/{name}", ArtifactKind.FILE, *kept, "text/plain")
            )
    with contextlib.suppress(OSError), open_regular(folder / gathering.WARNINGS) as file:
        told = plain(file.read(TEXT_LIMIT).decode("utf-8", "replace"))
        found.warnings.extend(told.splitlines())
    return found
