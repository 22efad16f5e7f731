"""The worker as its supervisor holds it: started, waited for, ended."""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass

from labbook.runner import identity
from labbook.runner.directory import ENVIRONMENT, RunDirectory
from labbook.runner.memory import max_rss_bytes
from labbook.runner.spawn import spawn

_POLL_S = 0.02

# One thread for each run: what several runs at once would gain from more they lose to each
# other, and sums split over threads differ in their last bits.
_ONE_THREAD = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)


@dataclass(frozen=True)
class Status:
    """What the system says about a process that has ended."""

    exit_code: int | None
    signal: int | None
    peak_memory_bytes: int


def reap(pid: int, options: int = os.WNOHANG) -> Status | None:
    """How a child ended, taken from the system; None while it runs.

    options: of `wait4`; 0 waits for the end
    """
    found, status, usage = os.wait4(pid, options)
    if found == 0:
        return None
    code = os.waitstatus_to_exitcode(status)
    return Status(
        exit_code=code if code >= 0 else None,
        signal=-code if code < 0 else None,
        peak_memory_bytes=max_rss_bytes(usage),
    )


class WorkerProcess:
    """A child of this process.

    status: how it ended, once it has
    started_us: when it was started, in microseconds since 1970
    """

    def __init__(self, directory: RunDirectory) -> None:
        """Start the worker.

        Raises:
            OSError: it could not be started.
        """
        self.status: Status | None = None
        self.started_us = time.time_ns() // 1000
        self._directory = directory
        # The worker holds the reading end, nobody else the writing one: the worker sees the
        # end of it when this process ends.
        reading, self._life = os.pipe()
        try:
            self.pid = spawn(
                "labbook.runner.worker",
                [str(directory.path), str(os.getpid())],
                _environment(directory),
                output=directory.log,
                standard_input=reading,
            )
        finally:
            os.close(reading)
        found = identity.of(self.pid)
        self.identity = found.text if found else ""
        self._handle = _open_handle(self.pid)

    def wait(self, timeout_s: float) -> bool:
        """Wait until it has ended or has said how it ends; False after `timeout_s`."""
        deadline = time.monotonic() + timeout_s
        while not (self._reap() or self._directory.has_exit()):
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            self._pause(left)
        return True

    def wait_for_end(self, timeout_s: float) -> bool:
        """Wait until the process itself is gone; False after `timeout_s`."""
        deadline = time.monotonic() + timeout_s
        while not self._reap():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            self._pause(left)
        return True

    def _pause(self, left: float) -> None:
        """Until it ends, or `left` seconds have passed, or it is worth another look."""
        if self._handle is None:
            time.sleep(min(left, _POLL_S))
        else:
            select.select([self._handle], [], [], left)

    def terminate(self) -> None:
        if not self._reap():
            os.kill(self.pid, signal.SIGTERM)

    def kill(self) -> None:
        if not self._reap():
            os.kill(self.pid, signal.SIGKILL)

    def _reap(self) -> bool:
        if self.status is None:
            self.status = reap(self.pid)
        return self.status is not None


def _environment(directory: RunDirectory) -> dict[str, str]:
    """The caller's own, with one thread for linear algebra and a fixed order of sets."""
    return one_thread(os.environ) | {ENVIRONMENT: str(directory.path)}


def one_thread(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment with one thread for linear algebra and a fixed order of sets by default."""
    defaults = dict.fromkeys(_ONE_THREAD, "1") | {"PYTHONHASHSEED": "0"}
    return defaults | dict(environment)


def _open_handle(pid: int) -> int | None:
    """Something to wait on that is ready when the process ends; Linux has it."""
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None
