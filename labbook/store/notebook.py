"""A notebook: opened, refused or migrated, then read and written by transactions."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from pathlib import Path
from types import TracebackType

from sqlalchemy import Connection, Engine

from labbook.errors import NotebookBusy, NotFound, SchemaTooNew, StoreError
from labbook.model import Moment
from labbook.store import faults
from labbook.store.connection import connect_to_read, connect_to_write, journal_mode
from labbook.store.engine import plain_connection, reading_engine, translated, writing_engine
from labbook.store.gate import PATIENCE_S, gate
from labbook.store.identity import Schema, Standing, examine
from labbook.store.place import Place, wal_is_safe

CLOSING_PATIENCE_S = 1.0


class Notebook:
    """One notebook in use; threads may share it.

    Every write goes through the gate, on a connection of its own that is closed under the
    gate; readers see the state at which they began and wait for nobody.
    """

    def __init__(self, place: Place, schema: Schema, standing: Standing) -> None:
        self.place = place
        self._schema = schema
        self._immutable = standing.immutable
        self._reader = reading_engine(place.database, immutable=standing.immutable)
        self._writer = writing_engine(place.database)
        self._together = threading.local()
        self._watching = threading.Lock()
        self._watcher = connect_to_read(place.database, immutable=standing.immutable)

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        clock: Callable[[], Moment],
        create: bool = True,
        schema: Schema | None = None,
    ) -> Notebook:
        """Open the notebook in directory `path`; make it, or bring it up to date, as needed.

        An older notebook is backed up before it is migrated.

        schema: another than this labbook's own, for trying a migration

        Raises:
            NotFound: there is none, and `create` is false.
            NotANotebook, SchemaTooNew, NotebookDamaged: what is there cannot be opened.
            StoreError: it cannot be made, migrated or reached.
        """
        place = Place(Path(path))
        schema = schema or Schema()
        standing = examine(place, schema.number)
        if standing is None and not create:
            raise NotFound(
                f"There is no notebook at {place.directory}.",
                hint="Name one with --notebook or LABBOOK_HOME.",
            )
        if standing is None or standing.schema < schema.number:
            standing = _brought_up(place, schema, standing, clock)
        with faults.translated(place.database):
            if not standing.immutable:
                _choose_journal(place)
            return cls(place, schema, standing)

    @property
    def path(self) -> Path:
        """The notebook's directory."""
        return self.place.directory

    @property
    def database(self) -> Path:
        return self.place.database

    @property
    def artifacts_dir(self) -> Path:
        return self.place.artifacts

    @property
    def runs_dir(self) -> Path:
        return self.place.runs

    def read(self) -> AbstractContextManager[Connection]:
        """One state of the notebook, unchanging until the block ends. Keep it short.

        Raises:
            StoreError: it cannot be read, with the reason.
        """
        return self._transaction(self._reader)

    @contextmanager
    def write(self, wait_s: float = PATIENCE_S) -> Iterator[Connection]:
        """One transaction: everything in the block is stored when it ends, or nothing is.

        Do all computing before it: nobody else can write meanwhile.

        wait_s: how long to wait for the gate

        Raises:
            NotebookBusy: somebody else kept the right to write for too long.
            StoreError: nothing was stored, with the reason.
        """
        joined: Connection | None = getattr(self._together, "connection", None)
        if joined is not None:
            yield joined
            return
        with gate(self.place.gate, wait_s), self._transaction(self._writer) as connection:
            yield connection

    @contextmanager
    def write_plainly(self, wait_s: float = PATIENCE_S) -> Iterator[sqlite3.Connection]:
        """As `write`, for statements that speak to the standard library's driver."""
        with self.write(wait_s) as connection, faults.translated(self.database):
            yield plain_connection(connection)

    @contextmanager
    def together(self, wait_s: float = PATIENCE_S) -> Iterator[None]:
        """Make one transaction of all that this thread writes in the block.

        A commit waits for the disk, so many small writes are quicker as one. What is read in
        the block is the state before it.

        Raises:
            StoreError: nothing of it was stored, with the reason.
        """
        with self.write(wait_s) as connection:
            self._together.connection = connection
            try:
                yield
            finally:
                self._together.connection = None

    def change_counter(self) -> int:
        """A number that differs after any process, this one too, has written."""
        with self._watching, faults.translated(self.database):
            counter: int = self._watcher.execute("PRAGMA data_version").fetchone()[0]
            return counter

    def close(self) -> None:
        """Let go of the notebook; what is still in the write-ahead log goes into the file."""
        with self._watching:
            self._watcher.close()
        self._reader.dispose()
        self._writer.dispose()
        # A log left behind is harmless here, but not beside a database that somebody copies
        # or restores by hand. Readers leave one; where it cannot be emptied, it stays.
        with suppress(StoreError):
            if not self._immutable and _has_log(self.place):
                with gate(self.place.gate, CLOSING_PATIENCE_S), faults.translated(self.database):
                    connect_to_write(self.database).close()

    def __enter__(self) -> Notebook:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def _transaction(self, engine: Engine) -> Iterator[Connection]:
        with translated(self.database), engine.begin() as connection:
            found = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
            if found != self._schema.number:
                raise SchemaTooNew(
                    f"The notebook {self.database} was migrated to schema {found} while this "
                    f"labbook, which knows schema {self._schema.number}, had it open.",
                    hint="Start labbook again, in the version that migrated it.",
                )
            yield connection


def _brought_up(
    place: Place, schema: Schema, standing: Standing | None, clock: Callable[[], Moment]
) -> Standing:
    from labbook.store import migrate

    if standing is None:
        migrate.create(place, schema)
    else:
        migrate.upgrade(place, schema, clock())
    # An older one may have been put here by another process between the look and the gate.
    now = examine(place, schema.number)
    if now is None or now.schema < schema.number:
        return _brought_up(place, schema, now, clock)
    return now


def _has_log(place: Place) -> bool:
    try:
        return place.log.stat().st_size > 0
    except FileNotFoundError:
        return False


def _choose_journal(place: Place) -> None:
    """Let the journal fit the place: the notebook may have been moved to another disk."""
    wanted = "wal" if wal_is_safe(place.directory) else "delete"
    with closing(connect_to_read(place.database)) as reader:
        if journal_mode(reader) == wanted:
            return
    # Changing it takes the whole file; while others use it, it stays, till a later opening.
    with (
        suppress(NotebookBusy),
        faults.translated(place.database),
        gate(place.gate),
        closing(connect_to_write(place.database)) as writer,
    ):
        writer.execute(f"PRAGMA journal_mode={wanted}")
