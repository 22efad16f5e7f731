"""Next steps: what is open, and what became of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from labbook.desk.desk import Desk

if TYPE_CHECKING:
    from labbook.model import NextStep

_NAMED = re.compile(r"(?<![\w:/.-])(run|note):(\d{1,18})(?!\w|[.:]\d)")


def open_steps(desk: Desk) -> tuple[NextStep, ...]:
    """The next steps that are still open, oldest first."""
    from labbook.store import next_steps

    return next_steps.open_steps(desk.notebook)


def step(desk: Desk, step_id: int) -> NextStep:
    """One next step.

    Raises:
        NotFound: there is none of that id.
    """
    from labbook.store import next_steps

    return next_steps.step(desk.notebook, step_id)


def settle(
    desk: Desk, step_id: int, fate: Literal["done", "dropped"], because: str = ""
) -> NextStep:
    """Close a next step; the checkbox in its note follows.

    Raises:
        NotFound: there is no such step, or no such run or note as the reason names.
    """
    from labbook.store import next_steps

    _look_up(desk, because)
    return next_steps.settle(desk.notebook, step_id, fate, because=because, moment=desk.clock())


def reopen(desk: Desk, step_id: int) -> NextStep:
    """Undo `settle`."""
    from labbook.store import next_steps

    return next_steps.reopen(desk.notebook, step_id, moment=desk.clock())


def _look_up(desk: Desk, because: str) -> None:
    """Refuse a reason that names a run or a note that there is not."""
    from labbook.store import notes, runs

    for kind, number in _NAMED.findall(because):
        if kind == "run":
            runs.run(desk.notebook, int(number))
        else:
            notes.note(desk.notebook, int(number))
