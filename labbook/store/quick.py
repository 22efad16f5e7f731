"""A notebook as a script keeps it that records itself: one connection, and no SQLAlchemy.

The connection is kept from one transaction to the next, since opening one and emptying the log
behind it costs more than all that a short run writes. It must not come into a child process:
`release` it before a fork.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from labbook.errors import StoreError
from labbook.model.moment import Moment
from labbook.model.run import Code
from labbook.store.capture import known_notebook
from labbook.store.connection import journal_mode
from labbook.store.faults import translated
from labbook.store.gate import PATIENCE_S, gate
from labbook.store.new_run import NewRun, insert
from labbook.store.place import Place
from labbook.store.run_steps import describe

RELEASE_PATIENCE_S = 1.0


class Provenance(Protocol):
    """The code and the environment of a run."""

    @property
    def code(self) -> Code | None: ...

    @property
    def environment(self) -> Mapping[str, Any]: ...


class QuickNotebook:
    """One notebook in use by one process; its threads may share it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._place = Place(path)
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._file = (0, 0)
        self._has_log = False

    @property
    def artifacts_dir(self) -> Path:
        return self._place.artifacts

    def open(self, clock: Callable[[], Moment]) -> None:
        """See that there is a notebook of this labbook's schema; make it, or migrate it.

        Raises:
            StoreError: it cannot be had, with the reason.
        """
        with self._lock:
            if self._connection is not None and self._is_same_file():
                return
            if not self._connect():
                from labbook.store.notebook import Notebook

                Notebook.open(self.path, clock=clock).close()
                if not self._connect():
                    raise StoreError(f"The notebook at {self.path} cannot be used in this way.")

    def create_run(self, new: NewRun, provenance: Provenance | None = None) -> int:
        """Insert a run that has begun, and return its id.

        provenance: what it comes from, where that is known already

        It is there for everybody at once, and after whatever may happen to this process; a
        power cut may take it until the next transaction, which flushes it.

        Raises:
            UsageError: something about it does not fit.
            StoreError: the notebook cannot be written, with the reason.
        """
        new = new.checked()
        with self._transaction(PATIENCE_S, flushed=not self._has_log) as connection:
            run_id = insert(connection, new)
            if provenance is not None:
                describe(
                    connection,
                    run_id,
                    code=provenance.code,
                    environment=provenance.environment,
                )
            return run_id

    @contextmanager
    def write_plainly(self, wait_s: float = PATIENCE_S) -> Iterator[sqlite3.Connection]:
        """One transaction, durable when it ends.

        Raises:
            StoreError: nothing was stored, with the reason.
        """
        with self._transaction(wait_s, flushed=True) as connection:
            yield connection

    def release(self) -> None:
        """Let go of the connection; what is still in the log goes into the file.

        Where others write just now, the log stays for one of them.
        """
        with self._lock:
            if self._connection is None:
                return
            with suppress(StoreError), gate(self._place.gate, RELEASE_PATIENCE_S):
                self._drop()
            self._drop()

    def hold(self) -> None:
        """Release it, and let no thread begin a transaction until `let_go`."""
        self._lock.acquire()
        self.release()

    def let_go(self) -> None:
        self._lock.release()

    @contextmanager
    def _transaction(self, wait_s: float, *, flushed: bool) -> Iterator[sqlite3.Connection]:
        database = self._place.database
        with self._lock, translated(database), gate(self._place.gate, wait_s):
            connection = self._usable()
            try:
                connection.execute(f"PRAGMA synchronous={'FULL' if flushed else 'NORMAL'}")
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                # Whatever went wrong with it, the next transaction has a new one.
                self._drop()
                raise

    def _usable(self) -> sqlite3.Connection:
        """The connection, unless the file is another one by now; inside the gate."""
        if self._connection is None or not self._is_same_file():
            self._open_again()
        if self._connection is None:
            raise StoreError(
                f"The notebook {self._place.database} is gone, or of another schema than when "
                "this process began to write in it.",
            )
        return self._connection

    def _connect(self) -> bool:
        if not self._place.database.is_file():
            return False
        with translated(self._place.database), gate(self._place.gate):
            self._open_again()
        return self._connection is not None

    def _open_again(self) -> None:
        self._drop()
        self._file = self._identity()
        self._connection = known_notebook(self._place)
        self._has_log = self._connection is not None and journal_mode(self._connection) == "wal"

    def _is_same_file(self) -> bool:
        """Whether nobody has put another file in its place, as `labbook restore` does.

        A migration leaves the file; the schema's number is looked at too.
        """
        if self._connection is None or self._file != self._identity():
            return False
        from labbook.store.identity import SCHEMA_NUMBER

        found = self._connection.execute("PRAGMA user_version").fetchone()[0]
        return bool(found == SCHEMA_NUMBER)

    def _identity(self) -> tuple[int, int]:
        try:
            found = self._place.database.stat()
        except OSError:
            return (0, 0)
        return found.st_dev, found.st_ino

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()
