"""The saved texts of a note: read, compared with what stands now, restored."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from functools import partial

from textual.content import Content
from textual.message import Message

from labbook.desk import write
from labbook.model import Conflict, Note, Revision
from labbook.report.runs import clock
from labbook.text.plain import plain
from labbook.tui.dialogs.versions import Versions
from labbook.tui.undo import Undo


class Restored(Message):
    """An earlier text stands again, as a new version."""

    def __init__(self, outcome: Note | Conflict) -> None:
        super().__init__()
        self.outcome = outcome


class Revisions(Versions[None, Revision]):
    """The versions of a note."""

    ABOUT = (
        "Every saved text of a note, newest first. Restoring one saves it as a new version, so "
        "nothing is lost by it."
    )

    def __init__(self, note: Note) -> None:
        super().__init__(f"Versions of the note of {note.day} {clock(note.time)}")
        self._note = note

    def read(self) -> dict[str, Revision]:
        return {str(each.version): each for each in write.revisions(self.desk, self._note.id)}

    def line(self, version: Revision) -> Content:
        mark = "  now" if version.version == self._note.version else ""
        words = len(version.body.split())
        when = f"{version.saved.local:%Y-%m-%d %H:%M}"
        return Content.assemble(
            (f"{version.version:>3} ", "bold"), when, (f"  {words} words{mark}", "$quiet")
        )

    def text(self, version: Revision) -> Content:
        return Content(plain(version.body))

    def changes(self, version: Revision) -> Iterable[str]:
        before = plain(version.body).splitlines()
        now = plain(self._note.body).splitlines()
        return (line for line in difflib.ndiff(before, now) if not line.startswith("?"))

    def restore(self, version: Revision) -> None:
        note = self._note
        if version.version == note.version:
            self.dismiss(None)
            return
        restore = partial(write.save_note, self.desk, note.id, version.body, version=note.version)
        self.labbook.writer.write(self, "restoring the text", restore, Restored)

    def on_restored(self, message: Restored) -> None:
        outcome, note = message.outcome, self._note
        if isinstance(outcome, Conflict):
            self.labbook.say(
                "Somebody saved this note meanwhile: the old text is a copy beside it."
            )
        else:
            back = partial(write.save_note, self.desk, note.id, note.body, version=outcome.version)
            self.labbook.remember(Undo("restored an earlier text", back))
        self.dismiss(None)
