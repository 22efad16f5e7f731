"""A command as its supervisor sees it: kept by a shim, which is nobody's child here."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from typing import NamedTuple

from labbook.runner import identity
from labbook.runner.directory import RunDirectory
from labbook.runner.identity import Identity, Life

_POLL_S = 0.02


class Started(NamedTuple):
    """The command's process, and when it was started.

    at_us: in microseconds since 1970; clock_s: by the machine's own clock
    """

    pid: int
    at_us: int
    clock_s: float


class KeptCommand:
    """One command; its shim may be gone."""

    def __init__(self, directory: RunDirectory, shim: str) -> None:
        """
        shim: the identity of the shim, by who started it; empty where it has said that itself
        """
        self._directory = directory
        self._shim = directory.identity("keeper/shim") or shim
        self._handle = _open_handle(self._shim)

    @property
    def started(self) -> Started | None:
        """None before the command has been started."""
        words = self._directory.words("started")
        return Started(int(words[0]), int(words[1]), float(words[2])) if words else None

    @property
    def started_us(self) -> int:
        started = self.started
        return time.time_ns() // 1000 if started is None else started.at_us

    @property
    def identity(self) -> str:
        return self._directory.identity("worker")

    @property
    def shim_pid(self) -> int | None:
        """The shim's process, while it lives."""
        known = Identity.parse(self._shim)
        return known.pid if known is not None and self._is_kept() else None

    def wait_for_start(self) -> bool:
        """Wait until the command has been started; False when it never was."""
        while self.started is None:
            if self.wait(_POLL_S):
                return self.started is not None
        return True

    def wait(self, timeout_s: float) -> bool:
        """Wait until its end is known or never will be; False after `timeout_s`."""
        deadline = time.monotonic() + timeout_s
        while not self._directory.has_exit() and self._is_kept():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            if self._handle is None:
                time.sleep(min(left, _POLL_S))
            else:
                # Of a shim that lingers the file is there before its end.
                select.select([self._handle], [], [], min(left, _POLL_S * 5))
        return True

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the command and those it shares its process group with."""
        started = self.started
        if started is not None and identity.judge(self.identity) is Life.ALIVE:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(started.pid, number)

    def kill(self) -> bool:
        """End all its processes, for good; whether none is left."""
        from labbook.runner.family import end_family

        return end_family(self._directory.path, self.shim_pid)

    def _is_kept(self) -> bool:
        return identity.judge(self._shim) is not Life.GONE


def resize(directory: RunDirectory, size: tuple[int, int]) -> None:
    """Let a command's terminal have another size, in columns and rows; it is told as usual."""
    with contextlib.suppress(OSError):
        directory.write_words("size", *size)
        shim = directory.identity("keeper/shim")
        known = Identity.parse(shim)
        if known is not None and identity.judge(shim) is Life.ALIVE:
            os.kill(known.pid, signal.SIGWINCH)


def _open_handle(shim: str) -> int | None:
    """Something to wait on that is ready when the shim ends; Linux has it."""
    known = Identity.parse(shim)
    if known is None:
        return None
    try:
        handle = os.pidfd_open(known.pid)
    except (AttributeError, OSError):
        return None
    # The number may have been another's by then.
    if identity.judge(shim) is Life.ALIVE:
        return handle
    os.close(handle)
    return None
