"""Opens connections of the standard library's driver, each with the settings it must have.

The driver's own transactions are switched off (`isolation_level=None`): left to itself it
runs DDL outside of them, so a migration that fails would leave half of itself behind.
Only the standard library is imported: `labbook log` passes here.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

BACKSTOP_S = 10.0
"""How long SQLite waits for a lock. With the gate this is only for foreign programs."""

_EITHER = """
PRAGMA cell_size_check=ON;
PRAGMA mmap_size=0;
"""
# A reader runs nothing that a hostile file may have put into its schema. A writer must trust
# it: SQLite 3.40, for one, would refuse the triggers that keep the search index.
# 16 MB of cache, where 2 are usual, make a search for a common word twice as fast.
_READING = f"""{_EITHER}
PRAGMA trusted_schema=OFF;
PRAGMA cache_size=-16384;
"""
# FULL is what makes "saved" true after a power cut; it costs one flush a commit. Without
# recursive triggers a REPLACE would pass by the search index. The log of a notebook with an
# idle reader grows; 64 MB is what it shrinks to once the reader is gone.
_WRITING = f"""{_EITHER}
PRAGMA synchronous=FULL;
PRAGMA recursive_triggers=ON;
PRAGMA journal_size_limit=67108864;
PRAGMA fullfsync=ON;
PRAGMA checkpoint_fullfsync=ON;
"""


def connect_to_read(database: Path, *, immutable: bool = False) -> sqlite3.Connection:
    """A connection that cannot write, and whose closing therefore never checkpoints.

    immutable: nobody can write, so the file is read without any lock
    """
    connection = _connect(database, "ro&immutable=1" if immutable else "ro")
    try:
        connection.executescript(_READING)
    except BaseException:
        connection.close()
        raise
    return connection


def connect_to_write(database: Path, *, foreign_keys: bool = True) -> sqlite3.Connection:
    """A connection for one write transaction; open and close it under the gate.

    foreign_keys: off for a migration, because with them on, rebuilding a parent table
        deletes its children, and because they cannot be switched inside a transaction
    """
    connection = _connect(database, "rw")
    try:
        connection.executescript(_WRITING)
        connection.execute(f"PRAGMA foreign_keys={foreign_keys:d}")
        # A rollback journal is remembered by no file: each connection has to ask for it.
        # Truncating is durable where deleting would want a flush of the directory too.
        if journal_mode(connection) != "wal":
            connection.execute("PRAGMA journal_mode=TRUNCATE")
    except BaseException:
        connection.close()
        raise
    return connection


def journal_mode(connection: sqlite3.Connection) -> str:
    mode: str = connection.execute("PRAGMA journal_mode").fetchone()[0]
    return mode


def _connect(database: Path, mode: str) -> sqlite3.Connection:
    # With mode=rw instead of rwc a missing file stays missing.
    return sqlite3.connect(
        f"{database.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=BACKSTOP_S,
        isolation_level=None,
        check_same_thread=False,
    )
