"""Full-text search over notes, runs, reviews and ideas."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    column,
    func,
    literal_column,
    select,
    table,
)

from labbook.model import Hit, HitKind
from labbook.store.rows import day
from labbook.store.search_kinds import KINDS, Filters, Kind
from labbook.text.plain import storable

if TYPE_CHECKING:
    from labbook.store.notebook import Notebook
    from labbook.text.period import Period

_OPEN, _CLOSE = "\x02", "\x03"
_JSON_SIGNS = str.maketrans("", "", '{}[]"')
_SNIPPET_WORDS = 16
_SNIPPET_LENGTH = 120
_MOST_TERMS = 64
_COMMON = 20
_TERM = re.compile(r'"([^"]*)"|(\S+)')

_Sortable = tuple[tuple[str, int, int], Hit]


def search(
    nb: Notebook,
    text: str,
    *,
    kinds: Collection[HitKind] | None = None,
    tag: str | None = None,
    thread: str | None = None,
    period: Period | None = None,
    run: int | None = None,
    limit: int = 50,
) -> tuple[Hit, ...]:
    """Find what contains all words of `text`, newest first.

    text: the last word may be the beginning of one, and words in double quotes must stand
        together; nothing in it is syntax. Empty, it finds all that the filters let through
    kinds: what to look among; everything by default
    tag, thread: only what carries them; a review never does
    period: only what lies in these days
    run: only that run, and what mentions it
    """
    filters = Filters(tag and storable(tag), thread and storable(thread), period, run)
    query = match_expression(text)
    found: list[_Sortable] = []
    with nb.read() as connection:
        for kind in KINDS:
            if kinds is None or kind.kind in kinds:
                found += _find(connection, kind, filters, query, limit)
    found.sort(key=lambda pair: pair[0], reverse=True)
    return tuple(hit for _, hit in found[:limit])


def match_expression(text: str) -> str:
    """What FTS5 is asked for these words: each in quotes, so that nothing is an operator.

    >>> match_expression('c++ "importance weights" NOT bia')
    '"c++" "importance weights" "NOT" "bia"*'
    """
    # Of a page that somebody pasted, the first words find it.
    terms = _TERM.findall(storable(text))[:_MOST_TERMS]
    words = ['"' + (phrase or plain).replace('"', '""') + '"' for phrase, plain in terms]
    is_beginning = bool(terms) and not terms[-1][0]
    return " ".join(words) + ("*" if is_beginning else "")


def _find(
    connection: Connection, kind: Kind, filters: Filters, query: str, limit: int
) -> list[_Sortable]:
    conditions = kind.conditions(filters)
    if conditions is None:
        return []
    # Ids first: a sort that carries the texts along takes five times as long.
    chosen = select(kind.id).where(*conditions)
    if query and _is_common(connection, kind, query, limit):
        # The plus sign makes SQLite go through the days from the newest on, and stop at the
        # limit, instead of sorting all that matches: 2 ms where that takes 6.
        chosen = chosen.where(literal_column(f"+{kind.id}").in_(_matching(kind, query)))
    elif query:
        chosen = chosen.where(kind.id.in_(_matching(kind, query)))
    order = (kind.day.desc(), kind.created_us.desc(), kind.id.desc())
    ids = connection.execute(chosen.order_by(*order).limit(limit)).scalars().all()
    if not ids:
        return []
    snippets = _snippets(connection, kind, query, ids) if query else {}
    shown = select(
        kind.id.label("id"),
        kind.day.label("day"),
        kind.created_us.label("created_us"),
        func.substr(kind.title, 1, _SNIPPET_LENGTH).label("title"),
        func.substr(kind.text, 1, _SNIPPET_LENGTH).label("beginning"),
    ).where(kind.id.in_(_listed(ids)))
    return [
        (
            (row.day, row.created_us, row.id),
            Hit(
                kind=kind.kind,
                id=row.id,
                day=day(row.day),
                title=_first_line(row.title),
                snippet=_readable(
                    kind.kind, snippets.get(row.id) or ((_one_line(row.beginning), False),)
                ),
            ),
        )
        for row in connection.execute(shown)
    ]


def _is_common(connection: Connection, kind: Kind, query: str, limit: int) -> bool:
    """Whether so much matches that the newest of it must come soon."""
    enough = _COMMON * limit
    some = _matching(kind, query).limit(enough).subquery()
    count = connection.execute(select(func.count()).select_from(some)).scalar_one()
    return count == enough


def _matching(kind: Kind, query: str) -> Select[Any]:
    return select(table(kind.index, column("rowid")).c.rowid).where(_matches(kind, query))


def _matches(kind: Kind, query: str) -> ColumnElement[bool]:
    matches: ColumnElement[bool] = literal_column(kind.index).op("MATCH")(query)
    return matches


def _snippets(
    connection: Connection, kind: Kind, query: str, ids: Sequence[int]
) -> dict[int, tuple[tuple[str, bool], ...]]:
    """The words around what matched; only for what is shown, since each reads its whole text."""
    index = table(kind.index, column("rowid"))
    marked = func.snippet(literal_column(kind.index), -1, _OPEN, _CLOSE, "…", _SNIPPET_WORDS)
    # The plus sign keeps SQLite from running the whole match once for each of the ids; between
    # the least and the greatest of them the index can jump to.
    wanted: ColumnElement[int] = literal_column(f"+{kind.index}.rowid")
    chosen = (
        select(index.c.rowid, marked.label("marked"))
        .where(_matches(kind, query))
        .where(index.c.rowid.between(min(ids), max(ids)), wanted.in_(_listed(ids)))
    )
    return {row.rowid: _pieces(row.marked or "") for row in connection.execute(chosen)}


def _listed(ids: Sequence[int]) -> Select[Any]:
    """The ids as one parameter; as fifty, they cost more than the search itself."""
    return select(func.json_each(json.dumps(list(ids))).table_valued("value").c.value)


def _pieces(marked: str) -> tuple[tuple[str, bool], ...]:
    """Text between the signs; a text that holds such signs itself is only marked wrongly."""
    pieces = []
    matched = False
    for piece in re.split(f"([{_OPEN}{_CLOSE}])", _one_line(marked)):
        if piece in (_OPEN, _CLOSE):
            matched = piece == _OPEN
        elif piece:
            pieces.append((piece, matched))
    return tuple(pieces)


def _readable(kind: HitKind, pieces: tuple[tuple[str, bool], ...]) -> tuple[tuple[str, bool], ...]:
    """Of a run, parameters and warnings are found as JSON: its signs are left out."""
    if kind is not HitKind.RUN:
        return pieces
    return tuple((piece.translate(_JSON_SIGNS), matched) for piece, matched in pieces)


def _first_line(text: str) -> str:
    """The first line that says something, without the signs of a heading or a list."""
    lines = (line.strip() for line in text.splitlines())
    return next((line.lstrip("#>*+- ") for line in lines if line.lstrip("#>*+- ")), "")


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text)
