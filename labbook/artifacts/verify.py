"""Compares the stored files with what the database says that there should be."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from labbook.artifacts.read import CHUNK_BYTES, path


@dataclass(frozen=True, slots=True)
class Verification:
    """What is wrong with the stored files; nothing, when each part is empty.

    missing, altered: hashes of files that are gone, or not what was stored
    orphaned: files that nothing names; a run that is just ending makes such for a moment
    exposed: files and directories that others may read or change
    """

    missing: tuple[str, ...] = ()
    altered: tuple[str, ...] = ()
    orphaned: tuple[Path, ...] = ()
    exposed: tuple[Path, ...] = ()


def verify(directory: Path, expected: Mapping[str, int], *, full: bool = True) -> Verification:
    """Look at every stored file.

    expected: the size in bytes of each hash that the database names
    full: read each file and compare its hash, not its size alone
    """
    missing = []
    altered = []
    for sha256, size_bytes in sorted(expected.items()):
        file = path(directory, sha256)
        if not file.is_file():
            missing.append(sha256)
        elif file.stat().st_size != size_bytes or (full and _hash(file) != sha256):
            altered.append(sha256)
    named = {path(directory, sha256) for sha256 in expected}
    return Verification(
        missing=tuple(missing),
        altered=tuple(altered),
        orphaned=tuple(file for file in _files(directory) if file not in named),
        exposed=tuple(found for found in _tree(directory) if found.lstat().st_mode & 0o077),
    )


def _hash(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as content:
        while chunk := content.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _files(directory: Path) -> Iterator[Path]:
    return (found for found in _tree(directory) if not found.is_dir())


def _tree(directory: Path) -> Iterator[Path]:
    return iter(sorted(directory.rglob("*")))
