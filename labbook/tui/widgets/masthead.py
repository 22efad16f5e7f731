"""The first line: the pages, and the notebook that is open."""

from __future__ import annotations

from pathlib import Path

from textual.content import Content
from textual.reactive import reactive

from labbook.text.plain import plain_line
from labbook.tui.widgets.hot_line import HotLine


class Masthead(HotLine):
    """Names the pages and marks the one on show; says how many runs are running.

    pages: the name and the title of each, in the order of their digits
    """

    DEFAULT_CSS = """
    Masthead { dock: top; height: 1; padding: 0 1; background: $surface; color: $quiet; }
    """

    running: reactive[int] = reactive(0)

    def __init__(self, pages: dict[str, str], current: str, notebook: Path) -> None:
        super().__init__()
        self._pages = pages
        self._current = current
        self._notebook = notebook

    def render(self) -> Content:
        line = Content.assemble(("labbook", "bold $primary"), "  ")
        self.spots = [(0, self._current)]
        for number, (name, title) in enumerate(self._pages.items(), start=1):
            current = name == self._current
            digit = "$accent on $panel" if current else "$accent"
            words = "bold $foreground on $panel" if current else "$quiet"
            self.spots.append((line.cell_length, name))
            line = line + Content.assemble((f" {number} ", digit), (f"{title} ", words))
        room = self.content_size.width - line.cell_length
        right = self._right(room)
        return line.pad_right(max(0, room - right.cell_length)) + right

    def hit(self, name: str) -> None:
        self.app.switch_mode(name)

    def _right(self, room: int) -> Content:
        """The running runs, then as much of the notebook's path as there is room for."""
        pieces = Content()
        if self.running:
            pieces = Content.assemble((f"● {self.running} running ", "$success"))
        path = plain_line(str(self._notebook))
        home = str(Path.home())
        path = "~" + path[len(home) :] if path.startswith(home + "/") else path
        space = room - pieces.cell_length - 2
        if len(path) > space:
            path = self._notebook.name if len(self._notebook.name) <= space else ""
        return pieces + Content.styled(f" {plain_line(path)}", "$quiet")
