"""Keeping a notebook safe: copies of it, and checks of all that it holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from labbook.desk.desk import Desk
from labbook.errors import NotebookDamaged
from labbook.model.finding import Finding, Severity

if TYPE_CHECKING:
    from labbook.artifacts import Verification


def backup(desk: Desk) -> Path:
    """Make a verified copy of the database, and thin out old copies.

    Raises:
        NotFound: there is no notebook.
        StoreError: no copy could be made; older ones are still there.
    """
    from labbook.store.backup import backup as copy

    return copy(desk.path, moment=desk.clock())


def check(desk: Desk, *, full: bool = True) -> tuple[Finding, ...]:
    """Look for damage in the database and in the stored files.

    Raises:
        NotFound: there is no notebook.
        StoreError: it cannot be opened, with the reason.
    """
    from labbook.artifacts import verify
    from labbook.store import check as store
    from labbook.store.notebook import Notebook

    # Not the desk's own, which would be made where there is none: all would be well with it.
    with Notebook.open(desk.path, clock=desk.clock, create=False) as notebook:
        found = store.check(notebook, full=full)
        try:
            expected = store.expected_artifacts(notebook)
        except NotebookDamaged as error:
            return (*found, Finding(Severity.ERROR, error.message, error.hint))
        verified = verify(notebook.artifacts_dir, expected, full=full)
    return (*found, *_file_findings(notebook.artifacts_dir, verified))


def _file_findings(directory: Path, verified: Verification) -> Iterator[Finding]:
    for sha256 in verified.missing:
        yield Finding(Severity.ERROR, f"Artifact {sha256} is missing.", _FROM_A_COPY)
    for sha256 in verified.altered:
        yield Finding(Severity.ERROR, f"Artifact {sha256} is not what was stored.", _FROM_A_COPY)
    for path in verified.exposed:
        yield Finding(Severity.WARNING, f"{path} can be read by others.", f"chmod go= '{path}'")
    if verified.orphaned:
        count = len(verified.orphaned)
        yield Finding(
            Severity.WARNING,
            f"{count} file{'s' if count > 1 else ''} in {directory} belong to no run.",
            "They take room and do no harm; a run that is just ending makes such for a moment.",
        )


_FROM_A_COPY = "Copy that file from a backup of `artifacts/`; its name is its content's hash."
