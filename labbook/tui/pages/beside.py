"""A page with a list, and beside or below it what belongs to the selected one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, OptionList

from labbook.tui.keys import key
from labbook.tui.later import Later
from labbook.tui.pages.page import Page
from labbook.tui.widgets.choices import Choices
from labbook.tui.widgets.line import Line
from labbook.tui.widgets.pieces import Group, Pieces
from labbook.tui.widgets.words import Words

WIDTHS = [(0, "-narrow"), (76, "-normal"), (100, "-double")]
"""From so many columns on the two stand side by side."""

WAIT_S = 0.06
"""A key held down passes many rows; only the one it stops at is read."""

ROW_MARGIN = 3
"""Columns beside a row, as the stylesheet has them, and its scroll bar."""


class Amended(Message):
    """Something of what the page shows has been changed from it."""


class Beside(Page):
    """The list has the focus first; Enter goes on to what belongs to the selected one."""

    CSS_PATH: ClassVar[str | list[str | PurePath]] = "beside.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("beside.go", "enter", "go", "go", show=True, about="go on to it, or to its page"),
        key("beside.side", "tab", "side", "other side"),
        key("beside.back", "escape", "back", "back to the list"),
        key("beside.scroll", "space", "scroll(1)", "read on"),
        key("beside.undo", "u", "undo", "undo", about="undo the last change"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.HORIZONTAL_BREAKPOINTS = WIDTHS
        self.sought: str | None = None
        self._shown = ""
        self._drawn_at = 0
        self.detail_soon = Later(self, WAIT_S, self._detail_due)
        self._filter_soon = Later(self, WAIT_S, self.fill)
        self._draw_soon = Later(self, WAIT_S, self._draw_again)

    def compose_page(self) -> ComposeResult:
        with Container(id="ask"):
            yield Line(placeholder="words, @thread, #tag", id="filter")
        yield Words(id="told")
        with Container(id="both"):
            with Vertical(id="list"):
                yield Words(id="headings")
                rows = Choices()
                rows.id = "rows"
                yield rows
                yield Words(id="nothing")
            with Vertical(id="detail"):
                with VerticalScroll(id="text", can_focus=False):
                    yield Words(id="about")
                yield Pieces()

    def on_mount(self) -> None:
        self.rows.focus()

    # What a page of this kind says

    def fill(self) -> None:
        """Show the list as it was read."""
        raise NotImplementedError

    def read_detail(self) -> None:
        """Read what belongs to the selected row."""
        raise NotImplementedError

    # Showing

    @property
    def rows(self) -> Choices:
        return self.query_one("#rows", Choices)

    @property
    def pieces(self) -> Pieces:
        return self.query_one(Pieces)

    @property
    def row_width(self) -> int:
        # The list's place: the list itself has no width while it is hidden.
        return self.query_one("#list").content_size.width - ROW_MARGIN

    @property
    def text_width(self) -> int:
        return max(20, self.query_one("#detail").content_size.width - ROW_MARGIN)

    def show_rows(
        self, headings: Content, rows: list[tuple[Content, str]], nothing: Content
    ) -> None:
        """Show the list; the row that was sought is selected, else the one that was."""
        listed = self.rows
        listed.fill(rows, keep=True)
        if self.sought is not None and any(name == self.sought for _, name in rows):
            listed.highlighted = listed.get_option_index(self.sought)
            self.sought = None
        listed.display = bool(rows)
        self.query_one("#headings", Words).update(headings)
        self.query_one("#headings").display = bool(rows)
        self.query_one("#nothing", Words).update(nothing)
        self.query_one("#nothing").display = not rows
        self.query_one("#detail").display = bool(rows)
        # A short list leaves its room to what stands below it.
        below = not self.has_class("-double")
        self.query_one("#list").styles.max_height = len(rows) + 2 if below and rows else None
        if self.focused is None and rows:
            listed.focus()  # a list that was hidden for a while has lost it
        self._drawn_at = self.row_width
        self.call_after_refresh(self._draw_at_new_width)
        self.detail_soon.ask()
        self.refresh_bindings()

    def _draw_at_new_width(self) -> None:
        """What stands beside the list takes its room when there is a first row."""
        if self.is_current and self.row_width != self._drawn_at:
            self.fill()

    def _detail_due(self) -> None:
        if self.query_one("#detail").size.width or not (self.rows.display and self.is_current):
            self.read_detail()
        else:
            self.detail_soon.ask()  # what was hidden has no width before its next layout

    def show_detail(self, name: str, about: Content, groups: Sequence[Group]) -> None:
        """Show what belongs to the row of this name, unless another one is selected by now."""
        if name != self.rows.chosen:
            return
        self.query_one("#about", Words).update(about)
        self.pieces.show(groups, keep=name == self._shown)
        if name != self._shown:
            self.query_one("#text").scroll_home(animate=False)
        self._shown = name

    def tell(self, words: Content) -> None:
        """Say something above the list."""
        self.query_one("#told", Words).update(words)

    @on(OptionList.OptionHighlighted)
    def _another_row(self, event: OptionList.OptionHighlighted) -> None:
        if event.option_list is self.rows:
            self.detail_soon.ask()
        self.refresh_bindings()  # what the keys act on may be a row or a piece

    @on(OptionList.OptionSelected)
    async def _clicked(self, event: OptionList.OptionSelected) -> None:
        if event.option_list is self.pieces:
            await self.action_go()

    def on_descendant_focus(self, _: events.DescendantFocus) -> None:
        self.refresh_bindings()

    def on_resize(self, _: events.Resize) -> None:
        self._draw_soon.ask()

    def _draw_again(self) -> None:
        if self.labbook.is_open and self.is_current:
            self.fill()

    # Going about

    async def action_go(self) -> None:
        piece = self.pieces.piece
        if self.query_one("#filter", Line).has_focus:
            self.rows.focus()
        elif not self.pieces.has_focus:
            self.pieces.focus()
        elif piece is not None and piece.source:
            await self.labbook.show_source(piece.source)

    def action_side(self) -> None:
        if self.pieces.has_focus:
            self.rows.focus()
        else:
            self.pieces.focus()

    def action_back(self) -> None:
        """From the filter or the pieces back to the list; from the list the filter goes."""
        if self.rows.has_focus:
            self.query_one("#filter", Line).value = ""
            self.remove_class("-filtered")
        self.rows.focus()

    def action_scroll(self, step: int) -> None:
        text = self.query_one("#text")
        text.scroll_relative(y=step * max(1, text.size.height - 1), animate=False)

    @property
    def filter(self) -> str:
        return self.query_one("#filter", Line).value

    @on(Input.Changed, "#filter")
    def _filter_changed(self) -> None:
        self._filter_soon.ask()

    # Changing

    def action_undo(self) -> None:
        self.labbook.undo(self, Amended)

    def on_amended(self) -> None:
        self.read()
