"""The quick way to add a note: `labbook log` has a tenth of a second.

Importing SQLAlchemy alone takes longer than that, so this module speaks to the standard
library's driver and imports nothing else. It writes exactly the rows that
`labbook.store.notes.add_note` writes, behind the same gate; a test compares the two row by
row. Wherever anything is unusual (no notebook yet, another schema) it steps aside.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

from labbook.store.connection import connect_to_write
from labbook.store.faults import translated
from labbook.store.gate import PATIENCE_S, gate
from labbook.store.identity import APPLICATION_ID, OLDEST_SQLITE, SCHEMA_NUMBER
from labbook.store.note_text import NoteText, read_text, thread_name
from labbook.store.place import Place
from labbook.text.plain import storable

if TYPE_CHECKING:
    import datetime as dt

    from labbook.model.moment import Moment


def capture(
    path: Path,
    body: str,
    *,
    moment: Moment,
    day: dt.date,
    thread: str | None = None,
    wait_s: float = PATIENCE_S,
) -> int | None:
    """Add a note to the notebook in directory `path`; durable when this returns.

    wait_s: how long to wait for the gate

    Returns: the note's id; None, and nothing is written, where the full store is needed.

    Raises:
        UsageError: `thread` can be no thread's name.
        StoreError: the notebook cannot be written, with the reason.
    """
    place = Place(path)
    thread = thread_name(thread)
    text = read_text(body)
    if not place.database.is_file():
        return None
    with translated(place.database), gate(place.gate, wait_s):
        connection = known_notebook(place)
        if connection is None:
            return None
        try:
            connection.execute("BEGIN IMMEDIATE")
            note_id = insert(connection, text, moment, day, thread)
            connection.execute("COMMIT")
        finally:
            connection.close()
    return note_id


def known_notebook(place: Place) -> sqlite3.Connection | None:
    """A connection to a notebook of the schema that this module knows, or None.

    To be opened and closed under the gate.
    """
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        return None
    try:
        connection = connect_to_write(place.database)
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorname == "SQLITE_NOTADB":
            return None
        raise
    identity = connection.execute(
        "SELECT application_id, user_version FROM pragma_application_id, pragma_user_version"
    ).fetchone()
    if identity == (APPLICATION_ID, SCHEMA_NUMBER):
        return connection
    connection.close()
    return None


def insert(
    connection: sqlite3.Connection,
    text: NoteText,
    moment: Moment,
    day: dt.date,
    thread: str | None,
) -> int:
    """Insert a note and all that hangs on it, inside a transaction, and return its id."""
    at = (moment.us, storable(moment.zone))
    connection.execute(
        "INSERT INTO entry (day, created_us, created_zone) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        (day.isoformat(), *at),
    )
    threads = [thread_id(connection, name, at) for name in text.threads(thread)]
    note_id = connection.execute(
        "INSERT INTO block (day, kind, created_us, created_zone, edited_us, edited_zone, body,"
        " body_plain, body_sha256, thread_id) VALUES (?, 'note', ?, ?, ?, ?, ?, ?, ?, ?)"
        " RETURNING id",
        (
            *(day.isoformat(), *at, *at, text.body, text.plain, text.sha256),
            threads[0] if thread else None,
        ),
    ).fetchone()[0]
    connection.execute(
        "INSERT INTO block_revision (block_id, version, saved_us, saved_zone, body, body_sha256)"
        " VALUES (?, 1, ?, ?, ?, ?)",
        (note_id, *at, text.body, text.sha256),
    )
    _insert_marks(connection, note_id, text, threads)
    first_thread = threads[0] if threads else None
    for position, step in enumerate(text.marks.next_steps):
        settled = at if step.done else (None, None)
        connection.execute(
            "INSERT INTO next_step (text, state, raised_day, raised_us, raised_zone, block_id,"
            " position, thread_id, settled_us, settled_zone) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(step.text, "done" if step.done else "open", day.isoformat(), *at),
                *(note_id, position, first_thread, *settled),
            ),
        )
    return int(note_id)


def thread_id(connection: sqlite3.Connection, name: str, at: tuple[int, str]) -> int:
    """The id of the thread of that name; made when there is none."""
    connection.execute(
        "INSERT INTO thread (name, created_us, created_zone) VALUES (?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        (name, *at),
    )
    found = connection.execute("SELECT id FROM thread WHERE name = ?", (name,)).fetchone()
    return int(found[0])


def _insert_marks(
    connection: sqlite3.Connection, note_id: int, text: NoteText, threads: list[int]
) -> None:
    connection.executemany(
        "INSERT INTO tag (block_id, position, name) VALUES (?, ?, ?)",
        [(note_id, position, name) for position, name in enumerate(text.marks.tags)],
    )
    connection.executemany(
        "INSERT INTO block_thread (block_id, position, thread_id) VALUES (?, ?, ?)",
        [(note_id, position, each) for position, each in enumerate(threads)],
    )
    connection.executemany(
        "INSERT INTO mention (block_id, day) VALUES (?, ?)",
        [(note_id, each.isoformat()) for each in text.marks.day_links],
    )
    connection.executemany(
        "INSERT INTO mention (block_id, run_id) VALUES (?, ?)",
        [(note_id, each) for each in text.marks.run_links],
    )
