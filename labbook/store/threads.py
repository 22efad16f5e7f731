"""Threads: the lines of research that notes name."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import ColumnElement, Connection, delete, func, select, union_all, update

from labbook.errors import NotFound, StoreError, UsageError
from labbook.model.thread import Thread, ThreadKind, ThreadState
from labbook.store import tables
from labbook.store.marks import thread_id
from labbook.store.note_text import read_text, thread_name
from labbook.store.thread_rows import load_threads
from labbook.text.plain import storable

if TYPE_CHECKING:
    from labbook.model.moment import Moment
    from labbook.store.notebook import Notebook

_thread = tables.thread


def threads(nb: Notebook) -> tuple[str, ...]:
    """The names of all threads, the one that was named last first."""
    thread, link = tables.thread, tables.block_thread
    last = func.max(link.c.block_id)
    chosen = (
        select(thread.c.name)
        .outerjoin(link, link.c.thread_id == thread.c.id)
        .group_by(thread.c.id)
        .order_by(last.desc().nulls_last(), thread.c.name)
    )
    with nb.read() as connection:
        return tuple(connection.scalars(chosen))


def all_threads(nb: Notebook, *, now: Moment) -> tuple[Thread, ...]:
    """All threads with what belongs to them, the one that was touched last first.

    now: up to when a timer that runs counts
    """
    with nb.read() as connection:
        found = load_threads(connection, now)
    return tuple(sorted(found, key=lambda each: (-(each.touched or each.created).us, each.name)))


def thread(nb: Notebook, name: str, *, now: Moment) -> Thread:
    """One thread.

    Raises:
        NotFound: there is none of that name.
    """
    with nb.read() as connection:
        return _need(connection, name, now)


def add(nb: Notebook, name: str, *, now: Moment) -> Thread:
    """Let there be a thread of that name.

    Raises:
        UsageError: a note could not name it.
    """
    kept = cast(str, thread_name(name))
    with nb.write() as connection:
        thread_id(connection, kept, now)
        return _need(connection, kept, now)


def edit(
    nb: Notebook,
    name: str,
    *,
    now: Moment,
    goal: str | None = None,
    kind: ThreadKind | None = None,
    importance: float | None = None,
) -> Thread:
    """Change what a thread is for; what is None stays.

    Raises:
        NotFound: there is none of that name.
    """
    given = {
        "goal": None if goal is None else storable(goal.strip()),
        "kind": kind,
        "importance": importance,
    }
    changes = {key: value for key, value in given.items() if value is not None}
    return _change(nb, name, now, changes)


def put(nb: Notebook, wanted: Thread, *, over: Thread, now: Moment) -> Thread:
    """Let a thread's goal, kind, importance, state and outcome be as `wanted` has them.

    Raises:
        NotFound: there is none of that name.
        StoreError: they are not as `over` has them: somebody changed them meanwhile.
    """
    with nb.write() as connection:
        found = _need(connection, wanted.name, now)
        if _said(found) != _said(over):
            raise StoreError(
                f"@{found.name} was changed by somebody else meanwhile; theirs stays.",
                hint="Look at it again, then change it.",
            )
        changed = update(_thread).where(_thread.c.id == found.id).values(_said(wanted))
        connection.execute(changed)
        return _need(connection, found.name, now)


def take_back(nb: Notebook, over: Thread, *, now: Moment) -> None:
    """Undo that a thread was made, while it says no more than `over` and nothing belongs to it.

    Raises:
        NotFound: there is none of that name.
        UsageError: it has come into use.
    """
    with nb.write() as connection:
        found = _need(connection, over.name, now)
        if _said(found) != _said(over) or _is_used(connection, found.id):
            raise UsageError(f"@{found.name} is in use by now, so it stays.")
        connection.execute(delete(_thread).where(_thread.c.id == found.id))


def move(
    nb: Notebook, name: str, state: ThreadState, *, now: Moment, outcome: str | None = None
) -> Thread:
    """Put a thread into a state.

    outcome: see `Thread`; None keeps what it says

    Raises:
        NotFound: there is none of that name.
    """
    changes: dict[str, Any] = {"state": state.value}
    if outcome is not None:
        changes["outcome"] = storable(outcome.strip())
    return _change(nb, name, now, changes)


def rename(nb: Notebook, name: str, new: str, *, now: Moment) -> Thread:
    """Give a thread another name.

    Raises:
        NotFound: there is none of that name.
        UsageError: a note's text names it, which would make a thread of the old name again;
            or the new name cannot be one, or is taken.
    """
    kept = cast(str, thread_name(new))
    with nb.write() as connection:
        found = _need(connection, name, now)
        if kept == found.name:
            return found
        if load_threads(connection, now, _thread.c.name == kept):
            raise UsageError(f"There is a thread @{kept} already.")
        _refuse_named(connection, found)
        connection.execute(
            update(_thread).where(_thread.c.id == found.id).values(name=storable(kept))
        )
        return replace(found, name=kept)


def _said(each: Thread) -> dict[str, Any]:
    return {
        "goal": storable(each.goal.strip()),
        "kind": each.kind,
        "importance": each.importance,
        "state": each.state.value,
        "outcome": storable(each.outcome.strip()),
    }


def _is_used(connection: Connection, thread: int) -> bool:
    """Whether any row of the notebook names it, deleted ones too."""
    naming = [
        select(column).where(column == thread)
        for table in _thread.metadata.tables.values()
        for column in table.c
        if any(key.column is _thread.c.id for key in column.foreign_keys)
    ]
    return connection.execute(union_all(*naming).limit(1)).first() is not None


def _change(nb: Notebook, name: str, now: Moment, changes: dict[str, Any]) -> Thread:
    with nb.write() as connection:
        found = _need(connection, name, now)
        if changes:
            connection.execute(update(_thread).where(_thread.c.id == found.id).values(changes))
        return _need(connection, found.name, now)


def _need(connection: Connection, name: str, now: Moment) -> Thread:
    wanted: ColumnElement[bool] = _thread.c.name == storable(name.removeprefix("@").lower())
    found = load_threads(connection, now, wanted)
    if not found:
        near = get_close_matches(
            name.removeprefix("@").lower(), connection.scalars(select(_thread.c.name)), n=3
        )
        meant = f"Did you mean {' or '.join(f'@{each}' for each in near)}? " if near else ""
        raise NotFound(
            f"There is no thread {name!r}.",
            hint=f"{meant}`labbook threads --all` lists them; a note that names one makes it.",
        )
    return found[0]


def _refuse_named(connection: Connection, found: Thread) -> None:
    """Names in notes are text, and text is its writer's: it is not rewritten behind them."""
    block, link = tables.block, tables.block_thread
    linked = connection.execute(
        select(block.c.id, block.c.day, block.c.body)
        .join(link, link.c.block_id == block.c.id)
        .where(link.c.thread_id == found.id)
        .order_by(block.c.id)
    )
    naming = [row for row in linked if found.name in read_text(row.body).marks.threads]
    if naming:
        first, count = naming[0], len(naming)
        where = f"note {first.id} of {first.day}" + (f" and {count - 1} more" if count > 1 else "")
        raise UsageError(
            f"@{found.name} stands in the text of {where}, so it keeps its name.",
            hint="Take it out of those texts first; `labbook note thread ID NAME` gives a note "
            "to a thread without it.",
        )
