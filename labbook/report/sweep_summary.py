"""What a sweep shows: means over replicates as a table and a figure, made from its runs.

Nothing of it is stored. Runs that differ in their seed alone, or in a parameter that the
figure has no axis for, are replicates: of each metric the mean is shown, and its standard
error, which needs two finished runs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labbook.model import (
    Axis,
    Column,
    Figure,
    Results,
    RunState,
    Series,
    Space,
    Sweep,
    SweepPoint,
    Table,
)
from labbook.model.figure import SeriesKind
from labbook.model.sweep import SEED
from labbook.model.table import Cell
from labbook.report import numbers

HEADLINES = 3
"""So many metrics are shown when nobody chose any."""

ROWS = 20
SERIES = 8
FAILURES = 10


@dataclass(frozen=True, slots=True)
class Mean:
    """Of `count` numbers; the standard error is None for a single one."""

    value: float
    error: float | None
    count: int


def mean(values: Sequence[float]) -> Mean:
    """The mean of numbers, with its standard error."""
    count = len(values)
    try:
        value = math.fsum(values) / count
        if count < 2:
            return Mean(value, None, count)
        spread = math.fsum((each - value) ** 2 for each in values) / (count - 1)
    except (OverflowError, ValueError):  # infinities of both signs have no sum
        return Mean(math.nan, None, count)
    return Mean(value, math.sqrt(spread / count), count)


def summarise(sweep: Sweep, points: Sequence[SweepPoint]) -> Results:
    """The tables and figures of a sweep, as far as it has come."""
    finished = [each for each in points if each.state is RunState.FINISHED]
    metrics = headline_metrics(sweep.space, finished)
    tables = []
    if finished and metrics:
        tables.append(_table(sweep.space, finished, metrics))
    failed = [
        each
        for each in points
        if each.state.has_ended and each.state not in (RunState.FINISHED, RunState.CANCELLED)
    ]
    if failed:
        tables.append(_failures(sweep.space, failed))
    figures = _figures(sweep.space, finished, metrics) if metrics else ()
    return Results(tuple(tables), tuple(figures))


def headline_metrics(space: Space, finished: Sequence[SweepPoint]) -> tuple[str, ...]:
    """Those that were asked for, else the first that all finished runs share."""
    asked = [name for name in space.metrics if any(name in each.metrics for each in finished)]
    if asked:
        return tuple(asked)
    if not finished:
        return ()
    shared = [
        name
        for name in finished[0].metrics
        if not name.endswith("_se") and all(name in each.metrics for each in finished)
    ]
    return tuple(shared[:HEADLINES])


def metrics_text(space: Space, finished: Sequence[SweepPoint]) -> str:
    """Which metrics are shown, and out of how many."""
    chosen = headline_metrics(space, finished)
    shared = set.intersection(*(set(each.metrics) for each in finished)) if finished else set()
    shown = ", ".join(chosen)
    if set(chosen) <= set(space.metrics) or len(shared) <= len(chosen):
        return shown
    return f"{shown}; {len(shared)} are shared, --metric chooses"


Groups = dict[tuple[Any, ...], list[SweepPoint]]


def _grouped(space: Space, finished: Sequence[SweepPoint], names: Sequence[str]) -> Groups:
    groups: Groups = {}
    for each in finished:
        values = space.point(each.position)
        groups.setdefault(tuple(_cell(values[name]) for name in names), []).append(each)
    return groups


def _table(space: Space, finished: Sequence[SweepPoint], metrics: Sequence[str]) -> Table:
    names = space.swept
    groups = _grouped(space, finished, names)
    columns = [Column(name) for name in names] + [Column("runs")]
    taken = set(names) | {"runs"}
    for metric in metrics:
        label = metric if metric not in taken else f"{metric} (metric)"
        columns += [Column(label), Column(f"± {label}")]
    keys, title = _chosen(groups, metrics[0])
    rows: list[tuple[Cell, ...]] = []
    for key in keys:
        cells: list[Cell] = [*key, len(groups[key])]
        for metric in metrics:
            found = _mean(groups[key], metric)
            cells += [None, None] if found is None else [found.value, found.error]
        rows.append(tuple(cells))
    shown = metrics_text(space, finished)
    return Table("sweep", tuple(columns), tuple(rows), f"Mean ± standard error of {shown}{title}")


def _chosen(groups: Groups, metric: str) -> tuple[list[tuple[Any, ...]], str]:
    """All rows where they are few, else the lowest and the highest ones."""
    keys = list(groups)
    if len(keys) <= ROWS:
        return keys, ""
    means = {key: found.value for key in keys if (found := _mean(groups[key], metric))}
    ranked = sorted((key for key in means if not math.isnan(means[key])), key=means.__getitem__)
    half = ROWS // 2
    picked = [*ranked[:half], *ranked[-half:]] if len(ranked) > ROWS else ranked
    return picked, f" · the {half} lowest and the {half} highest {metric} of {len(keys)}"


def _failures(space: Space, failed: Sequence[SweepPoint]) -> Table:
    names = [*space.swept, *([SEED] if any(SEED in each.names for each in space.factors) else [])]
    columns = (Column("run"), *(Column(name) for name in names), Column("end"), Column("because"))
    rows = []
    for each in failed[:FAILURES]:
        values = space.point(each.position)
        cells = [_cell(values[name]) for name in names]
        rows.append((each.run_id, *cells, each.state.words, each.message))
    more = f" · {FAILURES} of {len(failed)}" if len(failed) > FAILURES else ""
    return Table("unfinished", columns, tuple(rows), f"Points without a finished run{more}")


def _figures(space: Space, finished: Sequence[SweepPoint], metrics: Sequence[str]) -> list[Figure]:
    names = space.swept or (SEED,)
    across = next((name for name in names if _is_numeric(space, name)), names[0])
    others = [name for name in names if name != across]
    if others:
        return [_figure(space, finished, (metric,), across, others) for metric in metrics]
    return [_figure(space, finished, metrics, across, [])]


def _figure(
    space: Space,
    finished: Sequence[SweepPoint],
    metrics: Sequence[str],
    across: str,
    others: Sequence[str],
) -> Figure:
    series = []
    for metric in metrics:
        by = others[:1]
        groups = _grouped(space, finished, by)
        for key in list(groups)[:SERIES]:
            label = f"{by[0]} {numbers.exact(key[0])}" if by else metric
            series.append(_series(space, groups[key], metric, across, label))
    averaged = f", averaged over {', '.join(others[1:])}" if others[1:] else ""
    title = f"{' and '.join(metrics) if others else 'Means'} against {across}{averaged}"
    scale = space.scale_of(across) if _is_numeric(space, across) else "linear"
    label = metrics[0] if len(metrics) == 1 else "mean"
    name = f"{metrics[0]} by {across}" if others else f"by {across}"
    return Figure(name, Axis(across, scale=scale), Axis(label), tuple(series), title=title)


def _series(
    space: Space, points: Sequence[SweepPoint], metric: str, across: str, label: str
) -> Series:
    means: Mapping[Any, Mean] = {
        key[0]: found
        for key, group in _grouped(space, points, [across]).items()
        if (found := _mean(group, metric)) is not None
    }
    numeric = _is_numeric(space, across)
    xs = sorted(means) if numeric else list(means)
    errors = [means[x].error for x in xs]
    kind: SeriesKind = "bars" if not numeric else "line" if _is_alone(space, across) else "points"
    return Series(
        label,
        tuple(float(x) for x in xs) if numeric else tuple(numbers.exact(x) for x in xs),
        tuple(means[x].value for x in xs),
        kind,
        tuple(each or 0.0 for each in errors) if any(errors) else None,
    )


def _mean(points: Sequence[SweepPoint], metric: str) -> Mean | None:
    values = [each.metrics[metric] for each in points if metric in each.metrics]
    return mean(values) if values else None


def _is_numeric(space: Space, name: str) -> bool:
    values = next((each.values(name) for each in space.factors if name in each.names), ())
    return all(isinstance(each, (int, float)) and not isinstance(each, bool) for each in values)


def _is_alone(space: Space, name: str) -> bool:
    """Whether its values were given by themselves, and not drawn or read together with others."""
    return any(each.names == (name,) for each in space.factors)


def _cell(value: Any) -> Cell:
    return numbers.exact(value) if isinstance(value, (list, tuple)) else value
