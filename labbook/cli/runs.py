"""`labbook runs`: the runs of the notebook, one by one and in a list."""

from __future__ import annotations

import click
from rich.text import Text

from labbook.cli import mark_runs, named_in
from labbook.cli.arguments import RUN
from labbook.cli.compare_runs import compare, unpaste
from labbook.cli.context import Context
from labbook.cli.continue_run import continue_run
from labbook.cli.export_runs import export, import_
from labbook.cli.gc import gc
from labbook.cli.list_runs import list_runs
from labbook.cli.output import put, put_json, say
from labbook.cli.pictures import pictures
from labbook.cli.run import show_run
from labbook.cli.run_files import keep, provenance
from labbook.cli.run_log import log
from labbook.cli.shapes import run_json
from labbook.desk import find
from labbook.desk import runs as desk_runs
from labbook.desk.curves import named_curves
from labbook.model.run import Run


@click.group(invoke_without_command=True)
@click.pass_context
def runs(ctx: click.Context) -> None:
    """List runs; show, compare, mark, continue, cancel or delete some; export and import them."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_runs)


@runs.command()
@click.argument("run_id", metavar="ID", type=RUN)
@click.option("--curve", "names", multiple=True, metavar="METRIC", help="Draw only this curve.")
@click.option("--json", "as_json", is_flag=True, help="One object: the run with its results.")
@click.pass_obj
def show(context: Context, run_id: int, names: tuple[str, ...], as_json: bool) -> None:
    """Show one run: parameters, results, where it came from, and what was found out from it."""
    run = desk_runs.run(context.desk, run_id)
    if names:
        _show_curves(context, run, names, as_json=as_json)
    elif as_json:
        shown = run_json(run, find.results(context.desk, run))
        put_json({**shown, **named_in.run_json(context, run_id)})
    else:
        show_run(context, run, full=True)
        named_in.put_of_run(context, run_id)


def _show_curves(context: Context, run: Run, names: tuple[str, ...], *, as_json: bool) -> None:
    from labbook.report.curves import curve_figures, curve_words
    from labbook.report.textplot import Plot

    found = named_curves(context.desk, run, names)
    figures = curve_figures(found)
    if as_json:
        put_json([figure.to_json() for figure in figures])
        return
    put(*map(Plot, figures), *map(Text, curve_words(found)))


@runs.command()
@click.argument("run_ids", metavar="ID…", type=RUN, nargs=-1, required=True)
@click.pass_obj
def cancel(context: Context, run_ids: tuple[int, ...]) -> None:
    """Ask runs to stop; after ten seconds they are made to.

    When one of the numbers is no run's, none is asked.
    """
    for run_id in run_ids:
        desk_runs.run(context.desk, run_id)
    for run_id in run_ids:
        run = desk_runs.cancel(context.desk, run_id)
        if run.state.has_ended:
            say(f"Run {run_id} has ended already: it is {run.state.words}.")
        else:
            say(f"Run {run_id} is asked to stop.")


@runs.command()
@click.argument("run_id", metavar="ID", type=RUN)
@click.pass_obj
def first(context: Context, run_id: int) -> None:
    """Let a run that waits in the queue be the next to start."""
    desk_runs.put_first(context.desk, run_id)
    say(f"Run {run_id} is the next to start.")


for _command in (
    *(list_runs, log, compare, unpaste, *mark_runs.COMMANDS, export, import_, gc),
    *(continue_run, keep, pictures, provenance),
):
    runs.add_command(_command)
