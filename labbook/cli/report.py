"""`labbook report`: the weekly report as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from labbook.cli.context import Context
from labbook.cli.output import say
from labbook.desk import report as desk_report


@click.command()
@click.argument("period", nargs=-1, metavar="[PERIOD]")
@click.option(
    "--format",
    "form",
    type=click.Choice(["md", "html"]),
    help="As FILE's name ends; md where that does not tell.",
)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write it there instead of to standard output.",
)
@click.pass_obj
def report(
    context: Context,
    period: tuple[str, ...],
    form: Literal["md", "html"] | None,
    output: Path | None,
) -> None:
    """Write the report of a period, this ISO week's by default.

    It holds the saved review, or its draft, with every plot and table that it names. HTML
    is one file that needs nothing else.

    \b
      labbook report 2026-W47 -o week.html
    """
    chosen = context.period(" ".join(period) or None)
    if form is None:
        form = "html" if output and output.suffix.lower() in (".html", ".htm") else "md"
    if output is None:
        # As bytes: a document's encoding is UTF-8, whatever the terminal's is.
        click.echo(desk_report.report(context.desk, chosen, form).encode())
        return
    path = desk_report.write_report(context.desk, chosen, form, output)
    say("Written:")
    click.echo(str(path))
