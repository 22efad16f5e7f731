"""Stores a file: temporary file, flush, rename, flush of the directory."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import tempfile
from pathlib import Path
from typing import BinaryIO, NamedTuple

from labbook.artifacts.read import CHUNK_BYTES, path
from labbook.errors import ArtifactError, DiskFull, LabbookError, NotebookReadOnly

PART_SUFFIX = ".part"
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NOT_ALLOWED = {errno.EACCES, errno.EPERM, errno.EROFS}


class Stored(NamedTuple):
    """What the database needs to name a stored file."""

    sha256: str
    size_bytes: int


def put(directory: Path, data: bytes | Path | BinaryIO) -> Stored:
    """Store bytes, or a copy of a file; durable when this returns. Storing twice is once.

    directory: the notebook's artifacts directory

    Raises:
        ArtifactError: the file cannot be read.
        DiskFull, NotebookReadOnly: it cannot be stored; nothing is left behind.
    """
    if isinstance(data, bytes):
        return _put(directory, io.BytesIO(data))
    if not isinstance(data, Path):
        return _put(directory, data)
    if not data.is_file():
        raise ArtifactError(f"{data} is no file, so it was not stored.")
    try:
        source = data.open("rb")
    except OSError as error:
        raise ArtifactError(f"{data} cannot be read: {error.strerror}.") from error
    with source:
        return _put(directory, source)


def _put(directory: Path, source: BinaryIO) -> Stored:
    try:
        descriptor, name = tempfile.mkstemp(suffix=PART_SUFFIX, dir=directory)
    except OSError as error:
        raise _translated(error, directory) from error
    part = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as target:
            stored = _copy(source, target)
            target.flush()
            os.fchmod(target.fileno(), 0o400)
            os.fsync(target.fileno())
        _move(part, path(directory, stored.sha256))
    except OSError as error:
        raise _translated(error, directory) from error
    finally:
        part.unlink(missing_ok=True)
    return stored


def _copy(source: BinaryIO, target: BinaryIO) -> Stored:
    """Copy and hash in one pass: the hash is of what was stored, whatever became of the source."""
    digest = hashlib.sha256()
    size = 0
    while chunk := source.read(CHUNK_BYTES):
        digest.update(chunk)
        target.write(chunk)
        size += len(chunk)
    return Stored(digest.hexdigest(), size)


def _move(part: Path, target: Path) -> None:
    try:
        target.parent.mkdir(mode=0o700)
    except FileExistsError:
        pass
    else:
        _flush(target.parent.parent)
    # Over what may be there: the same content, or what damage has made of it.
    part.replace(target)
    _flush(target.parent)


def _flush(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _translated(error: OSError, directory: Path) -> LabbookError:
    if error.errno in _NO_ROOM:
        return DiskFull(
            f"There was no room to store a file in {directory}.",
            hint="Make room, then try again; a quota or a limit on file size counts too.",
        )
    if error.errno in _NOT_ALLOWED:
        return NotebookReadOnly(
            f"Nothing can be stored in {directory}.",
            hint="Look at the owner and mode of that directory.",
        )
    return ArtifactError(f"A file could not be stored in {directory}: {error.strerror}.")
