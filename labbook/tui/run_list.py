"""The list of runs: which of them are shown, and a line for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.text import Text
from textual.content import Content
from textual.message import Message

from labbook.desk.desk import Desk
from labbook.model import Run
from labbook.report.numbers import column, duration, number
from labbook.report.runs import STATE_STYLES
from labbook.text.plain import plain_line

PAGE = 100
"""So many runs are loaded at once; the next ones when the end of the list is reached."""

_STATE = 9
_STARTED = 12
_TOOK = 9
_CHOSEN = 9
_METRICS = 12  # a narrower column of metrics would show none whole


@dataclass(frozen=True, slots=True)
class FoundRuns:
    """Runs in their order, and whether there are more."""

    runs: tuple[Run, ...]
    more: bool


class RunsRead(Message):
    """Runs have been read."""

    def __init__(self, found: FoundRuns) -> None:
        super().__init__()
        self.found = found


@dataclass(frozen=True, slots=True)
class Columns:
    """The widths of a line's columns; a width of 0 leaves the column out."""

    run: int
    experiment: int
    took: int
    metrics: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What the list is to show.

    sort: as `labbook runs list --sort` takes it; empty for the newest first
    columns: metrics and parameters beside each run, in place of its first metrics
    """

    query: str = ""
    sort: str = ""
    columns: tuple[str, ...] = ()


def find_runs(desk: Desk, asked: Asked, wanted: int, until: int | None = None) -> FoundRuns:
    """The first `wanted` runs that meet the query.

    until: go on until this run is among them

    Raises:
        UsageError: the query, what it is sorted by, or a column cannot be understood.
    """
    from labbook.desk import runs
    from labbook.report.run_table import FIELDS

    runs.check_columns(desk, [each for each in asked.columns if each not in FIELDS])
    if until is not None:
        wanted = max(wanted, runs.count(desk, f"id>={until}") + PAGE)
    found = runs.find(desk, asked.query, sort=asked.sort, limit=wanted + 1)
    return FoundRuns(found[:wanted], more=len(found) > wanted)


def fit(runs: Sequence[Run], room: int, asked: Asked) -> Columns:
    """Columns for these runs in `room` cells: the metrics go first, then the time taken.

    Where columns were asked for, they stay, and the time taken goes.
    """
    run = max((len(str(each.id)) for each in runs), default=0)
    run = max(run, len("run"))
    experiment = min(24, max([len("experiment"), *(cell_len(_called(each)) for each in runs)]))
    rest = room - run - experiment - _STATE - _STARTED - 7
    if rest < 0:
        experiment = max(8, experiment + rest)
    chosen = sum(max(_CHOSEN, cell_len(plain_line(name))) + 2 for name in asked.columns)
    took = _TOOK if rest >= _TOOK + 2 + chosen else 0
    rest -= took + 4
    return Columns(run, experiment, took, rest if rest >= _METRICS else 0)


def headings(columns: Columns, asked: Asked) -> Content:
    """The line above the list."""
    cells = [
        " " + "run".rjust(columns.run),
        set_cell_size("experiment", columns.experiment),
        set_cell_size("state", _STATE),
        set_cell_size("started", _STARTED),
    ]
    cells += [set_cell_size("took", columns.took)] if columns.took else []
    named = "  ".join(_cell(name, name) for name in asked.columns) or "metrics"
    cells += [set_cell_size(named, columns.metrics).rstrip()] if columns.metrics else []
    return Content.styled("  ".join(cells), "$quiet")


def line(run: Run, columns: Columns, asked: Asked, *, marked: bool = False) -> Content:
    """One run on one line, with a sign before it when it is marked or pinned."""
    state = Text(set_cell_size(run.state.words, _STATE), STATE_STYLES[run.state])
    started = (run.started or run.created).local
    took = duration(run.duration_s) if run.duration_s is not None else ""
    text = Text("  ").join(
        [
            Text.assemble(_sign(run, marked), (str(run.id).rjust(columns.run), "bold")),
            Text(set_cell_size(_called(run), columns.experiment)),
            state,
            Text(f"{started.day:>2} {started:%b} {started:%H:%M}", "dim"),
        ]
    )
    if columns.took:
        text.append("  " + set_cell_size(took, columns.took))
    if columns.metrics:
        shown = _chosen(run, asked) if asked.columns else _metrics(run, columns.metrics)
        text.append("  " + set_cell_size(shown, columns.metrics).rstrip(), "dim")
    return Content.from_rich_text(text)


def _sign(run: Run, marked: bool) -> tuple[str, str]:
    if marked:
        return "●", "bold cyan"
    return ("★", "yellow") if run.is_pinned else (" ", "")


def _called(run: Run) -> str:
    """Its own name before that of its experiment."""
    names = (run.name, run.experiment) if run.name else (run.experiment,)
    return " · ".join(map(plain_line, names))


def _chosen(run: Run, asked: Asked) -> str:
    from labbook.report.run_table import cell

    values = [cell(run, name) for name in asked.columns]
    shown = ["" if value is None else column([value])[0] for value in values]
    return "  ".join(map(_cell, asked.columns, shown))


def _cell(name: str, text: str) -> str:
    return set_cell_size(plain_line(text), max(_CHOSEN, cell_len(plain_line(name))))


def _metrics(run: Run, room: int) -> str:
    """As many metrics as fit whole, standard errors left out."""
    shown = ""
    for name, value in run.metrics.items():
        if not name.endswith("_se"):
            longer = f"{shown}  {plain_line(name)} {number(value)}".strip()
            if len(longer) > room:
                break
            shown = longer
    return shown
