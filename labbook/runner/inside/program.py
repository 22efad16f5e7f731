"""The program that a recorded run goes on inside: its command, its code, where it comes from."""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labbook.model.run import Code, Command, CommandRole
from labbook.runner import provenance
from labbook.runner.directory import RunDirectory
from labbook.runner.gathering import NAMES, Gathering

GATHERING_S = 15.0

FRESH_S = 30.0
"""A notebook's kernel lives for days, and its code is committed meanwhile."""


@dataclass(frozen=True)
class Provenance:
    """What a run comes from, as far as it could be found out.

    files: the changes, the untracked files and the packages, as texts by their names
    """

    code: Code | None
    environment: dict[str, Any]
    files: Mapping[str, bytes] = field(default_factory=dict)


def command() -> Command | None:
    """What started this process; None where that would not start it again."""
    argv = sys.orig_argv
    if is_interactive() or len(argv) < 2 or "--multiprocessing-fork" in argv or "-" in argv[1:2]:
        return None
    try:
        here = str(Path.cwd())
    except FileNotFoundError:
        return None
    return Command((sys.executable or argv[0], *argv[1:]), here, CommandRole.AROUND)


def is_interactive() -> bool:
    """Whether a person types to this process, in a shell or in Jupyter."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return shell is not None or hasattr(sys, "ps1") or bool(sys.flags.interactive)


def name() -> str:
    """What to call what nobody has named."""
    script = _script()
    return "session" if script is None else script.stem


def _script() -> Path | None:
    file = getattr(sys.modules.get("__main__"), "__file__", None)
    return None if file is None or is_interactive() else Path(file)


def _gathered(directory: Path) -> Provenance:
    with tempfile.TemporaryDirectory(prefix="labbook-") as scratch:
        place = RunDirectory(Path(scratch))
        gathering = Gathering(place, directory)
        gathering.wait(GATHERING_S)
        files = {
            name: (place.provenance / name).read_bytes()
            for name in NAMES
            if (place.provenance / name).is_file()
        }
        return Provenance(gathering.code, gathering.environment or {}, files)


class Origin:
    """Finds out about code and packages beside the script, which does not wait for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: Provenance | None = None
        self._asked_at = 0.0
        self._thread: threading.Thread | None = None

    def ask(self) -> Provenance | None:
        """What is known and fresh; else None, and it is being found out."""
        with self._lock:
            if self._found is not None and time.monotonic() - self._asked_at < FRESH_S:
                return self._found
            if self._thread is None:
                self._thread = threading.Thread(target=self._look, daemon=True)
                self._thread.start()
            return None

    def wait(self, seconds: float) -> Provenance | None:
        """What is known after waiting for no longer than that."""
        thread = self._thread
        if thread is not None:
            thread.join(seconds)
        return self._found

    def _look(self) -> None:
        asked_at = time.monotonic()
        script = _script()
        try:
            directory = Path.cwd() if script is None else script.absolute().parent
            found = _gathered(directory)
        except OSError:
            found = Provenance(None, provenance.environment())
        with self._lock:
            self._found, self._asked_at, self._thread = found, asked_at, None
