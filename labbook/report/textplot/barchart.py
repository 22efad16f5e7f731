"""Bars with names, drawn lying down: names stay readable, and each bar has its value beside it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.style import Style
from rich.text import Text

from labbook.model import Figure, Mark
from labbook.report.numbers import with_error
from labbook.report.textplot.axes import x_axis
from labbook.report.textplot.looks import (
    AXIS,
    MARK,
    NOTE,
    Look,
    clip,
    heading_lines,
    wrapped,
)
from labbook.report.textplot.scale import Scale
from labbook.report.words import left_out, mark_text
from labbook.text.plain import plain_line

_Cell = tuple[str, Style]

MOST_BARS = 60
_UPRIGHTS = "┆║:┇"  # of marks: the first is the only one in most charts
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_LEAST_ROOM = 10  # columns for the bars themselves


@dataclass(frozen=True, slots=True)
class _Bar:
    category: str
    look: Look
    value: float
    error: float | None

    @property
    def written(self) -> str:
        return with_error(self.value, self.error)


@dataclass(frozen=True, slots=True)
class _Layout:
    """The columns of the chart: names, glyphs, bars, and whether values are written."""

    names: int
    glyphs: int
    bars: int
    written: bool
    scale: Scale

    @property
    def margin(self) -> int:
        return self.names + self.glyphs + 1

    def column(self, value: float) -> float | None:
        fraction = self.scale.fraction(value)
        return None if fraction is None else min(1.0, max(0.0, fraction)) * self.bars


def draw_bar_chart(figure: Figure, width: int) -> list[Text]:
    """The lines of the chart, without its title."""
    looks = [Look.of(index, series) for index, series in enumerate(figure.series)]
    bars = _bars(figure, looks)
    shown = bars[:MOST_BARS]
    layout = _layout(figure, shown, width)
    marks = [mark for mark in figure.marks if mark.axis == "y" and _drawable(layout, mark)]
    several = len(figure.series) > 1
    entries = [Text.assemble((f"{look.glyph} ██", look.style), " ", look.name) for look in looks]
    entries = entries if several else []
    entries += [
        Text.assemble((upright, MARK), " ", mark_text(mark))
        for upright, mark in zip(itertools.cycle(_UPRIGHTS), marks, strict=False)
    ]
    lines = heading_lines(plain_line(figure.x.heading), entries, width)
    previous = ""
    for bar in shown:
        if several and previous and bar.category != previous:
            lines.append(_row(None, "", layout, marks))
        lines.append(_row(bar, "" if bar.category == previous else bar.category, layout, marks))
        previous = bar.category
    lines += _axis(layout, plain_line(figure.y.heading))
    lines += _notes(figure, bars, width)
    return lines


def _bars(figure: Figure, looks: list[Look]) -> list[_Bar]:
    """By category, and in it by series; categories in the order they first appear."""
    names = dict.fromkeys(name for series in figure.series for name in series.categories)
    found = {
        (name, place): (y, series.error[index] if series.error else None)
        for place, series in enumerate(figure.series)
        for index, (name, y) in enumerate(zip(series.categories, series.y, strict=True))
    }
    return [
        _Bar(plain_line(name), look, *found[name, place])
        for name, (place, look) in itertools.product(names, enumerate(looks))
        if (name, place) in found
    ]


def _layout(figure: Figure, bars: list[_Bar], width: int) -> _Layout:
    """Names take a third of the width at most; the values beside the bars give way first."""
    names = min(max((cell_len(bar.category) for bar in bars), default=0), width // 3)
    glyphs = 2 if len(figure.series) > 1 else 0
    values = max((cell_len(bar.written) for bar in bars), default=0)
    room = width - names - glyphs - 2
    written = room - values - 1 >= _LEAST_ROOM
    return _Layout(
        names, glyphs, room - values - 1 if written else room, written, _scale(figure, bars)
    )


def _scale(figure: Figure, bars: list[_Bar]) -> Scale:
    log = figure.y.scale == "log"
    values = [mark.at for mark in figure.marks if mark.axis == "y"]
    for bar in bars:
        values.append(bar.value)
        if bar.error and 0 < bar.error < math.inf:
            values += [bar.value + bar.error]
            values += [] if log else [bar.value - bar.error]
    if not log:
        return Scale.standing(values, pad=0.02)
    scale = Scale.over(values, log=True, pad=0.02)
    # The smallest bar has a length too: the axis begins some way below it.
    decades = math.log10(scale.high / scale.low)
    return Scale(scale.low / 10 ** (0.2 * decades), scale.high, log=True)


def _drawable(layout: _Layout, mark: Mark) -> bool:
    return layout.scale.fraction(mark.at) is not None


def _row(bar: _Bar | None, name: str, layout: _Layout, marks: list[Mark]) -> Text:
    cells = [(" ", Style.null())] * layout.bars
    _upright(cells, layout, 0.0, ("│", AXIS))
    for upright, mark in zip(itertools.cycle(_UPRIGHTS), marks, strict=False):
        _upright(cells, layout, mark.at, (upright, MARK))
    if bar:
        _fill(cells, bar, layout)
        _whisker(cells, bar, layout)
    line = Text(set_cell_size(clip(name, layout.names), layout.names))
    if layout.glyphs:
        line.append(f" {bar.look.glyph}" if bar else "  ", bar.look.style if bar else "")
    line.append(" │", AXIS)
    for cell in cells:
        line.append(*cell)
    line.append(f" {bar.written}" if bar and layout.written else "")
    return line


def _upright(cells: list[_Cell], layout: _Layout, value: float, cell: _Cell) -> None:
    column = layout.column(value)
    if column is not None and (value or layout.scale.low < 0):
        cells[min(len(cells) - 1, int(column))] = cell


def _fill(cells: list[_Cell], bar: _Bar, layout: _Layout) -> None:
    tip = layout.column(bar.value)
    zero = 0.0 if layout.scale.log else layout.column(0.0)
    if tip is None or zero is None or bar.value == 0:
        return
    start, end = min(tip, zero), max(tip, zero)
    for column in range(int(start), min(len(cells), math.ceil(end))):
        # Blocks grow from the left: the tip of a bar to the left is a whole cell.
        part = 8 if tip < zero else min(8, max(1, round((end - column) * 8)))
        cells[column] = (_EIGHTHS[part], bar.look.style)


def _whisker(cells: list[_Cell], bar: _Bar, layout: _Layout) -> None:
    """The error, where it is longer than two cells: `├──┼──┤`, open where the axis ends."""
    tip = layout.column(bar.value)
    if tip is None or not bar.error or not 0 < bar.error < math.inf:
        return
    low, high = layout.column(bar.value - bar.error), layout.column(bar.value + bar.error)
    first = 0 if low is None else int(low)
    last = min(len(cells) - 1, int(high if high is not None else layout.bars))
    if last - first < 2:
        return
    inside = (layout.scale.fraction(bar.value - bar.error) or -1.0) >= 0
    middle = min(max(int(tip), first + 1), last - 1)
    for column in range(first, last + 1):
        ends = {first: "├" if inside else "╶", middle: "┼", last: "┤"}
        over = cells[column][0] == "█"
        cells[column] = (ends.get(column, "─"), bar.look.style + Style(reverse=over))


def _axis(layout: _Layout, heading: str) -> Iterator[Text]:
    def column(value: float) -> int | None:
        at = layout.column(value)
        return None if at is None else min(layout.bars - 1, int(at))

    return x_axis(layout.scale, layout.bars, column, layout.margin, heading)


def _notes(figure: Figure, bars: list[_Bar], width: int) -> Iterator[Text]:
    told = [f"not shown: {len(bars) - MOST_BARS} more bars"] if len(bars) > MOST_BARS else []
    told += [f"not drawn: the mark {mark_text(mark)}" for mark in figure.marks if mark.axis == "x"]
    for each in [*told, *left_out(figure)]:
        yield from wrapped(each, width, NOTE)
