"""Reads what a run says, from any byte of its events onwards.

Whoever wrote the lines may be an old worker, a script in another language, or a program that
was killed in the middle of a word; none of that may stop a run from being recorded. A line
that cannot be understood becomes a warning of the run.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labbook.model import ArtifactKind, Figure, Metric, Progress, Table
from labbook.model.jsonable import number
from labbook.model.published import Published
from labbook.runner.directory import RunDirectory
from labbook.runner.lines import read_lines
from labbook.text.plain import plain, plain_line

WARNINGS_LIMIT = 100
NAME_LIMIT = 200
TEXT_LIMIT = 2000
_STEP_LIMIT = 2**63


@dataclass(frozen=True)
class Start:
    """What the worker said when it called the experiment."""

    at_us: int
    backend: str
    reason: str
    device: str


@dataclass(frozen=True)
class Product:
    """A table, a figure or a file that the run made.

    data: of a table or a figure; path: of a file, inside the run directory
    """

    kind: ArtifactKind
    name: str
    data: dict[str, Any] | None = None
    path: Path | None = None


@dataclass
class Batch:
    """Some whole lines, from byte `start` to byte `end`.

    is_last: there was no further whole line when it was read
    """

    start: int
    end: int
    metrics: list[Metric] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    published: list[Published] = field(default_factory=list)
    progress: Progress | None = None
    params: dict[str, Any] = field(default_factory=dict)
    seed: int | None = None
    is_last: bool = True


class EventReader:
    """What one run has said so far.

    start: what the worker said at its start, once that has been read
    products: what it made, in the order in which the names first came up; a later one of the
        same kind and name replaces an earlier one
    """

    def __init__(self, directory: RunDirectory) -> None:
        self.start: Start | None = None
        self.products: dict[tuple[ArtifactKind, str], Product] = {}
        self._directory = directory
        self._warned = 0
        self._takers: dict[str, Callable[[dict[str, Any], Batch], None]] = {
            "start": self._take_start,
            "params": self._take_params,
            "progress": self._take_progress,
            "metric": self._take_metric,
            "table": self._take_table,
            "figure": self._take_figure,
            "file": self._take_file,
            "published": self._take_published,
            "warning": self._take_warning,
        }

    def read(self, offset: int, until: int | None = None) -> Batch:
        """The whole lines from `offset` on: as many as one transaction should take in.

        until: a line's end beyond which to read nothing
        """
        data, end, is_last = read_lines(self._directory.events, offset, until)
        batch = Batch(offset, end, is_last=is_last)
        lines = data.split(b"\n")[:-1]
        events = _read_together(lines)
        if events is None or not self._take_all(events, batch):
            batch = Batch(offset, end, is_last=is_last)
            position = offset
            for line in lines:
                self._take(line, position, batch)
                position += len(line) + 1
        return batch

    def read_up_to(self, offset: int) -> None:
        """Read again what the notebook has already taken in, for its products alone."""
        position = 0
        while position < offset:
            batch = self.read(position, until=offset)
            if batch.end == position:
                return
            position = batch.end

    def _take_all(self, events: list[dict[str, Any]], batch: Batch) -> bool:
        """Take metrics, as long as there is nothing else; whether that was so."""
        metrics, names = batch.metrics, {}
        for event in events:
            try:
                name, value, step = event["name"], event["value"], event["step"]
                if event["type"] != "metric" or type(value) is not float or type(step) is not int:
                    return False
                if name not in names:
                    names[name] = plain_name(name)
            except (KeyError, TypeError, ValueError):
                return False
            if not -_STEP_LIMIT <= step < _STEP_LIMIT:
                return False
            metrics.append(Metric(names[name], value, step))
        return True

    def _take(self, line: bytes, position: int, batch: Batch) -> None:
        if not line.strip():
            return
        try:
            event = json.loads(line)
            self._takers[event["type"]](event, batch)
        except (KeyError, TypeError, ValueError, OverflowError, RecursionError, OSError):
            self._warn(f"What stands at byte {position} of events.jsonl is no event.", batch)

    def _take_start(self, event: dict[str, Any], _: Batch) -> None:
        self.start = Start(
            int(event["at_us"]),
            plain_line(str(event["backend"]))[:NAME_LIMIT],
            plain_line(str(event.get("reason", "")))[:TEXT_LIMIT],
            plain_line(str(event.get("device", "")))[:NAME_LIMIT],
        )

    def _take_params(self, event: dict[str, Any], batch: Batch) -> None:
        given = {plain_name(name): value for name, value in event["params"].items()}
        seed = event.get("seed")
        if seed is not None and not (isinstance(seed, int) and 0 <= seed < _STEP_LIMIT):
            raise ValueError(seed)
        batch.params = {**given, **batch.params}
        batch.seed = seed if batch.seed is None else batch.seed

    def _take_progress(self, event: dict[str, Any], batch: Batch) -> None:
        total = event.get("of")
        progress = Progress(number(event["done"]), None if total is None else number(total))
        if abs(progress.done) < float("inf"):
            batch.progress = progress

    def _take_metric(self, event: dict[str, Any], batch: Batch) -> None:
        step = event.get("step", 0)
        if not isinstance(step, int) or not -_STEP_LIMIT <= step < _STEP_LIMIT:
            raise ValueError(step)
        batch.metrics.append(Metric(plain_name(event["name"]), number(event["value"]), step))

    def _take_table(self, event: dict[str, Any], _: Batch) -> None:
        table = Table.from_json(event["table"])
        self._keep(Product(ArtifactKind.TABLE, plain_name(table.name), data=event["table"]))

    def _take_figure(self, event: dict[str, Any], _: Batch) -> None:
        figure = Figure.from_json(event["figure"])
        self._keep(Product(ArtifactKind.FIGURE, plain_name(figure.name), data=event["figure"]))

    def _take_file(self, event: dict[str, Any], _: Batch) -> None:
        root = self._directory.path.resolve()
        path = (root / str(event["path"])).resolve()
        # Links and ".." have been followed by now: what is outside is none of the run's.
        if not path.is_relative_to(root) or not path.is_file():
            raise ValueError(path)
        kind = ArtifactKind.SERIES if event.get("kind") == "series" else ArtifactKind.FILE
        self._keep(Product(kind, plain_name(event["name"]), path=path))

    def _take_published(self, event: dict[str, Any], batch: Batch) -> None:
        given = event.get("uncertainty")
        batch.published.append(
            Published(
                plain_name(event["metric"]),
                number(event["value"]),
                plain_line(str(event.get("source", "")))[:TEXT_LIMIT],
                None if given is None else number(given),
            )
        )

    def _take_warning(self, event: dict[str, Any], batch: Batch) -> None:
        self._warn(str(event["text"]), batch)

    def _keep(self, product: Product) -> None:
        self.products[product.kind, product.name] = product

    def _warn(self, text: str, batch: Batch) -> None:
        self._warned += 1
        if self._warned <= WARNINGS_LIMIT:
            batch.warnings.append(plain(text)[:TEXT_LIMIT])
        elif self._warned == WARNINGS_LIMIT + 1:
            batch.warnings.append("There were more warnings; they stand in events.jsonl.")


def _read_together(lines: list[bytes]) -> list[dict[str, Any]] | None:
    """The events of all lines, read in one go; None where one of them needs a closer look.

    That takes a third of the time, and a run may write thousands of points a second.
    """
    if not all(line.startswith(b'{"type":"metric"') and line.endswith(b"}") for line in lines):
        return None
    try:
        found: list[dict[str, Any]] = json.loads(b"[" + b",".join(lines) + b"]")
    except (ValueError, RecursionError):
        return None
    return found if len(found) == len(lines) else None


def plain_name(given: Any) -> str:
    """A name that somebody gave, as it may be stored and shown.

    Raises:
        ValueError: nothing is left of it.
    """
    name = plain_line(str(given))[:NAME_LIMIT]
    if not name:
        raise ValueError(given)
    return name
