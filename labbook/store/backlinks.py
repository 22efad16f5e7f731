"""What refers to a day, a run, an idea or a review, from what notes name and rows point at."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Select,
    column,
    literal_column,
    select,
    table,
    union_all,
)

from labbook.model.backlink import Backlink
from labbook.store import tables
from labbook.store.idea_rows import load_ideas
from labbook.store.note_rows import load_notes
from labbook.store.rows import day as read_day
from labbook.store.rows import moment
from labbook.text.period import Period

if TYPE_CHECKING:
    from labbook.model.entry import Note
    from labbook.model.idea import Idea
    from labbook.store.notebook import Notebook

MOST = 100
"""So many notes, and so many of each other kind, are told at most, the newest."""

_block, _idea, _mention = tables.block, tables.idea, tables.mention


def of_day(nb: Notebook, day: dt.date) -> tuple[Backlink, ...]:
    """The notes of other days that name it; ideas and lines of reviews that its blocks gave."""
    text = day.isoformat()
    on_it = _block.c.day == text
    naming = select(_mention.c.block_id).where(_mention.c.day == text)
    sources: CompoundSelect[Any] = union_all(
        select(literal_column("'note:'").op("||")(_block.c.id)).where(
            on_it, _block.c.kind == "note"
        ),
        select(literal_column("'run:'").op("||")(_block.c.run_id)).where(
            on_it, _block.c.run_id.is_not(None)
        ),
    )
    given = _idea.c.block_id.in_(select(_block.c.id).where(on_it))
    with nb.read() as connection:
        return (
            *_notes(connection, f"[[{day}]]", _block.c.id.in_(naming), _block.c.day != text),
            *_reviews(connection, tables.review_item.c.source.in_(sources)),
            *_ideas(connection, given),
        )


def of_run(nb: Notebook, run_id: int) -> tuple[Backlink, ...]:
    """The notes that name it, lines of reviews made of it, what it reimplements, ideas."""
    name = f"run:{run_id}"
    naming = select(_mention.c.block_id).where(_mention.c.run_id == run_id)
    with nb.read() as connection:
        return (
            *_notes(connection, name, _block.c.id.in_(naming)),
            *_reviews(connection, tables.review_item.c.source == name),
            *_readings(connection, run_id),
            *_with_words(connection, "idea", name),
        )


def of_idea(nb: Notebook, idea_id: int) -> tuple[Backlink, ...]:
    """The notes and the other ideas that name it as idea:4."""
    with nb.read() as connection:
        return (
            *_with_words(connection, "note", f"idea:{idea_id}"),
            *_with_words(connection, "idea", f"idea:{idea_id}"),
        )


def of_review(nb: Notebook, period: Period) -> tuple[Backlink, ...]:
    """The notes that name its period as it is labelled, and the ideas that came from it."""
    came = _idea.c.origin == f"review:{period.label}"
    with nb.read() as connection:
        return (*_with_words(connection, "note", period.label), *_ideas(connection, came))


def _notes(
    connection: Connection, name: str, *conditions: ColumnElement[bool]
) -> Iterable[Backlink]:
    kept = (_block.c.kind == "note", _block.c.deleted_us.is_(None), *conditions)
    chosen = select(_block).where(*kept).order_by(_block.c.day.desc(), _block.c.id.desc())
    return [_of_note(each, name) for each in load_notes(connection, chosen.limit(MOST))]


def _ideas(connection: Connection, condition: ColumnElement[bool]) -> Iterable[Backlink]:
    chosen = select(_idea).where(condition).order_by(_idea.c.id.desc()).limit(MOST)
    return [_of_idea(each) for each in load_ideas(connection, chosen)]


def _reviews(connection: Connection, condition: ColumnElement[bool]) -> Iterable[Backlink]:
    review, item = tables.review, tables.review_item
    chosen = (
        select(review.c.from_day, review.c.to_day, item.c.text)
        .join(review, review.c.id == item.c.review_id)
        .where(condition)
        .order_by(review.c.to_day.desc(), item.c.position)
        .limit(MOST)
    )
    for row in connection.execute(chosen):
        period = Period(read_day(row.from_day), read_day(row.to_day))
        yield Backlink(f"review:{period.label}", period.last, _first_line(row.text))


def _readings(connection: Connection, run_id: int) -> Iterable[Backlink]:
    reading, link = tables.reading, tables.reading_run
    chosen = (
        select(reading)
        .join(link, link.c.reading_id == reading.c.id)
        .where(link.c.run_id == run_id, reading.c.deleted_us.is_(None))
        .order_by(reading.c.id)
        .limit(MOST)
    )
    for row in connection.execute(chosen):
        day = moment(row.created_us, row.created_zone).local.date()
        yield Backlink(f"reading:{row.id}", day, row.title)


def _with_words(connection: Connection, kind: str, name: str) -> Iterable[Backlink]:
    """Notes or ideas that say a name in so many words; the index knows no punctuation."""
    index = table(f"{kind}_search", column("rowid"))
    matches: ColumnElement[bool] = literal_column(f"{kind}_search").op("MATCH")(f'"{name}"')
    rows = select(index.c.rowid).where(matches)
    said = re.compile(rf"(?<![\w:/.-]){re.escape(name)}(?![\w:]|-\w)")
    if kind == "idea":
        ideas = load_ideas(connection, _newest(select(_idea), _idea.c.id, rows))
        return [_of_idea(each) for each in ideas if said.search(each.text)]
    chosen = _newest(select(_block), _block.c.id, rows).where(_block.c.deleted_us.is_(None))
    notes = load_notes(connection, chosen)
    return [_of_note(each, name) for each in notes if said.search(each.body)]


def _newest(chosen: Select[Any], id_: ColumnElement[int], rows: Select[Any]) -> Select[Any]:
    return chosen.where(id_.in_(rows)).order_by(id_.desc()).limit(MOST)


def _of_note(note: Note, name: str) -> Backlink:
    lines = [line.strip() for line in note.body.splitlines() if name in line]
    return Backlink(f"note:{note.id}", note.day, lines[0] if lines else _first_line(note.body))


def _of_idea(idea: Idea) -> Backlink:
    return Backlink(f"idea:{idea.id}", idea.day, idea.title)


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")
