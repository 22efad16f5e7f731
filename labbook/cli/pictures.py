"""`labbook runs pictures`: what a run shows, as real images where the terminal has them."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.text import Text

from labbook.cli.arguments import RUN
from labbook.cli.context import Context
from labbook.cli.output import WIDEST, put, say, terminal_width
from labbook.desk import find
from labbook.desk import report as desk_report
from labbook.desk import runs as desk_runs
from labbook.errors import ReportError
from labbook.text.plain import plain_line

if TYPE_CHECKING:
    from labbook.cli.images import Way
    from labbook.model import Figure, Picture

_LINES_BESIDE = 4


@click.command()
@click.argument("run_id", metavar="ID", type=RUN)
@click.option("--figures", "with_figures", is_flag=True, help="Its figures and curves as well.")
@click.pass_obj
def pictures(context: Context, run_id: int, with_figures: bool) -> None:
    """Show a run's pictures in the terminal.

    Where it speaks Sixel or Kitty's graphics and the extra `images` is there, they are real images;
    elsewhere pictures are as coarse as letters, and figures are drawn as text.
    `labbook run --figures DIR` writes them to files instead.
    """
    from labbook.report.curves import drawn_figures

    run = desk_runs.run(context.desk, run_id)
    results = find.results(context.desk, run)
    figures = drawn_figures(results) if with_figures else ()
    if not (results.pictures or figures):
        say(f"Run {run_id} has {'nothing to show' if with_figures else 'left no pictures'}.")
        return
    way, reason = _way()
    for figure in figures:
        _show_figure(figure, way)
    for picture in results.pictures:
        _show_picture(context, picture, way)
    if reason:
        say(reason)  # last, where it is still to be seen
    if way is not None:
        from labbook.cli.images import drop_late_answers

        drop_late_answers()


def _way() -> tuple[Way | None, str]:
    """How real images are shown; else why they are not, where somebody looks at a terminal."""
    if terminal_width() is None or not sys.stdin.isatty():
        return None, ""
    from labbook.cli.images import way_or_reason

    return way_or_reason()


def _show_figure(figure: Figure, way: Way | None) -> None:
    from labbook.report.figures import png
    from labbook.report.textplot import Plot

    if way is None:
        put(Plot(figure))
        return
    put(Text(plain_line(figure.title or figure.name)))
    _put_image(way, png(figure))


def _show_picture(context: Context, picture: Picture, way: Way | None) -> None:
    from labbook.report.halfblocks import half_blocks
    from labbook.report.left import picture_line

    put(picture_line(picture))
    width = terminal_width()
    if width is None:
        return  # without colours there is nothing to see
    content = desk_report.read_picture(context.desk, picture) or b""
    try:
        if way is not None:
            _put_image(way, content)
        else:
            put(half_blocks(picture.name, content, min(width, WIDEST)))
    except ReportError as error:
        say(error.message)


def _put_image(way: Way, content: bytes) -> None:
    from labbook.cli.images import image

    room = shutil.get_terminal_size()
    # Not captured, as `put` does it: the image is drawn where the cursor is.
    console = Console(file=sys.stdout, force_terminal=True)
    console.print(image(way, content, room.columns, max(4, room.lines - _LINES_BESIDE)))
