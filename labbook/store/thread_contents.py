"""What belongs to a thread: its notes, runs and next steps; and the notes that belong to none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, column, func, literal_column, select, table, update

from labbook.errors import UsageError
from labbook.model.entry import Note
from labbook.model.next_step import NextStep
from labbook.model.run import Run
from labbook.store import tables
from labbook.store.marks import thread_id
from labbook.store.note_rows import index_note, load_note, load_notes
from labbook.store.note_text import read_text, thread_name
from labbook.store.run_rows import load_runs
from labbook.store.search import match_expression
from labbook.store.step_rows import load_steps
from labbook.store.thread_rows import runs_of_threads

if TYPE_CHECKING:
    from labbook.model.moment import Moment
    from labbook.store.notebook import Notebook
    from labbook.text.period import Period

_block, _link = tables.block, tables.block_thread


def notes_of(nb: Notebook, thread: int) -> tuple[Note, ...]:
    """The notes that name a thread or were given to it, newest day first."""
    mine = select(_link.c.block_id).where(_link.c.thread_id == thread)
    chosen = (
        select(_block)
        .where(_block.c.id.in_(mine), _block.c.deleted_us.is_(None))
        .order_by(_block.c.day.desc(), _block.c.created_us.desc(), _block.c.id.desc())
    )
    with nb.read() as connection:
        return load_notes(connection, chosen)


def runs_of(nb: Notebook, thread: int) -> tuple[Run, ...]:
    """The runs that were given to a thread, and those that its notes name, oldest first."""
    pairs = runs_of_threads().subquery()
    mine = select(pairs.c.run_id).where(pairs.c.thread_id == thread)
    run = tables.run
    with nb.read() as connection:
        return tuple(
            load_runs(connection, select(run).where(run.c.id.in_(mine)).order_by(run.c.id))
        )


def steps_of(nb: Notebook, thread: int) -> tuple[NextStep, ...]:
    """A thread's next steps, settled ones too, oldest first."""
    step = tables.next_step
    chosen = select(step).where(step.c.thread_id == thread).order_by(step.c.id)
    with nb.read() as connection:
        return load_steps(connection, chosen)


def give(nb: Notebook, note_id: int, name: str | None, *, now: Moment) -> Note:
    """Give a note to a thread, or, for None, take away what it was given; its text stays.

    Raises:
        NotFound: there is no such note.
        UsageError: that can be no thread's name, or the note is deleted.
    """
    kept = thread_name(name)
    with nb.write() as connection:
        note = load_note(connection, note_id)
        if note.deleted:
            raise UsageError(
                f"Note {note_id} is deleted.", hint=f"First: labbook note restore {note_id}"
            )
        given = None if kept is None else thread_id(connection, kept, now)
        connection.execute(update(_block).where(_block.c.id == note_id).values(thread_id=given))
        index_note(connection, note, read_text(note.body), now)
        return load_note(connection, note_id)


def notes_around(nb: Notebook, period: Period, margin_us: int) -> tuple[Note, ...]:
    """The notes of a period's days, and those written within the margin beside them, in order."""
    first, last = period.first.isoformat(), period.last.isoformat()
    inside = select(func.min(_block.c.created_us), func.max(_block.c.created_us)).where(
        _block.c.day.between(first, last)
    )
    with nb.read() as connection:
        begin, end = connection.execute(inside).one()
        if begin is None:
            return ()
        chosen = select(_block).where(
            _block.c.kind == "note",
            _block.c.deleted_us.is_(None),
            _block.c.created_us.between(begin - margin_us, end + margin_us),
        )
        return load_notes(connection, chosen.order_by(_block.c.created_us, _block.c.id))


def threads_with_word(nb: Notebook, word: str) -> dict[str, int]:
    """By thread, how many of its notes have the word."""
    index = table("note_search", column("rowid"))
    matches: ColumnElement[bool] = literal_column("note_search").op("MATCH")(
        match_expression(f'"{word}"')
    )
    matching = select(index.c.rowid).where(matches)
    chosen = (
        select(tables.thread.c.name, func.count())
        .join(_link, _link.c.thread_id == tables.thread.c.id)
        .join(_block, _block.c.id == _link.c.block_id)
        .where(_block.c.deleted_us.is_(None), _block.c.id.in_(matching))
        .group_by(tables.thread.c.id)
    )
    with nb.read() as connection:
        return {row[0]: row[1] for row in connection.execute(chosen)}
