"""What refers to a day, a run or a review: a list that leads to each."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message

from labbook.model.backlink import Backlink
from labbook.tui.backlink_lines import backlink_line
from labbook.tui.dialogs.dialog import Dialog
from labbook.tui.keys import key
from labbook.tui.widgets.choices import Choices
from labbook.tui.widgets.words import Words
from labbook.tui.work import ask


class BacklinksRead(Message):
    """What refers to it."""

    def __init__(self, found: tuple[Backlink, ...]) -> None:
        super().__init__()
        self.found = found


class Backlinks(Dialog[str]):
    """Answers with the source of what should be shown.

    read: asks the desk what refers to it
    """

    CSS_PATH = "next_steps.tcss"
    ABOUT = (
        "Notes that name it, lines of reviews and ideas that came from it, and what was read and "
        "reimplemented in it."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        key("backlinks.go", "enter", "go", "go there", show=True),
    ]

    def __init__(self, what: str, read: Callable[[], tuple[Backlink, ...]]) -> None:
        super().__init__(f"What refers to {what}")
        self._what = what
        self._read = read
        self._found: tuple[Backlink, ...] = ()

    def compose_dialog(self) -> ComposeResult:
        yield Choices()
        yield Words(id="nothing")

    def on_mount(self) -> None:
        ask(self, "backlinks", self._read, BacklinksRead)

    def on_backlinks_read(self, message: BacklinksRead) -> None:
        self._found = message.found
        choices = self.query_one(Choices)
        choices.fill([(backlink_line(each), str(n)) for n, each in enumerate(self._found)])
        choices.display = bool(self._found)
        self.query_one("#nothing").display = not self._found
        words = f"Nothing names {self._what} yet."
        self.query_one("#nothing", Words).update(Content.styled(words, "$quiet"))

    def action_go(self) -> None:
        chosen = self.query_one(Choices).chosen
        if chosen is not None:
            self.dismiss(self._found[int(chosen)].source)

    def on_option_list_option_selected(self) -> None:
        self.action_go()
