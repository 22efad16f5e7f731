"""A real terminal: the `labbook` command inside tmux, with keys sent and the screen read."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.support.command import environment
from tests.support.tools import need


class Terminal:
    """One tmux server of its own, with one window in it."""

    def __init__(self, socket: Path, notebook: Path, env: dict[str, str]) -> None:
        self._tmux = ["tmux", "-S", str(socket), "-f", "/dev/null"]
        self._env = env
        self.notebook = notebook

    def open(self, size: tuple[int, int] = (80, 24)) -> None:
        """Start the app in a new session."""
        columns, lines = size
        # A shell between, as in life, which stays to say how the app ended.
        command = f"{shlex.quote(sys.executable)} -m labbook; echo ended with $?; exec sleep 60"
        self._ask("new-session", "-d", "-x", str(columns), "-y", str(lines), command)
        self._ask("set", "-s", "escape-time", "10")
        self.until(lambda: "Today" in self.screen)

    def close(self) -> None:
        """Close the terminal window, with whatever runs in it."""
        self._ask("kill-server", check=False)

    def keys(self, *names: str) -> None:
        """Press keys by tmux's names: Escape, Enter, C-p, F4, a letter."""
        for name in names:
            self._ask("send-keys", name)
            time.sleep(0.03)

    def type(self, text: str) -> None:
        self._ask("send-keys", "-l", text)

    def resize(self, columns: int, lines: int) -> None:
        self._ask("resize-window", "-x", str(columns), "-y", str(lines))

    @property
    def screen(self) -> str:
        return self._ask("capture-pane", "-p", check=False)

    @property
    def app(self) -> psutil.Process:
        """The process of the app."""
        shell = psutil.Process(int(self._ask("display-message", "-p", "#{pane_pid}")))
        (app,) = shell.children()
        return app

    def until(self, what: Callable[[], object], within_s: float = 20.0) -> None:
        deadline = time.monotonic() + within_s
        while not what():
            assert time.monotonic() < deadline, f"waited {within_s} s in vain\n{self.screen}"
            time.sleep(0.05)

    def shows(self, words: str, within_s: float = 20.0) -> None:
        self.until(lambda: words in self.screen, within_s)

    def _ask(self, *arguments: str, check: bool = True) -> str:
        done = subprocess.run(
            [*self._tmux, *arguments], capture_output=True, text=True, env=self._env, check=False
        )
        assert not check or done.returncode == 0, done.stderr
        return done.stdout


@contextmanager
def terminal(notebook: Path, **more: str) -> Iterator[Terminal]:
    """A terminal for the app on this notebook; closed at the end."""
    need("tmux")
    env = environment(notebook, TERM="xterm-256color", LANG="C.UTF-8", **more)
    for name in ("TMUX", "COLUMNS", "LINES"):
        env.pop(name, None)
    # A socket's path has a hundred bytes; pytest's directories may be longer.
    socket = Path(f"/tmp/labbook-tmux-{os.getpid()}-{time.monotonic_ns()}")  # noqa: S108
    found = Terminal(socket, notebook, env)
    try:
        yield found
    finally:
        found.close()
        socket.unlink(missing_ok=True)
