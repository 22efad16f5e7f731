"""Draws a figure as text."""

from __future__ import annotations

from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.text import Text

from labbook.model import Figure
from labbook.report.textplot.barchart import draw_bar_chart
from labbook.report.textplot.chart import draw_chart
from labbook.report.textplot.looks import HEADING, wrapped
from labbook.report.textplot.stackchart import draw_stack_chart
from labbook.text.plain import plain_line

NARROWEST = 30
WIDEST = 120


def draw(figure: Figure, width: int = 80, rows: int | None = None) -> Text:
    """Draw a figure in at most `width` columns; `.plain` of the result is the bare text.

    rows: of the field between the axes; by default in proportion to the width
    """
    width = max(NARROWEST, width)
    shown, says_its_name = plain_line(figure.title or figure.name), False
    if any(series.kind == "stack" for series in figure.series):
        lines = draw_stack_chart(figure, width)
    elif any(series.categories for series in figure.series):
        lines = draw_bar_chart(figure, width)
    else:
        lines = draw_chart(figure, width, rows or default_rows(width))
        says_its_name = shown == plain_line(figure.y.heading)  # above its axis
    title = [] if says_its_name else wrapped(shown, width, HEADING)
    for line in (lines := [*title, *lines]):
        line.rstrip()
    return Text("\n").join(lines)


def default_rows(width: int) -> int:
    return max(10, min(20, width // 6 + 1))


class Plot:
    """A figure as a Rich renderable: it is drawn at whatever width it is given."""

    def __init__(self, figure: Figure, rows: int | None = None) -> None:
        self.figure = figure
        self.rows = rows

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        text = draw(self.figure, min(options.max_width, WIDEST), self.rows)
        text.no_wrap = True
        text.overflow = "crop"
        yield text

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement(NARROWEST, min(options.max_width, WIDEST))
