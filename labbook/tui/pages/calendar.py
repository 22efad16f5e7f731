"""Calendar: how much each day of a year holds, the streak, and what a day says."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import ClassVar, get_args

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content

from labbook.desk import calendar
from labbook.desk.calendar import CalendarView, Measure
from labbook.report.shades import SHADES
from labbook.text.amounts import count
from labbook.text.period import Period
from labbook.text.when import FIRST_YEAR, parse_day
from labbook.tui.calendar_reading import DayBelow, MapRead, read_below
from labbook.tui.dialogs.ask import Ask
from labbook.tui.keys import key
from labbook.tui.later import Later
from labbook.tui.pages.day_moves import DAY_PHRASES
from labbook.tui.pages.page import Page
from labbook.tui.phrases import at_both_ends, long_day, near_day
from labbook.tui.widgets.heat_map import HeatMap
from labbook.tui.widgets.pane import Pane
from labbook.tui.widgets.words import Words
from labbook.tui.work import ask

WAIT_S = 0.06
"""A key held down passes many days; only the one it stops at is read."""

MEASURES: tuple[Measure, ...] = get_args(Measure)


class CalendarPage(Page):
    """A year of days, one of which is chosen."""

    PAGE = "calendar"
    CSS_PATH = "calendar.tcss"
    ABOUT = (
        "A year at a glance: a week is a column, and a day is the fuller the more it holds. "
        "A streak counts working days with something written, up to today; which those are says "
        "working_days in settings.toml. Below: the chosen day, and the same day of former years."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        key("calendar.open", "enter", "open", "open", show=True, about="open the day"),
        key(
            "calendar.measure",
            "m",
            "measure",
            "notes, runs, time",
            show=True,
            about="count notes, runs or time",
        ),
        key("calendar.day-after", "j,down", "move(1)", "day after"),
        key("calendar.day-before", "k,up", "move(-1)", "day before"),
        key("calendar.week-before", "h,left", "move(-7)", "week before"),
        key("calendar.week-after", "l,right", "move(7)", "week after"),
        key(
            "calendar.month-before",
            "left_square_bracket",
            "turn(-1)",
            "month",
            show=True,
            display="[ ]",
            about="month before, month after",
        ),
        key(
            "calendar.month-after", "right_square_bracket", "turn(1)", "month", about="month after"
        ),
        key("calendar.year-before", "left_curly_bracket", "turn(-12)", "year before"),
        key("calendar.year-after", "right_curly_bracket", "turn(12)", "year after"),
        key("calendar.today", "t", "today", "today", show=True),
        key("calendar.goto", "ctrl+g", "goto", "go to a day"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.day = dt.date.min
        self.period = Period(self.day, self.day)
        self.measure: Measure = "notes"
        self._read_day_soon = Later(self, WAIT_S, self._read_day)

    def compose_page(self) -> ComposeResult:
        yield Words(id="calendar-heading")
        yield HeatMap()
        yield Words(id="legend")
        with Pane(id="below"):
            yield Words(id="day")

    def on_mount(self) -> None:
        self.query_one(HeatMap).focus()
        self.day = self.desk.today()
        self.period = calendar.default_period(self.desk)

    # Reading and showing

    def read(self) -> None:
        self._read_map()
        self._read_day()

    def _read_map(self) -> None:
        look = partial(calendar.view, self.desk, self.period, self.measure)
        ask(self, "calendar", look, MapRead)

    def _read_day(self) -> None:
        ask(self, "calendar day", partial(read_below, self.desk, self.day), lambda found: found)

    def on_map_read(self, message: MapRead) -> None:
        found = message.found
        if (found.period, found.measure) != (self.period, self.measure):
            return
        heat_map = self.query_one(HeatMap)
        heat_map.found, heat_map.today, heat_map.day = found, self.desk.today(), self.day
        self._show_heading(found)
        self._show_legend(found)

    def on_day_below(self, message: DayBelow) -> None:
        if message.day == self.day:
            self.query_one("#day", Words).update(message.content)
            self.query_one("#below", Pane).scroll_home(animate=False)

    def _show_heading(self, found: CalendarView) -> None:
        line = self.query_one("#calendar-heading", Words)
        left = Content.assemble(
            ("Calendar", "bold"), (f"  {found.period.first} to {found.period.last}", "$quiet")
        )
        streak = f"streak {_days(found.streak)}"
        right = Content.assemble(
            (streak, "$success" if found.streak else "$quiet"),
            (f" · longest here {found.longest}", "$quiet"),
        )
        line.update(at_both_ends(left, right, line.content_size.width))

    def _show_legend(self, found: CalendarView) -> None:
        """Which of the three is counted, how much there is, and what the shades stand for."""
        most, total = max(found.values.values(), default=0.0), sum(found.values.values())
        chosen = [
            (f"{name} ", "bold $foreground" if name == found.measure else "$quiet")
            for name in MEASURES
        ]
        amount = count(round(total), found.measure.removesuffix("s"))
        if found.measure == "time":
            amount = f"{total:.4g} h measured and estimated"
        told = f" {amount} on {count(len(found.values), 'day')}"
        shades = f"   {SHADES[0]} 0 {SHADES[1:]} {most:.3g}" if most else ""
        self.query_one("#legend", Words).update(
            Content.assemble(("m ", "bold $accent"), *chosen, (told, "$quiet"), (shades, "$quiet"))
        )

    # Moving

    def choose(self, day: dt.date) -> None:
        """Choose a day, today at the latest; the map follows where it lies outside."""
        self.day = max(dt.date(FIRST_YEAR, 1, 1), min(day, self.desk.today()))
        self.query_one(HeatMap).day = self.day
        if self.day not in self.period:
            week, length = Period.week_of(self.day), self.period.last - self.period.first
            if self.day < self.period.first:
                self.period = Period(week.first, week.first + length)
            else:
                self.period = Period(week.last - length, week.last)
            self._read_map()
        self._read_day_soon.ask()

    def on_heat_map_chosen(self, message: HeatMap.Chosen) -> None:
        self.choose(message.day)

    def action_move(self, days: int) -> None:
        self.choose(self.day + dt.timedelta(days=days))

    def action_turn(self, months: int) -> None:
        """To the same day of another month, or to its last where it is shorter."""
        year, month = divmod(self.day.year * 12 + self.day.month - 1 + months, 12)
        last = Period.months(year, month + 1).last
        self.choose(last.replace(day=min(self.day.day, last.day)))

    def action_today(self) -> None:
        self.choose(self.desk.today())

    def action_measure(self) -> None:
        self.measure = MEASURES[(MEASURES.index(self.measure) + 1) % len(MEASURES)]
        self._read_map()

    async def action_open(self) -> None:
        await self.labbook.show_day(self.day)

    def action_goto(self) -> None:
        def answered(phrase: str | None) -> None:
            if phrase:
                self.choose(parse_day(phrase, self.desk.today()))

        self.app.push_screen(Ask("Go to a day", DAY_PHRASES, self._meaning), answered)

    def _meaning(self, phrase: str) -> str:
        today = self.desk.today()
        day = parse_day(phrase, today)
        return f"{long_day(day)}, {near_day(day, today)}"


def _days(number: int) -> str:
    return count(number, "working day")
