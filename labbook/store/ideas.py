"""Ideas: kept apart from the days until they are promoted to a thread or buried.

None is ever taken away: a buried one can be dug out again, and keeps the reason.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    column,
    exists,
    func,
    literal_column,
    select,
    update,
)
from sqlalchemy import table as named_table

from labbook.errors import StoreError, UsageError
from labbook.model.idea import Idea, IdeaState
from labbook.store import tables
from labbook.store.idea_rows import load_idea, load_ideas, replace_tags
from labbook.store.marks import thread_id
from labbook.store.note_rows import load_note, load_notes
from labbook.store.note_text import thread_name
from labbook.store.rows import insert_row, instant
from labbook.text.plain import storable

if TYPE_CHECKING:
    from labbook.model.entry import Note
    from labbook.model.moment import Moment
    from labbook.store.notebook import Notebook

_idea = tables.idea
_MOST_ALIKE = 50


def ideas(
    nb: Notebook,
    *,
    states: Collection[IdeaState] | None = None,
    thread: int | None = None,
) -> tuple[Idea, ...]:
    """Ideas in these states, all by default, oldest first.

    thread: only those of the thread with this id
    """
    chosen = select(_idea).order_by(_idea.c.id)
    if states is not None:
        chosen = chosen.where(_idea.c.state.in_([state.value for state in states]))
    if thread is not None:
        chosen = chosen.where(_idea.c.thread_id == thread)
    with nb.read() as connection:
        return load_ideas(connection, chosen)


def idea(nb: Notebook, idea_id: int) -> Idea:
    """One idea.

    Raises:
        NotFound: there is none of that id.
    """
    with nb.read() as connection:
        return load_idea(connection, idea_id)


def add(
    nb: Notebook,
    text: str,
    *,
    moment: Moment,
    day: dt.date,
    thread: str | None = None,
    importance: float | None = None,
    cost: float | None = None,
    tags: Sequence[str] = (),
    note_id: int | None = None,
    origin: str = "",
) -> Idea:
    """Keep an idea.

    note_id: the note that it came from
    origin: where else it came from; a note's is made of its id

    Raises:
        NotFound: there is no such note.
        UsageError: that can be no thread's name.
    """
    kept = thread_name(thread)
    with nb.write() as connection:
        if note_id is not None:
            load_note(connection, note_id)
        values = {
            "day": day.isoformat(),
            **instant("created", moment),
            **instant("edited", moment),
            **_text(text),
            "origin": storable(origin) if note_id is None else f"note:{note_id}",
            "block_id": note_id,
            "thread_id": None if kept is None else thread_id(connection, kept, moment),
            "importance": importance,
            "cost": cost,
        }
        idea_id = insert_row(connection, _idea, values)
        replace_tags(connection, idea_id, [storable(tag) for tag in tags])
        return load_idea(connection, idea_id)


def edit(
    nb: Notebook,
    idea_id: int,
    *,
    moment: Moment,
    text: str | None = None,
    thread: str | None = None,
    importance: float | None = None,
    cost: float | None = None,
    tags: Sequence[str] | None = None,
    version: int | None = None,
) -> Idea:
    """Change an idea; what is None stays.

    version: the version that the change was made from; None for whichever it is

    Raises:
        NotFound: there is no such idea.
        StoreError: somebody changed it meanwhile.
        UsageError: that can be no thread's name.
    """
    kept = thread_name(thread)
    with nb.write() as connection:
        before = load_idea(connection, idea_id)
        if version is not None and version != before.version:
            raise _changed_meanwhile(idea_id)
        changes: dict[str, Any] = {} if text is None else _text(text)
        changes |= {} if importance is None else {"importance": importance}
        changes |= {} if cost is None else {"cost": cost}
        if kept is not None:
            changes["thread_id"] = thread_id(connection, kept, moment)
        if tags is not None:
            replace_tags(connection, idea_id, [storable(tag) for tag in tags])
        _update(connection, before, changes, moment)
        return load_idea(connection, idea_id)


def put(nb: Notebook, wanted: Idea, *, over: Idea, moment: Moment) -> Idea:
    """Let an idea be as `wanted` has it, where it still is as `over` has it.

    Raises:
        NotFound: there is no such idea.
        StoreError: somebody changed it meanwhile.
        UsageError: there is nothing in it, or that can be no thread's name.
    """
    kept = thread_name(wanted.thread)
    with nb.write() as connection:
        before = load_idea(connection, wanted.id)
        if _without_time(before) != _without_time(over):
            raise _changed_meanwhile(wanted.id)
        changes = {
            **_text(wanted.text),
            "thread_id": None if kept is None else thread_id(connection, kept, moment),
            "importance": wanted.importance,
            "cost": wanted.cost,
            "state": wanted.state.value,
            "because": storable(wanted.because),
        }
        replace_tags(connection, wanted.id, [storable(tag) for tag in wanted.tags])
        _update(connection, before, changes, moment)
        return load_idea(connection, wanted.id)


def take_back(nb: Notebook, idea_id: int, *, moment: Moment) -> None:
    """Undo that an idea was kept. Its words stay in the file.

    Raises:
        NotFound: there is no such idea.
    """
    with nb.write() as connection:
        before = load_idea(connection, idea_id)
        _update(connection, before, instant("deleted", moment), moment)


def promote(nb: Notebook, idea_id: int, thread: str, *, moment: Moment) -> Idea:
    """Make a thread of an idea, or let it join one; the thread takes what it lacks from it.

    Raises:
        NotFound: there is no such idea.
        UsageError: that can be no thread's name.
    """
    kept = thread_name(thread) or ""
    table = tables.thread
    with nb.write() as connection:
        before = load_idea(connection, idea_id)
        joined = thread_id(connection, kept, moment)
        mine = update(table).where(table.c.id == joined)
        connection.execute(mine.where(table.c.goal == "").values(goal=storable(before.title)))
        connection.execute(mine.where(table.c.kind.is_(None)).values(kind="idea"))
        changes = {"state": IdeaState.PROMOTED.value, "thread_id": joined}
        _update(connection, before, changes, moment)
        return load_idea(connection, idea_id)


def bury(nb: Notebook, idea_id: int, because: str, *, moment: Moment) -> Idea:
    """Put an idea away for good, with the reason.

    Raises:
        NotFound: there is no such idea.
    """
    return _settle(nb, idea_id, IdeaState.BURIED, moment, because=storable(because.strip()))


def restore(nb: Notebook, idea_id: int, *, moment: Moment) -> Idea:
    """Take a buried or promoted idea back onto the list; a thread it became stays.

    Raises:
        NotFound: there is no such idea.
    """
    return _settle(nb, idea_id, IdeaState.KEPT, moment)


def with_any_word(nb: Notebook, beginnings: Collection[str]) -> tuple[Idea, ...]:
    """The ideas in which a word begins with one of these, those with most of them first."""
    if not beginnings:
        return ()
    query = " OR ".join('"' + each.replace('"', "") + '"*' for each in beginnings)
    index = named_table("idea_search", column("rowid"), column("rank"))
    matches: ColumnElement[bool] = literal_column("idea_search").op("MATCH")(query)
    best = select(index.c.rowid).where(matches).order_by(index.c.rank).limit(_MOST_ALIKE)
    with nb.read() as connection:
        return load_ideas(connection, select(_idea).where(_idea.c.id.in_(best)))


def notes_not_taken(nb: Notebook, tag: str) -> tuple[int, tuple[Note, ...]]:
    """How many notes carry the tag and gave no idea yet, and the newest few of them."""
    block = tables.block
    tagged = select(tables.tag.c.block_id).where(
        tables.tag.c.name == tag, tables.tag.c.block_id.is_not(None)
    )
    taken = exists().where(_idea.c.block_id == block.c.id, _idea.c.deleted_us.is_(None))
    waiting = (block.c.id.in_(tagged), block.c.deleted_us.is_(None), ~taken)
    newest = select(block).where(*waiting).order_by(block.c.id.desc()).limit(3)
    with nb.read() as connection:
        count = connection.execute(select(func.count()).select_from(block).where(*waiting))
        return count.scalar_one(), load_notes(connection, newest)


def _settle(nb: Notebook, idea_id: int, state: IdeaState, moment: Moment, **changes: str) -> Idea:
    with nb.write() as connection:
        before = load_idea(connection, idea_id)
        _update(connection, before, {"state": state.value, **changes}, moment)
        return load_idea(connection, idea_id)


def _without_time(each: Idea) -> Idea:
    return replace(each, edited=each.created, version=0)


def _changed_meanwhile(idea_id: int) -> StoreError:
    return StoreError(
        f"Idea {idea_id} was changed by somebody else meanwhile; theirs stays.",
        hint="Look at it again, then change it.",
    )


def _update(connection: Connection, before: Idea, changes: dict[str, Any], moment: Moment) -> None:
    values = {**changes, "version": before.version + 1, **instant("edited", moment)}
    connection.execute(update(_idea).where(_idea.c.id == before.id).values(values))


def _text(text: str) -> dict[str, str]:
    if not text.strip():
        raise UsageError("There is nothing in that idea.")
    title, _, body = storable(text).strip().partition("\n")
    return {"title": title.strip(), "body": body}
