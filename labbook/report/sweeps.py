"""What is said of a sweep, in the terminal and in reports alike."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.style import Style
from rich.text import Text

from labbook.model import Factor, Results, Space, Sweep, SweepState
from labbook.report import numbers
from labbook.report.tables import TableView
from labbook.report.textplot import Plot
from labbook.text.plain import plain_line

STATE_STYLES = {
    SweepState.RUNNING: Style(color="cyan"),
    SweepState.FINISHED: Style(color="green"),
    SweepState.FAILED: Style(color="red"),
    SweepState.CANCELLED: Style(color="yellow"),
    SweepState.LOST: Style(color="red"),
}
_FAINT = Style(dim=True)
_BAR_COLUMNS = 24

LISTED = 32
"""Values that take more letters are told of by the first and the last."""


def headline(sweep: Sweep) -> Text:
    """ "sweep 3 · kl.bias-table · running · 13 of 20 finished, 1 failed"."""
    dot = (" · ", _FAINT)
    return Text.assemble(
        (f"sweep {sweep.id}", Style(bold=True)),
        dot,
        plain_line(sweep.experiment),
        dot,
        (sweep.state.value, STATE_STYLES[sweep.state]),
        dot,
        sweep.tally.words,
    )


def space_text(space: Space) -> str:
    """What is swept, as one types it where that is short: "shift=0.1,0.2 seed=1..5 (10 points)"."""
    parts = [_factor_text(each) for each in space.factors]
    parts += [f"{plain_line(name)}={numbers.exact(value)}" for name, value in space.fixed.items()]
    return f"{' '.join(parts)} · {space.size:,} points"


def draw_sweep(sweep: Sweep, results: Results | None = None) -> RenderableType:
    """A sweep's space, how far it has come, and what its runs have shown so far."""
    results = results or Results()
    parts: list[RenderableType] = [Text(_origin(sweep), _FAINT), *_progress(sweep)]
    if sweep.message:
        style = Style(color="yellow") if sweep.state is SweepState.FINISHED else Style(color="red")
        parts.append(Text(plain_line(sweep.message), style))
    for table in results.tables:
        parts += [Text(), TableView(table)]
    for figure in results.figures:
        parts += [Text(), Plot(figure)]
    return Group(*parts)


def _origin(sweep: Sweep) -> str:
    seeds = (
        "" if any("seed" in each.names for each in sweep.space.factors) else f"seed {sweep.seed}"
    )
    command = plain_line(shlex.join(sweep.argv or ()))
    told = (command, space_text(sweep.space), seeds, plain_line(sweep.executor))
    return " · ".join(part for part in told if part)


def _progress(sweep: Sweep) -> Iterator[Text]:
    if sweep.state.has_ended:
        return
    tally = sweep.tally
    full = round(tally.finished / tally.points * _BAR_COLUMNS)
    yield Text.assemble(
        ("━" * full, STATE_STYLES[sweep.state]),
        ("━" * (_BAR_COLUMNS - full), _FAINT),
        f" {tally.finished / tally.points * 100:.0f} %",
    )


def _factor_text(factor: Factor) -> str:
    if len(factor.names) > 1:
        return f"{len(factor.rows)} rows of {','.join(map(plain_line, factor.names))}"
    values = factor.values(factor.names[0])
    name = plain_line(factor.names[0])
    if _is_run_of_numbers(values):
        return f"{name}={values[0]}..{values[-1]}"
    separator = ";" if any(isinstance(each, (list, tuple)) for each in values) else ","
    listed = separator.join(numbers.exact(each) for each in values)
    if len(listed) <= LISTED:
        return f"{name}={listed}"
    ends = f"{_short(values[0])}…{_short(values[-1])}"
    return f"{name}={ends} ({len(values)}{', log' if factor.scale == 'log' else ''})"


def _is_run_of_numbers(values: tuple[object, ...]) -> bool:
    whole = [each for each in values if type(each) is int]
    return 2 < len(values) == len(whole) and whole == [*range(whole[0], whole[-1] + 1)]


def _short(value: object) -> str:
    return numbers.number(value) if isinstance(value, float) else numbers.exact(value)
