"""The list of threads: a line for each, with as many columns as fit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from textual.content import Content

from labbook.model.thread import Thread, ThreadState
from labbook.text.duration import span_words
from labbook.text.plain import plain_line
from labbook.tui.phrases import near_day

MARKS = {
    ThreadState.ACTIVE: ("●", "$success"),
    ThreadState.PAUSED: ("◌", "$quiet"),
    ThreadState.DELIVERED: ("✓", "$primary"),
    ThreadState.DEAD_END: ("✗", "$warning"),
    ThreadState.LEFT: ("→", "$warning"),
}
WIDEST_NAME = 22
MAYBE = 4
"""Room for "?12" at the end of a line."""

GOAL_ROOM = 20
"""In less, a goal says nothing."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the list.

    rank: which columns go first where room is short: the largest
    """

    title: str
    width: int
    rank: int


COLUMNS = (
    Column("notes", 5, 1),
    Column("runs", 4, 2),
    Column("steps", 5, 0),
    Column("touched", 12, 3),
    Column("state", 9, 4),
    Column("imp.", 4, 5),
    Column("time", 8, 6),
    Column("kind", 11, 7),
)


@dataclass(frozen=True, slots=True)
class Fitting:
    """What of the list fits: the width of the name, the columns, and the room for the goal."""

    name: int
    columns: tuple[Column, ...]
    goal: int


def fit(threads: Sequence[Thread], room: int) -> Fitting:
    """Columns for these threads in `room` cells; what is left is the goal's."""
    widest = max((cell_len(plain_line(each.name)) for each in threads), default=0)
    name = max(len("thread"), min(WIDEST_NAME, widest + 1))
    rest = room - name - 2 - MAYBE
    kept = []
    for column in sorted(COLUMNS, key=lambda each: each.rank):
        if rest >= column.width + 2:
            kept.append(column)
            rest -= column.width + 2
    columns = tuple(each for each in COLUMNS if each in kept)
    return Fitting(name, columns, rest - 2 if rest > GOAL_ROOM else 0)


def headings(fitting: Fitting) -> Content:
    cells = ["  " + set_cell_size("thread", fitting.name)]
    cells += [set_cell_size(column.title, column.width) for column in fitting.columns]
    cells += ["goal"] if fitting.goal else []
    return Content.styled("  ".join(cells), "$quiet")


def line(thread: Thread, fitting: Fitting, today: dt.date, starts: dt.time, maybe: int) -> Content:
    """One thread on one line.

    maybe: how many notes that name no thread may belong to it
    """
    mark, style = MARKS[thread.state]
    values = _values(thread, today, starts)
    cells = [
        set_cell_size(values[column.title].rjust(_right(column)), column.width)
        for column in fitting.columns
    ]
    goal = set_cell_size(plain_line(thread.goal), fitting.goal).rstrip() if fitting.goal else ""
    return Content.assemble(
        (f"{mark} ", style),
        (set_cell_size(f"@{plain_line(thread.name)}", fitting.name), "bold"),
        ("".join(f"  {cell}" for cell in cells), "$quiet"),
        f"  {goal}" if goal else "",
        (f"  ?{maybe}" if maybe else "", "$accent"),
    )


def _values(thread: Thread, today: dt.date, starts: dt.time) -> dict[str, str]:
    touched = thread.touched
    return {
        "notes": str(thread.notes or "·"),
        "runs": str(thread.runs or "·"),
        "steps": str(thread.open_steps or "·"),
        "touched": near_day(touched.day(starts), today) if touched else "",
        "state": thread.state.words,
        "imp.": f"{thread.importance:g}" if thread.importance is not None else "",
        "time": span_words(thread.measured_s) if thread.measured_s else "",
        "kind": thread.kind or "",
    }


def _right(column: Column) -> int:
    """Numbers stand at the right of their column."""
    return column.width if column.title in ("notes", "runs", "steps", "imp.") else 0
