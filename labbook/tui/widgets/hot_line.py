"""A line with places on it that can be clicked."""

from __future__ import annotations

from textual import events
from textual.widget import Widget


class HotLine(Widget):
    """Remembers where each of its places begins.

    Textual's `@click` would put every place in the colour of a link.
    """

    ALLOW_SELECT = False

    spots: list[tuple[int, str]]
    """The first column of each place and its name, from left to right."""

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is not None:
            under = [name for column, name in self.spots if column <= offset.x]
            if under:
                self.hit(under[-1])

    def hit(self, name: str) -> None:
        """A place was clicked."""
        raise NotImplementedError
