"""Two small questions: a line of text, and yes or no."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Input

from labbook.errors import LabbookError
from labbook.text.plain import plain_line
from labbook.tui.dialogs.dialog import Dialog
from labbook.tui.keys import key
from labbook.tui.widgets.line import Line
from labbook.tui.widgets.words import Words

Reading = Callable[[str], str]
"""Says what a text means; raises LabbookError when it means nothing."""


class Ask(Dialog[str]):
    """Asks for a line of text.

    reading: shown below the line while it is typed; its error keeps Enter from answering
    value: what stands in the line at first
    """

    ABOUT = "Type an answer; Enter gives it, Esc closes without one."
    BINDINGS: ClassVar[list[BindingType]] = [
        key("ask.answer", "enter", "answer", "answer", show=True)
    ]

    def __init__(
        self, title: str, placeholder: str, reading: Reading | None = None, value: str = ""
    ) -> None:
        super().__init__(title)
        self._value = value
        self._placeholder = placeholder
        self._reading = reading

    def compose_dialog(self) -> ComposeResult:
        yield Line(self._value, placeholder=self._placeholder)
        yield Words(id="meaning")

    def on_input_changed(self, event: Input.Changed) -> None:
        self._meaning(event.value)

    def action_answer(self) -> None:
        value = self.query_one(Line).value.strip()
        if self._meaning(value):
            self.dismiss(value)

    def _meaning(self, value: str) -> bool:
        if self._reading is None or not value.strip():
            self.query_one("#meaning", Words).update(Content())
            return self._reading is None
        try:
            words, style, right = self._reading(value), "$quiet", True
        except LabbookError as error:
            words, style, right = error.message, "$error", False
        self.query_one("#meaning", Words).update(Content.styled(plain_line(words), style))
        return right


class Confirm(Dialog[bool]):
    """Asks yes or no about something that cannot be undone."""

    ABOUT = "y does it; n or Esc leaves everything as it is."
    BINDINGS: ClassVar[list[BindingType]] = [
        key("confirm.yes", "y,enter", "yes", "yes", show=True),
        key("confirm.no", "n", "close", "no", show=True),
    ]

    def __init__(self, title: str, question: str) -> None:
        super().__init__(title)
        self._question = question

    def compose_dialog(self) -> ComposeResult:
        yield Words(Content(plain_line(self._question)))

    def action_yes(self) -> None:
        self.dismiss(True)
