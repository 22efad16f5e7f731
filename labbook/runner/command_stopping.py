"""What is done about a command that was asked to stop, or has taken too long.

Asked to stop it gets SIGINT at once, as from Ctrl-C, SIGTERM after `term_after_s`, and
`kill_after_s` later all its processes are killed. When its time is over it begins with SIGTERM.
What has begun goes on under the next supervisor.
"""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Callable
from functools import partial

from labbook.runner.directory import RunDirectory
from labbook.runner.kept import KeptCommand
from labbook.runner.order import Order
from labbook.runner.stopping import HOPELESS_AFTER_S

CANCELLED, TIMED_OUT = "cancelled", "timed_out"


class CommandStopping:
    """The steps from SIGINT to SIGKILL, taken as time goes by.

    begun: why the first signal was sent, and when by the machine's own clock
    """

    def __init__(self, directory: RunDirectory, order: Order, command: KeptCommand) -> None:
        self._directory = directory
        self._order = order
        self._command = command
        self._taken = 0
        self.begun = begun_stopping(directory)
        if self.begun is not None:
            waited = time.monotonic() - self.begun[1]
            self._taken = sum(due_s <= waited for due_s, _ in self._steps(self.begun[0])[:-1])

    @property
    def is_hopeless(self) -> bool:
        patience_s = self._order.term_after_s + self._order.kill_after_s + HOPELESS_AFTER_S
        return self.begun is not None and time.monotonic() - self.begun[1] > patience_s

    def heed(self) -> None:
        """Look whether it is to stop, and take the steps that are due."""
        if self.begun is None:
            self._begin()
        if self.begun is None:
            return
        why, begun_at = self.begun
        steps = self._steps(why)
        for due_s, step in steps[self._taken :]:
            if time.monotonic() - begun_at < due_s:
                return
            step()
            # The last one is taken again and again: a process may just have been started.
            self._taken = min(self._taken + 1, len(steps) - 1)

    def _begin(self) -> None:
        started, now = self._command.started, time.monotonic()
        if started is None:
            return
        if self._directory.is_asked_to_stop():
            why = CANCELLED
        elif self._order.timeout_s is not None and now - started.clock_s >= self._order.timeout_s:
            why = TIMED_OUT
        else:
            return
        self.begun = why, now
        # A disk that is full keeps nobody from stopping.
        with contextlib.suppress(OSError):
            self._directory.write_words("stopping", why, repr(now))

    def _steps(self, why: str) -> list[tuple[float, Callable[[], object]]]:
        interrupt = partial(self._command.signal, signal.SIGINT)
        terminate = partial(self._command.signal, signal.SIGTERM)
        first, then = self._order.term_after_s, self._order.kill_after_s
        if why == TIMED_OUT:
            return [(0.0, terminate), (then, self._command.kill)]
        return [(0.0, interrupt), (first, terminate), (first + then, self._command.kill)]


def begun_stopping(directory: RunDirectory) -> tuple[str, float] | None:
    """Why the first signal was sent to a command, and when by the machine's own clock."""
    words = directory.words("stopping")
    return (words[0], float(words[1])) if words else None
