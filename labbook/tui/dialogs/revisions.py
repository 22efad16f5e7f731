"""The saved texts of a note: read, compared with what stands now, restored."""

from __future__ import annotations

import difflib
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message

from labbook.desk import write
from labbook.model import Conflict, Note, Revision
from labbook.report.runs import clock
from labbook.text.plain import plain
from labbook.tui.dialogs.dialog import Dialog
from labbook.tui.keys import key
from labbook.tui.undo import Undo
from labbook.tui.widgets.choices import Choices
from labbook.tui.widgets.pane import Pane
from labbook.tui.widgets.words import Words
from labbook.tui.work import ask

_STYLES = {"+": "$success", "-": "$error", "?": "$quiet"}


class RevisionsRead(Message):
    """A note's saved texts, oldest first."""

    def __init__(self, found: tuple[Revision, ...]) -> None:
        super().__init__()
        self.found = found


class Restored(Message):
    """An earlier text stands again, as a new version."""

    def __init__(self, outcome: Note | Conflict) -> None:
        super().__init__()
        self.outcome = outcome


class Revisions(Dialog[None]):
    """Lists a note's versions beside the text of the one that is highlighted."""

    CSS_PATH = "revisions.tcss"
    ABOUT = (
        "Every saved text of a note, newest first. Restoring one saves it as a new version, so "
        "nothing is lost by it."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        key("revisions.restore", "r,enter", "restore", "restore", show=True),
        key("revisions.changes", "c", "changes", "text or changes", show=True),
    ]

    def __init__(self, note: Note) -> None:
        super().__init__(f"Versions of the note of {note.day} {clock(note.time)}")
        self._note = note
        self._revisions: dict[str, Revision] = {}
        self._as_changes = False

    def compose_dialog(self) -> ComposeResult:
        with Horizontal():
            yield Choices()
            with Pane():
                yield Words(id="text")

    def on_mount(self) -> None:
        ask(self, "revisions", partial(write.revisions, self.desk, self._note.id), RevisionsRead)

    def on_revisions_read(self, message: RevisionsRead) -> None:
        self._revisions = {str(each.version): each for each in reversed(message.found)}
        current = self._note.version
        options = [(_line(each, current), name) for name, each in self._revisions.items()]
        self.query_one(Choices).fill(options)

    def on_option_list_option_highlighted(self) -> None:
        self._show()

    def on_option_list_option_selected(self) -> None:
        self.action_restore()

    @property
    def _selected(self) -> Revision | None:
        return self._revisions.get(self.query_one(Choices).chosen or "")

    def _show(self) -> None:
        revision = self._selected
        if revision is None:
            return
        text = self._changes(revision) if self._as_changes else Content(plain(revision.body))
        self.query_one("#text", Words).update(text)

    def _changes(self, revision: Revision) -> Content:
        """What became of this text since, line by line."""
        before = plain(revision.body).splitlines()
        now = plain(self._note.body).splitlines()
        lines = [line for line in difflib.ndiff(before, now) if not line.startswith("?")]
        pieces = [Content.styled(line, _STYLES.get(line[:1], "$quiet")) for line in lines]
        return Content("\n").join(pieces)

    def action_changes(self) -> None:
        self._as_changes = not self._as_changes
        self._show()

    def action_restore(self) -> None:
        revision, note = self._selected, self._note
        if revision is None or revision.version == note.version:
            self.dismiss(None)
            return
        restore = partial(write.save_note, self.desk, note.id, revision.body, version=note.version)
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


def _line(revision: Revision, current: int) -> Content:
    mark = "  now" if revision.version == current else ""
    words = len(revision.body.split())
    when = f"{revision.saved.local:%Y-%m-%d %H:%M}"
    return Content.assemble(
        (f"{revision.version:>3} ", "bold"), when, (f"  {words} words{mark}", "$quiet")
    )
