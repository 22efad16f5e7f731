"""Arguments that several commands take."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from labbook.errors import UsageError

if TYPE_CHECKING:
    from labbook.cli.context import Context

ID = click.IntRange(max=2**63 - 1)
"""The number of a run, a note or a next step: as large as the notebook can hold."""

_LAST = re.compile(r"last(?:~(\d{1,9}))?", re.ASCII)


class _RunId(click.IntRange):
    """A run's number, or `last`, or `last~1` for the one before."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        found = _LAST.fullmatch(value) if isinstance(value, str) else None
        if found is None or ctx is None:
            return int(super().convert(value, param, ctx))
        from labbook.desk import runs

        context: Context = ctx.obj
        return runs.latest(context.desk, int(found[1] or 0))


_Command = TypeVar("_Command", bound=Callable[..., Any])

RUN = _RunId(max=2**63 - 1)
"""A run's number; `last` is the newest, `last~1` the one before."""


def output_option(metavar: str, *, dir_okay: bool = True) -> Callable[[_Command], _Command]:
    """`-o FILE`, as the parameter `output`: a path, or None for standard output, also for `-`."""
    return click.option(
        "-o",
        "--output",
        metavar=metavar,
        type=click.Path(dir_okay=dir_okay, allow_dash=True, path_type=Path),
        callback=lambda _context, _option, path: None if path == Path("-") else path,
        help="Write it there instead of to standard output.",
    )


def shards_options(command: _Command) -> _Command:
    """`--shards N` and `--executor WHERE`, as the parameters `shards` and `executor`."""
    shards = click.option(
        "--shards",
        type=click.IntRange(0, 4096),
        metavar="N",
        help="Cut its work into N shards for several workers; the numbers stay the same.",
    )
    executor = click.option(
        "--executor",
        metavar="WHERE",
        help="Of the shards: local, local:4 (processes here) or dask://host:8786.",
    )
    return shards(executor(command))


def refuse_lone_executor(shards: int | None, executor: str | None) -> None:
    """Refuse an executor that has nothing to do.

    Raises:
        UsageError: one is named, and there are no shards.
    """
    if executor and not shards:
        raise UsageError("--executor goes with --shards, which says into how many to cut the work.")


def asked_gpus(gpus: int, *, queue: bool) -> int | None:
    """For how many devices a run waits; None where it does not wait.

    Raises:
        UsageError: devices were asked for without the queue, which gives them out.
    """
    if gpus and not queue:
        raise UsageError("--gpus goes with --queue, which gives each GPU to one run at a time.")
    return gpus if queue else None
