"""`labbook sweep`: one experiment over many values of its parameters."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from labbook.cli.arguments import ID
from labbook.cli.context import Context
from labbook.cli.output import columns, put, put_json, put_text, say, terminal_width
from labbook.cli.ring import ring
from labbook.desk import find, sweeps
from labbook.errors import RunCancelled, RunFailed, UsageError
from labbook.model import Sweep, SweepState
from labbook.text.params import given

if TYPE_CHECKING:
    from labbook.desk.sweeps import Plan

_ARGV = "labbook.cli.sweep.argv"


class _Sweep(click.Group):
    """Whatever is none of the subcommands is a sweep to be started."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in (*self.commands, "--help"):
            args = ["start", *args]
        return super().parse_args(ctx, args)


class _Start(click.Command):
    """What stands behind `--` is a command's, and none of our options."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if "--" in args:
            place = args.index("--")
            ctx.meta[_ARGV] = tuple(args[place + 1 :])
            args = args[:place]
        return super().parse_args(ctx, args)


@click.group(cls=_Sweep, invoke_without_command=True, subcommand_metavar="NAME AXIS… | COMMAND …")
@click.pass_context
def sweep(ctx: click.Context) -> None:
    """Run an experiment over many values of its parameters.

    An axis is a list, a range or a draw; every combination is one run:

    \b
      labbook sweep kl.bias-table shift=0.01:2:20:log seed=1..5
      labbook sweep kl.bias-table shift=0.1,0.2,0.5 samples=1e4,1e6
      labbook sweep kl.pair --from points.csv
      labbook sweep demo.walk "drift=random(1e-3,1,log)" --draws 20

    \b
      a=1,2,5..8    a list; commas inside brackets do not split
      "p=0.5,0.5;1" alternatives of a parameter that is a list itself
      a=0:1:11      eleven numbers, both ends among them; a=1e-4:1:5:log
      seed=1..5     five seeds of every point: replicates
      a=0.5         the same for all

    Without seed= all runs have one seed: --seed, else one that is drawn. `labbook sweep start
    --help` lists the options.
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_)


@sweep.command(cls=_Start, context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="NAME AXIS…")
@click.option("--exec", "is_command", is_flag=True, help="Sweep the command behind `--`.")
@click.option("--from", "rows", metavar="CSV", type=click.Path(path_type=Path), help="Points.")
@click.option("--draws", type=click.IntRange(min=1), help="How often to draw what is random.")
@click.option("--seed", type=int, help="Of all runs; drawn if absent.")
@click.option(
    "--backend", type=click.Choice(["auto", "numpy", "cupy"]), default="auto", show_default=True
)
@click.option("--executor", default="local", show_default=True, help="local:N, dask://host:8786")
@click.option("--metric", "metrics", multiple=True, help="What its table and figure show.")
@click.option("--fail-fast", is_flag=True, help="Stop at the first failure.")
@click.option("--dry-run", is_flag=True, help="Check and count the points, and start nothing.")
@click.option("--detach", is_flag=True, help="Return at once; the sweep goes on by itself.")
@click.option("--json", "as_json", is_flag=True, help="One object: the sweep, its runs, its table.")
@click.pass_context
def start(
    ctx: click.Context,
    words: tuple[str, ...],
    is_command: bool,
    rows: Path | None,
    draws: int | None,
    seed: int | None,
    backend: str,
    executor: str,
    metrics: tuple[str, ...],
    fail_fast: bool,
    dry_run: bool,
    detach: bool,
    as_json: bool,
) -> None:
    """Check, count and start a sweep. `labbook sweep --help` explains the axes."""
    context: Context = ctx.obj
    argv = ctx.meta.get(_ARGV)
    name, axes = _split(words, is_command, argv)
    wish = sweeps.Wish(
        given=given(axes),
        name=name,
        argv=argv,
        directory=str(Path.cwd()) if is_command else "",
        rows=rows,
        draws=draws,
        seed=seed,
        backend=backend,
        metrics=metrics,
    )
    planned = sweeps.plan(context.desk, wish, executor)
    say(_planned_text(planned))
    if dry_run:
        if as_json:
            put_json({"points": planned.space.size, "estimate_s": planned.estimate_s})
        return
    started = sweeps.start(context.desk, planned, executor, fail_fast=fail_fast)
    _finish(context, started, detach=detach, as_json=as_json)


@sweep.command()
@click.argument("sweep_id", metavar="ID", type=ID)
@click.option("--executor", help="Another than it had: local:N, dask://host:8786")
@click.option("--failed", "with_failed", is_flag=True, help="Also the points that have failed.")
@click.option("--fail-fast", is_flag=True, help="Stop at the first failure.")
@click.option("--detach", is_flag=True, help="Return at once; the sweep goes on by itself.")
@click.option("--json", "as_json", is_flag=True, help="One object: the sweep, its runs, its table.")
@click.pass_obj
def resume(
    context: Context,
    sweep_id: int,
    executor: str | None,
    with_failed: bool,
    fail_fast: bool,
    detach: bool,
    as_json: bool,
) -> None:
    """Compute what is missing of a sweep: the points without a finished run."""
    started = sweeps.resume(
        context.desk, sweep_id, executor=executor, with_failed=with_failed, fail_fast=fail_fast
    )
    _finish(context, started, detach=detach, as_json=as_json)


