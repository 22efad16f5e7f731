"""Which executor is meant by what was typed: `local:4`, `dask://host:8786`."""

from __future__ import annotations

import importlib.util
import os
import re
from dataclasses import dataclass
from pathlib import Path

from labbook.errors import UsageError
from labbook.runner.executors.interface import Executor, Task

MAX_LOCAL = 1024
_HINT = "Give local, local:4 for four workers, or dask://host:8786."


@dataclass(frozen=True, slots=True)
class Where:
    """kind: "local" or "dask"; workers: of local; address: of the scheduler."""

    kind: str
    workers: int = 0
    address: str = ""


def parse_executor(text: str) -> Where:
    """What was meant.

    Raises:
        UsageError: nothing that there is, or its package is not installed.
    """
    kind, _, rest = text.partition(":")
    if kind == "local":
        return Where("local", workers=_workers(rest) if rest else cores())
    if kind == "dask" and re.fullmatch(r"//[^\s/:]+:\d{1,5}", rest):
        if importlib.util.find_spec("distributed") is None:
            raise UsageError(
                "Dask is not installed, so no Dask scheduler can be used.",
                hint="Install it: pip install 'labbook-journal[dask]'",
            )
        return Where("dask", address=f"tcp:{rest}")
    raise UsageError(f"There is no executor {text!r}.", hint=_HINT)


def make_executor(where: Where, task: Task, scratch: Path) -> Executor:
    """The executor itself.

    scratch: a directory for what workers print between points

    Raises:
        ExecutorLost: it cannot be reached.
    """
    if where.kind == "local":
        from labbook.runner.executors.local import Local

        return Local(task, where.workers, scratch)
    from labbook.runner.executors.dask import Dask

    return Dask(task, where.address)


def cores() -> int:
    """The cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def _workers(text: str) -> int:
    if text.isascii() and text.isdigit() and 1 <= int(text) <= MAX_LOCAL:
        return int(text)
    raise UsageError(f"local:{text} is no number of workers from 1 to {MAX_LOCAL}.", hint=_HINT)
