"""Looks whether anybody has written to the notebook, in a thread of its own.

Another shell, a run's supervisor or a second window may write at any moment. One cheap
question several times a second finds out; runs that died are closed every few seconds.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from textual.message import Message

from labbook.desk.desk import Desk
from labbook.errors import LabbookError
from labbook.tui.work import Trouble, kept

LOOK_EVERY_S = 0.35
RECONCILE_EVERY_S = 5.0


class NotebookChanged(Message):
    """Somebody, perhaps this window, has written to the notebook."""


class Watcher:
    """The thread that looks.

    tell: posts a message to the app; called from the thread
    """

    def __init__(self, desk: Desk, tell: Callable[[Message], object]) -> None:
        self._desk = desk
        self._tell = tell
        self._wake = threading.Event()
        self._is_over = False
        self._thread = threading.Thread(target=self._watch, name="watcher", daemon=True)
        self._trouble = ""
        self._seen: int | None = None

    def start(self) -> None:
        self._thread.start()

    def look_now(self) -> None:
        """Look at once: this window has just written."""
        self._wake.set()

    def stop(self) -> None:
        self._is_over = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(LOOK_EVERY_S * 4)

    def _watch(self) -> None:
        reconciled = time.monotonic()
        while True:
            self._wake.wait(LOOK_EVERY_S)
            self._wake.clear()
            if self._is_over:
                return
            self._guarded(self._look)
            if time.monotonic() - reconciled >= RECONCILE_EVERY_S:
                reconciled = time.monotonic()
                self._guarded(self._reconcile)

    def _guarded(self, look: Callable[[], None]) -> None:
        try:
            look()
        except Exception as error:  # this thread ends with the app, not with a full disk
            self._say(error)

    def _say(self, error: Exception) -> None:
        """Say each trouble once, not three times a second."""
        said = f"{type(error).__name__}: {error}"
        if said != self._trouble:
            self._trouble = said
            known = error if isinstance(error, LabbookError) else kept(error)
            self._tell(Trouble(known, "watching the notebook"))

    def _look(self) -> None:
        from labbook.desk import find

        counter = find.changes(self._desk)
        if counter != self._seen:
            self._seen = counter
            self._trouble = ""
            self._tell(NotebookChanged())

    def _reconcile(self) -> None:
        from labbook.desk import runs

        runs.reconcile(self._desk)
