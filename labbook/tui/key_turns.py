"""One key after another: what a key sets off comes before the next key is looked at.

Textual hands a key to the widget that has the focus when the key arrives, and a key that opens an
editor or moves the focus takes effect later. Keys that arrive together, as they do over a slow
line, would then all act on the widget of the first: of "a" and a word, the word's letters would
be commands. Here a key waits until the one before it has bubbled up, has acted, and the screen
that is then on show has done what it was asked to.
"""

from __future__ import annotations

import asyncio
from collections import deque

from textual import events
from textual.app import App
from textual.message import Message
from textual.widgets import Input, TextArea

NO_LONGER_THAN_S = 0.5
"""So long does a key wait at most; a widget that is removed may swallow the one before it."""


class KeyWent(Message):
    """Follows a key on its way up, so it arrives when that key has acted."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


class KeyDone(Message, bubble=False):
    """What a key set off on the screen is done."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


class KeyTurns(App[None]):
    """An app whose keys and pastes take turns."""

    def __init__(self) -> None:
        super().__init__()
        self._turn = 0
        self._under_way = False
        self._held: deque[events.Key | events.Paste] = deque()

    async def on_event(self, event: events.Event) -> None:
        if not isinstance(event, events.Key | events.Paste) or event.is_forwarded:
            await super().on_event(event)
        elif self._under_way:
            self._held.append(event)
        elif self._is_text(event):
            await super().on_event(event)
        else:
            await self._take(event)

    def _is_text(self, event: events.Key | events.Paste) -> bool:
        """Whether it is but a letter of what is being typed, after which nothing has changed."""
        focused = self.focused
        takes_text = isinstance(focused, Input | TextArea) and not getattr(
            focused, "read_only", False
        )
        return takes_text and isinstance(event, events.Key) and event.is_printable

    async def _take(self, event: events.Key | events.Paste) -> None:
        self._turn += 1
        self._under_way = True
        target = self.focused or self.screen
        done = KeyDone(self._turn)
        asyncio.get_running_loop().call_later(NO_LONGER_THAN_S, self.post_message, done)
        await super().on_event(event)
        if not target.post_message(KeyWent(self._turn)):
            self.post_message(KeyWent(self._turn))  # it is gone, and waits for nothing

    def on_key_went(self, message: KeyWent) -> None:
        number = message.number
        self.screen.call_later(lambda: self.post_message(KeyDone(number)))

    async def on_key_done(self, message: KeyDone) -> None:
        if message.number != self._turn or not self._under_way:
            return
        self._under_way = False
        while self._held and not self._under_way:
            await self.on_event(self._held.popleft())
