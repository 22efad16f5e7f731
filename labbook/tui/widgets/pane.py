"""A pane to read in: it scrolls with vim's keys and the arrows."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType
from textual.containers import VerticalScroll

from labbook.tui.keys import key


class Pane(VerticalScroll, inherit_bindings=False):
    """Scrolls at once, line by line or by pages; no animation crosses a slow line."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("pane.down", "j,down", "go(1)", "scroll down"),
        key("pane.up", "k,up", "go(-1)", "scroll up"),
        key("pane.page-down", "pagedown,space,ctrl+d", "go_page(1)", "page down"),
        key("pane.page-up", "pageup,ctrl+u", "go_page(-1)", "page up"),
        key("pane.first", "g,home", "first", "top"),
        key("pane.last", "G,end", "last", "bottom"),
    ]

    def action_go(self, lines: int) -> None:
        self.scroll_relative(y=lines, animate=False)

    def action_go_page(self, step: int) -> None:
        self.scroll_relative(y=step * max(1, self.size.height - 2), animate=False)

    def action_first(self) -> None:
        self.scroll_home(animate=False)

    def action_last(self) -> None:
        self.scroll_end(animate=False)
