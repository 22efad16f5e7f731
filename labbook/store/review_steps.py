"""What a saved review does to next steps: raises them, and settles or carries them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, select, update

from labbook.model import Moment, ReviewItem, Section, StepState, Verdict
from labbook.store import tables
from labbook.store.next_steps import load_step, reopen_step, settle_step
from labbook.store.rows import insert_row, instant
from labbook.store.step_rows import settled_as

REMOVED_FROM_REVIEW = "removed from review"
_step = tables.next_step


def raise_steps(
    connection: Connection,
    review_id: int,
    day: dt.date,
    items: Sequence[ReviewItem],
    at: Moment,
) -> tuple[ReviewItem, ...]:
    """Make next steps of the lines under next steps that have no source.

    A line that names a step which this review raised rewords it; an open one that no line
    names any more is dropped, and comes back when a line does.

    Returns: the items, each such line with its step as source.
    """
    mine = connection.execute(select(_step).where(_step.c.review_id == review_id)).all()
    named = {item.source for item in items if item.section is Section.NEXT_STEPS}
    nameless = [row for row in mine if f"step:{row.id}" not in named]
    result = []
    for item in items:
        if item.section is not Section.NEXT_STEPS or item.source or not item.text.strip():
            result.append(item)
            continue
        # A window that has not read the review again sends its line without the source.
        known = next((row for row in nameless if row.text == item.text), None)
        if known is not None:
            nameless.remove(known)
        step_id = known.id if known else _raise(connection, review_id, day, item.text, at)
        result.append(replace(item, source=f"step:{step_id}"))
    texts = {item.source: item.text for item in result}
    for row in mine:
        _follow(connection, row, texts.get(f"step:{row.id}"), at)
    return tuple(result)


def apply_verdicts(
    connection: Connection, before: Sequence[Verdict], now: Sequence[Verdict], at: Moment
) -> None:
    """Settle, reopen or leave each step as the change from `before` to `now` says.

    Raises:
        NotFound: a verdict is on a step that there is not.
    """
    old = {verdict.step_id: verdict for verdict in before}
    new = {verdict.step_id: verdict for verdict in now}
    for step_id in sorted(old.keys() | new.keys()):
        was, is_ = old.get(step_id), new.get(step_id)
        if was == is_:
            continue
        step = load_step(connection, step_id)
        if is_ is not None and is_.fate != "carried":
            settle_step(connection, step, is_.fate, is_.because, at)
        elif was is not None and step.state == was.fate:
            reopen_step(connection, step, at)


def _follow(connection: Connection, row: Row[Any], text: str | None, at: Moment) -> None:
    """Let a step that the review raised be what its line says; without one, be dropped."""
    changes: dict[str, Any] = {}
    if text is None and row.state == StepState.OPEN:
        changes = settled_as(StepState.DROPPED, at, REMOVED_FROM_REVIEW)
    if text is not None:
        changes = {"text": text}
        if row.because == REMOVED_FROM_REVIEW:
            changes |= settled_as(StepState.OPEN, at)
    if changes:
        connection.execute(update(_step).where(_step.c.id == row.id).values(changes))


def _raise(connection: Connection, review_id: int, day: dt.date, text: str, at: Moment) -> int:
    values = {
        "text": text,
        "raised_day": day.isoformat(),
        **instant("raised", at),
        "review_id": review_id,
        **settled_as(StepState.OPEN, at),
    }
    return insert_row(connection, _step, values)
