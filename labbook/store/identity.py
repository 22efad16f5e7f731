"""Which file is a notebook, and of which schema: told by one cheap read, before anything else.

The file is never opened but through SQLite: closing a descriptor of it would drop the locks
that this process holds on it (https://sqlite.org/howtocorrupt.html#_posix_advisory_locks).
Only the standard library is imported: `labbook log` passes here.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from labbook.errors import NotANotebook, SchemaTooNew, StoreError
from labbook.store.connection import connect_to_read
from labbook.store.faults import damaged, translated
from labbook.store.place import Place

APPLICATION_ID = 0x4C_42_4F_4B
"""Stands in every notebook's header: "LBOK"."""

SCHEMA_NUMBER = 3
"""The number of the last migration; every notebook's `user_version` says its own."""

OLDEST_SQLITE = (3, 37, 0)
"""The first with STRICT tables."""


@dataclass(frozen=True, slots=True)
class Schema:
    """The schema that a labbook knows.

    migrations: the directory of the scripts that lead to it; None for those it ships
    """

    number: int = SCHEMA_NUMBER
    migrations: Path | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How a notebook file stands.

    schema: the number of its schema, never above the one that is known
    immutable: it can be read only by telling SQLite that nobody changes it
    """

    schema: int
    immutable: bool = False


def examine(place: Place, known: int = SCHEMA_NUMBER) -> Standing | None:
    """Tell whether there is a notebook that this labbook can open; None when there is no file.

    Raises:
        NotANotebook: the file is empty, is no SQLite database, or belongs to another program.
        SchemaTooNew: a newer labbook wrote it.
        NotebookDamaged: its header or its schema is malformed.
        StoreError: it cannot be opened at all.
    """
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise StoreError(
            f"This Python has SQLite {sqlite3.sqlite_version}; labbook needs "
            f"{'.'.join(map(str, OLDEST_SQLITE))} or newer.",
            hint="Use another build of Python.",
        )
    database = place.database
    if not _exists(database):
        return None
    immutable = _must_be_immutable(place)
    with translated(database):
        application_id, schema, objects = _header(database, immutable)
    if application_id != APPLICATION_ID:
        whose = "belongs to another program" if objects else "is an empty SQLite database"
        raise _foreign(database, whose)
    if schema > known:
        raise SchemaTooNew(
            f"The notebook {database} was written by a newer labbook: its schema is number "
            f"{schema}, and this labbook knows schemas up to number {known}.",
            hint="Upgrade labbook, or restore a backup made before the newer one was used.",
        )
    if schema < 1:
        raise damaged(database, "its schema number is missing")
    return Standing(schema, immutable)


def _exists(database: Path) -> bool:
    try:
        found = database.stat()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise StoreError(f"{database} cannot be reached: {error.strerror}.") from error
    if not stat.S_ISREG(found.st_mode):
        raise _foreign(database, "is not a file")
    # SQLite takes an empty file for an empty database; here something has lost its content.
    if found.st_size == 0:
        raise _foreign(database, "is empty (0 bytes)")
    return True


def _must_be_immutable(place: Place) -> bool:
    """Whether the file can be read only by telling SQLite that nobody changes it.

    Reading a WAL database makes files beside it unless they are there already, which they
    are while somebody who may write has it open.
    """
    if os.access(place.directory, os.W_OK):
        return False
    return not place.log.exists()


def _header(database: Path, immutable: bool) -> tuple[int, int, int]:
    try:
        with closing(connect_to_read(database, immutable=immutable)) as connection:
            application_id = connection.execute("PRAGMA application_id").fetchone()[0]
            schema = connection.execute("PRAGMA user_version").fetchone()[0]
            # Reading the schema's own table finds a file that was cut off or overwritten.
            objects = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorname == "SQLITE_NOTADB":
            raise _foreign(database, "is no SQLite database") from error
        raise
    return application_id, schema, objects


def _foreign(database: Path, what: str) -> StoreError:
    return NotANotebook(
        f"{database} is not a notebook: it {what}.",
        hint="Choose another directory with --notebook or LABBOOK_HOME; "
        "if a notebook was here, look into the backups directory beside it.",
    )
