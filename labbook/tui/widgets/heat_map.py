"""A map of days: a week is a column, and the more a day holds the fuller its cell is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from labbook.desk.calendar import CalendarView
from labbook.report.shades import SHADES, months, place
from labbook.settings import WEEKDAYS
from labbook.text.period import Period

MARGIN = 4
"""Columns before the first week, for the names of the weekdays."""

CURSORS = {1: "◆", 2: "◀▶"}
"""What stands on the chosen day, by the columns of a day; seen without colours too."""


class HeatMap(Widget, can_focus=True):
    """The days of some weeks, one of which is chosen; days to come are blank.

    found: what each day holds
    day: the chosen one
    today: the last day that is drawn
    """

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    HeatMap { height: 8; width: 100%; }
    """

    found: reactive[CalendarView | None] = reactive(None)
    day: reactive[dt.date] = reactive(dt.date.min)
    today: reactive[dt.date] = reactive(dt.date.min)

    class Chosen(Message):
        """A day was clicked."""

        def __init__(self, day: dt.date) -> None:
            super().__init__()
            self.day = day

    def render(self) -> Content:
        if self.found is None:
            return Content()
        weeks, columns = self._weeks, self._columns
        lines = [Content.styled(" " * MARGIN + months(weeks, columns), "$quiet")]
        most = max(self.found.values.values(), default=0.0)
        for weekday, name in enumerate(WEEKDAYS):
            days = [week.first + dt.timedelta(days=weekday) for week in weeks]
            cells = [self._cell(day, most, columns) for day in days]
            lines.append(Content.assemble((f"{name} ", "$quiet"), *cells))
        return Content("\n").join(lines)

    def _cell(self, day: dt.date, most: float, columns: int) -> tuple[str, str]:
        if day == self.day:
            strong = "$block-cursor-foreground on $block-cursor-background"
            return CURSORS[columns], f"bold {strong}" if self.has_focus else "bold $accent"
        if self.found is None or day > self.today or day not in self.found.period:
            return " " * columns, ""
        step = place(self.found.values.get(day, 0.0), most, SHADES)
        return SHADES[step] * columns, "$success" if step else "$quiet"

    @property
    def _columns(self) -> int:
        """Of each day."""
        weeks = 0 if self.found is None else len(list(self.found.period.weeks()))
        return 2 if 2 * weeks + MARGIN <= self.content_size.width else 1

    @property
    def _weeks(self) -> Sequence[Period]:
        """Those that find room, with the chosen day among them."""
        if self.found is None:
            return ()
        weeks = list(self.found.period.weeks())
        room = max(1, (self.content_size.width - MARGIN) // self._columns)
        here = next((n for n, week in enumerate(weeks) if self.day in week), len(weeks) - 1)
        last = max(here + 1, room) if here + room < len(weeks) else len(weeks)
        return weeks[max(0, last - room) : last]

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        weeks = self._weeks
        if offset is not None and offset.y > 0 and offset.x >= MARGIN:
            number = (offset.x - MARGIN) // self._columns
            if number < len(weeks):
                self.post_message(
                    self.Chosen(weeks[number].first + dt.timedelta(days=offset.y - 1))
                )
