"""The processes of a run: its worker, what that started, and what got away from it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from labbook.runner.directory import ENVIRONMENT, KEEPER, SHARDS


def end_family(directory: Path, ancestor: int | None = None, *, patience_s: float = 0.0) -> bool:
    """End all processes of a run, for good; whether none is left.

    A process belongs to the run when it descends from `ancestor`, or when it carries the
    run's directory in its environment, which a process that detached itself still does. What
    keeps another run, and that run's processes, do not.

    patience_s: how long they may take after SIGTERM; without it they get SIGKILL at once
    """
    if patience_s:
        asked = family(directory, ancestor)
        for process in asked:
            _signal(process.terminate)
        psutil.wait_procs(asked, timeout=patience_s)
    deadline = time.monotonic() + 5.0
    # A process may start another after we have looked, so look again.
    while left := family(directory, ancestor):
        for process in left:
            _signal(process.kill)
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def family(directory: Path, ancestor: int | None = None) -> list[psutil.Process]:
    """The living processes of a run, but for `ancestor` and this one (see `end_family`)."""
    seen = {os.getpid(), ancestor}
    found = []
    for process in (*descendants(ancestor), *_marked(directory)):
        if process.pid not in seen and _is_alive(process):
            seen.add(process.pid)
            found.append(process)
    return found


def descendants(ancestor: int | None) -> list[psutil.Process]:
    """Every process below `ancestor`, but for those of other runs."""
    if ancestor is None:
        return []
    found: list[psutil.Process] = []
    waiting = _children(ancestor)
    while waiting:
        pid = waiting.pop()
        try:
            process = psutil.Process(pid)
            if KEEPER not in process.environ():
                found.append(process)
                waiting += _children(pid)
        except psutil.AccessDenied:
            found.append(process)
            waiting += _children(pid)
        except (psutil.Error, OSError):
            continue
    return found


def _children(pid: int) -> list[int]:
    """The processes that `pid` has started; on Linux without looking at all there are."""
    try:
        lists = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:
        lists = []
    if lists:
        return [int(child) for each in lists for child in each.split()]
    try:
        return [child.pid for child in psutil.Process(pid).children()]
    except psutil.Error:
        return []


def _marked(directory: Path) -> Iterator[psutil.Process]:
    mark = str(directory)
    for process in psutil.process_iter():
        try:
            carried = process.environ().get(ENVIRONMENT, "")
            if carried == mark or carried.startswith(f"{mark}/{SHARDS}/"):
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
