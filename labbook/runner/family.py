"""The processes of a run: its worker, what that started, and what got away from it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from labbook.runner.directory import ENVIRONMENT


def end_family(directory: Path, ancestor: int | None = None, *, patience_s: float = 0.0) -> bool:
    """End all processes of a run, for good; whether none is left.

    A process belongs to the run when it descends from `ancestor`, or when it carries the
    run's directory in its environment, which a process that detached itself still does.

    patience_s: how long they may take after SIGTERM; without it they get SIGKILL at once
    """
    if patience_s:
        asked = list(_family(directory, ancestor))
        for process in asked:
            _signal(process.terminate)
        psutil.wait_procs(asked, timeout=patience_s)
    deadline = time.monotonic() + 5.0
    # A process may start another after we have looked, so look again.
    while family := list(_family(directory, ancestor)):
        for process in family:
            _signal(process.kill)
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def descendants(pid: int) -> set[int]:
    """A process and all that descend from it, as far as they still run."""
    try:
        process = psutil.Process(pid)
        return {pid, *(child.pid for child in process.children(recursive=True))}
    except psutil.Error:
        return set()


def _family(directory: Path, ancestor: int | None) -> Iterator[psutil.Process]:
    me = psutil.Process()
    seen = {me.pid, ancestor}
    descendants: list[psutil.Process] = []
    if ancestor is not None:
        try:
            descendants = psutil.Process(ancestor).children(recursive=True)
        except psutil.NoSuchProcess:
            descendants = []
    for process in (*descendants, *_marked(directory)):
        if process.pid not in seen and _is_alive(process):
            seen.add(process.pid)
            yield process


def _marked(directory: Path) -> Iterator[psutil.Process]:
    mark = str(directory)
    for process in psutil.process_iter():
        try:
            if process.environ().get(ENVIRONMENT) == mark:
                yield process
        except (psutil.Error, OSError):
            continue  # somebody else's, or just gone


def _is_alive(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def _signal(send: Callable[[], None]) -> None:
    try:
        send()
    except psutil.Error:
        return  # it has ended by itself
