"""The editor of a day's notes: it knows which note its text belongs to."""

from __future__ import annotations

import datetime as dt

from labbook.model import Draft, Note
from labbook.report.runs import clock
from labbook.tui.saving import Text
from labbook.tui.widgets.note_editor import NoteEditor
from labbook.tui.work import Trouble

PLACEHOLDER = "Markdown · #tag · @thread · - [ ] next step · [[2026-11-20]] · run:41"


class DayEditor(NoteEditor):
    """Edits a note of a day, or a new one.

    kept: a dead window's draft to go on with
    """

    def __init__(self, day: dt.date, note: Note | None = None, kept: Draft | None = None) -> None:
        label = f"{clock(note.time)} note" if note else "new note"
        begun = note.body.rstrip("\n") if note else ""
        super().__init__(begun, label, placeholder=PLACEHOLDER)
        self.day = day
        self.note = note
        self.kept = kept
        self._version = note.version if note else None
        if kept is not None:
            self.text = kept.body
            if note is not None and kept.base_version is not None:
                self._version = kept.base_version

    def as_text(self) -> Text:
        return Text(self.text, self.day, self.note, self._version, self.kept)

    def on_trouble(self, message: Trouble) -> None:
        """What could not be saved stays here, and says so on its frame."""
        self.read_only = False
        self.say("not saved · esc tries again")
        if message.doing == SAVING:
            self.focus()
        elif self._said_trouble == message.error.message:
            message.stop()
        self._said_trouble = message.error.message

    _said_trouble = ""


SAVING = "saving the note"
KEEPING = "keeping the draft"
