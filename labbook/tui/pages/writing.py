"""Writing on a page: notes are added, edited, deleted and taken back, and never lost."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import ClassVar

from textual.binding import BindingType
from textual.message import Message

from labbook.desk import compare, find, write
from labbook.desk.desk import Desk
from labbook.model import ComparisonBlock, Conflict, Draft, Note
from labbook.report.runs import clock
from labbook.tui.dialogs.ask import Confirm
from labbook.tui.keys import key
from labbook.tui.pages.page import Page
from labbook.tui.saving import Text, drop_drafts, keep_text, save_text
from labbook.tui.undo import Undo
from labbook.tui.widgets.block_view import BlockView
from labbook.tui.widgets.day_editor import KEEPING, SAVING, DayEditor
from labbook.tui.widgets.day_view import DayView
from labbook.tui.widgets.kept_text import KeptText
from labbook.tui.widgets.note_editor import NoteEditor
from labbook.tui.work import Done, ask


class Saved(Message):
    """A text has been saved.

    text: as it was when it was saved
    outcome: None when there was nothing to save, or the emptied note was deleted
    """

    def __init__(self, editor: DayEditor, text: Text, outcome: Note | Conflict | None) -> None:
        super().__init__()
        self.editor = editor
        self.text = text
        self.outcome = outcome


class DraftToTakeBack(Message):
    """A kept draft's note has been read, so that its text can be opened again."""

    def __init__(self, draft: Draft, note: Note | None) -> None:
        super().__init__()
        self.draft = draft
        self.note = note


