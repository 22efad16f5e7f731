"""Notes: written, saved again, deleted, restored. No text that was saved is ever lost."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import Connection, select, update

from labbook.model import Conflict, Moment, Note, Revision, StepState
from labbook.model.next_step import REMOVED_FROM_NOTE
from labbook.store import tables
from labbook.store.note_rows import (
    given_thread,
    index_note,
    insert_note,
    load_note,
    load_notes,
    rewrite_note,
)
from labbook.store.note_text import NoteText, read_text, thread_name
from labbook.store.rows import instant
from labbook.store.rows import moment as to_moment
from labbook.store.step_rows import settled_as

if TYPE_CHECKING:
    from labbook.store.notebook import Notebook
    from labbook.text.period import Period

_block = tables.block


def add_note(
    nb: Notebook, body: str, *, moment: Moment, day: dt.date, thread: str | None = None
) -> Note:
    """Add a note at the end of a day.

    thread: a thread that the note carries even if its text names none; it comes first

    Raises:
        UsageError: that can be no thread's name.
    """
    thread = thread_name(thread)
    text = read_text(body)
    with nb.write() as connection:
        note_id = insert_note(
            connection, text, day=day, created=moment, edited=moment, thread=thread
        )
        return load_note(connection, note_id)


def save_note(
    nb: Notebook, note_id: int, body: str, *, version: int, moment: Moment
) -> Note | Conflict:
    """Save a text that was made from `version` of a note.

    When the note was saved or deleted meanwhile, theirs stays and this text becomes a copy
    beside it. A text that is theirs already, or that changed nothing, needs no copy.

    Raises:
        NotFound: there is no such note.
    """
    text = read_text(body)
    with nb.write() as connection:
        current = load_note(connection, note_id)
        if text.body in (current.body, _saved_body(connection, note_id, version)):
            return current
        if version == current.version and not current.deleted:
            rewrite_note(connection, current, text, moment)
            return load_note(connection, note_id)
        return Conflict(current, _copy(connection, current, text, moment))


def delete_note(nb: Notebook, note_id: int, *, moment: Moment) -> None:
    """Take a note off its day, and its open next steps with it; it can be restored.

    Conflict copies of it become notes of their own.

    Raises:
        NotFound: there is no such note.
    """
    with nb.write() as connection:
        note = load_note(connection, note_id)
        if note.deleted:
            return
        connection.execute(
            update(_block).where(_block.c.id == note_id).values(instant("deleted", moment))
        )
        step = tables.next_step
        connection.execute(
            update(step)
            .where(step.c.block_id == note_id, step.c.state == StepState.OPEN.value)
            .values(settled_as(StepState.DROPPED, moment, REMOVED_FROM_NOTE))
        )
        for copy in load_notes(connection, select(_block).where(_block.c.conflict_of == note_id)):
            _set_free(connection, copy, moment)


def restore_note(nb: Notebook, note_id: int, *, moment: Moment) -> Note:
    """Put a deleted note back on its day, with its next steps.

    Raises:
        NotFound: there is no such note.
    """
    with nb.write() as connection:
        note = load_note(connection, note_id)
        if note.deleted:
            connection.execute(
                update(_block).where(_block.c.id == note_id).values(instant("deleted", None))
            )
            index_note(connection, note, read_text(note.body), moment)
        return load_note(connection, note_id)


def note(nb: Notebook, note_id: int) -> Note:
    """One note, deleted or not.

    Raises:
        NotFound: there is none of that id.
    """
    with nb.read() as connection:
        return load_note(connection, note_id)


def revisions(nb: Notebook, note_id: int) -> tuple[Revision, ...]:
    """Every saved text of a note, oldest first; the last is the present one.

    Raises:
        NotFound: there is no such note.
    """
    table = tables.block_revision
    chosen = select(table).where(table.c.block_id == note_id).order_by(table.c.version)
    with nb.read() as connection:
        load_note(connection, note_id)
        return tuple(
            Revision(note_id, row.version, to_moment(row.saved_us, row.saved_zone), row.body)
            for row in connection.execute(chosen)
        )


def deleted_notes(nb: Notebook, period: Period) -> tuple[Note, ...]:
    """The notes that were taken off the period's days, last deleted first."""
    chosen = (
        select(_block)
        .where(_block.c.day.between(period.first.isoformat(), period.last.isoformat()))
        .where(_block.c.kind == "note", _block.c.deleted_us.is_not(None))
        .order_by(_block.c.deleted_us.desc(), _block.c.id.desc())
    )
    with nb.read() as connection:
        return load_notes(connection, chosen)


def _saved_body(connection: Connection, note_id: int, version: int) -> str | None:
    table = tables.block_revision
    chosen = select(table.c.body).where(table.c.block_id == note_id, table.c.version == version)
    body: str | None = connection.execute(chosen).scalar()
    return body


def _copy(connection: Connection, theirs: Note, text: NoteText, moment: Moment) -> Note:
    """A conflict copy: right after the note on its day. Of a deleted note it is no copy."""
    thread = given_thread(connection, theirs.id)
    copy_id = insert_note(
        connection,
        text,
        day=theirs.day,
        created=theirs.time,
        edited=moment,
        thread=thread,
        conflict_of=None if theirs.deleted else theirs.id,
    )
    return load_note(connection, copy_id)


def _set_free(connection: Connection, copy: Note, moment: Moment) -> None:
    connection.execute(update(_block).where(_block.c.id == copy.id).values(conflict_of=None))
    if not copy.deleted:
        freed = replace(copy, conflict_of=None)
        index_note(connection, freed, read_text(copy.body), moment)
