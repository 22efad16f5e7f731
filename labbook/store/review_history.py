"""Every text that a review had: its versions, and the copies that came too late."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, select

from labbook.model import ReviewItem, ReviewRevision, Section, Verdict
from labbook.store import tables
from labbook.store.rows import moment

if TYPE_CHECKING:
    from labbook.store.notebook import Notebook
    from labbook.text.period import Period

_review, _revision = tables.review, tables.review_revision


def revisions(nb: Notebook, period: Period) -> tuple[ReviewRevision, ...]:
    """What was saved of the review of exactly this period, oldest first."""
    chosen = (
        select(_revision)
        .join(_review, _review.c.id == _revision.c.review_id)
        .where(
            _review.c.from_day == period.first.isoformat(),
            _review.c.to_day == period.last.isoformat(),
        )
        .order_by(_revision.c.id)
    )
    with nb.read() as connection:
        rows = connection.execute(chosen).all()
    copies = [row.id for row in rows if row.is_conflict]
    return tuple(
        _record(row, f"c{copies.index(row.id) + 1}" if row.is_conflict else str(row.version))
        for row in rows
    )


def _record(row: Row[Any], name: str) -> ReviewRevision:
    content = json.loads(row.content)
    return ReviewRevision(
        name,
        moment(row.saved_us, row.saved_zone),
        tuple(
            ReviewItem(Section(each["section"]), each["text"], each["source"])
            for each in content["items"]
        ),
        tuple(
            Verdict(each["step_id"], each["fate"], each["because"], each["evidence"])
            for each in content["verdicts"]
        ),
    )
