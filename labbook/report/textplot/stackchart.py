"""Stacked bars with names, drawn lying down: what each is made of, and the sum beside it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

from rich.cells import cell_len, set_cell_size
from rich.style import Style
from rich.text import Text

from labbook.model import Figure
from labbook.report.numbers import number
from labbook.report.palette import COLOURS
from labbook.report.textplot.axes import x_axis
from labbook.report.textplot.looks import AXIS, NOTE, clip, heading_lines, wrapped
from labbook.report.textplot.scale import Scale
from labbook.report.words import left_out
from labbook.text.plain import plain_line

_FILLS = "█▓▒░▚▞▙▜"
"""Beside colours, for those who see none."""

_LEAST_ROOM = 10


def draw_stack_chart(
    figure: Figure, width: int, written: Callable[[float], str] = number
) -> list[Text]:
    """The lines of the chart, without its title.

    written: how a sum is written beside its bar
    """
    parts = _parts(figure)
    names = {name: plain_line(name) for name in parts}
    sums = {name: sum(heights) for name, heights in parts.items()}
    left = min(max(map(cell_len, names.values()), default=0), width // 3)
    right = max((len(written(each)) for each in sums.values()), default=0)
    room = max(_LEAST_ROOM, width - left - right - 4)
    scale = Scale.standing([0.0, *sums.values()], pad=0.0)
    entries = [
        Text.assemble(sample(place), " ", plain_line(series.name))
        for place, series in enumerate(figure.series)
    ]
    lines = heading_lines(plain_line(figure.x.heading), entries, width)
    for name, heights in parts.items():
        line = Text(set_cell_size(clip(names[name], left), left))
        line.append(" │", AXIS)
        lines.append(line + _bar(heights, scale, room) + Text(f" {written(sums[name])}"))
    lines += _axis(scale, room, left, plain_line(figure.y.heading))
    for told in left_out(figure):
        lines += wrapped(told, width, NOTE)
    return lines


def sample(place: int) -> Text:
    """What tells the series at that place from the others."""
    return Text(_fill(place) * 2, _style(place))


def _parts(figure: Figure) -> dict[str, list[float]]:
    """The heights of every series, by category."""
    names = dict.fromkeys(name for series in figure.series for name in series.categories)
    found: dict[str, list[float]] = {name: [] for name in names}
    for series in figure.series:
        heights = dict(zip(series.categories, series.y, strict=True))
        for name, parts in found.items():
            parts.append(heights.get(name, 0.0))
    return found


def _bar(heights: list[float], scale: Scale, room: int) -> Text:
    """Parts side by side; each ends where the sum up to it ends, so that rounding adds nothing."""
    ends = [round((scale.fraction(each) or 0.0) * room) for each in itertools.accumulate(heights)]
    line = Text()
    for place, (start, end) in enumerate(itertools.pairwise([0, *ends])):
        line.append(_fill(place) * (end - start), _style(place))
    return line + Text(" " * (room - line.cell_len))


def _axis(scale: Scale, room: int, left: int, heading: str) -> Iterator[Text]:
    def column(value: float) -> int | None:
        fraction = scale.fraction(value)
        return None if fraction is None else min(room - 1, int(fraction * room))

    return x_axis(scale, room, column, left + 1, heading)


def _fill(place: int) -> str:
    return _FILLS[place % len(_FILLS)]


def _style(place: int) -> Style:
    return Style(color=COLOURS[place % len(COLOURS)])
