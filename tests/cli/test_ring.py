"""A terminal rings at the end of what was waited for in it, unless it was cancelled there."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command import environment, labbook

OSC = b"\x1b]9;"


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ring") / "notebook"
    assert labbook(path, "log", "a note makes the notebook").code == 0
    (path / "settings.toml").write_text("notify_after_s = 0\n")
    return path


def stderr_of(book: Path, *arguments: str, interrupt_at: bytes = b"") -> bytes:
    """All that a terminal gets from stderr; Ctrl-C is pressed at these words of stdout."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "labbook", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=theirs,
        env=environment(book, TERM="xterm-256color"),
        start_new_session=True,
    ) as process:
        os.close(theirs)
        assert process.stdout is not None
        if interrupt_at:
            assert interrupt_at in process.stdout.readline()
            os.killpg(process.pid, signal.SIGINT)
        found = b""
        while True:
            try:
                data = os.read(ours, 4096)
            except OSError:  # the other end is closed
                break
            if not data:
                break
            found += data
    os.close(ours)
    return found


def test_a_command_that_has_ended_rings_and_one_that_was_interrupted_does_not(book: Path) -> None:
    said = stderr_of(book, "exec", "--retry", "1", "--", "sh", "-c", "exit 3")
    assert said.count(OSC) == 1
    assert said.count(b"\x1b]9;run 2 failed\a\a") == 1
    loop = ("sh", "-c", "echo ready; sleep 1000")
    assert OSC not in stderr_of(book, "exec", "--", *loop, interrupt_at=b"ready")


def test_a_run_and_a_sweep_ring_once(book: Path) -> None:
    said = stderr_of(book, "run", "kl.bias-table", "samples=1000")
    assert said.count(OSC) == said.count(b"kl.bias-table finished\a\a") == 1
    said = stderr_of(book, "sweep", "kl.bias-table", "samples=1000", "seed=1,2")
    assert said.count(OSC) == said.count(b"sweep 1 \xc2\xb7 kl.bias-table finished\a\a") == 1


def test_the_settings_can_silence_it(book: Path) -> None:
    (book / "settings.toml").write_text("notify_after_s = 0\nnotify = []\n")
    try:
        said = stderr_of(book, "exec", "--", "true")
    finally:
        (book / "settings.toml").write_text("notify_after_s = 0\n")
    assert OSC not in said
    assert b"\a" not in said
