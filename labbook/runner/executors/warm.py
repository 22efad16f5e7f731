"""A warm worker as its owner holds it: given points one by one, ended, replaced when it dies."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from labbook.runner import identity
from labbook.runner.directory import ENVIRONMENT
from labbook.runner.executors.interface import Point, Task
from labbook.runner.process import Status, one_thread, reap
from labbook.runner.spawn import spawn

_POLL_S = 0.005


class WarmWorker:
    """A child of this process that computes points one after another.

    point: what it computes now
    """

    def __init__(self, task: Task, log: Path, extra: dict[str, str] | None = None) -> None:
        """Start it.

        log: gets what it prints between points
        extra: more of its environment, such as the device that it is to use

        Raises:
            OSError: it could not be started.
        """
        self.point: Point | None = None
        self.status: Status | None = None
        self._channel, theirs = socket.socketpair()
        # The worker holds the reading end, nobody else the writing one: it sees our end.
        reading, self._life = os.pipe()
        inherited = {name: each for name, each in os.environ.items() if name != ENVIRONMENT}
        try:
            self.pid = spawn(
                "labbook.runner.executors.worker",
                [str(os.getpid()), json.dumps(asdict(task))],
                one_thread(inherited) | (extra or {}),
                output=log,
                standard_input=reading,
                channel=theirs.fileno(),
            )
        except OSError:
            os.close(self._life)
            self._channel.close()
            raise
        finally:
            os.close(reading)
            theirs.close()
        found = identity.of(self.pid)
        self.identity = found.text if found else ""

    def fileno(self) -> int:
        """Readable when it has finished its point, or is dead."""
        return self._channel.fileno()

    def give(self, point: Point) -> None:
        """Let it compute a point. One that is dead is found so by `take`."""
        self.point = point
        order: dict[str, Any] = {
            "directory": str(point.directory),
            "seed": point.seed,
            "params": point.params,
        }
        if point.argv is not None:
            order["argv"] = list(point.argv)
        if point.pieces is not None:
            order |= {"pieces": list(point.pieces), "cores": point.cores}
        with contextlib.suppress(OSError):
            self._channel.sendall(json.dumps(order).encode() + b"\n")

    def take(self) -> bool:
        """Take its word that the point is over; False when it is dead.

        Call it when `fileno` is readable.
        """
        try:
            said = self._channel.recv(1)
        except OSError:
            said = b""
        if not said:
            self._bury()
        return bool(said)

    def kill(self) -> None:
        """End it, and all that its point has started."""
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            self._bury()
        if self.point is not None:
            from labbook.runner.family import end_family

            end_family(self.point.directory)

    def dismiss(self) -> None:
        """Let it go: it ends by itself, or is made to."""
        self._channel.close()
        os.close(self._life)
        deadline = time.monotonic() + 0.5
        while self.status is None and time.monotonic() < deadline:
            self.status = reap(self.pid)
            if self.status is None:
                time.sleep(_POLL_S)
        self.kill()

    def _bury(self) -> None:
        """Wait for its end, which has begun: its channel is closed, or it was killed."""
        if self.status is None:
            self.status = reap(self.pid, 0)
