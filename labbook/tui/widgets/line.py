"""A one-line text field that keeps nothing a terminal could act on."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.widgets import Input

from labbook.text.plain import plain_line
from labbook.tui.keys import adopt


class Line(Input, inherit_bindings=False):
    """An Input; what is put or pasted into it is made harmless, since it is shown as it is."""

    # Enter is for the page or dialog to answer, and to show on its key bar.
    BINDINGS: ClassVar[list[BindingType]] = adopt("line", Input.BINDINGS, without=("submit",))

    def __init__(self, value: str = "", *, placeholder: str = "", id: str | None = None) -> None:  # noqa: A002
        super().__init__(
            plain_line(value),
            placeholder=plain_line(placeholder),
            compact=True,
            select_on_focus=False,
            id=id,
        )
        self.cursor_blink = False

    def on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        event.stop()
        self.insert_text_at_cursor(plain_line(event.text))
