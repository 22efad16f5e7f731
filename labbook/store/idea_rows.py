"""The rows of ideas, with their tags."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, insert, select

from labbook.errors import NotFound
from labbook.model.idea import Idea, IdeaState
from labbook.store import tables
from labbook.store.rows import day, moment

_idea, _tag = tables.idea, tables.tag


def load_ideas(connection: Connection, chosen: Select[Any]) -> tuple[Idea, ...]:
    """The ideas that `chosen` selects from the idea table, in its order; not those taken back."""
    thread = tables.thread
    chosen = chosen.where(_idea.c.deleted_us.is_(None))
    named = chosen.outerjoin(thread, thread.c.id == _idea.c.thread_id)
    rows = connection.execute(named.add_columns(thread.c.name.label("thread"))).all()
    ids = chosen.with_only_columns(_idea.c.id).scalar_subquery()
    tags: dict[int, list[str]] = defaultdict(list)
    tagged = select(_tag.c.idea_id, _tag.c.name).where(_tag.c.idea_id.in_(ids))
    for idea_id, name in connection.execute(tagged.order_by(_tag.c.position)):
        tags[idea_id].append(name)
    return tuple(_record(row, tags[row.id]) for row in rows)


def load_idea(connection: Connection, idea_id: int) -> Idea:
    """One idea.

    Raises:
        NotFound: there is none of that id.
    """
    found = load_ideas(connection, select(_idea).where(_idea.c.id == idea_id))
    if not found:
        raise NotFound(f"There is no idea {idea_id}.", hint="List them: labbook ideas --all")
    return found[0]


def replace_tags(connection: Connection, idea_id: int, tags: Sequence[str]) -> None:
    """Let these be an idea's tags."""
    connection.execute(delete(_tag).where(_tag.c.idea_id == idea_id))
    rows = [
        {"idea_id": idea_id, "position": position, "name": name}
        for position, name in enumerate(dict.fromkeys(tags))
    ]
    if rows:
        connection.execute(insert(_tag), rows)


def _record(row: Row[Any], tags: Iterable[str]) -> Idea:
    return Idea(
        id=row.id,
        day=day(row.day),
        created=moment(row.created_us, row.created_zone),
        edited=moment(row.edited_us, row.edited_zone),
        title=row.title,
        body=row.body,
        origin=row.origin,
        note_id=row.block_id,
        thread=row.thread,
        importance=row.importance,
        cost=row.cost,
        state=IdeaState(row.state),
        because=row.because,
        tags=tuple(tags),
        version=row.version,
    )
