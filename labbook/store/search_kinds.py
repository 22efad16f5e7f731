"""What can be searched: where each kind of thing keeps its text, and how filters apply to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, exists, select

from labbook.model import HitKind
from labbook.store import tables

if TYPE_CHECKING:
    from labbook.text.period import Period

Conditions = list[ColumnElement[bool]]
_block, _run, _review, _idea = tables.block, tables.run, tables.review, tables.idea


@dataclass(frozen=True, slots=True)
class Filters:
    """What a hit must satisfy besides its words; None lets everything through."""

    tag: str | None = None
    thread: str | None = None
    period: Period | None = None
    run: int | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of thing that can be found.

    index: its FTS5 table
    conditions: the filters as conditions on its rows; None when nothing can satisfy them
    """

    kind: HitKind
    index: str
    id: ColumnElement[int]
    day: ColumnElement[str]
    created_us: ColumnElement[int]
    title: ColumnElement[str]
    text: ColumnElement[str]
    conditions: Callable[[Filters], Conditions | None]


def _notes(filters: Filters) -> Conditions:
    found = [_block.c.kind == "note", _block.c.deleted_us.is_(None)]
    found += _within(filters, _block.c.day, _block.c.day)
    if filters.tag is not None:
        found.append(_tagged(tables.tag.c.block_id, _block.c.id, filters.tag))
    if filters.thread is not None:
        link = tables.block_thread
        named = select(link.c.block_id).where(link.c.thread_id == _thread_id(filters.thread))
        found.append(_block.c.id.in_(named))
    if filters.run is not None:
        mention = tables.mention
        found.append(
            _block.c.id.in_(select(mention.c.block_id).where(mention.c.run_id == filters.run))
        )
    return found


def _runs(filters: Filters) -> Conditions:
    found = [_run.c.deleted_us.is_(None), *_within(filters, _run.c.day, _run.c.day)]
    if filters.tag is not None:
        found.append(_tagged(tables.tag.c.run_id, _run.c.id, filters.tag))
    if filters.thread is not None:
        found.append(_run.c.thread_id == _thread_id(filters.thread))
    if filters.run is not None:
        found.append(_run.c.id == filters.run)
    return found


def _reviews(filters: Filters) -> Conditions | None:
    if filters.tag is not None or filters.thread is not None:
        return None
    found = _within(filters, _review.c.from_day, _review.c.to_day)
    if filters.run is not None:
        item = tables.review_item
        found.append(
            exists().where(item.c.review_id == _review.c.id, item.c.source == f"run:{filters.run}")
        )
    return found


def _ideas(filters: Filters) -> Conditions | None:
    if filters.run is not None:
        return None
    found = [_idea.c.deleted_us.is_(None), *_within(filters, _idea.c.day, _idea.c.day)]
    if filters.tag is not None:
        found.append(_tagged(tables.tag.c.idea_id, _idea.c.id, filters.tag))
    if filters.thread is not None:
        found.append(_idea.c.thread_id == _thread_id(filters.thread))
    return found


def _within(filters: Filters, first: ColumnElement[str], last: ColumnElement[str]) -> Conditions:
    """Whether the days from `first` to `last` touch the period."""
    if filters.period is None:
        return []
    period = filters.period
    return [first <= period.last.isoformat(), last >= period.first.isoformat()]


def _tagged(owner: ColumnElement[Any], id_: ColumnElement[int], name: str) -> ColumnElement[bool]:
    # Names are kept in lower case, as `labbook.text.markdown` reads them.
    return id_.in_(select(owner).where(tables.tag.c.name == name.lower(), owner.is_not(None)))


def _thread_id(name: str) -> Any:
    thread = tables.thread
    return select(thread.c.id).where(thread.c.name == name.lower()).scalar_subquery()


KINDS = (
    Kind(
        HitKind.NOTE,
        "note_search",
        _block.c.id,
        _block.c.day,
        _block.c.created_us,
        _block.c.body,
        _block.c.body,
        _notes,
    ),
    Kind(
        HitKind.RUN,
        "run_search",
        _run.c.id,
        _run.c.day,
        _run.c.created_us,
        _run.c.experiment,
        _run.c.params,
        _runs,
    ),
    Kind(
        HitKind.REVIEW,
        "review_search",
        _review.c.id,
        _review.c.to_day,
        _review.c.edited_us,
        _review.c.from_day + " … " + _review.c.to_day,
        _review.c.body,
        _reviews,
    ),
    Kind(
        HitKind.IDEA,
        "idea_search",
        _idea.c.id,
        _idea.c.day,
        _idea.c.created_us,
        _idea.c.title,
        _idea.c.body,
        _ideas,
    ),
)
