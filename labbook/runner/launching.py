"""Whether this process is just starting a run, so that it does not take the run for forgotten."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_threads: set[int] = set()
"""Threads of this process that are between a run's row and its supervisor."""


@contextmanager
def launching_here() -> Iterator[None]:
    thread = threading.get_ident()
    _threads.add(thread)
    try:
        yield
    finally:
        _threads.discard(thread)


def is_launching() -> bool:
    """Whether some thread of this process is between a run's row and its supervisor."""
    return bool(_threads)
