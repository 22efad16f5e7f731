"""What saving a text does, on the thread that writes."""

from __future__ import annotations

import datetime as dt
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from labbook.desk import find, write
from labbook.desk.desk import Desk
from labbook.errors import LabbookError, StoreError
from labbook.model import Conflict, Draft, Note
from labbook.tui.drafts import REVIEW, dead_drafts


@dataclass(frozen=True, slots=True)
class Text:
    """A text as it stands in an editor, and what it is for.

    note: the note being edited, None for a new one
    version: the version of the note that the text began from
    kept: the dead window's draft that it was taken from
    """

    body: str
    day: dt.date
    note: Note | None = None
    version: int | None = None
    kept: Draft | None = None


def save_text(desk: Desk, text: Text) -> Note | Conflict | None:
    """Save a text as a note. An emptied note is deleted; an empty new one is nothing."""
    note, version = text.note, text.version
    body = text.body.rstrip()
    if note is None or version is None:
        return write.add_note(desk, body, day=text.day) if body else None
    if not body:
        write.delete_note(desk, note.id)
        return None
    if body == note.body.rstrip() and version == note.version:
        return note
    return write.save_note(desk, note.id, body, version=version)


def drop_drafts(desk: Desk, text: Text, window: str) -> None:
    """The text is saved or given up: its drafts go, this window's and the dead one's."""
    write.drop_draft(desk, window, text.note.id if text.note else None)
    if text.kept is not None:
        write.drop_draft(desk, text.kept.window, text.kept.note_id)


def keep_text(desk: Desk, text: Text, window: str) -> None:
    """Keep a text as a draft; in a file where the notebook takes none.

    Raises:
        StoreError: the notebook took none; the hint names the file.
    """
    draft = Draft(
        window=window,
        day=text.day,
        body=text.body,
        saved=desk.clock(),
        note_id=text.note.id if text.note else None,
        base_version=text.version,
    )
    try:
        write.keep_draft(desk, draft)
    except StoreError as error:
        raise StoreError(error.message, hint=f"Your text is kept in {rescued(text)}.") from error


def put_away(desk: Desk, texts: Iterable[Text], window: str) -> list[str]:
    """Save every open text before leaving; a sentence for each that had to go to a file."""
    said = []
    for text in texts:
        try:
            save_text(desk, text)
            drop_drafts(desk, text, window)
        except LabbookError as error:
            said.append(f"{error.message} Your text is in {rescued(text)}.")
    return said


def offered_drafts(desk: Desk) -> tuple[Draft, ...]:
    """Texts of dead windows that are not already what stands on their day.

    Those of a review come back on its page.
    """
    return tuple(
        draft
        for draft in dead_drafts(write.drafts(desk), desk.clock())
        if REVIEW not in draft.window and not _stands(desk, draft)
    )


def rescued(text: Text) -> str:
    """Write a text to a file of its own, and return the file's name."""
    name = _rescue_file(text.day, text.note.id if text.note else None)
    Path(name).write_text(text.body, encoding="utf-8", errors="replace")
    return name


@cache
def _rescue_file(day: dt.date, note_id: int | None) -> str:
    """One file for each text, however often it is rescued."""
    handle, name = tempfile.mkstemp(prefix=f"labbook-{day}-{note_id or 'new'}-", suffix=".md")
    os.close(handle)
    return name


def _stands(desk: Desk, draft: Draft) -> bool:
    """A window killed between saving and dropping its draft leaves one that is saved."""
    bodies = [block.body for block in find.entry(desk, draft.day).blocks if isinstance(block, Note)]
    return draft.body.rstrip() in (body.rstrip() for body in bodies)
