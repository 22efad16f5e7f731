"""Finds what a run left in its directory beside what the protocol keeps there.

Names are only text to be shown: nothing is ever opened by what a row says. Links that lead
out of the directory, devices and sockets are passed over; so are names that begin with a dot.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import BinaryIO

from labbook.runner.directory import OWN_NAMES, RunDirectory
from labbook.text.plain import plain_line

KEEP_AT_MOST_BYTES = 100_000_000
MOST_FILES = 1000
_MOST_ENTRIES = 20_000
_DEEPEST = 16
_NAME_LIMIT = 200
_SKIPPED_DIRECTORIES = frozenset({"__pycache__"})


@dataclass(frozen=True, slots=True)
class Wishes:
    """Which files of a run are kept, as its order says.

    patterns: of paths or names; images and tables are kept in any case
    """

    patterns: tuple[str, ...] = ("*",)
    at_most_bytes: int = KEEP_AT_MOST_BYTES

    @classmethod
    def of(cls, directory: RunDirectory) -> Wishes:
        """What the order in a run directory wishes, whichever kind of order it is."""
        try:
            order = json.loads(directory.order.read_bytes())
            return cls(
                tuple(map(str, order.get("keep", cls().patterns))),
                int(order.get("keep_at_most_bytes", KEEP_AT_MOST_BYTES)),
            )
        except (OSError, ValueError, TypeError, AttributeError):
            return cls()

    def want(self, path: str) -> bool:
        """Whether a file of this path, from the run directory on, is wished for."""
        name = path.rpartition("/")[2]
        return any(fnmatchcase(path, each) or fnmatchcase(name, each) for each in self.patterns)


@dataclass(frozen=True, slots=True)
class LeftFile:
    """A regular file that a run left.

    path: from the run directory on, as the system spells it
    """

    root: Path
    path: str
    size_bytes: int

    @property
    def name(self) -> str:
        """The path as it may be stored and shown."""
        return plain_line(self.path)[-_NAME_LIMIT:] or "unnamed"

    def open(self) -> BinaryIO:
        """Open it, if it still is a regular file.

        Raises:
            OSError: it is not, or cannot be read.
        """
        # The directory's own links have been followed by now, and none is followed any more.
        file = os.open(self.root / self.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        if not stat.S_ISREG(os.fstat(file).st_mode):
            os.close(file)
            raise OSError(f"{self.name} is no regular file")
        return os.fdopen(file, "rb")


@dataclass(slots=True)
class Left:
    """What a run left, by path, and what was passed over, in sentences."""

    files: list[LeftFile]
    warnings: list[str]


def left_files(directory: RunDirectory) -> Left:
    """The files that a run left in its directory and below it."""
    root = directory.path.resolve()
    left = Left([], [])
    walk = _walk(root, root, left.warnings)
    for number, (path, status) in enumerate(walk):
        if number >= _MOST_ENTRIES:
            left.warnings.append(
                f"The run directory holds more than {_MOST_ENTRIES} files; "
                "those beyond were not looked at."
            )
            break
        left.files.append(LeftFile(root, path, status.st_size))
    left.files.sort(key=lambda file: file.path)
    return left


def _walk(
    root: Path, folder: Path, warnings: list[str], depth: int = 0
) -> Iterator[tuple[str, os.stat_result]]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith(".") or (depth == 0 and entry.name in OWN_NAMES):
            continue
        if entry.is_dir(follow_symlinks=False):
            if depth < _DEEPEST and entry.name not in _SKIPPED_DIRECTORIES:
                yield from _walk(root, Path(entry.path), warnings, depth + 1)
        elif found := _regular(root, entry, warnings):
            yield Path(entry.path).relative_to(root).as_posix(), found


def _regular(root: Path, entry: os.DirEntry[str], warnings: list[str]) -> os.stat_result | None:
    """What the system says of a regular file inside the directory; None of anything else."""
    try:
        if entry.is_symlink() and not Path(entry.path).resolve().is_relative_to(root):
            shown = plain_line(str(Path(entry.path).relative_to(root)))[:_NAME_LIMIT]
            warnings.append(f"{shown} leads out of the run directory and is not kept.")
            return None
        found = entry.stat()
    except (OSError, RuntimeError):
        return None  # a link to nothing, or to itself
    return found if stat.S_ISREG(found.st_mode) else None
