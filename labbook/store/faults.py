"""Turns what SQLite and the system report into labbook's own errors: once, at the wall.

Only the standard library is imported. A broken constraint or a wrong statement is a bug of
labbook's and passes through untouched, with its traceback.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from labbook.errors import (
    DiskFull,
    NotebookBusy,
    NotebookDamaged,
    NotebookReadOnly,
    StoreError,
)

_BUGS = (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.InterfaceError)
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
# A quota or a limit on file size shows as a failed write, and not as FULL.
_NO_ROOM_SAID_SO = {"SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHMSIZE"}
_NOT_ALLOWED = {errno.EACCES, errno.EPERM, errno.EROFS}


@contextmanager
def translated(database: Path) -> Iterator[None]:
    """Raise StoreError and its kin for whatever keeps `database` from being used."""
    try:
        yield
    except sqlite3.Error as error:
        raise_for(error, database)
        raise
    except OSError as error:
        raise from_system(error, database) from error


def raise_for(error: BaseException | None, database: Path) -> None:
    """Raise the StoreError that `error` of the driver means; return when it is a bug."""
    if isinstance(error, sqlite3.Error) and not isinstance(error, _BUGS):
        found = _from_sqlite(error, database)
        if found is not None:
            raise found from error


def from_system(error: OSError, path: Path) -> StoreError:
    """What an error of the operating system means for the notebook at `path`."""
    if error.errno in _NO_ROOM:
        return no_room(path)
    if error.errno in _NOT_ALLOWED:
        return read_only(path)
    return StoreError(f"The notebook at {path.parent} cannot be used: {error.strerror}.")


def no_room(database: Path) -> DiskFull:
    return DiskFull(
        f"There was no room to write to {database}; nothing of it was stored.",
        hint=_make_room(database),
    )


def no_room_to_open(database: Path) -> DiskFull:
    """Whoever opens a database with a write-ahead log shares an index of it, in a file."""
    return DiskFull(
        f"{database} cannot be opened, not even to read: the disk is full, and SQLite needs "
        "32 KiB for a file beside it.",
        hint=_make_room(database),
    )


def _make_room(database: Path) -> str:
    disk = os.statvfs(next(path for path in database.parents if path.exists()))
    free_mib = disk.f_bavail * disk.f_frsize // 2**20
    return (
        f"The disk has {free_mib} MiB free; a quota or a limit on file size may be less. "
        "Make room, then try again."
    )


def read_only(database: Path) -> NotebookReadOnly:
    return NotebookReadOnly(
        f"The notebook at {database.parent} can be read but not written.",
        hint="Look at the owner and mode of the directory and of the files in it.",
    )


def damaged(database: Path, what: str) -> NotebookDamaged:
    backups = sorted((database.parent / "backups").glob("*.db"))
    remedy = f"The newest backup is {backups[-1]}." if backups else "There is no backup beside it."
    return NotebookDamaged(
        f"The notebook {database} is damaged: {what}.",
        hint=f"{remedy} Before anything else, copy the whole directory {database.parent}.",
    )


def _from_sqlite(error: sqlite3.Error, database: Path) -> StoreError | None:
    name = getattr(error, "sqlite_errorname", "")
    kind = "_".join(name.split("_")[:2])
    if kind in ("SQLITE_BUSY", "SQLITE_LOCKED"):
        return NotebookBusy(
            f"Another program keeps {database} locked.",
            hint="Close the program that has the database open, then try again.",
        )
    if name in _NO_ROOM_SAID_SO:
        return no_room_to_open(database) if name.endswith("SHMSIZE") else no_room(database)
    if kind in ("SQLITE_READONLY", "SQLITE_PERM", "SQLITE_AUTH"):
        return read_only(database)
    if kind in ("SQLITE_CORRUPT", "SQLITE_NOTADB") or str(error).startswith("no such table: "):
        return damaged(database, f"SQLite says “{error}”")
    if kind in ("SQLITE_CANTOPEN", "SQLITE_IOERR", "SQLITE_NOMEM", "SQLITE_PROTOCOL"):
        return StoreError(f"The notebook {database} cannot be used: {error} ({name}).")
    return None
