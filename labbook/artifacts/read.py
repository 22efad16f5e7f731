"""Finds and reads stored files; what is read is what was stored, or an error."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from labbook.errors import ArtifactAltered, ArtifactMissing

CHUNK_BYTES = 2**20
_SHA256 = re.compile(r"[0-9a-f]{64}")


def path(directory: Path, sha256: str) -> Path:
    """Where the file of this hash is, or would be.

    Raises:
        ArtifactMissing: that is no hash.
    """
    if not _SHA256.fullmatch(sha256):
        raise ArtifactMissing(f"No stored file can have the name {sha256!r}.")
    return directory / sha256[:2] / sha256[2:]


def head(directory: Path, sha256: str, size_bytes: int) -> bytes:
    """The first bytes of a stored file, which are not compared with its hash.

    Raises:
        ArtifactMissing: it is gone.
    """
    try:
        with path(directory, sha256).open("rb") as file:
            return file.read(size_bytes)
    except OSError as error:
        raise _missing(path(directory, sha256), error) from error


def read(directory: Path, sha256: str) -> bytes:
    """The content of a stored file.

    Raises:
        ArtifactMissing: it is gone.
        ArtifactAltered: it is not what was stored.
    """
    file = path(directory, sha256)
    try:
        content = file.read_bytes()
    except OSError as error:
        raise _missing(file, error) from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ArtifactAltered(
            f"The stored file {file} is not what was stored.",
            hint="Copy it back from a backup of the notebook's directory.",
        )
    return content


def _missing(file: Path, error: OSError) -> ArtifactMissing:
    return ArtifactMissing(
        f"The stored file {file} cannot be read: {error.strerror}.",
        hint="Copy it back from a backup of the notebook's directory.",
    )
