"""`labbook runs`: the runs of the notebook, one by one and in a list."""

from __future__ import annotations

import click

from labbook.cli.arguments import ID
from labbook.cli.context import Context
from labbook.cli.continue_run import continue_run
from labbook.cli.output import columns, put_json, put_text, say, terminal_width
from labbook.cli.run import show_run
from labbook.cli.run_files import keep, pictures, provenance
from labbook.cli.shapes import run_json
from labbook.desk import find
from labbook.desk import runs as desk_runs
from labbook.model.run import Run, RunState


@click.group(invoke_without_command=True)
@click.pass_context
def runs(ctx: click.Context) -> None:
    """List runs, show one, read its log, cancel some, or continue one."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_)


@runs.command(name="list")
@click.option("--experiment", metavar="NAME", help="Only runs of this experiment.")
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice([state.value for state in RunState]),
    help="Only runs in this state; may be given more than once.",
)
@click.option("--period", metavar="PERIOD", help="Only runs of these days: last week, 2026-11, …")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 100_000))
@click.option("--json", "as_json", is_flag=True, help="One list of runs, without results.")
@click.pass_obj
def list_(
    context: Context,
    experiment: str | None,
    states: tuple[str, ...],
    period: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """List runs, newest first."""
    found = desk_runs.runs(
        context.desk,
        experiment=experiment,
        states=tuple(RunState(state) for state in states) or None,
        period=context.period(period) if period else None,
        limit=limit,
    )
    if as_json:
        from labbook.model import Results

        put_json([run_json(run, Results()) for run in found])
    elif not found:
        say("No runs.")
    else:
        put_text(columns(_HEADINGS, [_row(run) for run in found], room=terminal_width()))


@runs.command()
@click.argument("run_id", metavar="ID", type=ID)
@click.option("--json", "as_json", is_flag=True, help="One object: the run with its results.")
@click.pass_obj
def show(context: Context, run_id: int, as_json: bool) -> None:
    """Show one run: parameters, results, warnings, and where it came from."""
    run = desk_runs.run(context.desk, run_id)
    if as_json:
        put_json(run_json(run, find.results(context.desk, run)))
    else:
        show_run(context, run, full=True)


@runs.command()
@click.argument("run_id", metavar="ID", type=ID)
@click.pass_obj
def log(context: Context, run_id: int) -> None:
    """Print what a run printed, made harmless to the terminal."""
    put_text(desk_runs.log_text(context.desk, run_id).rstrip("\n"))


@runs.command()
@click.argument("run_ids", metavar="ID…", type=ID, nargs=-1, required=True)
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


runs.add_command(continue_run)
runs.add_command(keep)
runs.add_command(pictures)
runs.add_command(provenance)

_HEADINGS = ("id", "experiment", "state", "started", "took", "metrics")


def _row(run: Run) -> tuple[str, ...]:
    from labbook.report.numbers import duration, number

    started = (run.started or run.created).local
    took = duration(run.duration_s) if run.duration_s is not None else ""
    return (
        str(run.id),
        run.experiment,
        run.state.words,
        f"{started:%Y-%m-%d %H:%M}",
        took,
        "  ".join(f"{name}={number(value)}" for name, value in list(run.metrics.items())[:3]),
    )
