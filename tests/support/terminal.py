"""A real terminal: tmux with the app in it, driven by keys and read from its screen."""

from __future__ import annotations

import shlex
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.support.command import environment


class Terminal:
    """One tmux session of its own server, of a fixed size."""

    def __init__(self, width: int, height: int) -> None:
        self._socket = f"labbook-{uuid.uuid4().hex[:12]}"
        self._size = ("-x", str(width), "-y", str(height))

    def start(self, notebook: Path, *arguments: str, **more: str) -> None:
        """Run `labbook ARGUMENTS` in the terminal."""
        env = environment(notebook, **more)
        chosen = ("LABBOOK_HOME", "LABBOOK_CONFIG", "TZ", "PYTHONPATH", *more)
        given = [f"{name}={env[name]}" for name in chosen if name in env]
        root = str(Path(__file__).resolve().parents[2])
        # A size left in the environment would be believed before the terminal's own.
        clean = ["-u", "COLUMNS", "-u", "LINES"]
        command = [
            "env",
            *clean,
            *given,
            f"PYTHONPATH={root}",
            sys.executable,
            "-m",
            "labbook",
            *arguments,
        ]
        self._tmux("new-session", "-d", *self._size, "-s", "main", shlex.join(command))

    def keys(self, *keys: str) -> None:
        """Press keys by tmux's names: `Enter`, `Escape`, `C-p`, or a letter."""
        self._tmux("send-keys", "-t", "main", *keys)

    def type(self, text: str) -> None:
        self._tmux("send-keys", "-t", "main", "-l", "--", text)

    def screen(self) -> str:
        return self._tmux("capture-pane", "-p", "-t", "main")

    def wait_for(self, *words: str, within_s: float = 30.0) -> str:
        """The screen once all of the words stand on it."""
        deadline = time.monotonic() + within_s
        screen = ""
        while time.monotonic() < deadline:
            screen = self.screen()
            if all(word in screen for word in words):
                return screen
            time.sleep(0.05)
        raise AssertionError(f"{words} never came; the screen is\n{screen}")

    def is_open(self) -> bool:
        return subprocess.run(self._command("has-session"), capture_output=True).returncode == 0  # noqa: PLW1510

    def wait_until_closed(self, within_s: float = 15.0) -> None:
        deadline = time.monotonic() + within_s
        while self.is_open():
            assert time.monotonic() < deadline, self.screen()
            time.sleep(0.05)

    def app(self) -> psutil.Process:
        """The process that runs in the terminal."""
        pid = int(self._tmux("display-message", "-p", "-t", "main", "#{pane_pid}"))
        return psutil.Process(pid)

    def close(self) -> None:
        subprocess.run(self._command("kill-server"), capture_output=True, check=False)

    def _command(self, *arguments: str) -> list[str]:
        return ["tmux", "-L", self._socket, "-f", "/dev/null", *arguments]

    def _tmux(self, *arguments: str) -> str:
        done = subprocess.run(
            self._command(*arguments), capture_output=True, text=True, check=True, timeout=20
        )
        return done.stdout


@contextmanager
def terminal(width: int = 80, height: int = 24) -> Iterator[Terminal]:
    opened = Terminal(width, height)
    try:
        yield opened
    finally:
        opened.close()
