"""What is left in the directories of runs that have ended: scratch files, and logs."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from labbook.runner.directory import RunDirectory

_LOGS = ("log", "supervisor.log")


def scratch(notebook: Path, run_id: int) -> tuple[Path, ...]:
    """What a run left beside its logs."""
    return tuple(each for each in _there(notebook, run_id) if each.name not in _LOGS)


def logs(notebook: Path, run_id: int) -> tuple[Path, ...]:
    """What a run and its supervisor printed."""
    return tuple(each for each in _there(notebook, run_id) if each.name in _LOGS)


def size(path: Path) -> int:
    """The bytes of a file, or of all files in a directory; links are not followed."""
    try:
        if path.is_symlink() or not path.is_dir():
            return path.lstat().st_size
        return sum(size(each) for each in _children(path))
    except OSError:
        return 0


def remove(path: Path) -> int:
    """Delete a file or a directory; how many bytes that freed. What is gone is no error.

    Raises:
        OSError: it cannot be deleted.
    """
    freed = size(path)
    try:
        if path.is_symlink() or not path.is_dir():
            path.unlink()
        else:
            shutil.rmtree(path)
    except FileNotFoundError:
        return 0
    return freed


def remove_empty(notebook: Path, run_id: int) -> None:
    """Delete a run's directory if nothing is left in it."""
    path = RunDirectory.of(notebook, run_id).path
    if path.is_dir() and not any(_children(path)):
        path.rmdir()


def _there(notebook: Path, run_id: int) -> list[Path]:
    path = RunDirectory.of(notebook, run_id).path
    return sorted(_children(path)) if path.is_dir() and not path.is_symlink() else []


def _children(path: Path) -> Iterator[Path]:
    with os.scandir(path) as entries:
        yield from [Path(entry.path) for entry in entries]
