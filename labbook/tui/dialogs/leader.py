"""The second key of a two-key command: one line of choices, gone with the next key."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.content import Content
from textual.screen import ModalScreen

from labbook.tui.widgets.words import Words

WAIT_S = 0.8


class Leader(ModalScreen[str]):
    """Waits for one key and answers with the action it stands for.

    choices: key to (action, description)
    alone: the action when no second key comes; without one it waits for it
    """

    def __init__(self, first: str, choices: dict[str, tuple[str, str]], alone: str) -> None:
        super().__init__()
        self._first = first
        self._choices = choices
        self._alone = alone

    def compose(self) -> ComposeResult:
        pieces = []
        for pressed, (_, description) in self._choices.items():
            keys = f"{self._first} {pressed}"
            pieces.append(Content.assemble((keys, "bold $accent"), f" {description}   "))
        yield Words(Content("").join(pieces))

    def on_mount(self) -> None:
        if self._alone:
            self.set_timer(WAIT_S, lambda: self._answer(self._alone))

    def on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        action, _ = self._choices.get(event.character or event.key, ("", ""))
        self._answer(action)

    def _answer(self, action: str) -> None:
        if self.is_attached and self.is_current:
            self.dismiss(action)
