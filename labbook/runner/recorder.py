"""The worker's pen: writes what a trial records into the run directory.

Each event is one `write` of one whole line, so what was recorded before a kill is there after
it. A line that the disk has no room for is taken back, and the run fails: nothing that was
recorded before it is touched.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labbook.errors import DiskFull
from labbook.model import Figure, Metric, Progress, Series, Table
from labbook.model.figure import MAX_INLINE_POINTS
from labbook.model.jsonable import encode
from labbook.model.published import Published
from labbook.model.run import KEPT
from labbook.runner.decimate import decimate
from labbook.runner.directory import NO_ROOM, RunDirectory

if TYPE_CHECKING:
    from labbook.compute import Backend

_encode = json.JSONEncoder(separators=(",", ":")).encode


class DirectoryRecorder:
    """Writes a trial's records into a run directory.

    fault: why a record could not be written; set for good by the first that could not, since
        an experiment may have caught the error
    """

    def __init__(self, directory: RunDirectory) -> None:
        self.fault: DiskFull | None = None
        self._directory = directory
        self._numbers = itertools.count(1)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        self._descriptor = os.open(directory.events, flags, 0o600)

    def close(self) -> None:
        """Let go of the file, in a process that goes on."""
        os.close(self._descriptor)

    def started(self, backend: Backend) -> None:
        """Say what computes, just before the experiment is called."""
        self._write(
            type="start",
            at_us=time.time_ns() // 1000,
            backend=backend.name,
            reason=backend.reason,
            device=backend.device,
        )

    def progress(self, progress: Progress) -> None:
        self._write(type="progress", done=encode(progress.done), of=encode(progress.total))

    def metric(self, metric: Metric) -> None:
        self._write(type="metric", name=metric.name, value=encode(metric.value), step=metric.step)

    def table(self, table: Table) -> None:
        self._write(type="table", table=table.to_json())

    def figure(self, figure: Figure) -> None:
        """A figure as data; a series above MAX_INLINE_POINTS also as a file of all its points."""
        data = figure.to_json()
        for index, series in enumerate(figure.series):
            if len(series.y) > MAX_INLINE_POINTS:
                name = f"{figure.name}.{series.name}.npz"
                self._save_series(name, series)
                short = decimate(series, MAX_INLINE_POINTS).to_json()
                data["series"][index] = {**short, "artifact": name, "points": len(series.y)}
        self._write(type="figure", figure=data)

    def file(self, name: str, path: Path) -> None:
        kept = self._new_file(path.suffix)
        self._guarded(shutil.copyfile, path, kept)
        self._name_file("file", name, kept)

    def keep(self, content: Mapping[str, Any]) -> None:
        kept = self._new_file(".json")
        self._guarded(kept.write_text, _encode(content), "utf-8")
        self._name_file("file", KEPT, kept)

    def published(self, published: Published) -> None:
        self._write(
            type="published",
            metric=published.metric,
            value=published.value,
            uncertainty=published.uncertainty,
            source=published.source,
        )

    def warn(self, text: str) -> None:
        self._write(type="warning", text=text)

    def is_cancelled(self) -> bool:
        return self._directory.is_asked_to_stop()

    def _save_series(self, name: str, series: Series) -> None:
        import numpy as np

        parts = {"x": series.x, "y": series.y, "error": series.error, "upper": series.upper}
        arrays = {key: np.asarray(part) for key, part in parts.items() if part is not None}
        kept = self._new_file(".npz")
        self._guarded(np.savez, kept, **arrays)
        self._name_file("series", name, kept)

    def _name_file(self, kind: str, name: str, kept: Path) -> None:
        path = kept.relative_to(self._directory.path).as_posix()
        self._write(type="file", kind=kind, name=name, path=path)

    def _new_file(self, suffix: str) -> Path:
        self._directory.files.mkdir(mode=0o700, exist_ok=True)
        # The name is only for the eye; the real one is in the event.
        safe = suffix if re.fullmatch(r"\.[A-Za-z0-9]{1,12}", suffix) else ""
        # The process's number, because an experiment may fork and record in the child.
        return self._directory.files / f"{os.getpid()}-{next(self._numbers)}{safe}"

    def _write(self, **event: Any) -> None:
        self._guarded(self._write_line, _encode(event).encode() + b"\n")

    def _write_line(self, line: bytes) -> None:
        written = os.write(self._descriptor, line)
        try:
            while written < len(line):
                written += os.write(self._descriptor, line[written:])
        except OSError:
            # A disk that fills up takes the beginning of a line.
            size = os.fstat(self._descriptor).st_size
            os.ftruncate(self._descriptor, size - written)
            raise

    def _guarded(self, write: Any, *arguments: Any, **named: Any) -> None:
        if self.fault is not None:
            raise self.fault
        try:
            write(*arguments, **named)
        except OSError as error:
            if error.errno not in NO_ROOM:
                raise
            self.fault = DiskFull(
                f"There was no room to record what the run said, in {self._directory.path}.",
                hint="Free some space and run it again; what it said before is kept.",
            )
            raise self.fault from error
