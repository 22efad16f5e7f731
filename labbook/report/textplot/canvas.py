"""The drawing area of a text plot: character cells of 2 by 4 dots, in layers.

From the bottom: shades, fills (block characters), strokes (braille dots) and
glyphs (single characters). Strokes that meet in a cell are joined, in the colour of the
first; of different layers the uppermost is seen.
"""

from __future__ import annotations

from collections.abc import Iterator

from rich.style import Style
from rich.text import Text

Cell = tuple[int, int]

# The bits of a braille character, by column and row of the dot.
_BITS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
_BLANK_BRAILLE = 0x2800
_RISING = " ▁▂▃▄▅▆▇█"
_HANGING = "█▀▀▔▔"  # by quarters left empty below; Unicode has no finer blocks that hang


class Canvas:
    """Cells are counted from the top left. What is drawn outside is left out."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns = columns
        self.rows = rows
        self._fills: dict[Cell, tuple[str, Style]] = {}
        self._shades: dict[Cell, tuple[str, Style]] = {}
        self._strokes: dict[Cell, tuple[int, Style]] = {}
        self._glyphs: dict[Cell, tuple[str, Style]] = {}

    @property
    def dot_columns(self) -> int:
        return self.columns * 2

    @property
    def dot_rows(self) -> int:
        return self.rows * 4

    @property
    def is_empty(self) -> bool:
        return not (self._fills or self._shades or self._strokes or self._glyphs)

    def glyph(self, column: int, row: int, character: str, style: Style) -> None:
        if self._holds(column, row):
            self._glyphs[column, row] = (character, style)

    def is_free(self, column: int, row: int) -> bool:
        """Whether nothing but fills and shades is drawn there."""
        return (column, row) not in self._strokes and (column, row) not in self._glyphs

    def dot(self, x: int, y: int, style: Style) -> None:
        cell = (x // 2, y // 4)
        if self._holds(*cell):
            bits, first = self._strokes.get(cell, (0, style))
            self._strokes[cell] = (bits | _BITS[x % 2][y % 4], first)

    def shade(self, column: int, row: int, style: Style) -> None:
        if self._holds(column, row):
            self._shades[column, row] = ("░", style)

    def stroke(self, start: tuple[int, int], end: tuple[int, int], style: Style) -> None:
        """A straight line of dots, both ends included."""
        (x0, y0), (x1, y1) = start, end
        steps = max(abs(x1 - x0), abs(y1 - y0), 1)
        for step in range(steps + 1):
            x = x0 + round((x1 - x0) * step / steps)
            y = y0 + round((y1 - y0) * step / steps)
            self.dot(x, y, style)

    def column(self, column: int, top: float, bottom: float, style: Style) -> None:
        """Fill a column between two heights in rows from the top, to an eighth of a row."""
        top, bottom = max(0.0, min(top, bottom)), min(float(self.rows), max(top, bottom))
        for row in range(int(top), min(self.rows, int(bottom) + 1)):
            above = max(0.0, top - row)  # what of the cell stays empty at its top
            below = max(0.0, row + 1 - bottom)  # and at its bottom
            if above + below > 1 or not self._holds(column, row):
                continue
            if below > above:
                fill = (_HANGING[round(below * 4)], style)
            else:
                fill = (_RISING[max(1, round((1 - above) * 8))], style)
            self._fills[column, row] = fill

    def lines(self) -> Iterator[Text]:
        for row in range(self.rows):
            line = Text()
            for column in range(self.columns):
                line.append(*self._seen((column, row)))
            yield line

    def _holds(self, column: int, row: int) -> bool:
        return 0 <= column < self.columns and 0 <= row < self.rows

    def _seen(self, cell: Cell) -> tuple[str, Style]:
        fill = self._fills.get(cell)
        if over := self._glyphs.get(cell):
            character, style = over
        elif fill and fill[0] != "█":
            return fill  # the end of a bar is its value: a line goes behind it
        elif dots := self._strokes.get(cell):
            character, style = chr(_BLANK_BRAILLE + dots[0]), dots[1]
        else:
            return fill or self._shades.get(cell) or (" ", Style.null())
        if fill and fill[0] == "█" and fill[1].color:
            style += Style(bgcolor=fill[1].color)
        return character, style
