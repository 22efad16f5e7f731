"""How commands write: data to stdout, talk to stderr, everything sanitised for terminals."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from labbook.cli.streams import shows_unicode

if TYPE_CHECKING:
    from rich.console import RenderableType

WIDEST = 100
"""Text wider than this is hard to read; a wider terminal keeps its margin."""


def say(message: str) -> None:
    """Tell the person something, on stderr."""
    from labbook.text.plain import plain

    click.echo(plain(message), err=True)


def put_json(value: Any) -> None:
    """Write one JSON document to stdout; non-finite numbers as strings."""
    import json

    from labbook.model.jsonable import encode

    click.echo(json.dumps(encode(value), ensure_ascii=not shows_unicode(), indent=2))


def put_text(text: str) -> None:
    """Write text to stdout, harmless to a terminal."""
    from labbook.text.plain import plain

    click.echo(plain(text))


def put_coloured(text: str) -> None:
    """Write text in which nothing acts but the sequences that colour it; colours on a terminal."""
    from rich.console import Console
    from rich.text import Text

    console = Console(markup=False, highlight=False, emoji=False, soft_wrap=True)
    for line in text.split("\n"):
        # Colours are read into styles, and written anew for what the terminal can show.
        console.print(Text.from_ansi(line) if "\x1b" in line else Text(line))


def put(*renderables: RenderableType) -> None:
    """Write drawn things to stdout: coloured on a terminal, plain text in a pipe."""
    from rich.console import Console

    console = Console(markup=False, highlight=False, emoji=False, soft_wrap=False)
    if not sys.stdout.isatty() or console.width > WIDEST:
        console.width = WIDEST
    # Captured, because what Rich writes itself it takes for a failure when nobody reads it.
    with console.capture() as drawn:
        for renderable in renderables:
            console.print(renderable)
    click.echo(drawn.get(), nl=False)


def terminal_width() -> int | None:
    """The columns of the terminal that stdout is; None where it is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def columns(
    headings: Sequence[str], rows: Sequence[Sequence[str]], *, room: int | None = None
) -> str:
    """Aligned columns for short lists; the last is not padded.

    room: a longer line is cut there, with an ellipsis
    """
    from rich.cells import cell_len, set_cell_size

    from labbook.text.plain import plain

    shown = [[plain(cell).replace("\n", " ") for cell in row] for row in [headings, *rows]]
    widths = [max(cell_len(row[index]) for row in shown) for index in range(len(headings))]
    lines = []
    for row in shown:
        padded = [
            cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)
        ]
        line = "  ".join(padded).rstrip()
        if room is not None and cell_len(line) > room:
            line = set_cell_size(line, room - 1).rstrip() + "…"
        lines.append(line)
    return "\n".join(lines)
