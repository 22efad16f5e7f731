"""The rows of notes: read, inserted and rewritten, each with everything that hangs on them."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select, update

from labbook.errors import NotFound
from labbook.model import Moment, Note
from labbook.store import tables
from labbook.store.marks import thread_id, write_marks
from labbook.store.note_text import NoteText
from labbook.store.rows import day, ensure_entry, insert_row, instant, moment
from labbook.store.step_rows import sync_steps


def load_notes(connection: Connection, chosen: Select[Any]) -> tuple[Note, ...]:
    """The notes that `chosen` selects from the block table, in its order."""
    rows = connection.execute(chosen).all()
    if not rows:
        return ()
    ids = chosen.with_only_columns(tables.block.c.id).scalar_subquery()
    tags: dict[int, list[str]] = defaultdict(list)
    tag = tables.tag
    for row in connection.execute(
        select(tag.c.block_id, tag.c.name).where(tag.c.block_id.in_(ids)).order_by(tag.c.position)
    ):
        tags[row.block_id].append(row.name)
    threads: dict[int, list[str]] = defaultdict(list)
    link = tables.block_thread
    for row in connection.execute(
        select(link.c.block_id, tables.thread.c.name)
        .join(tables.thread, tables.thread.c.id == link.c.thread_id)
        .where(link.c.block_id.in_(ids))
        .order_by(link.c.position)
    ):
        threads[row.block_id].append(row.name)
    return tuple(_note(row, tags[row.id], threads[row.id]) for row in rows)


def load_note(connection: Connection, note_id: int) -> Note:
    """One note, deleted or not.

    Raises:
        NotFound: there is none of that id.
    """
    block = tables.block
    chosen = select(block).where(block.c.id == note_id, block.c.kind == "note")
    found = load_notes(connection, chosen)
    if not found:
        raise NotFound(f"There is no note {note_id}.")
    return found[0]


def insert_note(
    connection: Connection,
    text: NoteText,
    *,
    day: dt.date,
    created: Moment,
    edited: Moment,
    thread: str | None = None,
    conflict_of: int | None = None,
) -> int:
    """Add a note to a day, and return its id.

    thread: the one that was given with it, if any
    conflict_of: the note that it is a conflict copy of; such a copy raises no next steps,
        since they would be those of the note once more
    """
    ensure_entry(connection, day, edited)
    note_id = insert_row(
        connection,
        tables.block,
        {
            "day": day.isoformat(),
            "kind": "note",
            **instant("created", created),
            **instant("edited", edited),
            "body": text.body,
            "body_plain": text.plain,
            "body_sha256": text.sha256,
            "conflict_of": conflict_of,
        },
    )
    _add_revision(connection, note_id, 1, text, edited)
    if thread is not None:
        given = thread_id(connection, thread, edited)
        connection.execute(
            update(tables.block).where(tables.block.c.id == note_id).values(thread_id=given)
        )
    _index(connection, note_id, text, thread, conflict_of, day, edited)
    return note_id


def rewrite_note(connection: Connection, note: Note, text: NoteText, at: Moment) -> None:
    """Give a note a new text: a new version, and a revision of it."""
    version = note.version + 1
    connection.execute(
        update(tables.block)
        .where(tables.block.c.id == note.id)
        .values(
            body=text.body,
            body_plain=text.plain,
            body_sha256=text.sha256,
            version=version,
            **instant("edited", at),
        )
    )
    _add_revision(connection, note.id, version, text, at)
    index_note(connection, note, text, at)


def index_note(connection: Connection, note: Note, text: NoteText, at: Moment) -> None:
    """Write down what a note's text names, and the next steps that it raises."""
    given = given_thread(connection, note.id)
    _index(connection, note.id, text, given, note.conflict_of, note.day, at)


def given_thread(connection: Connection, note_id: int) -> str | None:
    """The thread that a note was given when it was written."""
    name: str | None = connection.execute(
        select(tables.thread.c.name)
        .join(tables.block, tables.block.c.thread_id == tables.thread.c.id)
        .where(tables.block.c.id == note_id)
    ).scalar()
    return name


def _index(
    connection: Connection,
    note_id: int,
    text: NoteText,
    given: str | None,
    conflict_of: int | None,
    day: dt.date,
    at: Moment,
) -> None:
    first_thread = write_marks(connection, note_id, text, given, at)
    if conflict_of is None:
        steps = text.marks.next_steps
        sync_steps(connection, note_id, steps, day=day, at=at, thread_id=first_thread)


def _add_revision(
    connection: Connection, note_id: int, version: int, text: NoteText, at: Moment
) -> None:
    connection.execute(
        insert(tables.block_revision).values(
            block_id=note_id,
            version=version,
            body=text.body,
            body_sha256=text.sha256,
            **instant("saved", at),
        )
    )


def _note(row: Row[Any], tags: list[str], threads: list[str]) -> Note:
    return Note(
        id=row.id,
        day=day(row.day),
        time=moment(row.created_us, row.created_zone),
        body=row.body,
        version=row.version,
        edited=moment(row.edited_us, row.edited_zone),
        tags=tuple(tags),
        threads=tuple(threads),
        conflict_of=row.conflict_of,
        deleted=row.deleted_us is not None,
    )
