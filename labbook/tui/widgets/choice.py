"""One of a few values, changed in place with the arrows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from labbook.text.plain import plain_line
from labbook.tui.keys import key


class Choice(Widget, can_focus=True):
    """Shows the chosen value among the others, and moves with left and right."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("choice.next", "right,space,l", "step(1)", "next value", show=True),
        key("choice.before", "left,h", "step(-1)", "value before", show=True),
    ]
    DEFAULT_CSS = """
    Choice { height: 1; width: 1fr; }
    """
    ALLOW_SELECT = False

    chosen: reactive[int] = reactive(0)

    class Changed(Message):
        """Another value is chosen."""

    def __init__(self, values: Sequence[str], value: str) -> None:
        super().__init__()
        self._values = tuple(values)
        self.set_reactive(Choice.chosen, self._values.index(value) if value in values else 0)

    @property
    def value(self) -> str:
        return self._values[self.chosen]

    def render(self) -> Content:
        mark = "bold $block-cursor-foreground on $block-cursor-background"
        styles = {True: mark if self.has_focus else "bold", False: "$quiet"}
        pieces = [
            Content.styled(f" {plain_line(value)} ", styles[index == self.chosen])
            for index, value in enumerate(self._values)
        ]
        return Content(" ").join(pieces)

    def action_step(self, step: int) -> None:
        self.chosen = (self.chosen + step) % len(self._values)
        self.post_message(self.Changed())
