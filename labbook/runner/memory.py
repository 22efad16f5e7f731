"""How much memory a process has used at its worst."""

from __future__ import annotations

import contextlib
import resource
import sys
from pathlib import Path


def peak_memory_bytes() -> int:
    """This process's own peak, from its first instruction on."""
    if sys.platform.startswith("linux"):
        # ru_maxrss would count what the parent had in the moment of the fork.
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return max_rss_bytes(resource.getrusage(resource.RUSAGE_SELF))


def reset_peak_memory() -> None:
    """Let `peak_memory_bytes` count from now on, where the system can do that."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def max_rss_bytes(usage: resource.struct_rusage) -> int:
    """`ru_maxrss` in bytes: the unit is 1 kB everywhere but on macOS."""
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
