"""Keeps what a note names in step with its text: tags, threads, days and runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, Table, insert, select
from sqlalchemy.dialects.sqlite import insert as upsert

from labbook.model import Moment
from labbook.store import tables
from labbook.store.note_text import NoteText
from labbook.store.rows import instant


def write_marks(
    connection: Connection, block_id: int, text: NoteText, given: str | None, at: Moment
) -> int | None:
    """Replace what is known of a note by what its text says now.

    given: the thread that the note was given

    Returns: the id of the note's first thread.
    """
    for table in (tables.tag, tables.block_thread, tables.mention):
        connection.execute(table.delete().where(table.c.block_id == block_id))
    _insert(
        connection,
        tables.tag,
        [
            {"block_id": block_id, "position": position, "name": name}
            for position, name in enumerate(text.marks.tags)
        ],
    )
    threads = [thread_id(connection, name, at) for name in text.threads(given)]
    _insert(
        connection,
        tables.block_thread,
        [
            {"block_id": block_id, "position": position, "thread_id": each}
            for position, each in enumerate(threads)
        ],
    )
    days = [{"block_id": block_id, "day": day.isoformat()} for day in text.marks.day_links]
    _insert(connection, tables.mention, days)
    runs = [{"block_id": block_id, "run_id": run_id} for run_id in text.marks.run_links]
    _insert(connection, tables.mention, runs)
    return threads[0] if threads else None


def thread_id(connection: Connection, name: str, at: Moment) -> int:
    """The id of a thread; a thread begins where it is first named."""
    row = {"name": name, **instant("created", at)}
    connection.execute(upsert(tables.thread).values(row).on_conflict_do_nothing())
    chosen = select(tables.thread.c.id).where(tables.thread.c.name == name)
    found: int = connection.execute(chosen).scalar_one()
    return found


def _insert(connection: Connection, table: Table, rows: Sequence[Mapping[str, object]]) -> None:
    if rows:
        connection.execute(insert(table), rows)
