"""Runs: every run in a list, and beside it everything that is recorded of the selected one."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.content import Content
from textual.widgets import Input

from labbook.errors import UsageError
from labbook.model import Run
from labbook.report.runs import headline
from labbook.text.plain import plain_line
from labbook.tui.dialogs.ask import Ask
from labbook.tui.drawing import progress_line
from labbook.tui.keys import key
from labbook.tui.later import Later
from labbook.tui.pages.run_marks import RunMarks
from labbook.tui.run_list import (
    PAGE,
    Asked,
    FoundRuns,
    RunsRead,
    find_runs,
    fit,
    headings,
    line,
)
from labbook.tui.run_reading import RunDrawn, read_run
from labbook.tui.widgets.choices import Choices
from labbook.tui.widgets.line import Line
from labbook.tui.widgets.pane import Pane
from labbook.tui.widgets.words import Words
from labbook.tui.work import Trouble, ask

WAIT_S = 0.06
"""A key held down passes many runs; only the one it stops at is read and drawn."""

FILTER_AFTER_S = 0.1

ROW_MARGIN = 3
"""Columns beside a line of the list, as the stylesheet has them, and its scroll bar."""


class RunsPage(RunMarks):
    """The runs of the notebook."""

    PAGE = "runs"
    CSS_PATH = "runs.tcss"
    ABOUT = (
        "Every run, newest first. Type / and what a run must meet: kl.* state:finished shift>=0.5 "
        "k3.stdev<2 tag:paper after:monday -tag:old is:pinned (a or b), and any words of its text. "
        "Conditions beside each other must all hold. s sorts, f chooses columns, space marks runs "
        "and c compares them."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        key("runs.read", "enter", "read_run", "read", show=True, about="read its details"),
        key("runs.day", "d", "day", "day", show=True, about="go to its day"),
        key("runs.filter", "slash", "filter", "filter", show=True),
        key("runs.sort", "s", "sort", "sort", about="sort by a metric, a parameter, a field"),
        key("runs.columns", "f", "columns", "columns", about="choose metrics and parameters"),
        key("runs.launch", "r", "app.launch", "run", show=True, about="run an experiment"),
        key("runs.back", "escape", "back", "back to the list"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._found = FoundRuns((), more=False)
        self._sort = ""
        self._columns: tuple[str, ...] = ()
        self._by_name: dict[str, Run] = {}
        self._wanted = PAGE
        self._sought: int | None = None
        self._shown: RunDrawn | None = None
        self._is_behind = False
        self._show_soon = Later(self, WAIT_S, self._show)
        self._filter_soon = Later(self, FILTER_AFTER_S, self.read)
        self._draw_soon = Later(self, WAIT_S, self._draw_again)

    def compose_page(self) -> ComposeResult:
        with Container(id="ask"):
            yield Line(placeholder="/ filter: kl.* state:failed shift>=1", id="filter")
        yield Words(id="wrong")
        with Container(id="both"):
            with Vertical(id="list"):
                yield Words(id="headings")
                yield Choices()
                yield Words(id="nothing")
            with Pane(id="detail"):
                yield Words(id="run")

    def on_mount(self) -> None:
        self.query_one(Choices).focus()
        self.set_interval(1.0, self._tick)

    @property
    def selected_run(self) -> Run | None:
        if not self.is_attached:
            return None
        return self._by_name.get(self.query_one(Choices).chosen or "")

    def show_run(self, run_id: int) -> None:
        """Select a run, however old."""
        self._sought = run_id
        self.query_one("#filter", Line).value = ""
        self.read()

    # The list

    def read(self) -> None:
        find_them = partial(find_runs, self.desk, self._asked, self._wanted, self._sought)
        ask(self, "runs", find_them, RunsRead)

    @property
    def _asked(self) -> Asked:
        return Asked(self.query_one("#filter", Line).value, self._sort, self._columns)

    def troubled(self, message: Trouble) -> None:
        """A query that cannot be understood is explained below it; the list stays."""
        if message.doing == "runs" and isinstance(message.error, UsageError):
            words = f"{message.error.message} {message.error.hint}"
            self._say_wrong(Content.styled(plain_line(words), "$error"))
        else:
            super().troubled(message)

    def _say_wrong(self, words: Content) -> None:
        self.query_one("#wrong", Words).update(words)
        self.query_one("#wrong").display = bool(words.plain)

    def on_runs_read(self, message: RunsRead) -> None:
        self._say_wrong(Content())
        self._found = message.found
        self._fill()
        sought, self._sought = self._sought, None
        if str(sought) in self._by_name:
            choices = self.query_one(Choices)
            choices.highlighted = choices.get_option_index(str(sought))
        if self.focused is None and self._by_name:
            self.query_one(Choices).focus()  # a list that was hidden for a while has lost it
        self._show_soon.ask()
        self.refresh_bindings()

    def _fill(self) -> None:
        runs = self._found.runs
        choices = self.query_one(Choices)
        # The list's place: the list itself has no width while it is hidden.
        asked = self._asked
        columns = fit(runs, self.query_one("#list").content_size.width - ROW_MARGIN, asked)
        self._by_name = {str(run.id): run for run in runs}
        rows = [line(run, columns, asked, marked=run.id in self.marked) for run in runs]
        choices.fill([(row, str(run.id)) for row, run in zip(rows, runs, strict=True)], keep=True)
        choices.display = bool(runs)
        self.query_one("#headings", Words).update(headings(columns, asked) if runs else Content())
        self.query_one("#nothing", Words).update(self._nothing())
        self.query_one("#nothing").display = not runs
        # A short list leaves its room to the details below it.
        below = not self.has_class("-wide")
        self.query_one("#list").styles.max_height = len(runs) + 2 if below and runs else None

    def _nothing(self) -> Content:
        if self.query_one("#filter", Line).value:
            return Content.styled("No run meets this query.", "$quiet")
        return Content.assemble(
            ("No run yet. ", "$quiet"), ("r", "bold $accent"), (" starts one.", "$quiet")
        )

    def on_option_list_option_highlighted(self) -> None:
        choices = self.query_one(Choices)
        if self._found.more and choices.highlighted == choices.option_count - 1:
            self._wanted = len(self._found.runs) + PAGE
            self.read()
        self._show_soon.ask()

    def on_option_list_option_selected(self) -> None:
        self.action_read_run()

    @on(Input.Changed, "#filter")
    def _filter_changed(self) -> None:
        self._wanted = PAGE
        self._filter_soon.ask()

    def action_back(self) -> None:
        """From the filter or the detail back to the list; from the list the filter is cleared."""
        choices = self.query_one(Choices)
        if choices.has_focus:
            self.query_one("#filter", Line).value = ""
        choices.focus()

    def action_filter(self) -> None:
        self.query_one("#filter", Line).focus()

    def show_marks(self) -> None:
        self._fill()

    def action_sort(self) -> None:
        def answered(sort: str | None) -> None:
            if sort is not None:
                self._sort, self._wanted = sort, PAGE
                self.read()

        title = "Sort by (-name: largest first; empty: newest first)"
        self.app.push_screen(Ask(title, "k3.stdev, -took, started", value=self._sort), answered)

    def action_columns(self) -> None:
        def answered(names: str | None) -> None:
            if names is not None:
                self._columns = tuple(dict.fromkeys(names.replace(",", " ").split()))
                self.read()

        title = "Columns (empty: the first metrics)"
        shown = " ".join(self._columns)
        self.app.push_screen(Ask(title, "shift k3.stdev seed", value=shown), answered)

    # The run

    def _show(self) -> None:
        run = self.selected_run
        pane = self.query_one("#detail", Pane)
        pane.display = run is not None or self.has_class("-wide")  # lines are drawn beside it
        width = pane.scrollable_content_region.width or pane.size.width
        if run is not None and width == 0 and self.is_current:
            self._show_soon.ask()  # one that was hidden has no width before its next layout
        elif run is not None and width > 0:
            self._read_run(run, width)

    def _read_run(self, run: Run, width: int) -> None:
        shown = self._shown
        self._is_behind = shown is not None and shown.will_do(run, width)
        if not self._is_behind:
            known = shown.results if shown is not None and shown.is_of(run) else None
            ask(self, "run", partial(read_run, self.desk, run, width, known), lambda found: found)

    def on_run_drawn(self, message: RunDrawn) -> None:
        another = self._shown is None or self._shown.run.id != message.run.id
        self._shown = message
        self._show_progress()
        if another:
            self.query_one("#detail", Pane).scroll_home(animate=False)

    def _tick(self) -> None:
        if self._is_behind and self.is_current:
            self._show()
        self._show_progress()

    def _show_progress(self) -> None:
        """The drawing of the run, and below its heading a bar while it is on its way."""
        shown = self._shown
        if shown is None or not self.is_current:
            return
        content = Content.from_rich_text(headline(shown.run))
        if not shown.run.state.has_ended:
            content += "\n" + progress_line(shown.run, self.desk.clock())
        self.query_one("#run", Words).update(Content("\n\n").join([content, shown.content]))

    def action_read_run(self) -> None:
        if self.query_one("#filter", Line).has_focus:
            self.query_one(Choices).focus()
        elif self.selected_run is not None:
            self.query_one("#detail", Pane).focus()

    async def action_day(self) -> None:
        run = self.selected_run
        if run is not None:
            await self.labbook.show_day(run.day, f"run:{run.id}")

    # Size and time

    def on_resize(self, _: events.Resize) -> None:
        self._draw_soon.ask()

    def _draw_again(self) -> None:
        if self.labbook.is_open:
            self._fill()
            self._show()
