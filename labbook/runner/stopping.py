"""What is done about a run that was asked to stop.

It is asked, and may finish its step and clean up; after `term_after_s` it gets SIGTERM; after
`kill_after_s` more all its processes are killed.
"""

from __future__ import annotations

import os
import time

from labbook.runner.directory import RunDirectory
from labbook.runner.order import Order
from labbook.runner.process import WorkerProcess

HOPELESS_AFTER_S = 30.0
"""A process that outlives SIGKILL so long waits for a device or a disk that is gone."""


class Stopping:
    """The steps from asking to killing, taken as time goes by."""

    def __init__(self, directory: RunDirectory, order: Order, worker: WorkerProcess) -> None:
        self._directory = directory
        self._worker = worker
        self._term_after_s = order.term_after_s
        self._kill_after_s = order.kill_after_s
        self._asked_at: float | None = None
        self._sent_term = False

    @property
    def has_begun(self) -> bool:
        return self._asked_at is not None

    @property
    def is_hopeless(self) -> bool:
        return self._waited() > self._term_after_s + self._kill_after_s + HOPELESS_AFTER_S

    def hurry(self) -> None:
        """Ask it to stop, and send SIGTERM with the next look."""
        self._directory.ask_to_stop()
        self._term_after_s = 0.0

    def heed(self) -> None:
        """Look whether it was asked to stop, and take the step that is due."""
        if self._asked_at is None:
            if not self._directory.is_asked_to_stop():
                return
            self._asked_at = time.monotonic()
        waited = self._waited()
        if waited >= self._term_after_s and not self._sent_term:
            self._worker.terminate()
            self._sent_term = True
        if waited >= self._term_after_s + self._kill_after_s:
            from labbook.runner.family import end_family

            end_family(self._directory.path, os.getpid())

    def _waited(self) -> float:
        return 0.0 if self._asked_at is None else time.monotonic() - self._asked_at
