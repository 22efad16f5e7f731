"""Writing a review: its lines are changed, added, moved and dropped, last week's steps judged."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from textual.binding import BindingType

from labbook.desk import review_document
from labbook.errors import LabbookError
from labbook.model import ReviewDraft, ReviewItem, Section
from labbook.model.review import Fate
from labbook.tui import review_edits as edits
from labbook.tui.dialogs.ask import Ask
from labbook.tui.keys import key
from labbook.tui.pages.page import Page
from labbook.tui.review_reading import keep_review
from labbook.tui.widgets.note_editor import NoteEditor
from labbook.tui.widgets.review_rows import DraftColumn, ItemRow, ReviewRow, StepRow
from labbook.tui.work import Done


class LineEditor(NoteEditor):
    """Edits one line of a review; `item` is None for a new one."""

    def __init__(self, section: Section, item: ReviewItem | None, after: ReviewItem | None) -> None:
        super().__init__(item.text if item else "", section.value)
        self.section = section
        self.item = item
        self.after = after

    def into(self, draft: ReviewDraft) -> ReviewDraft:
        """The review with the text as it stands here; an emptied line goes."""
        text = self.text.strip()
        if self.item is None:
            return edits.added(draft, self.section, self.after, text) if text else draft
        if text == self.item.text.strip():
            return draft
        return edits.changed(draft, self.item, text) if text else edits.removed(draft, self.item)


class ReviewEditing(Page):
    """The keys that change a review."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("review.edit", "i,enter", "edit", "edit", show=True, about="edit the line"),
        key("review.add", "a", "add", "line", show=True, about="add a line below"),
        key("review.remove", "d", "remove", "remove", show=True, about="leave the line out"),
        key("review.lower", "J,shift+down", "shift(1)", "move it down"),
        key("review.higher", "K,shift+up", "shift(-1)", "move it up"),
        key("review.done", "x", "judge('done')", "done", show=True),
        key("review.carried", "greater_than_sign", "judge('carried')", "carried", show=True),
        key("review.dropped", "minus", "drop", "dropped", show=True),
        key("review.outside", "e", "outside", "all of it in $EDITOR"),
        key("review.undo", "u", "undo", "undo"),
    ]

    draft: ReviewDraft | None
    history: list[ReviewDraft]

    def show_draft(self, select: int) -> None:
        """Show the draft as it stands now, with a row selected."""
        raise NotImplementedError

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("judge", "drop"):
            return isinstance(self.focused, StepRow)
        if action in ("remove", "shift"):
            return isinstance(self.focused, ItemRow) and self.focused.item is not None
        if action in ("edit", "add"):
            return isinstance(self.focused, ItemRow)
        return super().check_action(action, parameters)

    @property
    def rows(self) -> list[ReviewRow]:
        return list(self.query(ReviewRow))

    @property
    def place(self) -> int:
        """Which row is selected, or was before the rows were last made anew."""
        focused = self.focused
        if isinstance(focused, ReviewRow):
            self._place = self.rows.index(focused)
        return self._place

    _place = 0

    def change(self, draft: ReviewDraft, select: int | None = None) -> None:
        """Take a changed draft, show it, and keep it against a crash."""
        if self.draft is None or draft == self.draft:
            return
        self.history.append(self.draft)
        self.draft = draft
        self.keep(draft)
        self.show_draft(self.place if select is None else select)

    def keep(self, draft: ReviewDraft) -> None:
        keep = partial(keep_review, self.desk, draft, self.labbook.window)
        self.labbook.writer.write(self, "keeping the changes", keep, lambda _: Done())

    # Lines

    async def action_edit(self) -> None:
        row = self.focused
        if isinstance(row, ItemRow):
            await self._open(
                row, LineEditor(row.section, row.item, None), over=row.item is not None
            )

    async def action_add(self) -> None:
        row = self.focused
        if isinstance(row, ItemRow):
            await self._open(row, LineEditor(row.section, None, row.item), over=row.item is None)

    async def _open(self, row: ItemRow, editor: LineEditor, *, over: bool) -> None:
        column = self.query_one(DraftColumn)
        await column.mount(editor, after=row)
        row.display = not over
        self.set_focus(editor, scroll_visible=False)
        column.reveal(editor)

    def on_note_editor_unsaved(self, message: NoteEditor.Unsaved) -> None:
        editor = message.editor
        if isinstance(editor, LineEditor) and self.draft is not None:
            self.keep(editor.into(self.draft))

    def on_note_editor_finished(self, message: NoteEditor.Finished) -> None:
        editor = message.editor
        if isinstance(editor, LineEditor) and self.draft is not None:
            editor.settle()
            before = [row for row in self.rows if row.virtual_region.y < editor.virtual_region.y]
            select = max(0, len(before) - (editor.item is not None))
            changed = editor.into(self.draft)
            if changed == self.draft:
                self.show_draft(select)
            else:
                self.change(changed, select)

    def action_remove(self) -> None:
        row = self.focused
        if isinstance(row, ItemRow) and row.item is not None and self.draft is not None:
            self.change(edits.removed(self.draft, row.item))

    def action_shift(self, step: int) -> None:
        row, place = self.focused, self.place
        if isinstance(row, ItemRow) and row.item and self.draft:
            self.change(edits.moved(self.draft, row.item, step), place + step)

    # Next steps of last time

    def action_judge(self, fate: Fate, because: str = "") -> None:
        row, place = self.focused, self.place
        if isinstance(row, StepRow) and self.draft is not None:
            self.change(edits.judged(self.draft, row.step.id, fate, because), place + 1)

    def action_drop(self) -> None:
        def answered(because: str | None) -> None:
            if because:
                self.action_judge("dropped", because)

        self.app.push_screen(Ask("Why is it dropped?", "one line, for the report"), answered)

    # Back, and outside

    def action_undo(self) -> None:
        if not self.history:
            self.labbook.say("There is nothing to undo.")
            return
        self.draft = self.history.pop()
        self.keep(self.draft)
        self.show_draft(self.place)

    def action_outside(self) -> None:
        if self.draft is None:
            return
        text = self.labbook.edit_outside(review_document.compose(self.draft))
        if text is None:
            return
        try:
            self.change(review_document.parse(self.draft, text))
        except LabbookError as error:
            self.labbook.say_error(error)
