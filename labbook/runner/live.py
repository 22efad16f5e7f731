"""Follows a run by its directory and a quick look, without opening the notebook for good."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from labbook.model.standing import Standing
from labbook.runner import identity
from labbook.runner.directory import RunDirectory
from labbook.runner.identity import Life
from labbook.store.glance import glance

CHUNK_BYTES = 1 << 16
_QUICK_FOR_S = 1.0
_QUICK_POLL_S = 0.002
_POLL_S = 0.02
_GLANCE_EVERY_S = 1.0


def output(
    notebook: Path, run_id: int, position: int = 0, *, alone: Callable[[], None]
) -> Iterator[bytes]:
    """What a run has printed from byte `position` on, and prints until its end, as it comes.

    alone: called now and then while nobody looks after the run; it should give it a supervisor
        or an end

    Raises:
        NotFound, StoreError: as for `glance`.
    """
    directory = RunDirectory.of(notebook, run_id)
    began = glance_at = time.monotonic()
    is_over = False
    while True:
        # Looked at before reading: what was printed before the end is read after it.
        was_over, is_over = is_over, directory.has_exit() or is_over
        if data := _read(directory.log, position):
            position += len(data)
            yield data
            continue
        if was_over:
            return
        now = time.monotonic()
        if now >= glance_at + _GLANCE_EVERY_S:
            glance_at = now
            is_over = glance(notebook, run_id).state.has_ended
            if not is_over and not is_looked_after(notebook, run_id):
                alone()
        time.sleep(_QUICK_POLL_S if now < began + _QUICK_FOR_S else _POLL_S)


def printed(notebook: Path, run_id: int, position: int = 0) -> Iterator[bytes]:
    """What a run has printed from byte `position` on, up to now."""
    log = RunDirectory.of(notebook, run_id).log
    while data := _read(log, position):
        position += len(data)
        yield data


def standing_at_end(notebook: Path, run_id: int) -> Iterator[Standing | None]:
    """How a run ended, once that stands in the notebook; until then None.

    After each None there was time; who asks may use it to reconcile when the run is not
    `is_looked_after`.
    """
    began = time.monotonic()
    while not (standing := glance(notebook, run_id)).state.has_ended:
        yield None
        time.sleep(_POLL_S if time.monotonic() < began + _QUICK_FOR_S else _POLL_S * 5)
    yield standing


def is_looked_after(notebook: Path, run_id: int) -> bool:
    """Whether the run's supervisor lives, as far as can be seen from here."""
    directory = RunDirectory.of(notebook, run_id)
    # One that was just started has not claimed the run yet.
    keepers = directory.latest_claim()[1], directory.identity("spawned")
    return any(each and identity.judge(each) is not Life.GONE for each in keepers)


def next_attempt(notebook: Path, run_id: int) -> int | None:
    """The run that tries again after this one."""
    words = RunDirectory.of(notebook, run_id).words("next")
    return int(words[0]) if words else None


def _read(log: Path, position: int) -> bytes:
    try:
        descriptor = os.open(log, os.O_RDONLY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return b""
    try:
        return os.pread(descriptor, CHUNK_BYTES, position)
    finally:
        os.close(descriptor)
