"""Review: a week condensed into four sections, and what became of last week's next steps."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import partial
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.widget import Widget

from labbook.model import Draft, ReviewDraft
from labbook.text.when import PERIOD_EXAMPLES, Period, parse_period
from labbook.tui.dialogs.ask import Ask
from labbook.tui.keys import key
from labbook.tui.later import Later
from labbook.tui.pages.review_days import DaysColumn
from labbook.tui.pages.review_editing import LineEditor
from labbook.tui.pages.review_links import ReviewLinks
from labbook.tui.review_reading import ReviewAnswered, ReviewRead, read_review
from labbook.tui.review_words import dates, heading
from labbook.tui.widgets.review_rows import DraftColumn, ReviewRow, rows_of
from labbook.tui.widgets.source_rows import MARK_COLUMNS, SourceRow
from labbook.tui.widgets.words import Words
from labbook.tui.work import ask

ROW_MARGIN = 4
"""Columns beside a row: its padding, its mark of the focus, the scroll bar."""

WIDTHS = [(0, "-narrow"), (76, "-normal"), (100, "-double")]
"""From so many columns on days and review stand side by side."""

LINES_AT_ONCE = 60
"""So many rows fill any screen; the others are shown below them a moment later."""

REDRAW_AFTER_S = 0.06
AGAIN_AFTER_S = 1.0


class ReviewPage(ReviewLinks):
    """The review of one week."""

    PAGE = "review"
    CSS_PATH = "review.tcss"
    ABOUT = (
        "What the week gave, drafted from its runs, its tagged notes (#finding, #insight, #code), "
        "the commits of your repositories and the open next steps. Read the days beside it (tab), "
        "promote what counts, say of each of last week's next steps what became of it, save, close."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        key(
            "review.before",
            "left_square_bracket",
            "turn(-1)",
            "week",
            show=True,
            display="[ ]",
            about="week before, week after",
        ),
        key("review.after", "right_square_bracket", "turn(1)", "week", about="week after"),
        key("review.now", "t", "now", "this week"),
        key("review.goto", "ctrl+g", "goto", "another period"),
        key("review.source", "o", "source", "where a line came from"),
        key("review.down", "j,down", "move(1)", "next line"),
        key("review.up", "k,up", "move(-1)", "line before"),
        key("review.first", "g,home", "end(0)", "first line"),
        key("review.last", "G,end", "end(-1)", "last line"),
        key("review.page-down", "pagedown,space", "scroll_page(1)", "scroll down"),
        key("review.page-up", "pageup", "scroll_page(-1)", "scroll up"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.period = Period.week_of(dt.date.min)
        self.draft: ReviewDraft | None = None
        self.history: list[ReviewDraft] = []
        self.saved: ReviewDraft | None = None
        self.kept: Draft | None = None
        self.HORIZONTAL_BREAKPOINTS = WIDTHS
        self._late = 0
        self._asked = 0
        self._drawn_at = 0
        self._lines_left: list[Widget] = []
        self._again = Later(self, AGAIN_AFTER_S, self._read_again)
        self._redraw = Later(self, REDRAW_AFTER_S, self._redraw_at_new_width)

    def compose_page(self) -> ComposeResult:
        yield Words(id="review-heading")
        with Container(id="both"):
            with Vertical(id="days"):
                yield Words(id="days-heading")
                yield DaysColumn()
            yield DraftColumn()

    def on_mount(self) -> None:
        self.period = Period.week_of(self.desk.today())

    def notebook_changed(self) -> None:
        """Read again when it is quiet: a draft asks git, and a run writes every second."""
        self._again.ask()

    # Reading and showing

    def _read_again(self) -> None:
        super().notebook_changed()

    def read(self) -> None:
        self._ask(self.labbook.window)

    def reload(self) -> None:
        self._ask("")

    def _ask(self, window: str) -> None:
        known = {row.material.block.id: row.source.drawn for row in self.days.query(SourceRow)}
        reading = partial(
            read_review, self.desk, self.period, window, (self._days_width, self._item_width), known
        )
        ask(self, "review", reading, ReviewAnswered)

    @property
    def _days_width(self) -> int:
        """The columns that a block is drawn in, whether the days are on show or not."""
        shown = self.days if self.days.size.width else self.query_one(DraftColumn)
        return max(20, shown.scrollable_content_region.width - MARK_COLUMNS - ROW_MARGIN)

    @property
    def _item_width(self) -> int:
        return self.query_one(DraftColumn).scrollable_content_region.width - ROW_MARGIN

    async def on_review_answered(self, message: ReviewAnswered) -> None:
        found = message.found
        if found.draft.period != self.period:
            return
        self._show_found(found)
        await self.show_days(found)
        self.call_after_refresh(self._redraw_at_new_width)

    def _show_found(self, found: ReviewRead) -> None:
        fresh = self.draft is None or self.draft.period != self.period
        self._late, self.named = found.late, found.named
        if self.query(LineEditor):
            return
        if not fresh and (self.is_changed or found.draft == self.draft):
            if self.draft is not None and not self.is_changed:
                others = self.draft.unpromoted
                now = found.draft  # its lines are the same, but rows know the ones they show
                self.draft = replace(self.draft, material=now.material, read=now.read)
                self.saved = self.draft
                self._show_heading(self.draft)
                if found.draft.unpromoted != others:
                    self.show_draft(self.place)
            return  # what is being written is not replaced by what happened meanwhile
        self.draft = self.saved = found.draft
        self.history = []
        if fresh and found.changed is not None and found.kept is not None:
            self.kept = found.kept
            self.history.append(found.draft)
            self.draft = found.changed
            if not found.kept.window.startswith(self.labbook.window):
                self.labbook.say("Unsaved changes of a closed window are back; u drops them.")
        self.show_draft(0 if fresh else self.place)

    def show_draft(self, select: int) -> None:
        self._place = select
        rows = self.rows
        if isinstance(self.focused, ReviewRow) and select < len(rows):
            # At once: the next key may come before the rows are made anew.
            self.set_focus(rows[select], scroll_visible=False)
        self._asked += 1
        self.call_later(self._show_latest, self._asked)

    async def _show_latest(self, asked: int) -> None:
        """Show the draft, unless it has been changed again since."""
        if asked == self._asked:
            await self._show()

    async def _show(self) -> None:
        draft, column, select = self.draft, self.query_one(DraftColumn), self.place
        if draft is None:
            return
        self._show_heading(draft)
        self.mark_taken(draft)
        self._lines_left = []  # what waits to be shown belongs to what goes now
        typing = self.query(LineEditor)
        with self.app.batch_update():
            column.stay()
            if column.has_focus_within:
                self.set_focus(None)  # or it would go to the other side
            await column.remove_children()
            self._drawn_at = self._item_width
            made = rows_of(draft, self._drawn_at, self.named)
            first = LINES_AT_ONCE if select < LINES_AT_ONCE // 2 else len(made)
            await column.mount_all(made[:first])
            self._lines_left = made[first:]
        self.call_after_refresh(self._mount_lines_left, self._lines_left)
        self.call_after_refresh(self._redraw_at_new_width)
        rows = self.rows
        if rows and (self.focused is None or typing):
            self._select(rows[max(0, min(select, len(rows) - 1))])

    async def _mount_lines_left(self, rows: list[Widget]) -> None:
        """What does not fit on the first screen; nothing where it is drawn anew already."""
        if rows is self._lines_left and rows:
            self._lines_left = []
            await self.query_one(DraftColumn).mount_all(rows)

    def _show_heading(self, draft: ReviewDraft) -> None:
        line = self.query_one("#review-heading", Words)
        room = line.content_size.width
        line.update(heading(draft, self.is_changed, self._late, room))

    def on_resize(self, _: events.Resize) -> None:
        self._redraw.ask()

    def _redraw_at_new_width(self) -> None:
        """Both sides; the first layout may come after the first drawing."""
        if self.draft is None or self.query(LineEditor):
            return
        if self._drawn_at and self._item_width != self._drawn_at:
            self.call_later(self._show_again)
        if any(row.source.drawn.width != self._days_width for row in self.source_rows):
            self.read()

    async def _show_again(self) -> None:
        if not self.query(LineEditor):  # one may have been opened since it was asked for
            await self._show()

    # Moving

    def _select(self, row: ReviewRow) -> None:
        self._place = self.rows.index(row)
        self.set_focus(row, scroll_visible=False)
        self.query_one(DraftColumn).reveal(row)

    def action_move(self, step: int) -> None:
        if isinstance(self.focused, SourceRow):
            self._move_among_sources(self.focused, step)
            return
        rows, place = self.rows, self.place
        if rows:
            at = max(0, min(place + step, len(rows) - 1))
            self._select(rows[at])
            if at == 0:
                self.query_one(DraftColumn).to_start()

    def _move_among_sources(self, row: SourceRow, step: int) -> None:
        rows = self.source_rows
        at = max(0, min(rows.index(row) + step, len(rows) - 1))
        self.select_source(rows[at])
        if at == 0:
            self.days.to_start()

    def action_end(self, which: int) -> None:
        if isinstance(self.focused, SourceRow):
            self._move_among_sources(self.focused, len(self.source_rows) * (2 * which + 1) * -1)
        elif self.rows:
            self._select(self.rows[which])

    def action_scroll_page(self, step: int) -> None:
        column = self.days if isinstance(self.focused, SourceRow) else self.query_one(DraftColumn)
        column.scroll_relative(y=step * max(1, column.size.height - 2), animate=False)

    def open_period(self, period: Period) -> None:
        """Show another period. Unsaved changes of this one are kept, and come back with it."""
        self.forget_marks()
        self.period = period
        self.draft = self.saved = self.kept = None
        self.history = []
        self.set_focus(None)
        self.read()

    def action_turn(self, step: int) -> None:
        self.open_period(self.period.before() if step < 0 else self.period.after())

    def action_now(self) -> None:
        self.open_period(Period.week_of(self.desk.today()))

    def action_goto(self) -> None:
        def answered(phrase: str | None) -> None:
            if phrase:
                self.open_period(parse_period(phrase, self.desk.today()))

        self.app.push_screen(Ask("Review another period", PERIOD_EXAMPLES, self._meaning), answered)

    def _meaning(self, phrase: str) -> str:
        period = parse_period(phrase, self.desk.today())
        return f"{period.label}: {dates(period)}"
