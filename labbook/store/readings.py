"""What is read: papers, theses, chapters and books, and the runs that reimplement them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, Select, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from labbook.errors import NotFound, StoreError, UsageError
from labbook.model.reading import Reading, ReadingKind, ReadingState, same_work
from labbook.store import tables
from labbook.store.marks import thread_id
from labbook.store.note_text import thread_name
from labbook.store.rows import insert_row, instant, moment
from labbook.store.run_queries import load_run
from labbook.text.plain import storable

if TYPE_CHECKING:
    from labbook.model.moment import Moment
    from labbook.store.notebook import Notebook

_reading, _link = tables.reading, tables.reading_run
_ENDED = (ReadingState.READ, ReadingState.DROPPED)


def readings(nb: Notebook, *, thread: int | None = None) -> tuple[Reading, ...]:
    """All that is, was or will be read, oldest first.

    thread: only what belongs to the thread with this id
    """
    chosen = select(_reading).where(_reading.c.deleted_us.is_(None)).order_by(_reading.c.id)
    if thread is not None:
        chosen = chosen.where(_reading.c.thread_id == thread)
    with nb.read() as connection:
        return _load(connection, chosen)


def reading(nb: Notebook, reading_id: int) -> Reading:
    """One thing to read.

    Raises:
        NotFound: there is none of that id.
    """
    with nb.read() as connection:
        return _need(connection, reading_id)


def add(
    nb: Notebook,
    title: str,
    *,
    now: Moment,
    kind: ReadingKind,
    authors: str = "",
    identifier: str = "",
    thread: str | None = None,
) -> Reading:
    """Put something on the list.

    identifier: as `labbook.model.reading` writes them

    Raises:
        UsageError: the title is empty, that can be no thread's name, or the work is there.
    """
    kept = thread_name(thread)
    if not title.strip():
        raise UsageError("What is to be read has no title.")
    with nb.write() as connection:
        _refuse_known(connection, identifier)
        values = {
            **instant("created", now),
            **instant("edited", now),
            "kind": kind,
            "title": " ".join(storable(title).split()),
            "authors": " ".join(storable(authors).split()),
            "identifier": storable(identifier),
            "thread_id": None if kept is None else thread_id(connection, kept, now),
        }
        return _need(connection, insert_row(connection, _reading, values))


def edit(
    nb: Notebook,
    reading_id: int,
    *,
    now: Moment,
    title: str | None = None,
    kind: ReadingKind | None = None,
    authors: str | None = None,
    thread: str | None = None,
) -> Reading:
    """Change what is known of it; what is None stays.

    Raises:
        NotFound: there is none of that id.
        UsageError: the title is empty, or that can be no thread's name.
    """
    kept = thread_name(thread)
    if title is not None and not title.strip():
        raise UsageError("What is to be read has no title.")
    with nb.write() as connection:
        before = _need(connection, reading_id)
        words = {"title": title, "authors": authors}
        changes: dict[str, Any] = {
            key: " ".join(storable(text).split()) for key, text in words.items() if text is not None
        }
        changes |= {} if kind is None else {"kind": kind}
        changes |= {} if kept is None else {"thread_id": thread_id(connection, kept, now)}
        return _update(connection, before, changes, now)


def put(nb: Notebook, wanted: Reading, *, over: Reading, now: Moment) -> Reading:
    """Let it be as `wanted` has it, runs apart, where it still is as `over` has it.

    Raises:
        NotFound: there is none of that id.
        StoreError: somebody changed it meanwhile.
        UsageError: the title is empty, the work is on the list, or that can be no thread's name.
    """
    kept = thread_name(wanted.thread)
    if not wanted.title.strip():
        raise UsageError("What is to be read has no title.")
    with nb.write() as connection:
        before = _need(connection, wanted.id)
        if _without_time(before) != _without_time(over):
            raise StoreError(
                f"Reading {wanted.id} was changed by somebody else meanwhile; theirs stays.",
                hint="Look at it again, then change it.",
            )
        if wanted.identifier != before.identifier:
            _refuse_known(connection, wanted.identifier)
        changes = {
            "title": " ".join(storable(wanted.title).split()),
            "authors": " ".join(storable(wanted.authors).split()),
            "kind": wanted.kind,
            "identifier": storable(wanted.identifier),
            "body": storable(wanted.body),
            "state": wanted.state.value,
            "thread_id": None if kept is None else thread_id(connection, kept, now),
            **instant("ended", wanted.ended),
        }
        return _update(connection, before, changes, now)


def take_back(nb: Notebook, reading_id: int, *, now: Moment) -> None:
    """Undo that it was put on the list. Its words stay in the file.

    Raises:
        NotFound: there is none of that id.
    """
    with nb.write() as connection:
        before = _need(connection, reading_id)
        values = {**instant("deleted", now), "version": before.version + 1}
        connection.execute(update(_reading).where(_reading.c.id == reading_id).values(values))


def move(nb: Notebook, reading_id: int, state: ReadingState, *, now: Moment) -> Reading:
    """Put it into a state; one that it is in already keeps its moment.

    Raises:
        NotFound: there is none of that id.
    """
    with nb.write() as connection:
        before = _need(connection, reading_id)
        if before.state is state:
            return before
        ended = instant("ended", now if state in _ENDED else None)
        return _update(connection, before, {"state": state.value, **ended}, now)


def note(nb: Notebook, reading_id: int, text: str, *, now: Moment) -> Reading:
    """Add to what was noted while reading; nothing of it is ever replaced.

    Raises:
        NotFound: there is none of that id.
    """
    with nb.write() as connection:
        before = _need(connection, reading_id)
        body = "\n\n".join(filter(None, (before.body, storable(text).strip("\n"))))
        return _update(connection, before, {"body": body}, now)


def link(nb: Notebook, reading_id: int, run_id: int, *, now: Moment, linked: bool) -> Reading:
    """Say that a run reimplements it, or that it does not.

    Raises:
        NotFound: there is no such reading, or no such run.
    """
    pair = {"reading_id": reading_id, "run_id": run_id}
    with nb.write() as connection:
        before = _need(connection, reading_id)
        load_run(connection, run_id)
        if linked:
            connection.execute(insert(_link).values(pair).on_conflict_do_nothing())
        else:
            mine = (_link.c.reading_id == reading_id, _link.c.run_id == run_id)
            connection.execute(delete(_link).where(*mine))
        return _update(connection, before, {}, now)


def _refuse_known(connection: Connection, identifier: str) -> None:
    chosen = select(_reading).where(_reading.c.identifier != "", _reading.c.deleted_us.is_(None))
    for row in connection.execute(chosen) if identifier else ():
        if same_work(row.identifier) == same_work(identifier):
            raise UsageError(
                f"{row.identifier} is reading {row.id} already, {row.state}: {row.title}."
            )


def _without_time(each: Reading) -> Reading:
    return replace(each, edited=each.created, version=0, runs=())


def _update(
    connection: Connection, before: Reading, changes: dict[str, Any], now: Moment
) -> Reading:
    values = {**changes, "version": before.version + 1, **instant("edited", now)}
    connection.execute(update(_reading).where(_reading.c.id == before.id).values(values))
    return _need(connection, before.id)


def _need(connection: Connection, reading_id: int) -> Reading:
    mine = select(_reading).where(_reading.c.id == reading_id, _reading.c.deleted_us.is_(None))
    found = _load(connection, mine)
    if not found:
        raise NotFound(f"There is no reading {reading_id}.", hint="`labbook reading --all` lists.")
    return found[0]


def _load(connection: Connection, chosen: Select[Any]) -> tuple[Reading, ...]:
    thread = tables.thread
    named = chosen.outerjoin(thread, thread.c.id == _reading.c.thread_id)
    rows = connection.execute(named.add_columns(thread.c.name.label("thread"))).all()
    ids = chosen.with_only_columns(_reading.c.id).scalar_subquery()
    runs: dict[int, list[int]] = defaultdict(list)
    for row in connection.execute(select(_link).where(_link.c.reading_id.in_(ids))):
        runs[row.reading_id].append(row.run_id)
    return tuple(_record(row, runs[row.id]) for row in rows)


def _record(row: Row[Any], runs: list[int]) -> Reading:
    return Reading(
        id=row.id,
        created=moment(row.created_us, row.created_zone),
        edited=moment(row.edited_us, row.edited_zone),
        kind=row.kind,
        title=row.title,
        state=ReadingState(row.state),
        authors=row.authors,
        identifier=row.identifier,
        thread=row.thread,
        ended=moment(row.ended_us, row.ended_zone),
        body=row.body,
        runs=tuple(sorted(runs)),
        version=row.version,
    )
