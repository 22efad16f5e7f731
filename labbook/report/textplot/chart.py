"""A text plot over two axes of numbers: lines, points, bars, histograms and bands."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.text import Text

from labbook.model import Figure, Mark, Series
from labbook.report.textplot import strokes
from labbook.report.textplot.axes import x_axis
from labbook.report.textplot.canvas import Canvas
from labbook.report.textplot.field import Field
from labbook.report.textplot.looks import (
    AXIS,
    MARK,
    NOTE,
    Look,
    heading_lines,
    legend,
    wrapped,
)
from labbook.report.textplot.scale import Scale, Tick
from labbook.report.words import left_out, mark_text
from labbook.text.plain import plain_line

_ROWS_PER_Y_TICK = 2
_MANY_POINTS = 30
_LABEL_ROWS = 3  # for the labels of vertical marks, above the field


def draw_chart(figure: Figure, width: int, rows: int) -> list[Text]:
    """The lines of the plot, without its title.

    rows: of the field between the axes
    """
    x_scale, y_scale = _x_scale(figure), _y_scale(figure)
    y_ticks = y_scale.ticks(max(2, rows // _ROWS_PER_Y_TICK))
    margin = max((len(tick.label) for tick in y_ticks), default=0)
    field = Field(Canvas(max(10, width - margin - 2), rows), x_scale, y_scale)
    looks = _looks(figure.series)
    _draw_series(field, figure.series, looks)
    if field.canvas.is_empty:
        _say_in_the_middle(field.canvas, "no data")
    marks = [mark for mark in figure.marks if strokes.draw_mark(field, mark)]
    above, homeless = _labels_above(field, [mark for mark in marks if mark.axis == "x"])
    homeless += _labels_inside(field, [mark for mark in marks if mark.axis == "y"])
    indent, x_heading = " " * (margin + 2), plain_line(figure.x.heading)
    return [
        *heading_lines(plain_line(figure.y.heading), _legend(figure, looks, homeless), width),
        *(Text(indent) + line for line in above),
        *_with_y_axis(field, y_ticks, margin),
        *x_axis(x_scale, field.canvas.columns, field.column, margin + 1, x_heading),
        *(line for told in left_out(figure) for line in wrapped(told, width, NOTE)),
    ]


def _looks(series: Sequence[Series]) -> list[Look]:
    kinds = [each.kind for each in series]
    # A line that is the only series shows where its points are, if they are few; the only
    # line among others is known by being a line.
    bare = kinds.count("line") == 1 and (len(kinds) > 1 or len(series[0].y) > _MANY_POINTS)
    return [
        Look.of(
            place,
            each,
            bare=bare and each.kind == "line",
            outlined=each.kind == "histogram" and "histogram" in kinds[:place],
        )
        for place, each in enumerate(series)
    ]


def _x_scale(figure: Figure) -> Scale:
    values = [x for series in figure.series for x in series.xs]
    values += [mark.at for mark in figure.marks if mark.axis == "x"]
    log = figure.x.scale == "log"
    kinds = {series.kind for series in figure.series}
    if "bars" in kinds and not log:
        places = sorted({x for series in figure.series for x in series.xs})
        gaps = [b - a for a, b in itertools.pairwise(places) if 0 < b - a < float("inf")]
        half = min(gaps, default=1.0) / 2
        values += [places[0] - half, places[-1] + half] if places else []
    return Scale.over(values, log=log, pad=0.0 if kinds <= {"histogram", "bars"} else 0.02)


def _y_scale(figure: Figure) -> Scale:
    log = figure.y.scale == "log"
    values = [mark.at for mark in figure.marks if mark.axis == "y"]
    for series in figure.series:
        values += [*series.y, *(series.upper or ())]
        for y, error in zip(series.y, series.error or (), strict=False):
            if 0 < error < float("inf"):
                # An error bar that reaches to zero would stretch a logarithmic axis without end.
                values += [y + error, max(y - error, y / 10) if log else y - error]
    if not log and any(series.kind in ("bars", "histogram") for series in figure.series):
        return Scale.standing(values, pad=0.04)
    return Scale.over(values, log=log, pad=0.04)


def _draw_series(field: Field, series: Sequence[Series], looks: Sequence[Look]) -> None:
    """Draw what fills first, then what is drawn over it."""
    pairs = list(zip(series, looks, strict=True))
    of_kind = {kind: [pair for pair in pairs if pair[0].kind == kind] for kind in _KINDS}
    for each, look in of_kind["band"]:
        strokes.draw_band(field, each, look)
    for number, (each, look) in enumerate(of_kind["histogram"]):
        strokes.draw_histogram(field, each, look, filled=number == 0)
    if of_kind["bars"]:
        strokes.draw_bars(field, of_kind["bars"])
    for number, (each, look) in enumerate(of_kind["line"]):
        strokes.draw_line(field, each, look, (number, len(series)))
    for each, look in of_kind["points"]:
        strokes.draw_points(field, each, look)


_KINDS = ("band", "histogram", "bars", "line", "points")


def _legend(figure: Figure, looks: Sequence[Look], homeless: Sequence[Mark]) -> list[Text]:
    telling = len(looks) > 1 or any(look.name not in ("", figure.y.label) for look in looks)
    entries = legend(looks) if telling else []
    return entries + [Text.assemble(("╌╌", MARK), " ", mark_text(mark)) for mark in homeless]


def _with_y_axis(field: Field, ticks: Sequence[Tick], margin: int) -> Iterator[Text]:
    labels = {}
    for tick in ticks:
        row = field.dot_y(tick.value)
        if row is not None:
            labels[row // 4] = tick.label
    for row, line in enumerate(field.canvas.lines()):
        label = labels.get(row, "")
        yield Text.assemble(label.rjust(margin), " ", ("┤" if label else "│", AXIS)) + line


def _labels_above(field: Field, marks: Sequence[Mark]) -> tuple[list[Text], list[Mark]]:
    """Labels of vertical marks in lines above the field, and the marks that found no room."""
    columns = field.canvas.columns
    lines: list[list[tuple[int, str]]] = []
    homeless = []
    for mark in sorted(marks, key=lambda each: each.at):
        dot, label = field.dot_x(mark.at), mark_text(mark)
        if dot is None or cell_len(label) > columns:
            homeless.append(mark)
            continue
        start = max(0, min(dot // 2 - cell_len(label) // 2, columns - cell_len(label)))
        for line in lines:
            if line[-1][0] + cell_len(line[-1][1]) + 1 < start:
                line.append((start, label))
                break
        else:
            if len(lines) == _LABEL_ROWS:
                homeless.append(mark)
            else:
                lines.append([(start, label)])
    return [_spread(line) for line in reversed(lines)], homeless


def _spread(labels: Sequence[tuple[int, str]]) -> Text:
    line = Text()
    for start, label in labels:
        line.append(" " * (start - line.cell_len))
        line.append(label, MARK)
    return line


def _labels_inside(field: Field, marks: Sequence[Mark]) -> list[Mark]:
    """Write the labels of horizontal marks beside their lines; return those without room."""
    homeless = []
    for mark in marks:
        dot, label = field.dot_y(mark.at), mark_text(mark)
        place = None if dot is None else _free_place(field.canvas, dot // 4, cell_len(label))
        if place is None or cell_len(label) != len(label):
            homeless.append(mark)
            continue
        for offset, character in enumerate(label):
            field.canvas.glyph(place[0] + offset, place[1], character, MARK)
    return homeless


def _free_place(canvas: Canvas, row: int, length: int) -> tuple[int, int] | None:
    """Where a label fits just above or below a row, as far to the right as possible."""
    for start in range(canvas.columns - length - 1, 0, -1):
        for beside in (row - 1, row + 1):
            cells = range(start - 1, start + length + 1)
            if 0 <= beside < canvas.rows and all(canvas.is_free(c, beside) for c in cells):
                return start, beside
    return None


def _say_in_the_middle(canvas: Canvas, words: str) -> None:
    start = (canvas.columns - len(words)) // 2
    for offset, character in enumerate(words):
        canvas.glyph(start + offset, canvas.rows // 2, character, NOTE)
