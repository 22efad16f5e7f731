"""Writes what was drawn to files: whole, or not at all, and into directories that are there."""

from __future__ import annotations

import os
import secrets
import shlex
from pathlib import Path

from labbook.errors import ReportError


def check_directory(path: Path) -> None:
    """See that files could be written in a directory, which may have to be made for that.

    Raises:
        ReportError: they could not; nothing is made either way.
    """
    there = path if path.exists() else path.parent
    if not there.is_dir():
        raise no_directory(path, there)
    if not os.access(there, os.W_OK | os.X_OK):
        raise ReportError(f"{path} cannot be written: {there} may not be written to.")


def make_directory(path: Path) -> Path:
    """Make a directory unless it is there; those above it are never made.

    Raises:
        ReportError: it cannot be made.
    """
    try:
        path.mkdir(exist_ok=True)
    except FileNotFoundError as error:
        raise no_directory(path, path.parent) from error
    except OSError as error:
        raise ReportError(f"{path} cannot be written: {error.strerror or error}.") from error
    return path


def write_whole(path: Path, content: bytes) -> Path:
    """Write a file in one step, so that nobody ever reads half of it.

    Raises:
        ReportError: it cannot be written; a directory that is missing is not made.
    """
    try:
        # Not by `tempfile`, which would make it its owner's alone: a report is for others,
        # and the person's umask says for whom.
        temporary = path.with_name(f".{path.stem[:40]}-{secrets.token_hex(8)}")
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except FileNotFoundError as error:
        raise no_directory(path, path.parent) from error
    except OSError as error:
        raise ReportError(f"{path} cannot be written: {error.strerror or error}.") from error
    return path


def no_directory(path: Path, missing: Path) -> ReportError:
    """A file cannot be written, since a directory above it is missing."""
    return ReportError(
        f"{path} cannot be written: there is no directory {missing}.",
        hint=f"Make it first: mkdir -p {shlex.quote(str(missing))}",
    )
