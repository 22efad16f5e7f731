"""Waiting for a pause: of typing, of a held key, of a window edge being dragged."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from textual.message_pump import MessagePump
from textual.timer import Timer


class Later:
    """Calls `then` once, so many seconds after it was last asked for."""

    def __init__(self, node: MessagePump, after_s: float, then: Callable[[], object]) -> None:
        self._node = node
        self._after_s = after_s
        self._then = then
        self._timer: Timer | None = None
        self._asked = 0

    def ask(self) -> None:
        self.cancel()
        self._timer = self._node.set_timer(self._after_s, partial(self._due, self._asked))

    def cancel(self) -> None:
        self._asked += 1
        if self._timer is not None:
            self._timer.stop()

    def _due(self, asked: int) -> object:
        """A timer that is stopped may have gone off already, and wait in the node's queue."""
        return self._then() if asked == self._asked else None
