"""What a recording process has but once: two threads, its notebooks, its end and its forks.

One thread carries records to the run directories every tenth of a second, the other brings
them into the notebook; both end when there is nothing left to do. Nothing of the script's own
is touched: no signal, no hook, no variable of the environment.
"""

from __future__ import annotations

import atexit
import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from labbook.errors import LabbookError
from labbook.runner.inside.program import Origin, is_interactive
from labbook.runner.raised import Raised, ending
from labbook.store.quick import QuickNotebook

FLUSH_EVERY_S = 0.1
TAKE_IN_EVERY_S = 0.5
IDLE_TURNS = 10

log = logging.getLogger("labbook")


class Session(Protocol):
    """What is looked after here: the run behind a trial.

    is_abandoned: nobody can record in it any more, and nobody has ended it
    """

    is_abandoned: bool

    def flush(self) -> None: ...
    def take_in(self) -> None: ...
    def end(self, how: Raised) -> None: ...
    def go_on_in_child(self) -> None: ...


class Beat:
    """A thread that does something again and again, for as long as there is something to do."""

    def __init__(self, name: str, every_s: float, turn: Callable[[], bool]) -> None:
        self._name = name
        self._every_s = every_s
        self._turn = turn
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def ensure(self) -> None:
        with self._lock:
            if self._thread is None:
                thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                thread.start()
                self._thread = thread

    def _run(self) -> None:
        idle = 0
        while True:
            time.sleep(self._every_s)
            idle = 0 if self._turn() else idle + 1
            with self._lock:
                if idle > IDLE_TURNS:
                    self._thread = None
                    return


class Keeping:
    """Everything that this process records."""

    def __init__(self) -> None:
        self._said: set[str] = set()
        self._begin()

    def _begin(self) -> None:
        self.origin = Origin()
        self._lock = threading.Lock()
        self._open: list[Session] = []
        self._notebooks: dict[Path, QuickNotebook] = {}
        self._held: list[QuickNotebook] = []
        self._flusher = Beat("labbook-flush", FLUSH_EVERY_S, self._flush)
        self._keeper = Beat("labbook-keep", TAKE_IN_EVERY_S, self._take_in)

    def notebook_at(self, path: Path) -> QuickNotebook:
        with self._lock:
            return self._notebooks.setdefault(path.absolute(), QuickNotebook(path.absolute()))

    def add(self, session: Session) -> None:
        """Look after a session until it is removed."""
        with self._lock:
            self._open.append(session)
        self._flusher.ensure()
        self._keeper.ensure()

    def remove(self, session: Session) -> None:
        with self._lock:
            if session in self._open:
                self._open.remove(session)

    def say(self, sentence: str) -> None:
        """Tell whoever reads what the script prints; the same thing only once."""
        if sentence not in self._said:
            self._said.add(sentence)
            log.warning("labbook: %s", sentence)

    def end_all(self) -> None:
        """End what nobody has ended, as the interpreter itself ends."""
        how = _end_of_interpreter()
        for session in self._sessions():
            session.end(how)
        self._release()

    def prepare_fork(self) -> None:
        """No connection to a database may come into a child."""
        self._held = list(self._notebooks.values())
        for notebook in self._held:
            notebook.hold()

    def go_on_after_fork(self) -> None:
        for notebook in self._held:
            notebook.let_go()

    def go_on_in_child(self) -> None:
        """Begin anew, without threads and runs of one's own; the parent keeps its own."""
        inherited = self._open
        self._begin()
        for session in inherited:
            session.go_on_in_child()

    def _sessions(self) -> list[Session]:
        with self._lock:
            return list(self._open)

    def _flush(self) -> bool:
        found = self._sessions()
        for session in found:
            session.flush()
        return bool(found)

    def _take_in(self) -> bool:
        found = self._sessions()
        for session in found:
            try:
                if session.is_abandoned:
                    session.end(Raised("finished"))
                else:
                    session.take_in()
            except LabbookError as error:
                # What is recorded is safe in the run directory; a later turn takes it in.
                log.debug("labbook: %s", error.message)
        if not found:
            self._release()
        return bool(found)

    def _release(self) -> None:
        with self._lock:
            notebooks = list(self._notebooks.values())
        for notebook in notebooks:
            notebook.release()


def _end_of_interpreter() -> Raised:
    """Why the interpreter ends: an exception that nobody caught is noted by Python itself."""
    error = getattr(sys, "last_value", None)
    if isinstance(error, BaseException) and not is_interactive():
        return ending(error, interrupted="cancelled")
    return Raised("finished")


keeping = Keeping()
atexit.register(keeping.end_all)
os.register_at_fork(
    before=keeping.prepare_fork,
    after_in_parent=keeping.go_on_after_fork,
    after_in_child=keeping.go_on_in_child,
)
