"""Takes away stored files that nothing names, and never one that is just being named."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from labbook.artifacts.put import PART_SUFFIX
from labbook.artifacts.read import path

YOUNG_S = 3600.0
"""A file is stored before the database names it: what is younger than this is left alone."""

_ASIDE = ".unnamed"
_HASHED = re.compile(r"[0-9a-f]{2}/[0-9a-f]{62}")


def unnamed(directory: Path, named: Collection[str], now_s: float) -> tuple[Path, ...]:
    """Stored files, and parts of such, that no hash of `named` is for and that are not young.

    What labbook did not write there is left alone.
    """
    kept = {path(directory, sha256) for sha256 in named}
    return tuple(
        file
        for file in sorted(directory.rglob("*"))
        if file not in kept and _is_ours(directory, file) and _is_old(file, now_s)
    )


def take_away(file: Path, now_s: float) -> int:
    """Delete a file unless it was stored anew meanwhile; how many bytes that freed.

    It is moved aside first: who stores the same content from then on makes a new file.
    """
    aside = file.with_name(file.name[:40] + _ASIDE)
    try:
        file.rename(aside)
        if _is_old(aside, now_s):
            size = aside.lstat().st_size
            aside.unlink()
            return size
        aside.rename(file)
    except FileNotFoundError:
        pass  # somebody else took it away
    return 0


def _is_ours(directory: Path, file: Path) -> bool:
    name = file.relative_to(directory).as_posix()
    if file.is_symlink() or not file.is_file():
        return False
    return bool(_HASHED.fullmatch(name)) or file.name.endswith((PART_SUFFIX, _ASIDE))


def _is_old(file: Path, now_s: float) -> bool:
    try:
        return now_s - file.lstat().st_mtime > YOUNG_S
    except FileNotFoundError:
        return False
