"""A comparison of runs as tables, for the terminal and reports, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.style import Style
from rich.text import Text

from labbook.model import Cell, Column, Comparison, Difference, Figure, MetricRow, Run, Table
from labbook.model.jsonable import encode
from labbook.report import numbers
from labbook.report.runs import headline
from labbook.report.tables import TableView
from labbook.report.textplot import Plot
from labbook.text.plain import plain, plain_line

MOST_SURROUNDINGS = 12
"""So many differences around the runs stand in a day or a report."""

_FAINT = Style(dim=True)


def runs_text(runs: Sequence[Run]) -> str:
    """ "runs 1, 4 and 7"."""
    *others, last = (str(run.id) for run in runs)
    return f"runs {', '.join(others)} and {last}"


def draw_comparison(
    comparison: Comparison,
    figures: Sequence[Figure] = (),
    patches: Sequence[tuple[str, str]] = (),
    *,
    full: bool = True,
) -> RenderableType:
    """A comparison on the terminal.

    figures: the curves of shared metrics
    patches: headings, and below each what changed in the code
    full: with a line for each run, and all that is different around them
    """
    parts: list[RenderableType] = [headline(run) for run in comparison.runs]
    for table in tables(comparison, most=None if full else MOST_SURROUNDINGS):
        parts += [Text(), TableView(table, most_rows=10_000)]
    if not comparison.params:
        parts += [Text(), Text("Parameters and seed are the same.", _FAINT)]
    for figure in figures:
        parts += [Text(), Plot(figure)]
    for heading, patch in patches:
        parts += [Text(), Text(plain_line(heading), Style(bold=True)), Text(plain(patch))]
    return Group(*parts)


def tables(comparison: Comparison, most: int | None = None) -> Iterator[Table]:
    """What is different, a table for each kind of thing.

    most: so many differences of the surroundings, and how many more there are
    """
    runs = comparison.runs
    if comparison.params:
        yield _differences("parameters", runs, comparison.params)
    if comparison.metrics:
        yield _metrics(runs, comparison.metrics)
    if comparison.code:
        yield _differences("code", runs, comparison.code)
    if comparison.surroundings:
        rows = comparison.surroundings[:most]
        more = len(comparison.surroundings) - len(rows)
        yield _differences("surroundings", runs, rows, f" (and {more} more)" if more else "")


def comparison_json(comparison: Comparison) -> dict[str, Any]:
    """What scripts may rely on."""
    return {
        "runs": [run.id for run in comparison.runs],
        "params": _json(comparison.params),
        "metrics": {
            row.name: {
                "values": encode(row.values),
                "standard_errors": encode(row.errors),
                "differences": encode([row.difference(place) for place in _places(row)]),
                "in_standard_errors": encode([row.in_errors(place) for place in _places(row)]),
            }
            for row in comparison.metrics
        },
        "code": _json(comparison.code),
        "surroundings": _json(comparison.surroundings),
    }


def _json(rows: Sequence[Difference]) -> dict[str, Any]:
    return {row.name: encode(row.values) for row in rows}


def _places(row: MetricRow) -> range:
    return range(len(row.values))


def _differences(
    what: str, runs: Sequence[Run], rows: Sequence[Difference], more: str = ""
) -> Table:
    columns = (Column(what), *(Column(f"run {run.id}") for run in runs))
    cells = tuple((plain_line(row.name), *map(numbers.exact, row.values)) for row in rows)
    return Table(what, columns, cells, title=f"Different {what}{more}")


def _metrics(runs: Sequence[Run], rows: Sequence[MetricRow]) -> Table:
    places = range(1, len(runs))
    has_errors = [any(row.in_errors(place) is not None for row in rows) for place in places]
    columns = [Column("metric"), Column(f"run {runs[0].id}")]
    for place, with_errors in zip(places, has_errors, strict=True):
        run_id = runs[place].id
        columns += [Column(f"run {run_id}"), Column(f"Δ {run_id}")]
        columns += [Column(f"Δ/se {run_id}")] if with_errors else []
    cells: list[tuple[Cell, ...]] = []
    for row in rows:
        line: list[Cell] = [plain_line(row.name), _value(row, 0)]
        for place, with_errors in zip(places, has_errors, strict=True):
            line += [_value(row, place), _signed(row.difference(place))]
            line += [_signed(row.in_errors(place), 3)] if with_errors else []
        cells.append(tuple(line))
    first = runs[0].id
    return Table("metrics", tuple(columns), tuple(cells), title=f"Metrics; Δ: less run {first}")


def _value(row: MetricRow, place: int) -> str:
    value = row.values[place]
    return numbers.NOTHING if value is None else numbers.with_error(value, row.errors[place])


def _signed(value: float | None, digits: int = numbers.DIGITS) -> str:
    if value is None:
        return numbers.NOTHING
    text = numbers.number(value, digits)
    return f"+{text}" if value > 0 else text
