"""Two axes over a canvas: where a point of the data lies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from labbook.report.textplot.canvas import Canvas
from labbook.report.textplot.scale import Scale

Dot = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Field:
    canvas: Canvas
    x: Scale
    y: Scale

    def dot_x(self, value: float) -> int | None:
        fraction = self.x.fraction(value)
        return None if fraction is None else round(fraction * (self.canvas.dot_columns - 1))

    def column(self, value: float) -> int | None:
        dot = self.dot_x(value)
        return None if dot is None else dot // 2

    def dot_y(self, value: float) -> int | None:
        fraction = self.y.fraction(value)
        return None if fraction is None else round((1 - fraction) * (self.canvas.dot_rows - 1))

    def dot(self, x: float, y: float) -> Dot | None:
        column, row = self.dot_x(x), self.dot_y(y)
        return None if column is None or row is None else (column, row)

    def end_of_bar(self, value: float) -> int:
        """The dot row of a bar's end; what lies beyond the axis, or at zero on a logarithmic
        one, is at its edge.
        """
        row = self.dot_y(value)
        return self.canvas.dot_rows - 1 if row is None else min(max(row, 0), self.canvas.dot_rows)

    def height(self, value: float) -> float:
        """A height in character rows from the top, at the middle of the value's dot."""
        return (self.end_of_bar(value) + 0.5) / 4

    @property
    def base(self) -> float:
        """What bars stand on: zero, or the lower end of a logarithmic axis."""
        return self.y.low if self.y.log else min(max(0.0, self.y.low), self.y.high)


def stretches(dots: Iterable[Dot | None]) -> list[list[Dot]]:
    """The runs of points between those that cannot be drawn."""
    runs: list[list[Dot]] = [[]]
    for dot in dots:
        if dot is not None:
            runs[-1].append(dot)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def decimated(run: Sequence[Dot]) -> list[Dot]:
    """The same line in fewer points: of each dot column the first, lowest, highest and last."""
    kept: list[Dot] = []
    begin = 0
    for index in range(1, len(run) + 1):
        if index < len(run) and run[index][0] == run[begin][0]:
            continue
        column = run[begin:index]
        if len(column) > 4:
            low, high = min(column, key=_row), max(column, key=_row)
            column = [column[0], low, high, column[-1]]
        kept.extend(column)
        begin = index
    return kept


def _row(dot: Dot) -> int:
    return dot[1]
