"""What stands on a terminal in the end: progress bars by their last writing.

The terminal has as many lines as it takes, so nothing scrolls away.
"""

from __future__ import annotations

import re
from itertools import groupby

from labbook.text.terminal import COLOURS, MOVES, LiveText

_PART = re.compile(
    f"(?P<colours>{COLOURS.pattern})|(?P<moves>{MOVES.pattern})|[\n\r\t\b]|[^\x00-\x1f]+"
)
_RESET = "\x1b[0m"
_STYLE_LIMIT = 200
_WIDEST = 500
_PADDING_LIMIT = 1_000_000
"""A hostile text could ask for more blank space than there is memory."""

_TAB = 8


def settled(data: bytes, *, coloured: bool) -> str:
    """The text that stands there when all of `data` was printed.

    coloured: with the sequences that colour it; else there is no sequence in it
    """
    live = LiveText(styled=True)
    paper = _Paper()
    paper.write(live.feed(data) + live.end())
    return paper.text(coloured=coloured)


class _Paper:
    """Lines of cells, each a character and the colours that were on when it was written."""

    def __init__(self) -> None:
        self._lines: list[tuple[list[str], list[str]]] = [([], [])]
        self._row = self._column = 0
        self._style = ""
        self._padded = 0

    def write(self, text: str) -> None:
        for found in _PART.finditer(text):
            part = found[0]
            if found.lastgroup == "colours":
                self._colour(part)
            elif found.lastgroup == "moves":
                self._move(part)
            elif part == "\n":
                self._down()
            elif part == "\r":
                self._column = 0
            elif part == "\b":
                self._column = max(0, self._column - 1)
            elif part == "\t":
                self._put(" " * (_TAB - self._column % _TAB))
            else:
                self._put(part)

    def text(self, *, coloured: bool) -> str:
        return "\n".join(_line(*line, coloured=coloured) for line in self._lines)

    def _put(self, text: str) -> None:
        characters, styles = self._lines[self._row]
        if gap := self._column - len(characters):
            if gap > 0 and self._padded < _PADDING_LIMIT:
                self._padded += gap
                characters.extend(" " * gap)
                styles.extend([""] * gap)
            elif gap > 0:
                self._column = len(characters)
        end = self._column + len(text)
        characters[self._column : end] = text
        styles[self._column : end] = [self._style] * len(text)
        self._column = end

    def _down(self) -> None:
        self._row += 1
        self._column = 0
        if self._row == len(self._lines):
            self._lines.append(([], []))

    def _colour(self, sequence: str) -> None:
        if sequence in ("\x1b[m", _RESET):
            self._style = ""
        elif len(self._style) + len(sequence) > _STYLE_LIMIT:
            self._style = sequence
        else:
            self._style += sequence

    def _move(self, sequence: str) -> None:
        final, said = sequence[-1], sequence[2:-1]
        if "?" in said:
            return
        count = int(said or 0)
        if final in "KJ":
            self._erase(final, count)
        elif final in "AB":
            row = self._row + (-1 if final == "A" else 1) * max(1, count)
            self._row = min(max(0, row), len(self._lines) - 1)
        else:
            steps = {"C": self._column + max(1, count), "D": self._column - max(1, count)}
            self._column = min(max(0, steps.get(final, count - 1)), _WIDEST)

    def _erase(self, what: str, count: int) -> None:
        """In the line before, after or around the cursor; of what is below, all."""
        characters, styles = self._lines[self._row]
        if what == "J" and count:
            return  # a log keeps what was there
        if count == 0:
            del characters[self._column :], styles[self._column :]
            if what == "J":
                del self._lines[self._row + 1 :]
        else:
            end = len(characters) if count == 2 else min(self._column + 1, len(characters))
            characters[:end] = " " * end
            styles[:end] = [""] * end


def _line(characters: list[str], styles: list[str], *, coloured: bool) -> str:
    if not coloured or not any(styles):
        return "".join(characters).rstrip(" ")
    parts = []
    for style, cells in groupby(zip(styles, characters, strict=True), key=lambda cell: cell[0]):
        text = "".join(character for _, character in cells)
        parts.append(f"{style}{text}{_RESET}" if style else text)
    return "".join(parts).rstrip(" ")
