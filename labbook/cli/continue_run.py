"""`labbook runs continue`: more of what a run has begun."""

from __future__ import annotations

import click

from labbook.cli.arguments import RUN, refuse_lone_executor, shards_options
from labbook.cli.context import Context
from labbook.cli.run import finish
from labbook.desk import launch
from labbook.text.params import given


@click.command(name="continue", context_settings={"ignore_unknown_options": True})
@click.argument("run_id", metavar="ID", type=RUN)
@click.argument("params", nargs=-1, type=click.UNPROCESSED, metavar="PARAM=VALUE")
@click.option(
    "--backend", type=click.Choice(["auto", "numpy", "cupy"]), default="auto", show_default=True
)
@shards_options
@click.option("--detach", is_flag=True, help="Return at once; the run goes on by itself.")
@click.option("--json", "as_json", is_flag=True, help="One object: the run with its results.")
@click.pass_obj
def continue_run(
    context: Context,
    run_id: int,
    params: tuple[str, ...],
    backend: str,
    shards: int | None,
    executor: str | None,
    detach: bool,
    as_json: bool,
) -> None:
    """Go on from a finished run with more samples.

    A new run with the same parameters and seed takes in what the other has kept, and draws
    only the samples that are missing: the result is that of one run with all of them.

    \b
      labbook runs continue 12 samples=1e9
    """
    refuse_lone_executor(shards, executor)
    started = launch.continue_run(
        context.desk,
        run_id,
        given(params),
        backend=backend,
        shards=shards or 0,
        executor=executor or "local",
    )
    finish(context, started, detach=detach, figures=None, as_json=as_json)
