"""Time: where a week went, span by span and thread by thread, and the weeks before it."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.content import Content

from labbook.desk import long
from labbook.model.time_span import TimeSpan
from labbook.text.duration import span_words
from labbook.text.when import PERIOD_EXAMPLES, Period, parse_period
from labbook.tui.dialogs.ask import Ask
from labbook.tui.keys import key
from labbook.tui.later import Later
from labbook.tui.pages.span_actions import SpanActions
from labbook.tui.phrases import at_both_ends
from labbook.tui.review_words import dates
from labbook.tui.time_reading import TimeAnswered, TimeRead, read_long, read_week
from labbook.tui.widgets.choices import Choices
from labbook.tui.widgets.pane import Pane
from labbook.tui.widgets.words import Words
from labbook.tui.work import ask

WIDTHS = [(0, "-narrow"), (76, "-normal"), (116, "-double")]
"""From so many columns on bars and spans stand side by side."""

ROW_MARGIN = 3
"""Columns beside a line of the list, as the stylesheet has them, and its scroll bar."""

REDRAW_AFTER_S = 0.06

TICK_S = 20.0
"""So often is the time of a running timer counted again."""


class TimePage(SpanActions):
    """The time of one week, or of many."""

    PAGE = "time"
    CSS_PATH = "time.tcss"
    ABOUT = (
        "Where a week went: what timers measured and what was entered by hand, by thread and day, "
        "beside the weeks before. What no timer measured is estimated from what was written and "
        "run; estimates stand apart, with a ~. l looks back over months."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        key(
            "time.before",
            "left_square_bracket",
            "turn(-1)",
            "week",
            show=True,
            display="[ ]",
            about="week before, week after; in the long view twelve of them",
        ),
        key("time.after", "right_square_bracket", "turn(1)", "week", about="week after"),
        key("time.long", "l", "long", "weeks", show=True, about="the long view, and back"),
        key(
            "time.more", "space", "more", "more", show=True, about="scroll the bars and their table"
        ),
        key("span.delete", "d", "delete", "delete", show=True, about="take the span away"),
        key("time.now", "t", "now", "this week"),
        key("time.goto", "ctrl+g", "goto", "another period"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.period = Period.week_of(dt.date.min)
        self.is_long = False
        self.found: TimeRead | None = None
        self._week = self.period
        self._sought: int | None = None
        self.HORIZONTAL_BREAKPOINTS = WIDTHS
        self._redraw = Later(self, REDRAW_AFTER_S, self._redraw_at_new_width)

    def compose_page(self) -> ComposeResult:
        yield Words(id="time-heading")
        with Container(id="both"):
            with Pane(id="picture"):
                yield Words(id="drawn")
            with Vertical(id="list"):
                yield Choices()
                yield Words(_no_span(), id="nothing")

    def on_mount(self) -> None:
        self.period = self._week = Period.week_of(self.desk.today())
        self.set_interval(TICK_S, self._tick)

    # Reading and showing

    def read(self) -> None:
        width = self.query_one("#picture", Pane).scrollable_content_region.width
        if width > 0:
            verb = read_long if self.is_long else read_week
            ask(self, "time", partial(verb, self.desk, self.period, width), TimeAnswered)

    def on_time_answered(self, message: TimeAnswered) -> None:
        found = message.found
        if (found.period, found.is_long) != (self.period, self.is_long):
            return
        before, self.found = self.found, found
        another = before is None or before.period != found.period
        pane, choices = self.query_one("#picture", Pane), self.query_one(Choices)
        self.query_one("#drawn", Words).update(found.content or self._nothing())
        self._fill(keep=not another)
        self._show_heading(found)
        if another:
            pane.scroll_home(animate=False)
        if another or self.focused is None or (before and bool(before.spans) != bool(found.spans)):
            (choices if found.spans else pane).focus()
        self.refresh_bindings()

    def _fill(self, *, keep: bool) -> None:
        """The spans, each on one line."""
        spans, choices = self.found.spans if self.found else (), self.query_one(Choices)
        room = max(1, self.query_one("#list").content_size.width - ROW_MARGIN)
        lines = [(line.truncate(room, ellipsis=True), str(span.id)) for span, line in spans]
        choices.fill(lines, keep=keep)
        choices.display = bool(spans)
        self.query_one("#nothing").display = not spans
        sought, self._sought = self._sought, None
        if any(span.id == sought for span in self.spans):
            choices.highlighted = choices.get_option_index(str(sought))

    def _show_heading(self, found: TimeRead) -> None:
        line = self.query_one("#time-heading", Words)
        weeks = ((found.period.last - found.period.first).days + 1) // 7
        name = f"{weeks} weeks" if found.is_long else f"Time {found.period.label}"
        left = Content.assemble((name, "bold"), (f"  {dates(found.period)}", "$quiet"))
        right = Content.styled(f"{span_words(found.measured_s)} measured", "$success")
        if found.estimated_s >= 30:
            right += Content.styled(f"  ~{span_words(found.estimated_s)} estimated", "$quiet")
        room = line.content_size.width
        if left.cell_length + right.cell_length + 2 > room:
            left = Content.styled(name, "bold")
        line.update(at_both_ends(left, right, room))

    def _nothing(self) -> Content:
        here = "these weeks" if self.is_long else "this period"
        told = f"Nothing is known of {here}: no timer ran, and nothing was written or run."
        return Content.styled(told, "$quiet")

    def on_resize(self, _: events.Resize) -> None:
        self._redraw.ask()

    def _redraw_at_new_width(self) -> None:
        width, found = self.query_one("#picture", Pane).scrollable_content_region.width, self.found
        if not self.labbook.is_open:
            return
        if found is None or (found.width, found.is_long) != (width, self.is_long):
            self.read()
        self._fill(keep=True)

    def _tick(self) -> None:
        if self.is_current and self.labbook.timer is not None:
            self.read()

    # The spans

    @property
    def spans(self) -> tuple[TimeSpan, ...]:
        return tuple(span for span, _ in self.found.spans) if self.found else ()

    @property
    def selected_span(self) -> TimeSpan | None:
        chosen = self.query_one(Choices).chosen if self.is_attached else None
        return next((span for span in self.spans if str(span.id) == chosen), None)

    @property
    def likely_day(self) -> dt.date:
        selected, today = self.selected_span, self.desk.today()
        if today in self.period or selected is None:
            return min(today, self.period.last)
        return selected.start.local.date()

    def select_span(self, span_id: int) -> None:
        self._sought = span_id

    def on_option_list_option_selected(self) -> None:
        self.action_edit()

    # Moving

    def open_period(self, period: Period) -> None:
        """Show another period."""
        self.period = period
        self.read()

    def action_turn(self, step: int) -> None:
        self.open_period(self.period.before() if step < 0 else self.period.after())

    def action_now(self) -> None:
        self.open_period(
            long.default_period(self.desk) if self.is_long else Period.week_of(self.desk.today())
        )

    def action_long(self) -> None:
        """Between the week and the weeks around it."""
        self.is_long = not self.is_long
        self.set_class(self.is_long, "-long")
        if self.is_long:
            self._week = self.period
        self.period = long.default_period(self.desk) if self.is_long else self._week
        self._redraw.ask()  # once it is laid out anew, for another width

    def action_more(self) -> None:
        """A screen further down; from the end back to the top."""
        pane = self.query_one("#picture", Pane)
        if pane.scroll_offset.y >= pane.max_scroll_y:
            pane.action_first()
        else:
            pane.action_go_page(1)

    def action_goto(self) -> None:
        def answered(phrase: str | None) -> None:
            if phrase:
                self.open_period(parse_period(phrase, self.desk.today()))

        self.app.push_screen(Ask("Show another period", PERIOD_EXAMPLES, self._meaning), answered)

    def _meaning(self, phrase: str) -> str:
        period = parse_period(phrase, self.desk.today())
        return f"{period.label}: {dates(period)}"


def _no_span() -> Content:
    return Content.assemble(
        ("No time was measured here.\n\n", "$quiet"),
        ("  s", "bold $accent"),
        ("  start the timer\n", "$quiet"),
        ("  a", "bold $accent"),
        ("  enter time by hand", "$quiet"),
    )
