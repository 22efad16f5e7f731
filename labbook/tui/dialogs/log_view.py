"""What a run prints, as it prints it."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message

from labbook.desk import runs
from labbook.model import Run
from labbook.text.plain import plain
from labbook.tui.dialogs.dialog import Dialog
from labbook.tui.keys import key
from labbook.tui.phrases import run_name, state
from labbook.tui.widgets.pane import Pane
from labbook.tui.widgets.words import Words
from labbook.tui.work import ask

LOOK_EVERY_S = 0.5


class LogRead(Message):
    """The end of a log, and the run as it stands."""

    def __init__(self, run: Run, text: str) -> None:
        super().__init__()
        self.run = run
        self.text = text


class LogView(Dialog[None]):
    """Shows the end of a run's log and follows it until the run ends."""

    CSS_PATH = "log_view.tcss"
    ABOUT = (
        "What the run has printed, made harmless to the terminal. While you are at its end the "
        "log follows; scroll up to stay, G to follow again."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        key("log.close", "q,l", "close", "close"),
    ]

    def __init__(self, run: Run) -> None:
        super().__init__(f"Log of {run_name(run)}")
        self._run = run
        self._text: str | None = None

    def compose_dialog(self) -> ComposeResult:
        with Pane():
            yield Words(id="log")

    def on_mount(self) -> None:
        self._look()
        self.set_interval(LOOK_EVERY_S, self._look_again)

    def _look_again(self) -> None:
        if not self._run.state.has_ended and self.is_current:
            self._look()

    def _look(self) -> None:
        ask(self, "log", self._read, lambda found: LogRead(*found))

    def _read(self) -> tuple[Run, str]:
        run = runs.run(self.desk, self._run.id)
        return run, runs.log_text(self.desk, run.id)

    def on_log_read(self, message: LogRead) -> None:
        self._run = message.run
        self.query_one(".frame").border_subtitle = state(message.run)
        if message.text == self._text:
            return
        scroll = self.query_one(Pane)
        at_end = self._text is None or scroll.is_vertical_scroll_end
        self._text = message.text
        shown = plain(message.text).rstrip("\n") or "It has printed nothing."
        self.query_one("#log", Words).update(Content(shown))
        if at_end:
            scroll.scroll_end(animate=False)
