"""The rows of reviews: their items, their verdicts, and every version they had."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, insert, select

from labbook.model import Closing, Moment, Review, ReviewItem, Section, Verdict
from labbook.store import tables
from labbook.store.rows import day, instant, moment, to_json
from labbook.text.period import Period
from labbook.text.plain import storable

_item, _verdict, _closing = tables.review_item, tables.verdict, tables.review_closing


def load_reviews(connection: Connection, chosen: Select[Any]) -> tuple[Review, ...]:
    """The reviews that `chosen` selects from the review table, in its order."""
    rows = connection.execute(chosen).all()
    if not rows:
        return ()
    ids = chosen.with_only_columns(tables.review.c.id).scalar_subquery()
    items: dict[int, list[ReviewItem]] = defaultdict(list)
    for row in connection.execute(
        select(_item).where(_item.c.review_id.in_(ids)).order_by(_item.c.id)
    ):
        items[row.review_id].append(ReviewItem(Section(row.section), row.text, row.source))
    verdicts: dict[int, list[Verdict]] = defaultdict(list)
    for row in connection.execute(
        select(_verdict)
        .where(_verdict.c.review_id.in_(ids))
        .order_by(_verdict.c.review_id, _verdict.c.next_step_id)
    ):
        verdict = Verdict(row.next_step_id, row.fate, row.because, row.evidence)
        verdicts[row.review_id].append(verdict)
    closed = connection.execute(select(_closing).where(_closing.c.review_id.in_(ids)))
    closings = {
        row.review_id: Closing(moment(row.closed_us, row.closed_zone), row.left_open)
        for row in closed
    }
    return tuple(
        _review(row, items[row.id], verdicts[row.id], closings.get(row.id)) for row in rows
    )


def replace_items(connection: Connection, review_id: int, items: Sequence[ReviewItem]) -> None:
    """Let these be the review's items, in this order."""
    connection.execute(delete(_item).where(_item.c.review_id == review_id))
    rows = [
        {
            "review_id": review_id,
            "section": item.section.value,
            "position": position,
            "text": item.text,
            "source": item.source,
        }
        for position, item in enumerate(items)
    ]
    if rows:
        connection.execute(insert(_item), rows)


def replace_verdicts(connection: Connection, review_id: int, verdicts: Sequence[Verdict]) -> None:
    """Let these be the review's verdicts: one for each step, the last one given."""
    connection.execute(delete(_verdict).where(_verdict.c.review_id == review_id))
    rows = [
        {
            "review_id": review_id,
            "next_step_id": verdict.step_id,
            "fate": verdict.fate,
            "because": storable(verdict.because),
            "evidence": storable(verdict.evidence),
        }
        for verdict in {verdict.step_id: verdict for verdict in verdicts}.values()
    ]
    if rows:
        connection.execute(insert(_verdict), rows)


def keep_revision(
    connection: Connection,
    review_id: int,
    version: int,
    items: Sequence[ReviewItem],
    verdicts: Sequence[Verdict],
    at: Moment,
    *,
    is_conflict: bool,
) -> None:
    """Keep what was saved, or what came too late to be saved."""
    content = {
        "items": [
            {"section": item.section.value, "text": item.text, "source": item.source}
            for item in items
        ],
        "verdicts": [
            {
                "step_id": verdict.step_id,
                "fate": verdict.fate,
                "because": verdict.because,
                "evidence": verdict.evidence,
            }
            for verdict in verdicts
        ],
    }
    connection.execute(
        insert(tables.review_revision).values(
            review_id=review_id,
            version=version,
            is_conflict=int(is_conflict),
            content=to_json(content),
            **instant("saved", at),
        )
    )


def _review(
    row: Row[Any],
    items: Sequence[ReviewItem],
    verdicts: Sequence[Verdict],
    closing: Closing | None,
) -> Review:
    return Review(
        id=row.id,
        period=Period(day(row.from_day), day(row.to_day)),
        version=row.version,
        items=tuple(items),
        verdicts=tuple(verdicts),
        created=moment(row.created_us, row.created_zone),
        edited=moment(row.edited_us, row.edited_zone),
        closing=closing,
    )
