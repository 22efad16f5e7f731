"""The rows of next steps: read, and kept in step with the checkboxes of their note.

A box that is ticked and a step that is settled are the same thing. A step whose item has
left its note has no position there; it comes back, as itself, when the item does.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from labbook.model import Moment, NextStep, StepState
from labbook.model.next_step import REMOVED_FROM_NOTE, match_steps
from labbook.store import tables
from labbook.store.rows import day, instant, moment
from labbook.text.markdown import TaskItem

_step = tables.next_step


def load_steps(connection: Connection, chosen: Select[Any]) -> tuple[NextStep, ...]:
    """The steps that `chosen` selects from the next_step table, in its order."""
    carried = (
        select(func.count())
        .select_from(tables.verdict)
        .where(tables.verdict.c.next_step_id == _step.c.id, tables.verdict.c.fate == "carried")
        .scalar_subquery()
    )
    named = chosen.outerjoin(tables.thread, tables.thread.c.id == _step.c.thread_id)
    rows = connection.execute(
        named.add_columns(tables.thread.c.name.label("thread"), carried.label("carried"))
    )
    return tuple(
        NextStep(
            id=row.id,
            text=row.text,
            state=StepState(row.state),
            raised=day(row.raised_day),
            position=row.position or 0,
            note_id=row.block_id,
            thread=row.thread,
            carried=row.carried,
            because=row.because,
            settled=moment(row.settled_us, row.settled_zone),
        )
        for row in rows
    )


def settled_as(state: StepState, at: Moment, because: str = "") -> dict[str, Any]:
    """The columns of a step that is in `state` from `at` on."""
    settled = None if state is StepState.OPEN else at
    return {"state": state.value, "because": because, **instant("settled", settled)}


def sync_steps(
    connection: Connection,
    block_id: int,
    items: Sequence[TaskItem],
    *,
    day: dt.date,
    at: Moment,
    thread_id: int | None,
) -> None:
    """Let the steps of a note be what its text says: raised, reworded, settled, removed."""
    known = connection.execute(
        select(_step).where(_step.c.block_id == block_id).order_by(_step.c.position, _step.c.id)
    ).all()
    present = [row for row in known if row.position is not None]
    absent = [row for row in known if row.position is None]
    continued = _continued(present, absent, [item.text for item in items])
    _take_out(connection, present, {row.id for row in continued.values()}, at)
    for position, item in enumerate(items):
        row = continued.get(position)
        values = {"text": item.text, "position": position, "thread_id": thread_id}
        values |= _checked(row, item.done, at)
        if row is not None:
            connection.execute(update(_step).where(_step.c.id == row.id).values(values))
        else:
            raised = {"raised_day": day.isoformat(), **instant("raised", at)}
            connection.execute(insert(_step).values(block_id=block_id, **raised, **values))


def _continued(
    present: Sequence[Row[Any]], absent: Sequence[Row[Any]], texts: Sequence[str]
) -> dict[int, Row[Any]]:
    """The step that each of the texts continues; of those that left the note, the exact text."""
    here = Counter(row.text for row in present)
    gone = {row.text: row for row in absent}
    found: dict[int, Row[Any]] = {}
    for position, text in enumerate(texts):
        if here[text] > 0:
            here[text] -= 1
        elif text in gone:
            found[position] = gone.pop(text)
    others = [position for position in range(len(texts)) if position not in found]
    matched = match_steps([row.text for row in present], [texts[each] for each in others])
    for position, index in zip(others, matched, strict=True):
        if index is not None:
            found[position] = present[index]
    return found


def _take_out(
    connection: Connection, present: Sequence[Row[Any]], kept: set[int], at: Moment
) -> None:
    """Free every position, since two items may change places; drop what is removed."""
    for row in present:
        changes: dict[str, Any] = {"position": None}
        if row.id not in kept and row.state == StepState.OPEN:
            changes |= settled_as(StepState.DROPPED, at, REMOVED_FROM_NOTE)
        connection.execute(update(_step).where(_step.c.id == row.id).values(changes))


def _checked(row: Row[Any] | None, done: bool, at: Moment) -> dict[str, Any]:
    """What the box says of the state; a settled step with a ticked box stays as it was."""
    is_open = row is None or row.state == StepState.OPEN
    was_removed = row is not None and row.because == REMOVED_FROM_NOTE
    if done and (is_open or was_removed):
        return settled_as(StepState.DONE, at)
    if not done and (row is None or not is_open):
        return settled_as(StepState.OPEN, at)
    return {}
