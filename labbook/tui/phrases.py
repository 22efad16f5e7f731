"""How the app says days, counts and states."""

from __future__ import annotations

import datetime as dt

from rich.text import Text
from textual.content import Content

from labbook.model import Run, RunState
from labbook.report.runs import STATE_STYLES, state_words

ACTIVE = tuple(state for state in RunState if not state.has_ended)

_NEAR = {0: "today", -1: "yesterday", 1: "tomorrow"}


def long_day(day: dt.date) -> str:
    """ "Monday 23 November 2026"."""
    return f"{day:%A} {day.day} {day:%B} {day.year}"


def near_day(day: dt.date, today: dt.date) -> str:
    """ "today", "yesterday", "6 days ago", "in 2 days"."""
    away = (day - today).days
    return _NEAR.get(away) or (f"{-away} days ago" if away < 0 else f"in {away} days")


def state(run: Run) -> Content:
    """ "finished in 1.4 s", in its colour."""
    return Content.from_rich_text(Text(state_words(run), STATE_STYLES[run.state]))


def run_name(run: Run) -> str:
    """ "run 41 · kl.bias-table"."""
    return f"run {run.id} · {run.experiment}"


def at_both_ends(left: Content, right: Content, room: int) -> Content:
    """One line of that many cells; at least two stand between what is left and right on it."""
    return left.pad_right(max(2, room - left.cell_length - right.cell_length)) + right
