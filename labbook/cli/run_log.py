"""`labbook runs log`: what a run printed, or what it prints right now."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import click

from labbook.cli.arguments import RUN
from labbook.cli.context import Context
from labbook.cli.live import Screen
from labbook.cli.output import put_coloured, put_text
from labbook.desk import runs
from labbook.errors import UsageError


@click.command()
@click.argument("run_id", metavar="ID", type=RUN)
@click.option("--follow", is_flag=True, help="Go on until the run ends.")
@click.option("--raw", is_flag=True, help="Every byte as it was printed, into a file or a pipe.")
@click.pass_obj
def log(context: Context, run_id: int, follow: bool, raw: bool) -> None:
    """Print what a run printed, made harmless to the terminal.

    Of a long log the end is shown, and of a progress bar its last state; --raw gives all.
    """
    if raw:
        _put_raw(run_id, runs.log_bytes(context.desk, run_id, whole=True, follow=follow))
    elif follow:
        screen = Screen(sys.stdout)
        try:
            for data in runs.log_bytes(context.desk, run_id, whole=False, follow=True):
                screen(run_id, data)
        finally:
            screen.rest()
    elif sys.stdout.isatty():
        put_coloured(runs.log_text(context.desk, run_id, coloured=True).rstrip("\n"))
    else:
        put_text(runs.log_text(context.desk, run_id).rstrip("\n"))


def _put_raw(run_id: int, pieces: Iterator[bytes]) -> None:
    if sys.stdout.isatty():
        raise UsageError(
            "What a program printed could do anything to this terminal.",
            hint=f"Read it with `labbook runs log {run_id} --raw | less`, or write it to a file.",
        )
    for data in pieces:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
