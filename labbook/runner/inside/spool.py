"""Carries what a script records to its run directory, without the script waiting for it.

What is recorded waits in memory until the next flush, and is safe from a kill of the process
once it is written: whole lines, appended by one call, so that several processes may write one
file. A disk that is full or hangs never stops the script; what has no room waits and is tried
again, and beyond a limit the oldest goes, and is counted.
"""

from __future__ import annotations

import json
import math
import os
import threading
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from labbook.experiments.trial import Cancelled
from labbook.model.jsonable import encode
from labbook.runner.directory import RunDirectory
from labbook.runner.recorder import DirectoryRecorder

WAITING_LIMIT = 1 << 19
"""Records in memory: 80 MB or so, five minutes of a script that never pauses."""

UNWRITTEN_LIMIT = 64 << 20
"""Bytes that the disk has refused."""

WRITE_LINES = 20_000

Point = tuple[str, float, int]


class Spool(DirectoryRecorder):
    """A recorder that buffers.

    put: takes a line, or a point of a metric; atomic, and quick enough for the inner loop
    lost: how many lines are gone for good
    """

    def __init__(self, directory: RunDirectory) -> None:
        super().__init__(directory)
        self._waiting: deque[bytes | Point] = deque(maxlen=WAITING_LIMIT)
        self._lock = threading.Lock()
        self._names: dict[str, str] = {}
        self._unwritten: deque[bytes] = deque()
        self._is_cancelled = False
        self.put = self._waiting.append
        self.lost = 0

    def flush(self) -> bool:
        """Write what waits; whether all of it is written.

        Also looks whether somebody has asked the run to stop.
        """
        with self._lock:
            self._is_cancelled = self._is_cancelled or self._directory.is_asked_to_stop()
            while self._waiting:
                lines = [self._next() for _ in range(min(len(self._waiting), WRITE_LINES))]
                self._unwritten.append(b"".join(lines))
            while self._unwritten:
                try:
                    super()._write_line(self._unwritten[0])
                except OSError:
                    self._forget()
                    return False
                self._unwritten.popleft()
            return True

    def is_cancelled(self) -> bool:
        return self._is_cancelled or self._directory.is_asked_to_stop()

    def heed(self) -> None:
        """Raise Cancelled, if the last flush saw that somebody asked the run to stop."""
        if self._is_cancelled:
            raise Cancelled

    def go_on_in_child(self) -> None:
        """Write at once from here on: this process is a fork's child, and has no flusher.

        What waits is the parent's to write.
        """
        self._waiting.clear()
        self._unwritten.clear()
        self._lock = threading.Lock()
        self.put = self._put_through

    def close(self) -> None:
        with self._lock:
            os.close(self._descriptor)

    def params(self, params: Mapping[str, Any], seed: int | None) -> None:
        """Name parameters, or a seed, that the run has not named yet."""
        self._write(type="params", params=encode(dict(params)), seed=seed)

    def new_path(self, suffix: str) -> Path:
        """Where a file that is to be kept may be written."""
        return self._new_file(suffix)

    def keep_file(self, name: str, path: Path) -> None:
        """Keep a file that stands where `new_path` said."""
        self._name_file("file", name, path)

    def _write_line(self, line: bytes) -> None:
        self.put(line)

    def _put_through(self, item: bytes | Point) -> None:
        self._waiting.append(item)
        self.flush()

    def _next(self) -> bytes:
        item = self._waiting.popleft()
        if isinstance(item, bytes):
            return item
        name, value, step = item
        known = self._names.get(name)
        if known is None:
            known = self._names[name] = json.dumps(name)
        shown = repr(value) if math.isfinite(value) else f'"{value}"'
        return f'{{"type":"metric","name":{known},"value":{shown},"step":{step}}}\n'.encode()

    def _forget(self) -> None:
        """Keep what the disk has refused within its limit."""
        size = sum(map(len, self._unwritten))
        while size > UNWRITTEN_LIMIT:
            gone = self._unwritten.popleft()
            size -= len(gone)
            self.lost += gone.count(b"\n")
