"""Makes new notebooks and brings older ones to this labbook's schema, with alembic.

Both run the same migrations, so there is one truth about the schema. Importing alembic takes
half a second: this module is imported only when there is something to migrate.
"""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from labbook.errors import StoreError
from labbook.model import Moment
from labbook.resources import resource_dir
from labbook.store import faults
from labbook.store.backup import backup
from labbook.store.connection import connect_to_write
from labbook.store.engine import translated, writing_engine
from labbook.store.gate import gate
from labbook.store.identity import APPLICATION_ID, Schema, examine
from labbook.store.place import PRIVATE_FILE, Place, wal_is_safe

PATIENCE_S = 120.0
"""How long to wait while another process makes or migrates the notebook."""


def create(place: Place, schema: Schema) -> None:
    """Make a notebook; when another process has just made it, that is as good.

    It is made under another name and renamed when it is complete, so that a process killed
    on the way leaves no half of a notebook.
    """
    with faults.translated(place.database), translated(place.database):
        place.make_directories()
        with gate(place.gate, PATIENCE_S):
            if examine(place, schema.number) is None:
                _build(place, schema)


def upgrade(place: Place, schema: Schema, moment: Moment) -> None:
    """Back up an older notebook, then bring it to `schema` in one transaction.

    Raises:
        StoreError: it could not be done; the notebook is as it was.
    """
    database = place.database
    with faults.translated(database), translated(database), gate(place.gate, PATIENCE_S):
        standing = examine(place, schema.number)
        if standing is not None and standing.schema < schema.number:
            backup(place.directory, moment=moment, before_schema=schema.number)
            _migrate(database, schema)


def _build(place: Place, schema: Schema) -> None:
    for left_behind in place.directory.glob("labbook.db.new*"):
        left_behind.unlink()
    new = place.directory / "labbook.db.new"
    # Made by hand, because SQLite would make it readable to others; what SQLite makes beside
    # it takes its mode.
    os.close(os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL, PRIVATE_FILE))
    _migrate(new, schema)
    with closing(connect_to_write(new)) as connection:
        connection.execute(f"PRAGMA journal_mode={_journal(place)}")
    new.rename(place.database)
    _flush_directory(place.directory)


def _journal(place: Place) -> str:
    # DELETE, and not TRUNCATE, leaves no empty journal behind under the temporary name.
    return "WAL" if wal_is_safe(place.directory) else "DELETE"


def _migrate(database: Path, schema: Schema) -> None:
    engine = writing_engine(database, foreign_keys=False)
    with engine.begin() as connection:
        _run_scripts(connection, schema)
        _verify(connection, database, schema)
    engine.dispose()


def _run_scripts(connection: Connection, schema: Schema) -> None:
    config = Config()
    scripts = schema.migrations or resource_dir("migrations")
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, f"{schema.number:04}")
    connection.exec_driver_sql(f"PRAGMA application_id={APPLICATION_ID}")
    connection.exec_driver_sql(f"PRAGMA user_version={schema.number}")


def _verify(connection: Connection, database: Path, schema: Schema) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        raise StoreError(
            f"The notebook {database} was not migrated to schema {schema.number}: "
            f"{len(broken)} rows of it would have lost what they refer to.",
            hint="The notebook is as it was. Go on with the labbook that wrote it, "
            "and report this as a bug.",
        )
    verdict = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
    if verdict != "ok":
        raise faults.damaged(database, str(verdict))


def _flush_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
