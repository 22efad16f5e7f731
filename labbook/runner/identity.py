"""Which process it is, so that a number used again is never taken for it.

A process identifier is given out again sooner or later. What is not: the identifier together
with the moment the process started, in one boot of one machine. Process identifiers of one
container mean nothing in another, so the container's number space is part of it too.
"""

from __future__ import annotations

import functools
import os
import sys
from dataclasses import astuple, dataclass
from enum import Enum
from pathlib import Path


class Life(Enum):
    ALIVE = "alive"
    GONE = "gone"
    UNKNOWN = "unknown"
    """It ran where we cannot look: on another machine, in another boot or container."""


@dataclass(frozen=True)
class Identity:
    """A process: machine, boot, number space, number, and when it started."""

    host: str
    boot: str
    space: str
    pid: int
    started: str

    @property
    def text(self) -> str:
        return " ".join(str(part) for part in astuple(self))

    @classmethod
    def parse(cls, text: str) -> Identity | None:
        parts = text.split()
        if len(parts) != 5 or not parts[3].isdigit():
            return None
        return cls(parts[0], parts[1], parts[2], int(parts[3]), parts[4])


def own() -> Identity:
    """This process."""
    found = of(os.getpid())
    if found is None:
        raise ProcessLookupError(os.getpid())
    return found


def of(pid: int) -> Identity | None:
    """The process that has this number now; None when there is none, or only a zombie."""
    started = _started(pid)
    return None if started is None else Identity(*place(), pid, started)


def judge(text: str) -> Life:
    """Whether the process of a stored identity still runs."""
    identity = Identity.parse(text)
    if identity is None:
        return Life.GONE
    if (identity.host, identity.boot, identity.space) != place():
        return Life.UNKNOWN
    return Life.ALIVE if _started(identity.pid) == identity.started else Life.GONE


@functools.cache
def place() -> tuple[str, str, str]:
    """This machine, its present boot, and this container's number space."""
    host = os.uname().nodename.replace(" ", "-") or "localhost"
    if not sys.platform.startswith("linux"):
        return host, _boot_elsewhere(), "-"
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return host, boot, str(Path("/proc/self/ns/pid").readlink())


def _started(pid: int) -> str | None:
    if not sys.platform.startswith("linux"):
        return _started_elsewhere(pid)
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    # The command in parentheses may hold spaces and parentheses itself. After it come the
    # state, field 3, and the start in clock ticks since the boot, field 22 (proc(5)).
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else fields[22 - 3]


def _started_elsewhere(pid: int) -> str | None:
    import psutil

    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return repr(process.create_time())
    except psutil.NoSuchProcess:
        return None


def _boot_elsewhere() -> str:
    import subprocess

    asked = subprocess.run(
        ["sysctl", "-n", "kern.bootsessionuuid"], capture_output=True, text=True, check=False
    )
    return asked.stdout.strip() or "-"
