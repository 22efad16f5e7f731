"""Moving about a day, and from day to day."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType

from labbook.text.when import parse_day
from labbook.tui.dialogs.ask import Ask
from labbook.tui.dialogs.leader import Leader
from labbook.tui.keys import key
from labbook.tui.pages.writing import WritingPage
from labbook.tui.phrases import long_day, near_day
from labbook.tui.widgets.day_editor import DayEditor

if TYPE_CHECKING:
    from labbook.tui.day_reading import DayRead
    from labbook.tui.pages.today import Goal

DAY_PHRASES = "yesterday · monday · 3 days ago · 20 nov · 2026-11-20"


class DayMoves(WritingPage):
    """The keys that move."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("day.down", "j,down", "move(1)", "next block"),
        key("day.up", "k,up", "move(-1)", "block before"),
        key("day.first", "home", "first", "first block"),
        key("day.last", "G,end", "last", "last block"),
        key("day.page-down", "pagedown,ctrl+d,space", "scroll_page(1)", "scroll down"),
        key("day.page-up", "pageup,ctrl+u", "scroll_page(-1)", "scroll up"),
        key(
            "day.before",
            "left_square_bracket",
            "turn(-1)",
            "day",
            show=True,
            display="[ ]",
            about="day before, day after",
        ),
        key("day.after", "right_square_bracket", "turn(1)", "day", about="day after"),
        key("day.written-before", "left_curly_bracket", "written(-1)", "written day before"),
        key("day.written-after", "right_curly_bracket", "written(1)", "written day after"),
        key("day.today", "t", "today", "today"),
        key("day.goto", "ctrl+g", "goto", "go to a day"),
        key("day.leader", "g", "leader", "g g first block, g d go to a day"),
    ]

    found: DayRead | None
    goal: Goal | None

    def action_move(self, step: int) -> None:
        self.view.move(step)

    def action_first(self) -> None:
        if self.view.stops:
            self.view.select(self.view.stops[0])
            self.view.to_start()

    def action_last(self) -> None:
        if self.view.stops:
            self.view.select(self.view.stops[-1])
            self.view.to_end()

    def action_scroll_page(self, step: int) -> None:
        self.view.scroll_page(step)

    def open_day(self, day: dt.date, goal: Goal = "start") -> None:
        """Show another day. A text that is being typed is saved first."""
        for editor in self.view.query_children(DayEditor):
            if not editor.read_only:
                self.save(editor)
        self.day = day
        self.goal = goal
        self.set_focus(None)
        self.read()

    def action_turn(self, step: int) -> None:
        try:
            self.open_day(self.day + dt.timedelta(days=step))
        except OverflowError:
            self.labbook.say("The calendar ends here.")

    def action_written(self, step: int) -> None:
        """To the next day that has something on it."""
        found = self.found
        day = (found.before if step < 0 else found.after) if found else None
        if day is None:
            self.labbook.say("There is no earlier day." if step < 0 else "There is no later day.")
        else:
            self.open_day(day)

    def action_today(self) -> None:
        self.open_day(self.desk.today(), "end")

    def action_goto(self) -> None:
        def answered(phrase: str | None) -> None:
            if phrase:
                self.open_day(parse_day(phrase, self.desk.today()))

        self.app.push_screen(Ask("Go to a day", DAY_PHRASES, self._meaning), answered)

    def _meaning(self, phrase: str) -> str:
        today = self.desk.today()
        day = parse_day(phrase, today)
        return f"{long_day(day)}, {near_day(day, today)}"

    def action_leader(self) -> None:
        async def answered(action: str | None) -> None:
            if action:
                await self.run_action(action)

        choices = {
            "g": ("first", "first block"),
            "d": ("goto", "go to a day"),
            "t": ("today", "today"),
        }
        self.app.push_screen(Leader("g", choices, alone="first"), answered)
