"""The horizontal axis below a text plot."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

from rich.cells import cell_len
from rich.text import Text

from labbook.report.textplot.looks import AXIS, HEADING, clip
from labbook.report.textplot.scale import Scale, Tick

_COLUMNS_PER_TICK = 6


def x_axis(
    scale: Scale,
    columns: int,
    column_of: Callable[[float], int | None],
    margin: int,
    heading: str,
) -> Iterator[Text]:
    """The rule with its ticks, their labels, and the heading.

    margin: columns to the left of the vertical axis, whose corner comes first
    """
    rule = ["─"] * columns
    labels = [" "] * (margin + 1 + columns)
    for column, start, tick in place_ticks(scale, columns, column_of):
        rule[column] = "┬"
        labels[margin + 1 + start : margin + 1 + start + len(tick.label)] = tick.label
    yield Text(" " * margin) + Text("└" + "".join(rule), AXIS)
    yield Text("".join(labels))
    if heading:
        heading = clip(heading, margin + 1 + columns)
        left = margin + 1 + (columns - cell_len(heading)) // 2
        left = max(0, min(left, margin + 1 + columns - cell_len(heading)))
        yield Text(" " * left + heading, HEADING)


def place_ticks(
    scale: Scale, columns: int, column_of: Callable[[float], int | None]
) -> list[tuple[int, int, Tick]]:
    """Column, start of the label, and tick: as many as their labels leave room for."""
    for most in range(max(2, columns // _COLUMNS_PER_TICK), 1, -1):
        placed = []
        for tick in scale.ticks(most):
            column = column_of(tick.value)
            if column is not None and 0 <= column < columns:
                start = min(column - len(tick.label) // 2, columns - len(tick.label))
                placed.append((column, start, tick))
        apart = all(
            left[1] + len(left[2].label) < right[1] for left, right in itertools.pairwise(placed)
        )
        if apart:
            return placed
    return placed[:1]
