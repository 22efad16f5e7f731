"""Draws one series of each kind, and marks, on a field."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from rich.style import Style

from labbook.model import Mark, Series
from labbook.report.textplot.field import Dot, Field, decimated, stretches
from labbook.report.textplot.looks import MARK, Look

_DASH = 3  # dots on, dots off


def draw_line(field: Field, series: Series, look: Look, place: tuple[int, int]) -> None:
    """A line with its glyph at the points, or here and there where those are many.

    place: which of how many lines this is, so that their glyphs stand apart
    """
    dots = [field.dot(x, y) for x, y in zip(series.xs, series.y, strict=True)]
    runs = stretches(dots)
    for run in runs:
        for start, end in itertools.pairwise(decimated(run) * (2 if len(run) == 1 else 1)):
            field.canvas.stroke(start, end, look.style)
    drawn = [dot for run in runs for dot in run] if look.glyph else []
    if len(drawn) > field.canvas.columns // 3:
        drawn = _here_and_there(drawn, field.canvas.dot_columns, place)
    draw_errors(field, series, look)
    _glyphs(field, drawn, look)


def draw_points(field: Field, series: Series, look: Look) -> None:
    """A glyph for each point; dots where they are too many for glyphs."""
    dots = [field.dot(x, y) for x, y in zip(series.xs, series.y, strict=True)]
    drawn = [dot for dot in dots if dot is not None]
    draw_errors(field, series, look)
    if len(drawn) > 2 * field.canvas.columns:
        for dot in drawn:
            field.canvas.dot(*dot, look.style)
    else:
        _glyphs(field, drawn, look)


def draw_errors(field: Field, series: Series, look: Look) -> None:
    if series.error is None:
        return
    points = list(zip(series.xs, series.y, series.error, strict=True))
    every = 1 + len(points) // max(1, field.canvas.columns // 2)
    for x, y, error in points[::every]:
        column = field.dot_x(x)
        if column is None or field.dot_y(y) is None or not 0 < error < float("inf"):
            continue
        top, bottom = field.end_of_bar(y + error), field.end_of_bar(y - error)
        field.canvas.stroke((column, top), (column, bottom), look.style)
        if bottom - top > 3:
            for end in (top, bottom):
                field.canvas.stroke((column - 1, end), (column + 1, end), look.style)


def draw_band(field: Field, series: Series, look: Look) -> None:
    """A shade between the lower and the upper edge."""
    lower = [field.dot(x, y) for x, y in zip(series.xs, series.y, strict=True)]
    upper = [field.dot(x, y) for x, y in zip(series.xs, series.upper or (), strict=True)]
    edges = [
        (low[0], low[1], high[1]) if low and high else None
        for low, high in zip(lower, upper, strict=True)
    ]
    for start, end in itertools.pairwise(edges):
        if start and end:
            _shade(field, start, end, look.style)


def draw_bars(field: Field, bars: Sequence[tuple[Series, Look]]) -> None:
    """Bars from the base line, those of several series side by side.

    Where there is no room side by side, the first series are bars and the others dots.
    """
    room = bar_room([series for series, _ in bars], field)
    width = max(1, int(room * 0.8 / len(bars)))
    for place, (series, look) in enumerate(bars):
        if place and room < len(bars):
            draw_points(field, series, look)
            continue
        shift = place * width - (len(bars) * width) // 2 if room >= len(bars) else 0
        for x, y in zip(series.xs, series.y, strict=True):
            column = field.dot_x(x)
            if column is not None and y != 0 and not math.isnan(y):
                for offset in range(width):
                    field.canvas.column(
                        column // 2 + shift + offset,
                        field.height(y),
                        field.height(field.base),
                        look.style,
                    )
        draw_errors(field, series, look)


def bar_room(bars: Sequence[Series], field: Field) -> float:
    """The least distance of two bars' positions, in character columns."""
    places = sorted({x for series in bars for x in series.xs})
    fractions = [f for f in map(field.x.fraction, places) if f is not None]
    gaps = [right - left for left, right in itertools.pairwise(fractions)]
    return min(gaps, default=0.2) * field.canvas.columns


def draw_histogram(field: Field, series: Series, look: Look, *, filled: bool) -> None:
    """Filled columns, or an outline over those of another series."""
    edges = [field.dot_x(edge) for edge in series.xs]
    outline: list[Dot | None] = []
    for (left, right), y in zip(itertools.pairwise(edges), series.y, strict=True):
        if left is None or right is None or math.isnan(y):
            outline.append(None)
            continue
        if filled and y:
            last = max(left // 2 + 1, (right + 1) // 2)
            for column in range(left // 2, last):
                field.canvas.column(column, field.height(y), field.height(field.base), look.style)
        row = field.end_of_bar(y)
        outline += [(left, row), (right, row)]
    if not filled:
        for run in stretches(outline):
            for start, end in itertools.pairwise(run):
                field.canvas.stroke(start, end, look.style)


def draw_mark(field: Field, mark: Mark) -> bool:
    """A dashed line across the field; False when its value has no place on the axis."""
    across = field.dot_x(mark.at) if mark.axis == "x" else field.dot_y(mark.at)
    if across is None:
        return False
    length = field.canvas.dot_rows if mark.axis == "x" else field.canvas.dot_columns
    for along in range(length):
        if along // _DASH % 2 == 0:
            dot = (across, along) if mark.axis == "x" else (along, across)
            field.canvas.dot(*dot, MARK)
    return True


def _glyphs(field: Field, dots: Sequence[Dot], look: Look) -> None:
    for x, y in dots:
        field.canvas.glyph(x // 2, y // 4, look.glyph, look.style)


def _here_and_there(dots: Sequence[Dot], width: int, place: tuple[int, int]) -> list[Dot]:
    index, count = place
    if count == 1:
        return []
    step = max(24, width // 4)
    target = step * (index + 1) / (count + 1)
    kept = []
    for dot in dots:
        if dot[0] >= target:
            kept.append(dot)
            target = dot[0] + step
    return kept


def _shade(
    field: Field, start: tuple[int, int, int], end: tuple[int, int, int], style: Style
) -> None:
    width = max(1, end[0] - start[0])
    for column in range(start[0] // 2, end[0] // 2 + 1):
        part = min(1.0, max(0.0, (column * 2 + 0.5 - start[0]) / width))
        low, high = (start[side] + (end[side] - start[side]) * part for side in (1, 2))
        top, bottom = min(low, high), max(low, high)
        # Cells whose middle lies inside, and at least one, or a narrow band would be none.
        first = round((top - 1.5) / 4)
        last = max(first, round((bottom - 1.5) / 4))
        for row in range(first, last + 1):
            field.canvas.shade(column, row, style)
