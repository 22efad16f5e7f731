"""`labbook exec`: any command, recorded in the day's entry."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from labbook.cli.arguments import asked_gpus
from labbook.cli.context import Context
from labbook.cli.live import follow
from labbook.cli.output import say
from labbook.cli.window import is_terminal, terminal_size
from labbook.errors import UsageError
from labbook.text.command_names import short_name
from labbook.text.params import command_params, seconds


@click.command(
    name="exec",
    # What follows the program is the program's, dashes included.
    context_settings={"ignore_unknown_options": False, "allow_interspersed_args": False},
)
@click.option("--name", help="What to call it; else the program's or the script's name.")
@click.option("--thread", metavar="THREAD", help="The line of research it belongs to.")
@click.option(
    "--param", "params", multiple=True, metavar="K=V", help="What it is run with; repeatable."
)
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="Repeatable.")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), help="The seed it is run with.")
@click.option("--timeout", metavar="TIME", help="Stop it after 30s, 5m, 2h or 1d.")
@click.option(
    "--retry",
    type=click.IntRange(0, 100),
    default=0,
    metavar="N",
    help="While it fails, try up to N times more; each time is a run.",
)
@click.option(
    "--keep",
    multiple=True,
    metavar="PATTERN",
    help="Of other files than tables and pictures, keep only those; repeatable.",
)
@click.option("--queue", is_flag=True, help="Let it wait until there is room; see --gpus.")
@click.option(
    "--gpus", type=click.IntRange(0, 64), default=0, help="With --queue: GPUs it has to itself."
)
@click.option("--detach", is_flag=True, help="Return at once; the command goes on by itself.")
@click.option("--json", "as_json", is_flag=True, help="One object at the end: the run.")
@click.argument("argv", nargs=-1, type=click.UNPROCESSED, metavar="-- COMMAND…")
@click.pass_obj
def exec_(
    context: Context,
    name: str | None,
    thread: str | None,
    params: tuple[str, ...],
    tags: tuple[str, ...],
    seed: int | None,
    timeout: str | None,
    retry: int,
    keep: tuple[str, ...],
    queue: bool,
    gpus: int,
    detach: bool,
    as_json: bool,
    argv: tuple[str, ...],
) -> None:
    """Run a command and record it: what it prints, how it ends, what it used.

    It runs here, in this environment, without a shell, and sees a terminal. Its exit code is
    labbook's. Ctrl-C interrupts it; closing the terminal does not. --param and --seed are
    written down, and not given to it.

    \b
      labbook exec -- python train.py --lr 3e-4
      labbook exec --timeout 2h --retry 2 --tag baseline -- ./sweep.sh
    """
    if not argv:
        raise UsageError(
            "There is no command to run.", hint="For example: labbook exec -- python train.py"
        )
    from labbook.desk import commands

    name = name or short_name(argv)
    source, source_name = _standard_input()
    run_id = commands.start(
        context.settings,
        argv,
        _here(),
        name,
        params=command_params(params),
        seed=seed,
        thread=thread,
        tags=tags,
        size=terminal_size(),
        timeout_s=None if timeout is None else seconds(timeout),
        attempts=1 + retry,
        keep=keep or ("*",),
        gpus=asked_gpus(gpus, queue=queue),
        standard_input=source,
        input_name=source_name,
    )
    if is_terminal(2) and not (detach or queue):
        say(f"run {run_id} · {name}")
    if queue:
        say(f"run {run_id} is in the queue; `labbook runs list state:queued` shows who waits.")
    watch_command(context, run_id, detach=detach or queue, as_json=as_json)


def watch_command(context: Context, run_id: int, *, detach: bool, as_json: bool) -> None:
    """Follow a command to its end, and exit with its code; or leave it to itself."""
    if not detach:
        sys.exit(follow(context, run_id, as_json=as_json, put_run=_put_run))
    say(f"run {run_id} has started; `labbook runs log --follow {run_id}` shows its output.")
    if as_json:
        _put_run(context, run_id)


def _put_run(context: Context, run_id: int) -> None:
    from labbook.cli.output import put_json
    from labbook.cli.shapes import run_json
    from labbook.desk import find, runs

    run = runs.run(context.desk, run_id)
    put_json(run_json(run, find.results(context.desk, run)))


def _here() -> Path:
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise UsageError("The directory that you stand in is gone.") from None


def _standard_input() -> tuple[int | None, str]:
    """What the command reads: a pipe or a file that labbook was given, never the terminal."""
    try:
        status = os.fstat(0)
    except OSError:
        return None, ""
    import stat

    if stat.S_ISREG(status.st_mode):
        named = Path("/proc/self/fd/0")
        return 0, str(named.readlink()) if named.exists() else "-"
    is_pipe = stat.S_ISFIFO(status.st_mode) or stat.S_ISSOCK(status.st_mode)
    return (0, "-") if is_pipe else (None, "")
