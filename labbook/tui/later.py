"""Waiting for a pause: of typing, of a held key, of a window edge being dragged."""

from __future__ import annotations

from collections.abc import Callable

from textual.message_pump import MessagePump
from textual.timer import Timer


class Later:
    """Calls `then` once, so many seconds after it was last asked for."""

    def __init__(self, node: MessagePump, after_s: float, then: Callable[[], object]) -> None:
        self._node = node
        self._after_s = after_s
        self._then = then
        self._timer: Timer | None = None

    def ask(self) -> None:
        if self._timer is not None:
            self._timer.stop()
        self._timer = self._node.set_timer(self._after_s, self._then)
