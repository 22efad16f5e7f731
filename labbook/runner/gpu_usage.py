"""How much of the GPUs the processes of a run use, as nvidia-smi tells it from time to time."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Collection

from labbook.runner import smi

EVERY_S = 5.0
_GIVE_UP_S = 20.0
_QUESTIONS = {
    "compute-apps": ("pid", "gpu_uuid", "used_memory"),
    "gpu": ("uuid", "utilization.gpu"),
}


class GpuUsage:
    """A sampler. It never waits: an answer is read by a later call than the one that asked.

    peak_memory_bytes: the most that the processes had together, on all devices
    """

    def __init__(self, every_s: float = EVERY_S) -> None:
        self.peak_memory_bytes: int | None = None
        self._every_s = every_s
        self._busy: list[float] = []
        self._next_at = time.monotonic()
        self._asked_at = 0.0
        self._asked: dict[str, subprocess.Popen[bytes]] = {}

    @classmethod
    def start(cls, every_s: float = EVERY_S) -> GpuUsage | None:
        """A sampler; None where there is no nvidia-smi."""
        return cls(every_s) if smi.command("gpu", ["uuid"]) else None

    @property
    def is_due(self) -> bool:
        """Whether `sample` would do anything, and its caller should gather the processes."""
        return bool(self._asked) or time.monotonic() >= self._next_at

    @property
    def mean_utilisation(self) -> float | None:
        """The mean share of the time in which a device of the run was busy, from 0 to 1."""
        return sum(self._busy) / len(self._busy) if self._busy else None

    def sample(self, pids: Collection[int]) -> None:
        """Take note of what these processes use now, but not more often than is due."""
        if self._asked:
            if all(process.poll() is not None for process in self._asked.values()):
                self._take(pids)
            elif time.monotonic() - self._asked_at > _GIVE_UP_S:
                self.stop()
        elif time.monotonic() >= self._next_at:
            self._ask()

    def stop(self) -> None:
        """End what is still being asked."""
        for process in self._asked.values():
            process.kill()
            _answer(process)
        self._asked = {}

    def _ask(self) -> None:
        self._asked_at = time.monotonic()
        self._next_at = self._asked_at + self._every_s
        for question, columns in _QUESTIONS.items():
            command = smi.command(question, columns)
            if command is None:
                continue
            with contextlib.suppress(OSError):
                self._asked[question] = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                )

    def _take(self, pids: Collection[int]) -> None:
        found: dict[str, list[dict[str, str]]] = {}
        for question, process in self._asked.items():
            found[question] = smi.rows(_answer(process), _QUESTIONS[question])
        self._asked = {}
        wanted = {str(pid) for pid in pids}
        mine = [row for row in found.get("compute-apps", ()) if row["pid"] in wanted]
        used = [smi.bytes_of(row["used_memory"]) for row in mine]
        known = [each for each in used if each is not None]
        if known:
            self.peak_memory_bytes = max(self.peak_memory_bytes or 0, sum(known))
        devices = {row["gpu_uuid"] for row in mine}
        busy = [
            smi.number(row["utilization.gpu"])
            for row in found.get("gpu", ())
            if row["uuid"] in devices
        ]
        shares = [share / 100 for share in busy if share is not None]
        if shares:
            self._busy.append(sum(shares) / len(shares))


def _answer(process: subprocess.Popen[bytes]) -> bytes:
    """What an ended process had to say; nothing when it failed."""
    failed = process.wait() != 0
    if process.stdout is None:
        return b""
    with process.stdout:
        # What it left running may hold the pipe open, and is not waited for.
        os.set_blocking(process.stdout.fileno(), False)
        return b"" if failed else process.stdout.read() or b""