class WritingPage(Page):
    """A page with a day on it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("day.add", "a", "add", "note", show=True, about="add a note"),
        key("day.edit", "i", "edit", "edit", show=True, about="edit the note here"),
        key("day.outside", "e", "outside", "$EDITOR", show=True, about="edit it in $EDITOR"),
        key("day.delete", "d", "delete", "delete", show=True, about="delete the note"),
        key("day.undo", "u", "undo", "undo", about="undo the last change"),
        key("day.history", "H", "history", "versions", about="earlier versions of the note"),
    ]

    day: dt.date

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if not self.is_attached:
            return True
        if action == "delete" and self.selected_comparison is not None:
            return True
        if action in ("edit", "delete"):
            return self.selected_note is not None or isinstance(self.focused, KeptText)
        if action == "history":
            return self.selected_note is not None
        return super().check_action(action, parameters)

    @property
    def view(self) -> DayView:
        return self.query_one(DayView)

    @property
    def selected_note(self) -> Note | None:
        selected = self.view.selected
        return selected.block if selected and isinstance(selected.block, Note) else None

    @property
    def selected_comparison(self) -> ComparisonBlock | None:
        block = self.view.selected.block if self.view.selected else None
        return block if isinstance(block, ComparisonBlock) else None

    # Opening

    async def action_add(self) -> None:
        for editor in self.view.query_children(DayEditor):
            if editor.note is None and not editor.read_only:
                editor.focus()
                return
        await self.view.open_editor(DayEditor(self.day), None)

    async def action_edit(self) -> None:
        focused = self.focused
        if isinstance(focused, KeptText):
            self._take_back(focused.draft)
        elif isinstance(focused, BlockView) and isinstance(focused.block, Note):
            await self.view.open_editor(DayEditor(self.day, focused.block), focused)

    def _take_back(self, draft: Draft) -> None:
        if draft.note_id is None:
            self.post_message(DraftToTakeBack(draft, None))
            return
        note = partial(find.note, self.desk, draft.note_id)
        ask(self, "draft", note, partial(DraftToTakeBack, draft))

    async def on_draft_to_take_back(self, message: DraftToTakeBack) -> None:
        """A note deleted meanwhile cannot be edited: its text becomes a new one."""
        note = message.note if message.note and not message.note.deleted else None
        over = self.view.views.get(note.id) if note else None
        await self.view.open_editor(DayEditor(message.draft.day, note, message.draft), over)

    # Saving

    def on_note_editor_unsaved(self, message: NoteEditor.Unsaved) -> None:
        editor = message.editor
        if isinstance(editor, DayEditor):
            keep = partial(keep_text, self.desk, editor.as_text(), self.labbook.window)
            self.labbook.writer.write(editor, KEEPING, keep, lambda _: Done())

    def on_note_editor_finished(self, message: NoteEditor.Finished) -> None:
        if isinstance(message.editor, DayEditor):
            self.save(message.editor)

    def save(self, editor: DayEditor) -> None:
        """Queue the text, and give the keys back to the page at once."""
        editor.settle()
        editor.read_only = True
        text = editor.as_text()
        save = partial(self._save, text)
        self.labbook.writer.write(editor, SAVING, save, partial(Saved, editor, text))
        self.set_focus(None)

    def _save(self, text: Text) -> Note | Conflict | None:
        """In the thread that writes, so that an undo behind it takes this back."""
        outcome = save_text(self.desk, text)
        self._remember(text, outcome)
        return outcome

    def on_saved(self, message: Saved) -> None:
        """Show what was saved in the editor's place."""
        text, outcome = message.text, message.outcome
        drop = partial(drop_drafts, self.desk, text, self.labbook.window)
        self.labbook.writer.write(self, "dropping the draft", drop, lambda _: Done())
        if isinstance(outcome, Conflict):
            self.labbook.say(_meanwhile(outcome), severity="warning")
        self.put_in_place(message.editor, outcome)

    def put_in_place(self, editor: DayEditor, outcome: Note | Conflict | None) -> None:
        """Show what was saved where its editor is."""

    def _remember(self, text: Text, outcome: Note | Conflict | None) -> None:
        note, desk = text.note, self.desk
        if note is None:
            if isinstance(outcome, Note):
                back = Undo("added a note", partial(write.delete_note, desk, outcome.id))
                self.labbook.remember(back)
        elif outcome is None:
            self.labbook.remember(_deletion(desk, note))
        elif isinstance(outcome, Note) and outcome.version != note.version:
            restore = partial(write.save_note, desk, note.id, note.body, version=outcome.version)
            self.labbook.remember(Undo(f"changed the note of {clock(note.time)}", restore))

    # Deleting, undoing, revisions

    def action_delete(self) -> None:
        focused = self.focused
        if isinstance(focused, KeptText):
            self._throw_away(focused.draft)
        elif (note := self.selected_note) is not None:
            delete = partial(write.delete_note, self.desk, note.id)
            self.labbook.do(self, "deleting the note", delete, _deletion(self.desk, note))
            self.labbook.say(f"The note of {clock(note.time)} is deleted; u takes it back.")
        elif (block := self.selected_comparison) is not None:
            take_off = partial(compare.delete, self.desk, block.id)
            back = Undo("deleted a comparison", partial(compare.restore, self.desk, block.id))
            self.labbook.do(self, "deleting the comparison", take_off, back)
            self.labbook.say("The comparison is deleted; u takes it back.")

    def _throw_away(self, draft: Draft) -> None:
        def answered(yes: bool | None) -> None:
            if yes:
                drop = partial(write.drop_draft, self.desk, draft.window, draft.note_id)
                self.labbook.writer.write(self, "dropping the draft", drop, lambda _: Done())

        words = "It was never saved, and cannot be had back."
        self.app.push_screen(Confirm("Throw this text away?", words), answered)

    def action_undo(self) -> None:
        self.labbook.undo(self)

    def action_history(self) -> None:
        from labbook.tui.dialogs.revisions import Revisions

        note = self.selected_note
        if note is not None:
            self.app.push_screen(Revisions(note))

    # The person's own editor

    async def action_outside(self) -> None:
        """Edit elsewhere; what comes back is saved from an editor here, and stays in it if
        that fails.
        """
        selected, note = self.view.selected, self.selected_note
        body = self.labbook.edit_outside(note.body if note else "")
        if body is not None:
            editor = DayEditor(self.day, note)
            editor.text = body.rstrip("\n")
            await self.view.open_editor(editor, selected if note else None)
            self.save(editor)

    def on_note_editor_outside_asked(self, message: NoteEditor.OutsideAsked) -> None:
        body = self.labbook.edit_outside(message.editor.text)
        if body is not None:
            message.editor.text = body.rstrip("\n")
            message.editor.move_cursor(message.editor.document.end)


def _meanwhile(conflict: Conflict) -> str:
    if conflict.theirs.deleted:
        return "Somebody deleted this note meanwhile: your text stands as a note of its own."
    return "Somebody saved this note meanwhile: theirs stays, and your text is a copy beside it."


def _deletion(desk: Desk, note: Note) -> Undo:
    return Undo(
        f"deleted the note of {clock(note.time)}", partial(write.restore_note, desk, note.id)
    )
