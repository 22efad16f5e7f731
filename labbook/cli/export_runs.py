"""`labbook runs export` and `import`: runs as files, and back."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

import click

from labbook.cli.arguments import output_option
from labbook.cli.context import Context
from labbook.cli.list_runs import query_line
from labbook.cli.output import put_json, put_text, say
from labbook.desk import export_runs as desk_export
from labbook.desk import import_runs as desk_import
from labbook.errors import UsageError

_ENDINGS: dict[str, Literal["csv", "jsonl", "json"]] = {
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
}


@click.command(name="export", context_settings={"ignore_unknown_options": True})
@click.argument("query", nargs=-1, type=click.UNPROCESSED)
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "jsonl", "json", "dir"]),
    help="As FILE's name ends; csv where that does not tell.",
)
@output_option("FILE|DIR")
@click.pass_obj
def export(
    context: Context,
    query: tuple[str, ...],
    form: Literal["csv", "jsonl", "json", "dir"] | None,
    output: Path | None,
) -> None:
    """Write the runs that meet QUERY, all of them by default, oldest first, in full.

    csv has a row for each run with param.NAME and the last value of metric.NAME; jsonl and json
    have every point, and `labbook runs import` reads them back; dir makes a folder for each run
    with run.json, metrics.csv, its files and its log.

    \b
      labbook runs export kl.* after:monday -o week.csv
      labbook runs export is:pinned --format dir -o pinned
    """
    line = query_line(query)
    if form is None:
        form = _ENDINGS.get(output.suffix.lower(), "csv") if output else "csv"
    if form == "dir":
        if output is None:
            raise UsageError("A folder for each run needs a place.", hint="Name it: -o DIR")
        count, missing = desk_export.export_folders(context.desk, line, output)
        for sentence in missing:
            say(sentence)
    else:
        text, count = desk_export.export_text(context.desk, line, form)
        if output is not None:
            desk_export.write_text(output, text)
        elif sys.stdout.isatty():
            put_text(text.rstrip("\n"))
        else:
            click.echo(text.encode("utf-8", "surrogatepass"), nl=False)
    if output is not None:
        say(f"{count} run{'' if count == 1 else 's'} written to {output}.")


@click.command(name="import")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--into-days", is_flag=True, help="Show each on the page of the day it started on.")
@click.option("--json", "as_json", is_flag=True, help="One object: imported, known.")
@click.pass_obj
def import_(context: Context, path: Path, into_days: bool, as_json: bool) -> None:
    """Take in runs from a CSV file, or from JSON lines as `export` writes them.

    Nothing that is here is changed, and nothing is taken in twice: the same file may be imported
    again. All of it is checked first; a line that is wrong is named, and then nothing is
    imported. Files of runs are not in it.

    CSV columns: experiment and day or started; also name state ended took seed backend device
    host commit branch thread tags pinned annotation message, param.NAME, metric.NAME, and key, a
    name of yours for the row. Dates keep their days.
    """
    done = desk_import.import_runs(context.desk, path, into_days=into_days)
    if as_json:
        put_json({"imported": list(done.run_ids), "known": done.known})
        return
    count = len(done.run_ids)
    which = f" ({done.run_ids[0]} to {done.run_ids[-1]})" if count > 1 else ""
    say(f"{count} run{'' if count == 1 else 's'} imported{which}, {done.known} known already.")
