"""A recorded command sees the size of the terminal that it was started in, and its changes."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

from tests.support.command import environment

ANSWERS = """
import os, signal, time
def say(*_):
    print("size", *os.get_terminal_size(1), flush=True)
signal.signal(signal.SIGWINCH, say)
say()
time.sleep(60)
"""


def read_until(terminal: int, words: bytes) -> None:
    found, deadline = b"", time.monotonic() + 30
    while words not in found:
        left = max(0.0, deadline - time.monotonic())
        assert select.select([terminal], [], [], left)[0], f"{words!r} never came: {found!r}"
        found += os.read(terminal, 4096)


def resize(terminal: int, columns: int, rows: int) -> None:
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def test_a_command_is_told_when_the_window_changes(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    resize(ours, 90, 30)
    # `-c` makes it the controlling terminal: the kernel itself then tells of a change.
    command = ["setsid", "-c", sys.executable, "-m", "labbook", "exec", "--"]
    with subprocess.Popen(
        [*command, sys.executable, "-c", ANSWERS],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment(tmp_path / "notebook", TERM="xterm-256color"),
    ) as process:
        os.close(theirs)
        try:
            read_until(ours, b"size 90 30")
            for columns, rows in ((120, 50), (61, 20)):
                resize(ours, columns, rows)
                read_until(ours, f"size {columns} {rows}".encode())
            os.write(ours, b"\x03")
            read_until(ours, b"cancelled")
        finally:
            process.terminate()
    os.close(ours)
