"""`labbook rerun`: a run once more, as it was or with changes."""

from __future__ import annotations

from pathlib import Path

import click

from labbook.cli.arguments import RUN, refuse_lone_executor, shards_options
from labbook.cli.context import Context
from labbook.cli.exec import watch_command
from labbook.cli.output import say
from labbook.cli.run import check_figures, finish
from labbook.cli.window import terminal_size
from labbook.desk import commands, repeat
from labbook.errors import UsageError
from labbook.text.params import given


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("run_id", metavar="ID", type=RUN)
@click.argument("params", nargs=-1, type=click.UNPROCESSED, metavar="[PARAM=VALUE]…")
@click.option("--seed", type=int, help="Another seed than the run's.")
@click.option(
    "--backend",
    type=click.Choice(["auto", "numpy", "cupy"]),
    help="Another backend than what the run was computed on.",
)
@shards_options
@click.option("--detach", is_flag=True, help="Return at once; the run goes on by itself.")
@click.option(
    "--figures",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Draw the figures as SVG and PNG files in DIR.",
)
@click.option("--json", "as_json", is_flag=True, help="One object: the run with its results.")
@click.pass_obj
def rerun(
    context: Context,
    run_id: int,
    params: tuple[str, ...],
    seed: int | None,
    backend: str | None,
    shards: int | None,
    executor: str | None,
    detach: bool,
    figures: Path | None,
    as_json: bool,
) -> None:
    """Run what run ID was once more: same experiment, parameters, seed, backend and shards.

    What you give replaces what it had. Before it starts, stderr says what is not as it was:
    code, packages, interpreter, host. `last` is the newest run.

    \b
      labbook rerun 41
      labbook rerun last samples=1e7 --seed 8
    """
    check_figures(figures, detach=detach)
    if _repeat_command(context, run_id, params, seed, detach=detach, as_json=as_json):
        return
    ready = repeat.prepare(
        context.desk,
        run_id,
        given(params),
        seed=seed,
        backend=backend,
        shards=shards,
        executor=executor,
    )
    refuse_lone_executor(ready.shards, executor)
    for sentence in ready.drift:
        say(sentence)
    started = repeat.start(context.desk, ready)
    say(f"Run {started.id} repeats run {run_id}{'' if ready.is_same else ' with changes'}.")
    ended = finish(context, started, detach=detach, figures=figures, as_json=as_json)
    if sentence := repeat.verdict(ready, ended):
        say(sentence)


def _repeat_command(
    context: Context,
    run_id: int,
    params: tuple[str, ...],
    seed: int | None,
    *,
    detach: bool,
    as_json: bool,
) -> bool:
    """Repeat a run of a command and follow it to its end; False where it is of none."""
    if not commands.is_command(context.desk, run_id):
        return False
    if params:
        raise UsageError(
            f"Run {run_id} is of a command, whose parameters are written down and not given to it.",
            hint="Change the command line itself: labbook exec -- …",
        )
    started, drift = commands.repeat(context.desk, run_id, seed=seed, size=terminal_size())
    for sentence in drift:
        say(sentence)
    say(f"Run {started} repeats run {run_id}.")
    watch_command(context, started, detach=detach, as_json=as_json)
    return True
