"""Real images in terminals that speak Sixel or Kitty's graphics, by the extra `images`.

What a terminal speaks is asked of itself here, and not by textual-image: that asks when it is
imported and waits a tenth of a second, which is little over a slow line, and what is answered
later would be taken for keys. Every terminal answers the last of our questions, so nobody
waits longer than the line takes; tmux answers for itself.
"""

from __future__ import annotations

import fcntl
import os
import re
import select
import struct
import sys
import termios
import time
import tty
from enum import StrEnum
from functools import lru_cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import RenderableType

PATIENCE_S = 2.0
_CELL = (10, 20)

_QUESTIONS = b"\x1b_Gi=1,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\\x1b[c"
_KITTY = re.compile(rb"\x1b_G[^\x1b]*;OK\x1b\\")
_ATTRIBUTES = re.compile(rb"\x1b\[\?([0-9;]*)c")
_SIXEL = b"4"

NO_EXTRA = (
    "Real images take the extra `images`: pipx install '.[images]', or pip install textual-image."
)
NO_PROTOCOL = (
    "This terminal shows no images: it speaks neither Sixel nor Kitty's graphics. kitty, Ghostty, "
    "WezTerm, foot, Konsole and iTerm2 do; tmux does where it was built with Sixel."
)


class Way(StrEnum):
    """How a terminal shows images."""

    SIXEL = "sixel"
    KITTY = "kitty"


def way_or_reason() -> tuple[Way | None, str]:
    """How the terminal shows images; else None and why it does not, with what would help."""
    if find_spec("textual_image") is None:
        return None, NO_EXTRA
    way = asked_way()
    return way, "" if way else NO_PROTOCOL


def asked_way(patience_s: float = PATIENCE_S) -> Way | None:
    """What the terminal says of itself; None where there is no terminal, or no answer."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return None
    answer = _asked(sys.stdin.fileno(), sys.stdout.fileno(), patience_s)
    attributes = _ATTRIBUTES.search(answer)
    # Some say that they speak Kitty's graphics and lack the part that is needed; they have Sixel.
    if attributes and _SIXEL in attributes[1].split(b";"):
        return Way.SIXEL
    return Way.KITTY if _KITTY.search(answer) else None


def image(way: Way, content: bytes, columns: int, rows: int) -> RenderableType:
    """A picture, no larger than `columns` by `rows` cells and no larger than it is.

    Raises:
        ReportError: it is none that consists of pixels, too large, or damaged.
    """
    from labbook.report.halfblocks import opened

    picture = opened("The picture", content)
    size = _cell_size()
    width = min(columns, -(-picture.width // size[0]))
    width = min(width, max(1, rows * size[1] * picture.width // (picture.height * size[0])))
    drawn: RenderableType = _renderables()[way](picture, width=width, height="auto")
    return drawn


def drop_late_answers() -> None:
    """Let nothing that a terminal said be taken for what somebody typed."""
    if sys.stdin.isatty():
        termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)


def _asked(reading: int, writing: int, patience_s: float) -> bytes:
    before = termios.tcgetattr(reading)
    deadline, answer = time.monotonic() + patience_s, b""
    try:
        tty.setcbreak(reading, termios.TCSANOW)
        os.write(writing, _QUESTIONS)
        while not _ATTRIBUTES.search(answer):
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([reading], [], [], left)[0]:
                break
            if not (data := os.read(reading, 1024)):
                break
            answer += data
    finally:
        termios.tcsetattr(reading, termios.TCSANOW, before)
    return answer


@lru_cache(maxsize=1)
def _renderables() -> dict[Way, Any]:
    """The library's two ways, imported without its own questions to the terminal."""
    names = vars(sys)
    stdout, names["__stdout__"] = names["__stdout__"], None
    try:
        from textual_image.renderable import SixelImage, TGPImage
    finally:
        names["__stdout__"] = stdout
    return {Way.SIXEL: SixelImage, Way.KITTY: TGPImage}


def _cell_size() -> tuple[int, int]:
    """Width and height of a cell in pixels, where the terminal says so."""
    try:
        size = fcntl.ioctl(sys.stdout.fileno(), termios.TIOCGWINSZ, bytes(8))
    except OSError:
        return _CELL
    rows, columns, width, height = struct.unpack("HHHH", size)
    return (width // columns, height // rows) if width and height else _CELL
