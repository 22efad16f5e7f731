"""`labbook run`: an experiment in the foreground, recorded in the day's entry."""

from __future__ import annotations

import time
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from labbook.cli.arguments import asked_gpus, refuse_lone_executor, shards_options
from labbook.cli.context import Context
from labbook.cli.output import put, put_json, say
from labbook.cli.ring import ring
from labbook.cli.shapes import run_json
from labbook.cli.watch import watch
from labbook.desk import find, launch
from labbook.desk import report as desk_report
from labbook.errors import RunCancelled, RunFailed, UsageError
from labbook.model.run import Run, RunState
from labbook.text.params import given


def _names(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    root = ctx.find_root()
    context = Context(root.params.get("notebook"), root.obj)
    found, _broken = launch.experiments(context.desk)
    return [
        CompletionItem(each.name, help=each.title)
        for each in found
        if each.name.startswith(incomplete)
    ]


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("name", shell_complete=_names)
@click.argument("params", nargs=-1, type=click.UNPROCESSED, metavar="[PARAM=VALUE]…")
@click.option("--seed", type=int, help="What every random number follows from; drawn if absent.")
@click.option(
    "--backend", type=click.Choice(["auto", "numpy", "cupy"]), default="auto", show_default=True
)
@shards_options
@click.option("--detach", is_flag=True, help="Return at once; the run goes on by itself.")
@click.option("--queue", is_flag=True, help="Let it wait until there is room; see --gpus.")
@click.option(
    "--gpus", type=click.IntRange(0, 64), default=0, help="With --queue: GPUs it has to itself."
)
@click.option(
    "--figures",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Draw the figures as SVG and PNG files in DIR.",
)
@click.option("--json", "as_json", is_flag=True, help="One object: the run with its results.")
@click.pass_obj
def run(
    context: Context,
    name: str,
    params: tuple[str, ...],
    seed: int | None,
    backend: str,
    shards: int | None,
    executor: str | None,
    detach: bool,
    queue: bool,
    gpus: int,
    figures: Path | None,
    as_json: bool,
) -> None:
    """Run an experiment. Its tables and plots are pasted into the day's entry.

    Ctrl-C cancels it; closing the terminal does not. `labbook experiments NAME` lists the
    parameters.

    \b
      labbook run kl.bias-table shift=1 samples=1e7
      labbook run channel.rejection p=0.5,0.5 q=0.1,0.9 blocks=20000 --seed 7
      labbook run kl.bias-table samples=1e10 --shards 8 --executor dask://host:8786
    """
    detach = detach or queue
    check_figures(figures, detach=detach)
    refuse_lone_executor(shards, executor)
    started = launch.launch(
        context.desk,
        name,
        given(params),
        seed=seed,
        backend=backend,
        gpus=asked_gpus(gpus, queue=queue),
        shards=shards or 0,
        executor=executor or "local",
    )
    finish(context, started, detach=detach, figures=figures, as_json=as_json)


def check_figures(figures: Path | None, *, detach: bool) -> None:
    """See that figures can be drawn there, before a run is started.

    Raises:
        UsageError: the run's end is not waited for.
        ReportError: nothing could be written there.
    """
    if detach and figures:
        raise UsageError("--figures needs the run's end, so it cannot go with --detach.")
    if figures is not None:
        desk_report.check_directory(figures)


def finish(
    context: Context, started: Run, *, detach: bool, figures: Path | None, as_json: bool
) -> Run:
    """Follow a run to its end, unless it is to go on by itself, and show it.

    Returns: the run as it is then.

    Raises:
        RunFailed, RunCancelled: it did not finish.
    """
    if detach:
        ended = started
        say(f"run {started.id} has started; `labbook runs show {started.id}` shows it.")
    else:
        began = time.monotonic()
        ended = watch(context.desk, started)
        if ended.state is not RunState.CANCELLED:
            ring(
                context.settings, f"run {ended.id} · {ended.experiment} {ended.state.words}", began
            )
    if figures is not None:
        for path in desk_report.draw_figures(context.desk, ended, figures):
            say(f"Drawn: {path}")
    if as_json:
        put_json(run_json(ended, find.results(context.desk, ended)))
    elif not detach:
        show_run(context, ended)
    if not detach:
        _raise_unless_finished(ended)
    return ended


def show_run(context: Context, run: Run, *, full: bool = False) -> None:
    """Draw one run on stdout; `full` with all that was recorded."""
    from labbook.report.page import draw_run
    from labbook.report.runs import headline

    put(headline(run), draw_run(run, find.results(context.desk, run), full=full))


def _raise_unless_finished(run: Run) -> None:
    if run.state is RunState.CANCELLED:
        raise RunCancelled(f"Run {run.id} was cancelled.")
    if run.state is not RunState.FINISHED:
        verb = "failed" if run.state is RunState.FAILED else f"is {run.state.words}"
        raise RunFailed(
            f"Run {run.id} {verb}: {run.message or 'no reason is known.'}",
            hint=f"`labbook runs log {run.id}` shows what it printed.",
        )
