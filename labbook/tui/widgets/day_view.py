"""The blocks of a day in a column, and the editor among them."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widget import Widget

from labbook.errors import LabbookError
from labbook.model import Draft
from labbook.text.plain import plain
from labbook.tui.drawing import Drawn
from labbook.tui.widgets.block_view import BlockView
from labbook.tui.widgets.held_scroll import HeldScroll
from labbook.tui.widgets.kept_text import KeptText
from labbook.tui.widgets.note_editor import NoteEditor
from labbook.tui.widgets.words import Words

BLOCK_MARGIN = 4
"""Columns of a block's frame and padding, as its stylesheet has them."""


class DayView(HeldScroll):
    """Shows what it is given, and touches only the blocks that have changed."""

    @property
    def views(self) -> dict[int, BlockView]:
        """The blocks on show, by id."""
        return {view.block.id: view for view in self.query_children(BlockView)}

    @property
    def drawn(self) -> dict[int, Drawn]:
        return {view.block.id: view.drawn for view in self.query_children(BlockView)}

    @property
    def block_width(self) -> int:
        """The columns that a block is drawn in; 0 until the first layout."""
        width = self.scrollable_content_region.width
        return max(0, width - BLOCK_MARGIN)

    @property
    def stops(self) -> list[Widget]:
        """What the selection can stand on, from top to bottom."""
        return [child for child in self.children if child.display and child.focusable]

    @property
    def selected(self) -> BlockView | None:
        focused = self.screen.focused
        return focused if isinstance(focused, BlockView) and focused.parent is self else None

    async def show(self, drawn: Sequence[Drawn], kept: Sequence[Draft], empty: Content) -> None:
        """Show these blocks; what is selected, typed or in view stays where it is."""
        self.hold()
        wanted = {each.block.id for each in drawn}
        selected = self.selected
        if selected is not None and selected.block.id not in wanted:
            self._select_beside(selected)
        with self.app.batch_update():
            for block_id, view in self.views.items():
                if block_id not in wanted:
                    await view.remove()
            await self._show_kept(kept)
            await self._show_blocks(drawn)
            await self._show_empty(empty if not (drawn or kept or self._editing) else None)

    async def _show_blocks(self, drawn: Sequence[Drawn]) -> None:
        views = self.views
        fresh: list[Widget] = []
        for each in drawn:
            view = views.get(each.block.id)
            if view is None:
                fresh.append(BlockView(each))
                continue
            if fresh:
                await self.mount_all(fresh, before=view)
                fresh = []
            view.show(each)
        if fresh:
            last = self._trailing_editor()
            await (self.mount_all(fresh, before=last) if last else self.mount_all(fresh))

    async def _show_kept(self, kept: Sequence[Draft]) -> None:
        there = {view.draft: view for view in self.query_children(KeptText)}
        for draft, view in there.items():
            if draft not in kept:
                await view.remove()
        new = [KeptText(draft) for draft in kept if draft not in there]
        if new:
            first = self.children[0] if self.children else None
            await (self.mount_all(new, before=first) if first else self.mount_all(new))

    async def _show_empty(self, words: Content | None) -> None:
        await self.query_children(".empty").remove()
        if words is not None:
            await self.mount(Words(words, classes="empty"))

    @property
    def _editing(self) -> bool:
        return bool(self.query_children(NoteEditor))

    def _trailing_editor(self) -> Widget | None:
        last = self.children[-1] if self.children else None
        return last if isinstance(last, NoteEditor) else None

    def _select_beside(self, leaving: BlockView) -> None:
        stops = self.stops
        at = stops.index(leaving)
        beside = stops[at + 1 : at + 2] or stops[max(0, at - 1) : at]
        if beside:
            self.screen.set_focus(beside[0], scroll_visible=False)

    async def open_editor(self, editor: NoteEditor, over: BlockView | None) -> None:
        """Put an editor in the place of a block, else at the end."""
        await self.query_children(".empty").remove()
        if over is None:
            await self.mount(editor)
        else:
            self.hold()
            await self.mount(editor, after=over)
            over.display = False
        self.screen.set_focus(editor, scroll_visible=False)
        self.reveal(editor)

    async def close_editor(self, editor: NoteEditor, over: BlockView | None) -> None:
        self.hold()
        if over is not None:
            over.display = True
        await editor.remove()

    def select(self, block: Widget) -> None:
        self.screen.set_focus(block, scroll_visible=False)
        self.reveal(block)

    def move(self, step: int) -> None:
        """To the next block, or on within one that is taller than the view."""
        stops = self.stops
        focused = self.screen.focused
        if focused not in stops:
            if stops:
                self.select(stops[-1 if step < 0 else 0])
            return
        if self._goes_on(focused, step):
            self.scroll_relative(y=step * max(1, self.size.height // 2), animate=False)
            return
        at = stops.index(focused) + step
        if 0 <= at < len(stops):
            self.select(stops[at])

    def _goes_on(self, block: Widget, step: int) -> bool:
        region, top = block.virtual_region, self.scroll_offset.y
        if step > 0:
            return region.bottom > top + self.size.height
        return region.y < top

    def scroll_page(self, step: int) -> None:
        """Most of a page on, the selection with it."""
        self.scroll_relative(y=step * max(1, self.size.height - 3), animate=False)
        self.call_after_refresh(self._select_in_view)

    def _select_in_view(self) -> None:
        top = self.scroll_offset.y
        bottom = top + self.size.height
        focused = self.screen.focused
        inside = [
            stop
            for stop in self.stops
            if stop.virtual_region.y < bottom and stop.virtual_region.bottom > top
        ]
        if inside and focused not in inside and not isinstance(focused, NoteEditor):
            self.screen.set_focus(inside[0], scroll_visible=False)

    def show_trouble(self, error: LabbookError) -> None:
        """The day cannot be read: say why in its place."""
        words = Content.assemble(
            (plain(error.message), "$error"), "\n", (plain(error.hint), "$quiet")
        )
        self.call_later(self._show_empty, words)

    def show_caret(self, editor: NoteEditor) -> None:
        """Keep the line that is being typed in view."""
        line = editor.virtual_region.y + editor.caret_line
        top, height = self.scroll_offset.y, self.size.height
        if line + 2 > top + height:
            self.scroll_to(y=line + 2 - height, animate=False)
        elif line - 1 < top:
            self.scroll_to(y=line - 1, animate=False)
