"""How far reviews have come: which blocks were read for them, and which reviews are closed."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from sqlalchemy import Select, select
from sqlalchemy.dialects.sqlite import insert

from labbook.errors import NotFound
from labbook.model import Moment
from labbook.store import tables
from labbook.store.rows import instant

if TYPE_CHECKING:
    from labbook.store.notebook import Notebook
    from labbook.text.period import Period

_read, _block = tables.block_read, tables.block
_review, _closing = tables.review, tables.review_closing


def read_blocks(nb: Notebook, period: Period) -> frozenset[int]:
    """The blocks that were read for the review of exactly this period."""
    first, last = period.first.isoformat(), period.last.isoformat()
    chosen = select(_read.c.block_id).where(_read.c.from_day == first, _read.c.to_day == last)
    with nb.read() as connection:
        return frozenset(connection.execute(chosen).scalars())


def mark_read(nb: Notebook, period: Period, block_ids: Collection[int]) -> None:
    """Note that blocks were read; those that are no more are left out."""
    first, last = period.first.isoformat(), period.last.isoformat()
    with nb.write() as connection:
        known = connection.execute(select(_block.c.id).where(_block.c.id.in_(block_ids))).scalars()
        rows = [{"from_day": first, "to_day": last, "block_id": each} for each in known]
        if rows:
            connection.execute(insert(_read).on_conflict_do_nothing(), rows)


def mark_unread(nb: Notebook, period: Period, block_id: int) -> None:
    """Take back that a block was read."""
    with nb.write() as connection:
        connection.execute(
            _read.delete().where(
                _read.c.from_day == period.first.isoformat(),
                _read.c.to_day == period.last.isoformat(),
                _read.c.block_id == block_id,
            )
        )


def close_review(nb: Notebook, period: Period, *, left_open: int, moment: Moment) -> None:
    """Close a review. Closing it again with another number left open is a new closing.

    Raises:
        NotFound: none is saved of exactly this period.
    """
    chosen = select(_review.c.id).where(
        _review.c.from_day == period.first.isoformat(), _review.c.to_day == period.last.isoformat()
    )
    with nb.write() as connection:
        review_id = connection.scalar(chosen)
        if review_id is None:
            raise NotFound(f"No review of {period.label} is saved.")
        values = {"review_id": review_id, "left_open": left_open, **instant("closed", moment)}
        again = {each: values[each] for each in values if each != "review_id"}
        connection.execute(
            insert(_closing)
            .values(values)
            .on_conflict_do_update(
                index_elements=["review_id"],
                set_=again,
                where=_closing.c.left_open != left_open,
            )
        )


def is_due(nb: Notebook, period: Period) -> bool:
    """Whether something stands on the period's days, and no closed review covers them all."""
    first, last = period.first.isoformat(), period.last.isoformat()
    written = select(_block.c.id).where(_block.c.day.between(first, last))
    closed: Select[tuple[int]] = (
        select(_closing.c.review_id)
        .join(_review, _review.c.id == _closing.c.review_id)
        .where(_review.c.from_day <= first, _review.c.to_day >= last)
    )
    with nb.read() as connection:
        if connection.scalar(written.where(_block.c.deleted_us.is_(None)).limit(1)) is None:
            return False
        return connection.scalar(closed.limit(1)) is None
