"""Reads `metrics.jsonl`: metrics as a program in any language writes them, a line at a time.

    {"loss": 0.25, "val": {"loss": 0.3}, "step": 10}

Numbers, true and false are points; those of an inner object are named "val.loss". NaN and the
infinities may be bare, as many writers of JSON do it, or texts. A line without a step takes
the number of lines without one before it: 0, 1, 2, …. What is no number is left out, with one
warning for each name; null is left out silently.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from labbook.model import Metric
from labbook.runner.directory import RunDirectory
from labbook.runner.events import WARNINGS_LIMIT, plain_name
from labbook.runner.lines import read_lines, read_rest
from labbook.store.run_intake import Stretch

_WORDS = {
    **dict.fromkeys(("nan", "+nan", "-nan"), math.nan),
    **dict.fromkeys(("inf", "+inf", "infinity", "+infinity"), math.inf),
    **dict.fromkeys(("-inf", "-infinity"), -math.inf),
}
_STEP_LIMIT = 2**63
_REFUSED_NAMES = 1000

_plain_name = lru_cache(maxsize=4096)(plain_name)


@dataclass
class MetricsBatch:
    """The points of some whole lines, and which bytes of the file those are.

    is_last: there was no further whole line when it was read
    """

    stretch: Stretch
    metrics: list[Metric] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    is_last: bool = True


class MetricsReader:
    """One run's metrics.jsonl. It is read from its beginning, so that lines keep their number."""

    def __init__(self, directory: RunDirectory) -> None:
        self._path = directory.metrics
        self._line = 0
        self._unnumbered = 0
        self._warned = 0
        self._refused: set[str] = set()
        self._is_readable = True

    def read(self, offset: int, until: int | None = None) -> MetricsBatch:
        """The whole lines from `offset` on: as many as one transaction should take in.

        until: a line's end beyond which to read nothing
        """
        try:
            data, end, is_last = read_lines(self._path, offset, until)
        except OSError as error:
            return self._unreadable(offset, error)
        batch = MetricsBatch(Stretch(offset, end), is_last=is_last)
        if end > offset and not data:
            self._line += 1
            self._warn(f"Line {self._line} of metrics.jsonl is too long and is left out.", batch)
        for line in data.split(b"\n")[:-1]:
            self._line += 1
            self._take(line, batch)
        return batch

    def read_up_to(self, offset: int) -> None:
        """Read again what the notebook has already taken in, for the lines' numbers alone."""
        position = 0
        while position < offset:
            end = self.read(position, until=offset).stretch.end
            if end == position:
                return
            position = end

    def read_rest(self, offset: int) -> MetricsBatch:
        """The last line, once nobody writes any more: it may lack its newline, or its end."""
        batch = MetricsBatch(Stretch(offset, offset))
        try:
            data = read_rest(self._path, offset)
        except OSError as error:
            return self._unreadable(offset, error)
        if data.strip():
            self._line += 1
            batch.stretch = Stretch(offset, offset + len(data))
            self._take(data, batch, why="is cut off and is left out")
        return batch

    def _take(self, line: bytes, batch: MetricsBatch, why: str = "is no metrics") -> None:
        if not line.strip():
            return
        try:
            found = json.loads(line)
            if not isinstance(found, dict):
                raise ValueError(found)
            step = _step(found.pop("step", None))
            points = list(_points(found))
        except (ValueError, RecursionError):
            self._warn(f"Line {self._line} of metrics.jsonl {why}.", batch)
            return
        if step is None:
            step = self._unnumbered
            self._unnumbered += 1
        for name, value in points:
            self._add(name, value, step, batch)

    def _add(self, name: str, value: Any, step: int, batch: MetricsBatch) -> None:
        try:
            batch.metrics.append(Metric(_plain_name(name), _number(value), step))
        except (ValueError, OverflowError):
            if name not in self._refused and len(self._refused) < _REFUSED_NAMES:
                self._refused.add(name)
                shown = plain_name(f"“{name}”")
                self._warn(
                    f"{shown} in line {self._line} of metrics.jsonl is no number; "
                    "what is none under that name is left out.",
                    batch,
                )

    def _unreadable(self, offset: int, error: OSError) -> MetricsBatch:
        batch = MetricsBatch(Stretch(offset, offset))
        if self._is_readable:
            self._is_readable = False
            self._warn(f"metrics.jsonl cannot be read: {error.strerror}.", batch)
        return batch

    def _warn(self, text: str, batch: MetricsBatch) -> None:
        self._warned += 1
        if self._warned < WARNINGS_LIMIT:
            batch.warnings.append(text)
        elif self._warned == WARNINGS_LIMIT:
            batch.warnings.append("There is more in metrics.jsonl that cannot be understood.")


def _step(given: Any) -> int | None:
    """A step; None when none is given.

    Raises:
        ValueError: it is no whole number of 64 bits.
    """
    if given is None:
        return None
    if isinstance(given, float) and given.is_integer():
        given = int(given)
    if isinstance(given, bool) or not isinstance(given, int):
        raise ValueError(given)
    if not -_STEP_LIMIT <= given < _STEP_LIMIT:
        raise ValueError(given)
    return given


def _points(found: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in found.items():
        if isinstance(value, dict):
            yield from _points(value, f"{prefix}{key}.")
        elif value is not None:
            yield f"{prefix}{key}", value


def _number(value: Any) -> float:
    """A number, or what stands for one.

    Raises:
        ValueError, OverflowError: it is none, or none that a float can be.
    """
    if isinstance(value, str):
        if (word := value.strip().lower()) not in _WORDS:
            raise ValueError(value)
        return _WORDS[word]
    if not isinstance(value, (int, float)):
        raise ValueError(value)
    return float(value)
