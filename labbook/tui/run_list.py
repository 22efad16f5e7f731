"""The list of runs: which of them are shown, and a line for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import set_cell_size
from rich.text import Text
from textual.content import Content
from textual.message import Message

from labbook.desk.desk import Desk
from labbook.model import Run
from labbook.report.numbers import duration, number
from labbook.report.runs import STATE_STYLES, params_text
from labbook.text.plain import plain_line

PAGE = 100
"""So many runs are loaded at once; the next ones when the end of the list is reached."""

FURTHEST = 5_000
"""A filter looks through so many runs, then stops: nobody reads further down."""

_STATE = 9
_STARTED = 12
_TOOK = 9
_METRICS = 12  # a narrower column of metrics would show none whole


@dataclass(frozen=True, slots=True)
class FoundRuns:
    """Runs, newest first, and whether there are older ones."""

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


def find_runs(desk: Desk, words: str, wanted: int, until: int | None = None) -> FoundRuns:
    """The newest `wanted` runs that have all of the words.

    until: go on until this run is among them
    """
    from labbook.desk import runs

    sought = words.casefold().split()
    found: list[Run] = []
    before: int | None = None
    for _ in range(0, FURTHEST, PAGE):
        page = runs.runs(desk, before=before, limit=PAGE)
        found += [run for run in page if _has(run, sought)]
        if len(page) < PAGE:
            return FoundRuns(tuple(found), more=False)
        before = page[-1].id
        if len(found) >= wanted and (until is None or before <= until):
            break
    return FoundRuns(tuple(found), more=True)


def _has(run: Run, sought: Sequence[str]) -> bool:
    if not sought:
        return True
    facts = (str(run.id), run.experiment, run.state.words, str(run.day), params_text(run.params))
    text = " ".join((*facts, *run.metrics, run.message, *run.warnings)).casefold()
    return all(word in text for word in sought)


def fit(runs: Sequence[Run], room: int) -> Columns:
    """Columns for these runs in `room` cells: the metrics go first, then the time taken."""
    run = max((len(str(each.id)) for each in runs), default=0)
    run = max(run, len("run"))
    experiment = min(
        24, max([len("experiment"), *(len(plain_line(each.experiment)) for each in runs)])
    )
    rest = room - run - experiment - _STATE - _STARTED - 6
    if rest < 0:
        experiment = max(8, experiment + rest)
    took = _TOOK if rest >= _TOOK + 2 else 0
    rest -= took + 4
    return Columns(run, experiment, took, rest if rest >= _METRICS else 0)


def headings(columns: Columns) -> Content:
    """The line above the list."""
    cells = [
        "run".rjust(columns.run),
        set_cell_size("experiment", columns.experiment),
        set_cell_size("state", _STATE),
        set_cell_size("started", _STARTED),
    ]
    cells += [set_cell_size("took", columns.took)] if columns.took else []
    cells += ["metrics"] if columns.metrics else []
    return Content.styled("  ".join(cells), "$quiet")


def line(run: Run, columns: Columns) -> Content:
    """One run on one line."""
    state = Text(set_cell_size(run.state.words, _STATE), STATE_STYLES[run.state])
    started = (run.started or run.created).local
    took = duration(run.duration_s) if run.duration_s is not None else ""
    text = Text("  ").join(
        [
            Text(str(run.id).rjust(columns.run), "bold"),
            Text(set_cell_size(plain_line(run.experiment), columns.experiment)),
            state,
            Text(f"{started.day:>2} {started:%b} {started:%H:%M}", "dim"),
        ]
    )
    if columns.took:
        text.append("  " + set_cell_size(took, columns.took))
    if columns.metrics:
        text.append("  " + _metrics(run, columns.metrics), "dim")
    return Content.from_rich_text(text)


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