@sweep.command()
@click.argument("sweep_id", metavar="ID", type=ID)
@click.option("--metric", "metrics", multiple=True, help="What its table and figure show.")
@click.option("--json", "as_json", is_flag=True, help="One object: the sweep, its runs, its table.")
@click.pass_obj
def show(context: Context, sweep_id: int, metrics: tuple[str, ...], as_json: bool) -> None:
    """Show a sweep: how far it is, the means over its runs, and what has failed."""
    _show(context, sweeps.sweep(context.desk, sweep_id), metrics, as_json=as_json)


@sweep.command(name="list")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 100_000))
@click.option("--json", "as_json", is_flag=True, help="One list of sweeps, without their runs.")
@click.pass_obj
def list_(context: Context, limit: int = 50, as_json: bool = False) -> None:
    """List sweeps, newest first."""
    found = sweeps.sweeps(context.desk, limit)
    if as_json:
        from labbook.cli.shapes import sweep_json

        put_json([sweep_json(each) for each in found])
    elif not found:
        say("No sweeps. `labbook sweep --help` tells how to start one.")
    else:
        headings = ("id", "experiment", "state", "started", "points", "space")
        put_text(columns(headings, [_row(each) for each in found], room=terminal_width()))


@sweep.command()
@click.argument("sweep_ids", metavar="ID…", type=ID, nargs=-1, required=True)
@click.pass_obj
def cancel(context: Context, sweep_ids: tuple[int, ...]) -> None:
    """Ask sweeps to stop; what their runs have done is kept."""
    for sweep_id in sweep_ids:
        sweeps.sweep(context.desk, sweep_id)
    for sweep_id in sweep_ids:
        found = sweeps.cancel(context.desk, sweep_id)
        if found.state.has_ended:
            say(f"Sweep {sweep_id} has ended already: it is {found.state.value}.")
        else:
            say(f"Sweep {sweep_id} is asked to stop.")


def _split(
    words: Sequence[str], is_command: bool, argv: tuple[str, ...] | None
) -> tuple[str, tuple[str, ...]]:
    """The experiment's name and the axes; a command has no name."""
    if is_command != (argv is not None) or argv == ():
        raise UsageError(
            "A command stands behind `--`, and --exec before it.",
            hint="labbook sweep lr=1e-3,1e-4 --exec -- python train.py --lr {lr}",
        )
    if is_command:
        return "", tuple(words)
    if not words or "=" in words[0]:
        raise UsageError(
            "A sweep begins with the name of an experiment.",
            hint="`labbook experiments` lists them; `labbook sweep --help` has examples.",
        )
    return words[0], tuple(words[1:])


def _planned_text(planned: Plan) -> str:
    from labbook.report.numbers import duration

    size, workers = planned.space.size, planned.workers
    at_once = f", {workers} at a time" if workers > 1 else ""
    if planned.estimate_s is None:
        return f"{size:,} points{at_once}; no earlier run to judge the time by."
    return f"{size:,} points{at_once}: about {duration(planned.estimate_s)}."


def _finish(context: Context, started: Sweep, *, detach: bool, as_json: bool) -> None:
    """Follow a sweep to its end, unless it is to go on by itself, and show it."""
    if detach:
        say(f"sweep {started.id} has started; `labbook sweep show {started.id}` shows it.")
        if as_json:
            _show(context, started, (), as_json=True)
        return
    from labbook.cli.watch import watch_sweep

    began = time.monotonic()
    ended = watch_sweep(context.desk, started)
    if ended.state is not SweepState.CANCELLED:
        ring(context.settings, f"sweep {ended.id} · {ended.experiment} {ended.state}", began)
    _show(context, ended, (), as_json=as_json)
    if ended.state is SweepState.CANCELLED:
        raise RunCancelled(f"Sweep {ended.id} was cancelled.")
    if ended.state is not SweepState.FINISHED:
        failed = " --failed" if ended.tally.failed else ""
        verb = "failed" if ended.state is SweepState.FAILED else f"is {ended.state.value}"
        raise RunFailed(
            f"Sweep {ended.id} {verb}: {ended.message or 'no reason is known.'}",
            hint=f"`labbook sweep resume {ended.id}{failed}` computes what is missing.",
        )


def _show(context: Context, found: Sweep, metrics: Sequence[str], *, as_json: bool) -> None:
    results = sweeps.results(context.desk, found, metrics)
    if as_json:
        put_json(_json(context, found, results))
        return
    from labbook.report.sweeps import draw_sweep, headline

    put(headline(found), draw_sweep(found, results))


def _json(context: Context, found: Sweep, results: Any) -> dict[str, Any]:
    from labbook.cli.shapes import run_json, sweep_json

    shape = sweep_json(found)
    shape["runs"] = [
        run_json(run, find.results(context.desk, run))
        for run in sweeps.runs(context.desk, found.id)
    ]
    table = next((each for each in results.tables if each.name == "sweep"), None)
    shape["table"] = None if table is None else table.to_json()
    return shape


def _row(found: Sweep) -> tuple[str, ...]:
    from labbook.report.sweeps import space_text

    return (
        str(found.id),
        found.experiment,
        found.state.value,
        f"{found.created.local:%Y-%m-%d %H:%M}",
        f"{found.tally.finished}/{found.tally.points}",
        space_text(found.space),
    )
