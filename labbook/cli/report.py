"""`labbook report`: the report of a period, of a run or of a thread, as a file."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import click

from labbook.cli.arguments import output_option
from labbook.cli.context import Context
from labbook.cli.output import say
from labbook.desk import report as desk_report
from labbook.desk import thread_report
from labbook.desk.report import Form
from labbook.errors import UsageError
from labbook.text.period import Period

_FORMS: dict[str, Form] = {
    ".html": "html",
    ".htm": "html",
    ".pdf": "pdf",
    ".json": "json",
}


@click.command()
@click.argument("period", nargs=-1, metavar="[PERIOD|run:N]")
@click.option(
    "--format",
    "form",
    type=click.Choice(["md", "html", "pdf", "json"]),
    help="As FILE's name ends; md where that does not tell.",
)
@click.option("--thread", metavar="NAME", help="Of one thread, over its whole life or PERIOD.")
@output_option("FILE", dir_okay=False)
@click.pass_obj
def report(
    context: Context,
    period: tuple[str, ...],
    form: Form | None,
    output: Path | None,
    thread: str | None,
) -> None:
    """Write the report of a period, this ISO week's by default, or of one run.

    It holds the saved review, or its draft, with every plot and table that it names. HTML
    is one file that needs nothing else; PDF wants the extra `pdf`.

    \b
      labbook report 2026-W47 -o week.html
      labbook report last-week --format json
      labbook report 2026-11-20          a day
      labbook report run:41
      labbook report --thread kl -o kl.html

    That of a thread has its goal and what became of it, what reviews say was found out in it,
    its runs with their results, next steps, ideas, reading, and its time by week.
    """
    if form is None:
        form = _FORMS.get(output.suffix.lower(), "md") if output else "md"
    if output is None:
        if form == "pdf" and sys.stdout.isatty():
            raise UsageError(
                "A PDF is nothing for a terminal.", hint="Write it to a file: -o week.pdf"
            )
        # As bytes: a document's encoding is UTF-8, whatever the terminal's is.
        click.echo(_report(context, " ".join(period), thread, form), nl=form in ("md", "html"))
        return
    path = _write(context, " ".join(period), thread, form, output)
    say("Written:")
    click.echo(str(path))


def _report(context: Context, phrase: str, thread: str | None, form: Form) -> bytes:
    if thread is not None:
        return thread_report.report(context.desk, thread, _period(context, phrase), form)
    return desk_report.report(context.desk, _subject(context, phrase), form)


def _write(context: Context, phrase: str, thread: str | None, form: Form, path: Path) -> Path:
    if thread is not None:
        within = _period(context, phrase)
        return thread_report.write_report(context.desk, thread, within, form, path)
    return desk_report.write_report(context.desk, _subject(context, phrase), form, path)


def _period(context: Context, phrase: str) -> Period | None:
    """What the report of a thread is narrowed to."""
    return context.period(phrase) if phrase else None


def _subject(context: Context, phrase: str) -> Period | int:
    """A period, or the number of a run.

    Raises:
        UsageError: it is neither.
    """
    if not phrase.casefold().startswith("run:"):
        return context.period(phrase or None)
    found = re.fullmatch(r"[0-9]{1,15}", phrase[4:].strip())
    if found is None:
        raise UsageError(f"{phrase!r} names no run.", hint="For example: run:41")
    return int(found[0])
