"""Keeps files of a run that were not kept at its end."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from labbook.errors import ArtifactError, NotFound, UsageError
from labbook.model import Artifact
from labbook.runner.directory import RunDirectory
from labbook.runner.left_files import LeftFile, left_files
from labbook.runner.left_intake import store_file
from labbook.store import runs
from labbook.store.notebook import Notebook
from labbook.text.plain import plain_line


def keep(notebook: Notebook, run_id: int, names: Sequence[str]) -> tuple[Artifact, ...]:
    """Keep files of a run's directory, whatever their size, and return those that were not yet.

    names: their paths in the run directory

    Raises:
        NotFound: there is no such run, its directory is gone, or there is no such file; then
            none is kept.
        UsageError: the run has not ended.
        ArtifactError: a file cannot be read.
        StoreError: a file cannot be stored.
    """
    run = runs.run(notebook, run_id)
    if not run.state.has_ended:
        raise UsageError(
            f"Run {run_id} is {run.state.words}; its files are looked at when it ends.",
            hint="Keep others then.",
        )
    directory = RunDirectory.of(notebook.path, run_id)
    if not directory.path.is_dir():
        raise NotFound(f"The directory of run {run_id} is gone, and its files with it.")
    there = left_files(directory).files
    chosen = [_found(there, name, run_id, directory) for name in names]
    try:
        stored = [store_file(notebook.artifacts_dir, file) for file in chosen]
    except OSError as error:
        raise ArtifactError(f"A file cannot be read: {error.strerror or error}.") from error
    return runs.keep_files(notebook, run_id, stored)


def _found(there: Sequence[LeftFile], name: str, run_id: int, directory: RunDirectory) -> LeftFile:
    wanted = name.removeprefix(f"{directory.path}/").removeprefix("./")
    for file in there:
        if wanted in (file.path, file.name):
            return file
    known = ", ".join(shlex.quote(file.name) for file in there[:5])
    more = ", …" if len(there) > 5 else ""
    raise NotFound(
        f"Run {run_id} has left no file {plain_line(name)}.",
        hint=f"It has left {known}{more}." if there else f"{directory.path} holds none.",
    )
