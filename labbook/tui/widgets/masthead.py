"""The first line: the pages, the timer, and the notebook that is open."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.content import Content
from textual.reactive import reactive

from labbook.report.textplot.looks import clip
from labbook.text.plain import plain_line
from labbook.tui.widgets.hot_line import HotLine

if TYPE_CHECKING:
    from labbook.tui.places import Place

RUNNING_ROOM = len(" ● 10 running ")

TIMER = "timer"
"""What stands for the timer among the places of the line, and the app's action."""

CLOCK_ROOM = len("◷ 10:00 ")
NAME_ROOM = 10
"""For so much of a thread's name, titles of pages are left out."""

LEAST_NAME = 4
"""So much of a thread's name is shown, or none of it."""


class Masthead(HotLine):
    """Names the pages and marks the one on show; says how many runs are running, and the timer.

    Where the titles do not all fit, they are short and stand close; where those do not, the last
    are left out beside their digits, but for that of the page on show.

    timer: the thread whose timer runs, and its minutes
    """

    DEFAULT_CSS = """
    Masthead { dock: top; height: 1; padding: 0 1; background: $surface; color: $quiet; }
    """

    running: reactive[int] = reactive(0)
    timer: reactive[tuple[str, int] | None] = reactive(None)

    def __init__(self, places: Sequence[Place], current: str, notebook: Path) -> None:
        super().__init__()
        self._places = places
        self._current = current
        self._notebook = notebook

    def render(self) -> Content:
        width = self.content_size.width
        line = self._tabs(Content.assemble(("labbook", "bold $primary"), "  "))
        if line.cell_length + RUNNING_ROOM > width:
            line = self._short_tabs(width - self._least())
        now, path = self._right(width - line.cell_length)
        line = line.pad_right(max(0, width - line.cell_length - (now + path).cell_length))
        self.spots.append((line.cell_length, TIMER if self.timer else ""))
        line = line + now
        self.spots.append((line.cell_length, ""))
        return line + path

    def _least(self) -> int:
        """The columns that the running runs and the timer want at least."""
        runs = f"●{self.running} " if self.running else ""
        return len(runs) + cell_len(self._timer(CLOCK_ROOM + NAME_ROOM))

    def _short_tabs(self, room: int) -> Content:
        """Short titles; from the last on, as many are left out as there is no room for."""
        line = Content()
        for bare in range(len(self._places) + 1):
            line = self._tabs(Content(), bare=bare)
            if line.cell_length <= room:
                break
        return line

    def _tabs(self, line: Content, *, bare: int | None = None) -> Content:
        """Each page's digit and its title.

        bare: how many of the last have only their digit, unless on show; the others short titles
        """
        self.spots = [(0, self._current)]
        for number, place in enumerate(self._places, start=1):
            current = place.name == self._current
            digit = "$accent on $panel" if current else "$accent"
            words = "bold $foreground on $panel" if current else "$quiet"
            title = f"{place.title} " if bare is None else f"{place.short} "
            if bare is not None and number > len(self._places) - bare and not current:
                title = ""
            self.spots.append((line.cell_length, place.name))
            before = f" {number} " if bare is None else f"{number} "
            line = line + Content.assemble((before, digit), (title, words))
        return line

    def hit(self, name: str) -> None:
        if name == TIMER:
            self.app.call_later(self.app.run_action, TIMER)
        elif name:
            self.app.switch_mode(name)

    def _right(self, room: int) -> tuple[Content, Content]:
        """The running runs and the timer, then as much of the notebook's path as there is room."""
        runs = f"● {self.running} running " if self.running else ""
        if len(runs) + len(self._timer(room)) > room:
            runs = f"●{self.running} " if self.running else ""
        timer = self._timer(room - len(runs))
        pieces = Content.assemble((runs, "$success"), (timer, "$accent"))
        path = plain_line(str(self._notebook))
        home = str(Path.home())
        path = "~" + path[len(home) :] if path.startswith(home + "/") else path
        space = room - pieces.cell_length - 2
        if len(path) > space:
            path = self._notebook.name if len(self._notebook.name) <= space else ""
        return pieces, Content.styled(f" {plain_line(path)}", "$quiet")

    def _timer(self, room: int) -> str:
        """ "◷ 0:37 @kl "; its thread is shortened or left out where there is no room for it."""
        if self.timer is None:
            return ""
        thread, minutes = self.timer
        clock = f"◷ {minutes // 60}:{minutes % 60:02} "
        name = f"@{plain_line(thread)} "
        space = room - len(clock)
        if cell_len(name) <= space:
            return clock + name
        return f"{clock}{clip(name.rstrip(), space - 1)} " if space > LEAST_NAME else clock
