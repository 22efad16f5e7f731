"""One block of a day, drawn once for a width and shown until something of it changes."""

from __future__ import annotations

from textual.geometry import Size
from textual.message import Message
from textual.widgets import Static

from labbook.model import Block
from labbook.tui.drawing import Drawn


class BlockView(Static, can_focus=True):
    """A note, a run, a sweep or a comparison on the page."""

    class Opened(Message):
        """The block was double-clicked."""

        def __init__(self, view: BlockView) -> None:
            super().__init__()
            self.view = view

    def __init__(self, drawn: Drawn) -> None:
        super().__init__(drawn.content, classes="block")
        self.drawn = drawn

    @property
    def block(self) -> Block:
        return self.drawn.block

    def show(self, drawn: Drawn) -> None:
        """Show a new drawing; the page is laid out again only if the height has changed."""
        if drawn is not self.drawn:
            taller = drawn.height != self.drawn.height
            self.drawn = drawn
            self.update(drawn.content, layout=taller)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """The drawing's own height: its lines are broken already."""
        if width < self.drawn.width:
            return super().get_content_height(container, viewport, width)
        return self.drawn.height

    def on_click(self, event: object) -> None:
        if getattr(event, "chain", 1) == 2:
            self.post_message(self.Opened(self))
