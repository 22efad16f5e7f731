"""Reads whole lines of a file that somebody may still be writing."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO, NamedTuple

BATCH_BYTES = 1 << 20
"""About 15,000 points of a curve: what one transaction takes in."""

LINE_LIMIT_BYTES = 64 << 20
"""A longer line is none of ours; it is skipped without being held in memory."""


class Lines(NamedTuple):
    """Whole lines, where they end in the file, and whether no whole line follows.

    A line that is too long is left out of `data`, but not of `end`.
    """

    data: bytes
    end: int
    is_last: bool


def read_lines(path: Path, offset: int, until: int | None = None) -> Lines:
    """The whole lines from byte `offset` on: as many as one transaction should take in.

    until: a line's end beyond which to read nothing

    Raises:
        OSError: it is there and cannot be read.
    """
    try:
        with open_regular(path) as file:
            return _read(file, offset, until)
    except (FileNotFoundError, NotADirectoryError):
        return Lines(b"", offset, True)


def read_rest(path: Path, offset: int) -> bytes:
    """What stands after the last whole line, up to the limit of a line.

    Raises:
        OSError: it is there and cannot be read.
    """
    try:
        with open_regular(path) as file:
            file.seek(offset)
            return file.read(LINE_LIMIT_BYTES)
    except (FileNotFoundError, NotADirectoryError):
        return b""


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file; anything else would make its reader wait, or lead elsewhere.

    Raises:
        OSError: it is none, or cannot be read.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is no regular file", str(path))
    return os.fdopen(descriptor, "rb")


def _read(file: BinaryIO, offset: int, until: int | None) -> Lines:
    size = BATCH_BYTES
    while True:
        file.seek(offset)
        wanted = size if until is None else min(size, until - offset)
        data = file.read(wanted)
        if size > BATCH_BYTES and (line := data.find(b"\n") + 1):
            return Lines(data[:line], offset + line, False)  # a long line comes alone
        whole = data.rfind(b"\n") + 1
        if whole or len(data) < size:
            return Lines(data[:whole], offset + whole, len(data) < size)
        if size >= LINE_LIMIT_BYTES:
            return Lines(b"", *_end_of_line(file, offset + len(data), offset))
        size *= 4


def _end_of_line(file: BinaryIO, position: int, start: int) -> tuple[int, bool]:
    """Where the line that `position` lies in ends; `start` while it has not ended."""
    file.seek(position)
    while data := file.read(BATCH_BYTES):
        found = data.find(b"\n")
        if found >= 0:
            return position + found + 1, False
        position += len(data)
    return start, True
