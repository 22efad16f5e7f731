"""The timer, which every page shows and one key starts, stops or switches."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from textual.binding import BindingType
from textual.message import Message

from labbook.desk import time
from labbook.model.time_span import TimeSpan
from labbook.tui.desk_app import DeskApp
from labbook.tui.keys import key
from labbook.tui.widgets.masthead import Masthead
from labbook.tui.work import ask

TICK_S = 1.0


class TimerSeen(Message):
    """Which span's timer runs."""

    def __init__(self, running: TimeSpan | None) -> None:
        super().__init__()
        self.running = running


class TimedApp(DeskApp):
    """An app that knows whether a timer runs.

    timer: the span whose timer runs. It is read when the notebook has changed; its minutes come
        from the clock
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        key("app.timer", "f3", "timer", "timer", about="start, stop or switch the timer"),
    ]

    timer: TimeSpan | None = None

    def on_mount(self) -> None:
        self.set_interval(TICK_S, self.show_timer)

    def on_notebook_changed(self) -> None:
        self.look_at_timer()

    def look_at_timer(self) -> None:
        ask(self, "timer", partial(time.running, self.desk), TimerSeen)

    def on_timer_seen(self, message: TimerSeen) -> None:
        self.timer = message.running
        self.show_timer()

    def show_timer(self) -> None:
        """Let the page on show say whose timer runs, and for how many minutes."""
        if self.screen_stack:  # none while the app is ending
            for masthead in self.screen_stack[0].query(Masthead):
                masthead.timer = self._minutes(self.timer)

    def _minutes(self, span: TimeSpan | None) -> tuple[str, int] | None:
        if span is None:
            return None
        return span.thread, max(0, self.desk.clock().us - span.start.us) // 60_000_000

    def action_timer(self) -> None:
        from labbook.tui.dialogs.timer import Timer

        self.push_screen(Timer())
