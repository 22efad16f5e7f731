"""Today: a day's blocks in order, the next steps still open, and writing among them."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget

from labbook.desk import backlinks
from labbook.model import Conflict, Note, Run, RunBlock, SweepBlock
from labbook.tui.day_reading import DayAnswered, DayRead, read_day
from labbook.tui.drawing import with_progress
from labbook.tui.keys import key
from labbook.tui.later import Later
from labbook.tui.pages.day_moves import DayMoves
from labbook.tui.pages.linked import IdeaSource, Referred
from labbook.tui.pages.run_actions import RunActions
from labbook.tui.widgets.block_view import BlockView
from labbook.tui.widgets.day_editor import DayEditor
from labbook.tui.widgets.day_heading import DayHeading
from labbook.tui.widgets.day_view import DayView
from labbook.tui.work import Trouble, ask

REDRAW_AFTER_S = 0.06
"""After the last change of size: a dragged window edge sends dozens."""

Goal = str
"""What to select once a day is shown: "note:17", "run:41", "start" or "end"."""


class TodayPage(DayMoves, RunActions, IdeaSource):
    """One day. It opens on today, at the end."""

    PAGE = "today"
    CSS_PATH = "today.tcss"
    ABOUT = (
        "A day's page: its notes and runs in the order of their times. A run's tables and "
        "figures appear below its heading when it ends; you need not wait for it."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        key("day.open", "enter", "open", "open", about="edit the note, or see all of the run"),
        key("day.launch", "r", "app.launch", "run", show=True, about="run an experiment"),
        key("day.steps", "x", "app.steps", "steps", show=True, about="next steps still open"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.found: DayRead | None = None
        self.goal: Goal | None = "end"
        self._saved: list[DayEditor] = []
        self._awaited: int | None = None
        self._told_of_kept = False
        self._redraw = Later(self, REDRAW_AFTER_S, self._redraw_at_new_width)

    def compose_page(self) -> ComposeResult:
        yield DayHeading()
        yield DayView()

    def on_mount(self) -> None:
        self.day = self.labbook.first_day
        self.set_interval(1.0, self._tick)

    @property
    def selected_run(self) -> Run | None:
        selected = self.view.selected if self.is_attached else None
        return selected.block.run if selected and isinstance(selected.block, RunBlock) else None

    @property
    def idea_source(self) -> tuple[str, str]:
        note = self.selected_note
        return (note.body, f"note:{note.id}") if note else ("", "")

    @property
    def referred(self) -> Referred:
        return str(self.day), partial(backlinks.of_day, self.desk, self.day)

    async def action_open(self) -> None:
        run = self.selected_run
        if run is None:
            await self.action_edit()
        else:
            await self.labbook.show_run(run.id)

    # Reading and showing

    def read(self) -> None:
        width = self.view.block_width
        if width > 0:
            known = self.view.drawn
            ask(self, "day", partial(read_day, self.desk, self.day, width, known), DayAnswered)

    async def on_day_answered(self, message: DayAnswered) -> None:
        found = message.found
        if found.entry.day != self.day:
            return
        self.found = self.query_one(DayHeading).found = found
        with self.app.batch_update():
            await self._close_saved()
            await self.view.show(found.drawn, found.kept, _empty(found))
        self._go()
        self._tell_of_kept(found)
        self._show_awaited()
        self.show_progress()
        self.refresh_bindings()  # a run that has ended cannot be cancelled

    def _tell_of_kept(self, found: DayRead) -> None:
        """A long day opens at its end, far from a text that a dead window left at the top."""
        if found.kept and not self._told_of_kept:
            self._told_of_kept = True
            words = "A text that was not saved is kept at the top: home, then enter takes it back."
            self.labbook.say(words, severity="warning", timeout=10)

    def troubled(self, message: Trouble) -> None:
        if self.found is None:
            self.view.show_trouble(message.error)
        else:
            super().troubled(message)

    def _go(self) -> None:
        """Select what was asked for or has just been saved, unless something is typed."""
        goal, self.goal = self.goal, None
        stops = self.view.stops
        if not stops or goal is None or isinstance(self.focused, DayEditor):
            return
        wanted = next((stop for stop in stops if _is(stop, goal)), None)
        if wanted is not None:
            self.view.select(wanted)
        elif goal == "start":
            self.action_first()
        else:
            self.action_last()

    def show_note(self, note_id: int) -> None:
        """Read the day again, and select a note on it."""
        self.goal = f"note:{note_id}"
        self.read()

    def wait_for(self, run_id: int) -> None:
        """Bring the results of a run into view when it ends, unless a key is pressed first."""
        self._awaited = run_id

    def on_key(self) -> None:
        self._awaited = None

    def _show_awaited(self) -> None:
        for view in self.view.query_children(BlockView):
            if _is(view, f"run:{self._awaited}") and _has_ended(view):
                self._awaited = None
                self.view.reveal(view)

    def on_resize(self, _: events.Resize) -> None:
        self._redraw.ask()

    def _redraw_at_new_width(self) -> None:
        drawn_at = self.found.width if self.found else 0
        if self.labbook.is_open and drawn_at != self.view.block_width:
            self.read()

    def _tick(self) -> None:
        if self.is_current:
            self.show_progress()
            is_behind = any(drawn.is_behind for drawn in self.view.drawn.values())
            is_past = self.found is not None and self.found.today != self.desk.today()
            if is_behind or is_past:
                self.read()

    def show_progress(self) -> None:
        """Move the bars of the runs that are running, and the clocks beside them."""
        now = self.desk.clock()
        for view in self.view.query_children(BlockView):
            block = view.block
            if isinstance(block, RunBlock) and not block.run.state.has_ended:
                view.show(with_progress(view.drawn, now))

    # Saving

    def put_in_place(self, editor: DayEditor, outcome: Note | Conflict | None) -> None:
        self._saved.append(editor)
        if self.focused is None and self.goal is None:
            saved = outcome.copy if isinstance(outcome, Conflict) else outcome
            self.goal = f"note:{saved.id}" if saved else "end"
        self.read()

    async def _close_saved(self) -> None:
        """Close the editors whose texts are among the blocks that are shown next."""
        saved, self._saved = self._saved, []
        for editor in saved:
            over = self.view.views.get(editor.note.id) if editor.note else None
            await self.view.close_editor(editor, over)

    def on_text_area_changed(self) -> None:
        self._follow_caret()

    def on_text_area_selection_changed(self) -> None:
        self._follow_caret()

    def _follow_caret(self) -> None:
        if isinstance(self.focused, DayEditor):
            self.call_after_refresh(self.view.show_caret, self.focused)


def _is(stop: Widget, goal: Goal) -> bool:
    if not isinstance(stop, BlockView):
        return False
    block = stop.block
    if isinstance(block, SweepBlock):
        return goal == f"sweep:{block.sweep.id}"
    if isinstance(block, RunBlock):
        return goal == f"run:{block.run.id}"
    return goal == f"note:{block.id}"


def _has_ended(view: BlockView) -> bool:
    return isinstance(view.block, RunBlock) and view.block.run.state.has_ended


def _empty(found: DayRead) -> Content:
    day = found.entry.day
    ahead = "Nothing is planned on this day." if day > found.today else "Nothing is written here."
    return Content.assemble(
        ("Nothing is written yet today." if day == found.today else ahead, "$quiet"),
        "\n\n",
        ("  a", "bold $accent"),
        ("  write a note\n", "$quiet"),
        ("  r", "bold $accent"),
        ("  run an experiment\n", "$quiet"),
        ("  ?", "bold $accent"),
        ("  all keys of this page", "$quiet"),
    )
