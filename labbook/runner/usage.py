"""What a command uses of the machine, seen while it runs."""

from __future__ import annotations

import time
from dataclasses import replace

import psutil

from labbook.runner.family import descendants
from labbook.runner.kept import KeptCommand
from labbook.store.runs import Outcome

LOOK_EVERY_S = 0.5
_SHARE = 0.05
"""How much of the time looking may take: it costs with the number of processes."""


class Usage:
    """The peak of the memory of all processes of a command together."""

    def __init__(self, command: KeptCommand) -> None:
        self._command = command
        self._peak_bytes = 0
        self._look_at = 0.0

    def look(self) -> None:
        """Look, when it is time to."""
        began = time.monotonic()
        if began < self._look_at:
            return
        self._peak_bytes = max(self._peak_bytes, self._memory_bytes())
        cost_s = time.monotonic() - began
        self._look_at = began + max(LOOK_EVERY_S, cost_s / _SHARE)

    def told(self, outcome: Outcome) -> Outcome:
        """The outcome, with what was seen."""
        seen = max(self._peak_bytes, outcome.peak_memory_bytes or 0)
        return replace(outcome, peak_memory_bytes=seen or None)

    def _memory_bytes(self) -> int:
        """What they hold now; pages that several share, as after a fork, count once."""
        processes = descendants(self._command.shim_pid)
        resident = sum(_resident(each) for each in processes)
        if len(processes) < 2 or resident <= self._peak_bytes:
            return resident  # pages that are shared only make it smaller
        return sum(_proportional(each) for each in processes)


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def _proportional(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except (psutil.Error, AttributeError):
        return _resident(process)
