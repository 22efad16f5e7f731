"""Reviews: saved with what they decide about next steps, in one transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Select, select, update

from labbook.errors import StoreError
from labbook.model import Moment, Review, ReviewItem, Verdict
from labbook.store import tables
from labbook.store.review_rows import keep_revision, load_reviews, replace_items, replace_verdicts
from labbook.store.review_steps import apply_verdicts, raise_steps
from labbook.store.rows import insert_row, instant
from labbook.text.plain import storable

if TYPE_CHECKING:
    from labbook.store.notebook import Notebook
    from labbook.text.period import Period

_review = tables.review


def save_review(
    nb: Notebook,
    period: Period,
    items: Sequence[ReviewItem],
    verdicts: Sequence[Verdict],
    *,
    moment: Moment,
    day: dt.date,
    version: int | None,
) -> Review:
    """Save a review that was made from `version` of it, None for a first one.

    What is as it was before makes no new version. A line under next steps that has no source
    becomes a next step, raised by this review; a verdict of done or dropped settles its step,
    and one that is taken back reopens it. Verdicts that are as they were before are not
    applied again: the step may have moved on.

    day: the day it is now; next steps are raised on it, or on the period's last day before it

    Raises:
        NotFound: a verdict is on a next step that there is not.
        StoreError: somebody saved the review meanwhile. Theirs stays; this text is kept in
            the review's history.
    """
    items = [
        replace(each, text=storable(each.text), source=storable(each.source)) for each in items
    ]
    with nb.write() as connection:
        current = _load(connection, _of(period))
        if current is None or current.version == version:
            return _save(connection, current, period, items, verdicts, moment, day)
        keep_revision(
            connection, current.id, version or 0, items, verdicts, moment, is_conflict=True
        )
    raise StoreError(
        f"The review of {period.label} was saved by somebody else meanwhile, "
        f"as version {current.version}.",
        hint="Theirs stays, and yours is kept in its history. Open it again and add your lines.",
    )


def review(nb: Notebook, period: Period) -> Review | None:
    """The review of exactly this period, if it was saved."""
    with nb.read() as connection:
        return _load(connection, _of(period))


def previous_review(nb: Notebook, period: Period) -> Review | None:
    """The latest review of a period that ended before this one begins."""
    chosen = (
        select(_review)
        .where(_review.c.to_day < period.first.isoformat())
        .order_by(_review.c.to_day.desc(), _review.c.from_day.desc())
        .limit(1)
    )
    with nb.read() as connection:
        return _load(connection, chosen)


def reviews_within(nb: Notebook, period: Period) -> tuple[Review, ...]:
    """The reviews of this period and of parts of it, in their order."""
    first, last = period.first.isoformat(), period.last.isoformat()
    chosen = select(_review).where(_review.c.from_day >= first, _review.c.to_day <= last)
    with nb.read() as connection:
        return load_reviews(connection, chosen.order_by(_review.c.from_day, _review.c.to_day))


def reviews(nb: Notebook) -> tuple[Review, ...]:
    """All saved reviews, newest period first."""
    chosen = select(_review).order_by(_review.c.to_day.desc(), _review.c.from_day.desc())
    with nb.read() as connection:
        return load_reviews(connection, chosen)


def _save(
    connection: Connection,
    current: Review | None,
    period: Period,
    items: Sequence[ReviewItem],
    verdicts: Sequence[Verdict],
    at: Moment,
    day: dt.date,
) -> Review:
    review_id = current.id if current else _insert(connection, period, at)
    items = raise_steps(connection, review_id, min(period.last, day), items, at)
    if current and (items, set(verdicts)) == (current.items, set(current.verdicts)):
        return current
    before = current.verdicts if current else ()
    apply_verdicts(connection, before, verdicts, at)
    replace_items(connection, review_id, items)
    replace_verdicts(connection, review_id, verdicts)
    version = current.version + 1 if current else 1
    keep_revision(connection, review_id, version, items, verdicts, at, is_conflict=False)
    connection.execute(
        update(_review)
        .where(_review.c.id == review_id)
        .values(
            version=version,
            body="\n".join(item.text for item in items),
            **instant("edited", at),
        )
    )
    return load_reviews(connection, _of(period))[0]


def _of(period: Period) -> Select[Any]:
    first, last = period.first.isoformat(), period.last.isoformat()
    return select(_review).where(_review.c.from_day == first, _review.c.to_day == last)


def _load(connection: Connection, chosen: Select[Any]) -> Review | None:
    found = load_reviews(connection, chosen)
    return found[0] if found else None


def _insert(connection: Connection, period: Period, at: Moment) -> int:
    return insert_row(
        connection,
        _review,
        {
            "from_day": period.first.isoformat(),
            "to_day": period.last.isoformat(),
            "version": 1,
            "body": "",
            **instant("created", at),
            **instant("edited", at),
        },
    )
