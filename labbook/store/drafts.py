"""Drafts: what is being typed, kept so that a crash cannot take it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Delete, delete, insert, select

from labbook.model import Draft
from labbook.store import tables
from labbook.store.rows import day, instant, moment
from labbook.text.plain import storable

if TYPE_CHECKING:
    from labbook.store.notebook import Notebook

_draft = tables.draft


def keep_draft(nb: Notebook, draft: Draft) -> None:
    """Keep a window's text for one note, or for a new one, in place of what it kept before."""
    with nb.write() as connection:
        connection.execute(_of(draft.window, draft.note_id))
        connection.execute(
            insert(_draft).values(
                window=storable(draft.window),
                day=draft.day.isoformat(),
                block_id=draft.note_id,
                base_version=draft.base_version,
                body=storable(draft.body),
                **instant("saved", draft.saved),
            )
        )


def drafts(nb: Notebook) -> tuple[Draft, ...]:
    """All drafts, oldest first."""
    chosen = select(_draft).order_by(_draft.c.saved_us, _draft.c.id)
    with nb.read() as connection:
        return tuple(
            Draft(
                window=row.window,
                day=day(row.day),
                body=row.body,
                saved=moment(row.saved_us, row.saved_zone),
                note_id=row.block_id,
                base_version=row.base_version,
            )
            for row in connection.execute(chosen)
        )


def drop_draft(nb: Notebook, window: str, note_id: int | None = None) -> None:
    """Forget a draft; one that is not there is no error."""
    with nb.write() as connection:
        connection.execute(_of(window, note_id))


def _of(window: str, note_id: int | None) -> Delete:
    # `is_not_distinct_from` is SQLite's IS, for which NULL equals NULL.
    return delete(_draft).where(
        _draft.c.window == storable(window), _draft.c.block_id.is_not_distinct_from(note_id)
    )
