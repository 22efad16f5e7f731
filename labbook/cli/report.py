"""`labbook report`: the report of a period or of a thread, as a file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

import click

from labbook.cli.context import Context
from labbook.cli.output import say
from labbook.desk import report as desk_report
from labbook.errors import UsageError

_FORMS: dict[str, Literal["md", "html", "pdf"]] = {
    ".html": "html",
    ".htm": "html",
    ".pdf": "pdf",
}


@click.command()
@click.argument("period", nargs=-1, metavar="[PERIOD]")
@click.option("--thread", metavar="NAME", help="The report of one thread instead of a period.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["md", "html", "pdf"]),
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
    thread: str | None,
    form: Literal["md", "html", "pdf"] | None,
    output: Path | None,
) -> None:
    """Write the report of a period, this ISO week's by default, or of a thread.

    It holds the saved review, or its draft, with every plot and table that it names. HTML
    is one file that needs nothing else; PDF wants the extra `pdf`.

    \b
      labbook report 2026-W47 -o week.html
      labbook report --thread kl-bias -o kl-bias.pdf
    """
    if thread is not None and period:
        raise UsageError("A report is of a period or of a thread, not of both.")
    chosen = context.period(" ".join(period) or None) if thread is None else thread
    if form is None:
        form = _FORMS.get(output.suffix.lower(), "md") if output else "md"
    if output is None:
        if form == "pdf" and sys.stdout.isatty():
            raise UsageError(
                "A PDF is nothing for a terminal.", hint="Write it to a file: -o week.pdf"
            )
        # As bytes: a document's encoding is UTF-8, whatever the terminal's is.
        click.echo(desk_report.report(context.desk, chosen, form), nl=form != "pdf")
        return
    path = desk_report.write_report(context.desk, chosen, form, output)
    say("Written:")
    click.echo(str(path))
