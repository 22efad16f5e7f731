"""Writing the day: notes, their revisions, and drafts of what is being typed."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from labbook.desk.desk import Clock, Desk
from labbook.errors import UsageError
from labbook.model.moment import Moment
from labbook.settings import Settings

if TYPE_CHECKING:
    from labbook.model import Conflict, Draft, Note, Revision
    from labbook.text.when import Period


def log(
    settings: Settings,
    body: str,
    *,
    day: dt.date | None = None,
    thread: str | None = None,
    clock: Clock = Moment.now,
) -> int:
    """Add a note by the quickest way there is, and return its id.

    The quick way needs a notebook of the schema it knows; else the full store does it.
    """
    _something(body)
    from labbook.store.capture import capture

    moment = clock()
    on = day or moment.day(settings.day_starts_at)
    note_id = capture(settings.notebook, body, moment=moment, day=on, thread=thread)
    if note_id is not None:
        return note_id
    with Desk(settings, clock=lambda: moment) as desk:
        return add_note(desk, body, day=on, thread=thread).id


def add_note(
    desk: Desk, body: str, *, day: dt.date | None = None, thread: str | None = None
) -> Note:
    """Add a note at the end of a day, today by default.

    Raises:
        UsageError: there is nothing in it.
    """
    _something(body)
    from labbook.store import notes

    moment = desk.clock()
    on = day or moment.day(desk.settings.day_starts_at)
    return notes.add_note(desk.notebook, body, moment=moment, day=on, thread=thread)


def save_note(desk: Desk, note_id: int, body: str, *, version: int) -> Note | Conflict:
    """Save a changed note that was read at `version`.

    When somebody saved it meanwhile, theirs stays and this text becomes a copy beside it.
    """
    _something(body)
    from labbook.store import notes

    return notes.save_note(desk.notebook, note_id, body, version=version, moment=desk.clock())


def delete_note(desk: Desk, note_id: int) -> None:
    """Take a note off its day. It can be restored."""
    from labbook.store import notes

    notes.delete_note(desk.notebook, note_id, moment=desk.clock())


def restore_note(desk: Desk, note_id: int) -> Note:
    """Put a deleted note back on its day."""
    from labbook.store import notes

    return notes.restore_note(desk.notebook, note_id, moment=desk.clock())


def revisions(desk: Desk, note_id: int) -> tuple[Revision, ...]:
    """Every saved text of a note, oldest first."""
    from labbook.store import notes

    return notes.revisions(desk.notebook, note_id)


def deleted_notes(desk: Desk, period: Period) -> tuple[Note, ...]:
    from labbook.store import notes

    return notes.deleted_notes(desk.notebook, period)


def keep_draft(desk: Desk, draft: Draft) -> None:
    """Keep the text of one window, replacing what that window kept before."""
    from labbook.store import drafts as store

    store.keep_draft(desk.notebook, draft)


def drafts(desk: Desk) -> tuple[Draft, ...]:
    """Texts that were being typed when their windows ended, or still are."""
    from labbook.store import drafts as store

    return store.drafts(desk.notebook)


def drop_draft(desk: Desk, window: str, note_id: int | None = None) -> None:
    from labbook.store import drafts as store

    store.drop_draft(desk.notebook, window, note_id)


def _something(body: str) -> None:
    if not body.strip():
        raise UsageError(
            "There is nothing in that note.", hint='For example: labbook log "first idea #idea"'
        )
