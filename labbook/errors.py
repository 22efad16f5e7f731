"""Everything that can go wrong and that a person may see.

One class for each different thing the reader should do next. `message` says what
happened, in one sentence; `hint` says the next step. The faces print the two and exit
with `exit_code`; they never show a traceback.
"""

from __future__ import annotations

from typing import ClassVar

REVIEW_DUE = 10
"""What `labbook review --due` exits with when one is due; that is an answer, not an error."""


class LabbookError(Exception):
    """The base of every error that labbook raises on purpose."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(LabbookError):
    """An argument, a parameter or a phrase that cannot be understood."""

    exit_code = 2


class NotFound(LabbookError):
    """No such day, note, run, experiment or review."""

    exit_code = 3


class StoreError(LabbookError):
    """The notebook could not be read or written; what was stored before is unchanged."""

    exit_code = 4


class NotebookBusy(StoreError):
    """Another process kept the right to write for longer than we wait."""


class NotebookReadOnly(StoreError):
    """The notebook's files or directory may not be written."""


class DiskFull(StoreError):
    """There was no room for a write; nothing of it was stored."""


class NotebookDamaged(StoreError):
    """SQLite says that the file is malformed."""


class SchemaError(StoreError):
    """The file is not a notebook that this labbook can open."""


class NotANotebook(SchemaError):
    """The file is empty, is no SQLite database, or belongs to another program."""


class SchemaTooNew(SchemaError):
    """The notebook was written by a newer labbook."""


class ExperimentError(LabbookError):
    """An experiment could not be found, started or finished."""

    exit_code = 6


class BackendUnavailable(ExperimentError):
    """The requested backend is not there."""


class RunFailed(ExperimentError):
    """A run ended as failed, lost or timed out."""


class RunCancelled(ExperimentError):
    """A run was cancelled before it finished."""

    exit_code = 130


class ArtifactError(LabbookError):
    """A stored file is missing or is not what was stored."""

    exit_code = 7


class ArtifactMissing(ArtifactError):
    """The notebook names a file that its artifacts directory does not hold."""


class ArtifactAltered(ArtifactError):
    """A stored file no longer has the content that it was stored with."""


class ReportError(LabbookError):
    """A figure or a report could not be drawn."""

    exit_code = 8


class ResourceMissing(LabbookError):
    """The installation lacks one of its own files."""

    exit_code = 70
