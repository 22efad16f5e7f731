"""The files of a run: keeping more of them, and writing out where it comes from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from labbook.desk.desk import Desk
from labbook.desk.runs import run as find_run
from labbook.errors import NotFound

if TYPE_CHECKING:
    from labbook.model import Artifact


def keep(desk: Desk, run_id: int, names: Sequence[str]) -> tuple[Artifact, ...]:
    """Keep files that a run left in its directory, and return those that were not kept yet.

    Raises:
        NotFound, UsageError, ArtifactError, StoreError: as `labbook.runner.keep.keep`.
    """
    from labbook.runner.keep import keep as store

    find_run(desk, run_id)
    return store(desk.notebook, run_id, names)


def write_provenance(desk: Desk, run_id: int, directory: Path) -> tuple[Path, ...]:
    """Write the files that say where a run comes from into a directory.

    Raises:
        NotFound: there is no such run, or it has none.
        ArtifactError: a stored file is gone or altered.
        ReportError: they cannot be written.
    """
    from labbook.artifacts import read
    from labbook.report.files import make_directory, write_whole

    files = find_run(desk, run_id).provenance
    if not files:
        raise NotFound(f"Nothing is known of where run {run_id} comes from.")
    contents = {each.name.rpartition("/")[2]: each.sha256 for each in files}
    read_all = {name: read(desk.notebook.artifacts_dir, sha) for name, sha in contents.items()}
    make_directory(directory)
    return tuple(write_whole(directory / name, data) for name, data in read_all.items())
