"""What a run prints, as it prints it."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message

from labbook.desk import runs
from labbook.model import Run
from labbook.tui.dialogs.dialog import Dialog
from labbook.tui.keys import key
from labbook.tui.phrases import run_name, state
from labbook.tui.widgets.pane import Pane
from labbook.tui.widgets.words import Words
from labbook.tui.work import ask

LOOK_EVERY_S = 0.5


class LogRead(Message):
    """The end of a log, the run as it stands, and the log as it is shown if it is new."""

    def __init__(self, run: Run, text: str, shown: Content) -> None:
        super().__init__()
        self.run = run
        self.text = text
        self.shown = shown


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

    def _read(self) -> tuple[Run, str, Content]:
        run = runs.run(self.desk, self._run.id)
        text = runs.log_text(self.desk, run.id, coloured=True)
        # The colours of a long log take a while to read; this is not the app's own thread.
        shown = Content() if text == self._text else _coloured(text)
        return run, text, shown

    def on_log_read(self, message: LogRead) -> None:
        self._run = message.run
        self.query_one(".frame").border_subtitle = state(message.run)
        if message.text == self._text:
            return
        scroll = self.query_one(Pane)
        at_end = self._text is None or scroll.is_vertical_scroll_end
        self._text = message.text
        self.query_one("#log", Words).update(message.shown)
        if at_end:
            scroll.scroll_end(animate=False)


def _coloured(text: str) -> Content:
    """A log whose only sequences are those that colour it, read into styles."""
    shown = text.rstrip("\n") or "It has printed nothing."
    return Content.from_rich_text(Text.from_ansi(shown)) if "\x1b" in shown else Content(shown)
