"""`labbook runs list`: runs that meet a query, sorted, in chosen columns and forms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from labbook.cli.context import Context
from labbook.cli.output import columns as aligned
from labbook.cli.output import put_json, put_text, say, terminal_width
from labbook.cli.shapes import run_json
from labbook.desk import runs as desk_runs
from labbook.errors import UsageError
from labbook.model.run import Run, RunState

if TYPE_CHECKING:
    from labbook.model import Table
    from labbook.text.run_terms import Term


@click.command(name="list", context_settings={"ignore_unknown_options": True})
@click.argument("query", nargs=-1, type=click.UNPROCESSED)
@click.option("--experiment", metavar="NAME", help="Only runs of this experiment.")
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice([state.value for state in RunState]),
    help="Only runs in this state; may be given more than once.",
)
@click.option("--period", metavar="PERIOD", help="Only runs of these days: last week, 2026-11, …")
@click.option("--sort", default="", metavar="WHAT", help="took, k3.stdev; -took: largest first.")
@click.option("--columns", metavar="A,B,…", help="id,shift,k3.stdev,took: fields, metrics, …")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000_000))
@click.option("--page", default=1, show_default=True, type=click.IntRange(1, 1_000_000))
@click.option("--csv", "form", flag_value="csv", help="Comma-separated, numbers in full.")
@click.option("--latex", "form", flag_value="latex", help="A tabular with booktabs rules.")
@click.option("--markdown", "form", flag_value="markdown", help="A Markdown table.")
@click.option("--json", "as_json", is_flag=True, help="One list of runs, without results.")
@click.pass_obj
def list_runs(
    context: Context,
    query: tuple[str, ...] = (),
    experiment: str | None = None,
    states: tuple[str, ...] = (),
    period: str | None = None,
    sort: str = "",
    columns: str | None = None,
    limit: int = 50,
    page: int = 1,
    form: str | None = None,
    as_json: bool = False,
) -> None:
    """List the runs that meet QUERY, newest first.

    Conditions beside each other must all hold; `or`, `not`, `-` and brackets combine them.
    A comparison is of a metric's last value or of a parameter.

    \b
      labbook runs list 'kl.* shift>=0.5 k3.stdev<2' --sort k3.stdev
      labbook runs list 'state:failed,lost after:monday -tag:old'
      labbook runs list '(is:pinned or tag:paper) took>5m id:40..60'
      labbook runs list 'metric:loss optimizer!=sgd "out of memory"'

    Filters: experiment state tag thread day after before is name host backend device commit
    branch id seed parent sweep metric param. `after` and `before` include the days they name.
    """
    line = query_line(query)
    chosen = _columns(context, columns)
    found = desk_runs.find(
        context.desk,
        line,
        also=_also(context, experiment, states, period),
        sort=sort,
        limit=limit,
        offset=(page - 1) * limit,
    )
    if form is not None:
        _put_form(form, found, chosen or DEFAULT_COLUMNS)
    elif as_json:
        _put_json(found, chosen)
    elif not found:
        say("No runs.")
    else:
        put_text(_text(found, chosen))


DEFAULT_COLUMNS = ("id", "experiment", "state", "started", "took")
_HEADINGS = (*DEFAULT_COLUMNS, "metrics")


def query_line(query: Sequence[str]) -> str:
    """The query as one line; what looks like an option is none of ours.

    Raises:
        UsageError: there is no such option.
    """
    for each in query:
        if each.startswith("--"):
            raise UsageError(f"There is no option {each}.", hint="`--help` tells which there are.")
    return " ".join(query)


def _also(
    context: Context, experiment: str | None, states: tuple[str, ...], period: str | None
) -> list[Term]:
    from labbook.text.run_terms import Experiment, Started, States

    also: list[Term] = []
    if experiment is not None:
        also.append(Experiment(experiment))
    if states:
        also.append(States(states))
    if period:
        also.append(Started(context.period(period)))
    return also


def _columns(context: Context, asked: str | None) -> tuple[str, ...]:
    """The columns that were asked for.

    Raises:
        UsageError: one is none, or is named twice.
    """
    if asked is None:
        return ()
    from labbook.report.run_table import FIELDS

    chosen = tuple(each.strip() for each in asked.split(",") if each.strip())
    if not chosen or len(set(chosen)) < len(chosen):
        what = "Each column can be named once." if chosen else "No column is named."
        raise UsageError(what, hint="As in: --columns id,shift,k3.stdev,took")
    desk_runs.check_columns(context.desk, [each for each in chosen if each not in FIELDS])
    return chosen


def _table(found: Sequence[Run], chosen: Sequence[str]) -> Table:
    from labbook.report.run_table import run_table

    try:
        return run_table(found, chosen)
    except ValueError as error:
        raise UsageError(f"Those columns cannot stand together: {error}.") from error


def _put_form(form: str, found: Sequence[Run], chosen: Sequence[str]) -> None:
    from labbook.report import run_table

    write = {
        "csv": run_table.csv_text,
        "latex": run_table.latex_text,
        "markdown": run_table.markdown_text,
    }[form]
    put_text(write(_table(found, chosen)).rstrip("\n"))


def _put_json(found: Sequence[Run], chosen: Sequence[str]) -> None:
    if chosen:
        from labbook.report.run_table import json_rows

        put_json(json_rows(_table(found, chosen)))
        return
    from labbook.model import Results

    put_json([run_json(run, Results()) for run in found])


def _text(found: Sequence[Run], chosen: Sequence[str]) -> str:
    if not chosen:
        return aligned(_HEADINGS, [_row(run) for run in found], room=terminal_width())
    from labbook.report.numbers import NOTHING, column

    table = _table(found, chosen)
    cells = [column([row[place] for row in table.rows]) for place in range(len(chosen))]
    rows = [
        tuple("" if cell == NOTHING else cell for cell in row) for row in zip(*cells, strict=True)
    ]
    headings = [each.heading for each in table.columns]
    return aligned(headings, rows, room=terminal_width())


def _row(run: Run) -> tuple[str, ...]:
    from labbook.report.numbers import duration, number

    started = (run.started or run.created).local
    took = duration(run.duration_s) if run.duration_s is not None else ""
    marks = ("★ " if run.is_pinned else "") + (f"{run.name} · " if run.name else "")
    return (
        str(run.id),
        f"{marks}{run.experiment}",
        run.state.words,
        f"{started:%Y-%m-%d %H:%M}",
        took,
        "  ".join(f"{name}={number(value)}" for name, value in list(run.metrics.items())[:3]),
    )
