"""The terminal's size, and a recorded command that is to know of its changes."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from labbook.desk import commands
from labbook.settings import Settings

SIZE = (80, 24)
"""Columns and rows where there is no terminal."""


def terminal_size() -> tuple[int, int]:
    return _measured() or SIZE


@contextmanager
def passing_on_size(settings: Settings, run_id: int, *, known: tuple[int, int]) -> Iterator[None]:
    """Let the command's terminal have the size of this one, whenever that changes.

    known: the size that the command was started with
    """

    def tell() -> None:
        if (size := _measured()) is not None:
            commands.resize(settings, run_id, size)

    before = signal.signal(signal.SIGWINCH, lambda *_: tell())
    try:
        if _measured() not in (None, known):
            tell()
        yield
    finally:
        signal.signal(signal.SIGWINCH, before)


def _measured() -> tuple[int, int] | None:
    for stream in (1, 2, 0):
        if is_terminal(stream):
            size = os.get_terminal_size(stream)
            return (size.columns, size.lines) if size.columns and size.lines else None
    return None


def is_terminal(descriptor: int) -> bool:
    try:
        return os.isatty(descriptor)
    except OSError:
        return False
