"""Freeing room: what ended runs left in their directories, and files that no run names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from labbook.desk.desk import Desk
from labbook.errors import StoreError

if TYPE_CHECKING:
    from labbook.store.notebook import Notebook

SETTLED_S = 3600.0
"""A run that ended less than this ago may still be read by whoever waited for it."""


@dataclass(frozen=True, slots=True)
class Pile:
    """Files of one kind, and how many bytes they take."""

    what: str
    files: int
    bytes: int


def piles(desk: Desk, *, logs_after_days: int | None = None) -> tuple[Pile, ...]:
    """What could be freed. Nothing is changed.

    Never of pinned runs, nor of those that have not ended or have only just.

    logs_after_days: also logs of runs that ended so many days ago
    """
    from labbook.artifacts.collect import unnamed
    from labbook.runner import scratch
    from labbook.store.check import expected_artifacts

    notebook, now_s = desk.notebook, desk.clock().us / 1e6
    left, old = _left(desk, logs_after_days)
    lost = unnamed(notebook.artifacts_dir, expected_artifacts(notebook), now_s)
    return tuple(
        Pile(what, len(files), sum(map(scratch.size, files)))
        for what, files in (
            ("scratch files of ended runs", left),
            ("logs of ended runs", old),
            ("stored files that no run names", lost),
        )
    )


def collect(desk: Desk, *, logs_after_days: int | None = None) -> int:
    """Free what `piles` shows, as it stands now; how many bytes that were.

    Raises:
        StoreError: something could not be deleted; what was deleted before stays so.
    """
    from labbook.runner import scratch

    left, old = _left(desk, logs_after_days)
    freed = 0
    try:
        for path in (*left, *old):
            freed += scratch.remove(path)
        for run_id in {int(path.parent.name) for path in (*left, *old)}:
            scratch.remove_empty(desk.path, run_id)
        return freed + _collect_artifacts(desk.notebook, desk.clock().us / 1e6)
    except OSError as error:
        raise StoreError(
            f"{error.filename} cannot be deleted: {error.strerror}.",
            hint="Look at the owner and mode of its directory, then try again.",
        ) from error


def _left(desk: Desk, logs_after_days: int | None) -> tuple[list[Path], list[Path]]:
    """Scratch files and logs that may go."""
    from labbook.runner import scratch
    from labbook.store.settled import settled_runs

    desk.reconcile()
    now_us = desk.clock().us
    settled = settled_runs(desk.notebook, before_us=now_us - int(SETTLED_S * 1e6))
    files = [path for run_id in settled for path in scratch.scratch(desk.path, run_id)]
    if logs_after_days is None:
        return files, []
    before_us = now_us - max(logs_after_days * 86_400_000_000, int(SETTLED_S * 1e6))
    aged = settled_runs(desk.notebook, before_us=before_us)
    return files, [path for run_id in aged for path in scratch.logs(desk.path, run_id)]


def _collect_artifacts(notebook: Notebook, now_s: float) -> int:
    from labbook.artifacts.collect import take_away, unnamed
    from labbook.store.check import expected_artifacts

    # While this holds the right to write, no run can come to name one of them.
    with notebook.write():
        lost = unnamed(notebook.artifacts_dir, expected_artifacts(notebook), now_s)
        return sum(take_away(file, now_s) for file in lost)
