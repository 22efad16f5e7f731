"""Real images, on terminals that are played: what each says of itself, and what it is sent."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest
from PIL import Image

from tests.support.command import environment, labbook

ATTRIBUTES = b"\x1b[c"


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A notebook with a run that left a red picture and a curve."""
    folder = tmp_path_factory.mktemp("images")
    Image.new("RGB", (60, 40), (250, 10, 10)).save(folder / "red.png")
    lines = "".join(f'{{"loss": {1 / (step + 1)}}}\n' for step in range(9))
    (folder / "points").write_text(lines)
    script = f'cd "$LABBOOK_RUN_DIR"; cp {folder}/red.png .; cp {folder}/points metrics.jsonl'
    done = labbook(folder / "notebook", "exec", "--", "sh", "-c", script)
    assert done.code == 0, done.err
    return folder / "notebook"


def shown(book: Path, answer: bytes, *options: str) -> tuple[bytes, bytes, float]:
    """What a terminal gets that answers so to being asked, what is left to read, the seconds."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 800, 480))
    began = time.monotonic()
    with subprocess.Popen(
        [sys.executable, "-m", "labbook", "runs", "pictures", "1", *options],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment(book, TERM="xterm-256color", COLUMNS="80"),
    ) as process:
        found, is_answered = b"", False
        while process.poll() is None or select.select([ours], [], [], 0.1)[0]:
            if not select.select([ours], [], [], 0.1)[0]:
                continue
            found += os.read(ours, 65536)
            if ATTRIBUTES in found and not is_answered:
                is_answered = True
                os.write(ours, answer)
    os.set_blocking(theirs, False)
    try:
        left = os.read(theirs, 1024)
    except BlockingIOError:
        left = b""
    os.close(ours)
    os.close(theirs)
    return found, left, time.monotonic() - began


def test_a_terminal_with_sixel_gets_the_picture_and_the_figures(book: Path) -> None:
    found, left, _ = shown(book, b"\x1b[?62;4;22c", "--figures")
    images = re.findall(rb"\x1bP[0-9;]*q.*?\x1b\\", found, re.DOTALL)
    assert len(images) == 2
    assert b"red.png" in found
    assert re.search(rb"#\d+;2;98;4;4", images[1]), "its red, in percent"
    assert left == b""


def test_a_terminal_with_kittys_graphics_gets_them_in_its_way(book: Path) -> None:
    found, _, _ = shown(book, b"\x1b_Gi=1;OK\x1b\\\x1b[?62;22c")
    assert b"\x1b_G" in found.replace(b"\x1b_Gi=1,s=1", b"", 1)
    assert "\U0010eeee".encode() in found, "the letters that it puts the picture in the place of"


def test_another_terminal_gets_half_blocks_and_is_told_what_would_help(book: Path) -> None:
    found, _, _ = shown(book, b"\x1b[?1;2c", "--figures")
    assert b"it speaks neither Sixel nor Kitty's graphics" in found
    assert "▀".encode() in found
    assert b"loss" in found
    assert not re.search(rb"\x1bP", found)


def test_a_terminal_that_says_nothing_is_waited_for_and_not_for_ever(book: Path) -> None:
    found, _, took_s = shown(book, b"")
    assert "▀".encode() in found
    assert took_s < 20


def test_a_pipe_is_asked_nothing_and_gets_the_curve_as_text(book: Path) -> None:
    answer = labbook(book, "runs", "pictures", "1", "--figures")
    assert "▣ red.png" in answer.out
    assert "┤" in answer.out
    assert "\x1b" not in answer.out
    assert answer.err == ""
    nothing = labbook(book, "exec", "--", "true")
    assert nothing.code == 0
    assert "Run 2 has left no pictures." in labbook(book, "runs", "pictures", "2").err
