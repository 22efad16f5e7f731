"""SQLAlchemy engines over labbook's own connections and transactions."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from sqlalchemy import Connection, Engine, NullPool, QueuePool, create_engine, event
from sqlalchemy.exc import DBAPIError

from labbook.store import faults
from labbook.store.connection import connect_to_read, connect_to_write


def reading_engine(database: Path, *, immutable: bool) -> Engine:
    """An engine whose transactions see one state of the notebook and cannot write."""
    return _engine(
        lambda: connect_to_read(database, immutable=immutable), begin="BEGIN", pooled=True
    )


def writing_engine(database: Path, *, foreign_keys: bool = True) -> Engine:
    """An engine whose transactions hold SQLite's write lock from their first statement.

    A transaction that reads before it writes fails at once, whatever the timeout, when it
    was begun with a plain BEGIN and somebody else has written meanwhile. Connections are not
    kept: the last one to close checkpoints, and that must happen under the gate.
    """
    return _engine(
        lambda: connect_to_write(database, foreign_keys=foreign_keys),
        begin="BEGIN IMMEDIATE",
        pooled=False,
    )


@contextmanager
def translated(database: Path) -> Iterator[None]:
    """Like `faults.translated`, for errors that come wrapped by SQLAlchemy, and for no others."""
    try:
        yield
    except DBAPIError as error:
        faults.raise_for(error.orig, database)
        raise


def plain_connection(connection: Connection) -> sqlite3.Connection:
    """The driver's own connection, inside the same transaction."""
    return cast("sqlite3.Connection", connection.connection.driver_connection)


def _engine(connect: Callable[[], sqlite3.Connection], *, begin: str, pooled: bool) -> Engine:
    engine = create_engine(
        "sqlite://", creator=connect, poolclass=QueuePool if pooled else NullPool
    )

    @event.listens_for(engine, "begin")
    def _(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
