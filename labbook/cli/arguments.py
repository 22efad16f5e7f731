"""Arguments that several commands take."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

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


RUN = _RunId(max=2**63 - 1)
"""A run's number; `last` is the newest, `last~1` the one before."""
