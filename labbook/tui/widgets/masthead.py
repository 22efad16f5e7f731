"""The first line: the pages, and the notebook that is open."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from textual.content import Content
from textual.reactive import reactive

from labbook.text.plain import plain_line
from labbook.tui.widgets.hot_line import HotLine

if TYPE_CHECKING:
    from labbook.tui.places import Place

RUNNING_ROOM = len(" ● 10 running ")


class Masthead(HotLine):
    """Names the pages and marks the one on show; says how many runs are running.

    Where the titles do not all fit, they are short and stand close.
    """

    DEFAULT_CSS = """
    Masthead { dock: top; height: 1; padding: 0 1; background: $surface; color: $quiet; }
    """

    running: reactive[int] = reactive(0)

    def __init__(self, places: Sequence[Place], current: str, notebook: Path) -> None:
        super().__init__()
        self._places = places
        self._current = current
        self._notebook = notebook

    def render(self) -> Content:
        width = self.content_size.width
        line = self._tabs(Content.assemble(("labbook", "bold $primary"), "  "), short=False)
        if line.cell_length + RUNNING_ROOM > width:
            line = self._tabs(Content(), short=True)
        right = self._right(width - line.cell_length)
        return line.pad_right(max(0, width - line.cell_length - right.cell_length)) + right

    def _tabs(self, line: Content, *, short: bool) -> Content:
        self.spots = [(0, self._current)]
        for number, place in enumerate(self._places, start=1):
            current = place.name == self._current
            digit = "$accent on $panel" if current else "$accent"
            words = "bold $foreground on $panel" if current else "$quiet"
            title = f"{place.short} " if short else f"{place.title} "
            self.spots.append((line.cell_length, place.name))
            before = f"{number} " if short else f" {number} "
            line = line + Content.assemble((before, digit), (title, words))
        return line

    def hit(self, name: str) -> None:
        self.app.switch_mode(name)

    def _right(self, room: int) -> Content:
        """The running runs, then as much of the notebook's path as there is room for."""
        pieces = Content()
        if self.running:
            pieces = Content.styled(f"● {self.running} running ", "$success")
            if pieces.cell_length > room:
                pieces = Content.styled(f"●{self.running}", "$success")
        path = plain_line(str(self._notebook))
        home = str(Path.home())
        path = "~" + path[len(home) :] if path.startswith(home + "/") else path
        space = room - pieces.cell_length - 2
        if len(path) > space:
            path = self._notebook.name if len(self._notebook.name) <= space else ""
        return pieces + Content.styled(f" {plain_line(path)}", "$quiet")
