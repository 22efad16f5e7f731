"""Draws a figure on matplotlib's axes."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from labbook.model import Axis, Figure, Mark, Series
from labbook.report.palette import COLOURS
from labbook.report.words import fits, mark_text
from labbook.text.plain import plain_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MARKERS = "o^sDv<>P"
_DASHES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1)), (0, (8, 3)))
_DASHED = (0, (4, 3))
_MOST_MARKERS = 40
_FEW_DECADES = 30
_MOST_VECTOR_POINTS = 4096


def fill(axes: Axes, figure: Figure, mark_colour: str) -> None:
    """Draw a whole figure on empty axes."""
    # Names stand at 0, 1, …, whatever scale numbers would have.
    axes.set_xscale("linear" if any(s.categories for s in figure.series) else figure.x.scale)
    axes.set_yscale(figure.y.scale)
    axes.grid(visible=True, linewidth=0.5)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel(_literal(figure.x.heading))
    axes.set_ylabel(_literal(figure.y.heading))
    for place, series in enumerate(figure.series):
        _SERIES[series.kind](axes, figure, series, place)
    if named := list(dict.fromkeys(n for each in figure.series for n in each.categories)):
        axes.set_xticks(range(len(named)), [_literal(name) for name in named])
        if sum(map(len, named)) > 60:
            axes.tick_params("x", rotation=30)
    for mark in figure.marks:
        _mark(axes, mark, mark_colour)
    for axis, limits in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
        if axis.get_scale() == "log" and max(limits) / min(limits) > _FEW_DECADES:
            # Decades say enough; to lay out the labels between them takes most of the time.
            axis.set_minor_formatter("")
    if len(figure.series) > 1 or any(s.name not in ("", figure.y.label) for s in figure.series):
        axes.legend(
            loc="lower left", bbox_to_anchor=(0, 1), ncols=4, frameon=False, borderaxespad=0.2
        )
    if title := plain_line(figure.title or figure.name):
        axes.figure.suptitle(_literal(title), x=0.01, ha="left", fontsize=10, fontweight="bold")


def _line(axes: Axes, figure: Figure, series: Series, place: int) -> None:
    few = len(series.y) <= _MOST_MARKERS
    axes.errorbar(
        _known(series.xs, figure.x),
        _known(series.y, figure.y),
        yerr=_errors(figure, series),
        label=_literal(series.name),
        color=_colour(place),
        linestyle=_DASHES[_rank(figure, series) % len(_DASHES)],
        marker=_MARKERS[place % len(_MARKERS)] if few else "",
        markersize=4,
        linewidth=1.5,
        elinewidth=1,
        capsize=2,
    )


def _points(axes: Axes, figure: Figure, series: Series, place: int) -> None:
    axes.errorbar(
        _known(series.xs, figure.x),
        _known(series.y, figure.y),
        yerr=_errors(figure, series),
        label=_literal(series.name),
        color=_colour(place),
        linestyle="none",
        marker=_MARKERS[place % len(_MARKERS)],
        markersize=4 if len(series.y) <= 200 else 2,
        elinewidth=1,
        capsize=2,
        rasterized=len(series.y) > _MOST_VECTOR_POINTS,
    )


def _bars(axes: Axes, figure: Figure, series: Series, place: int) -> None:
    groups = [each for each in figure.series if each.kind == "bars"]
    if series.categories:
        names = list(dict.fromkeys(name for each in groups for name in each.categories))
        centres = [float(names.index(name)) for name in series.categories]
        room = 1.0
    else:
        centres = _known(series.xs, figure.x)
        room = _least_gap([x for each in groups for x in _known(each.xs, figure.x)])
    width = 0.8 * room / len(groups)
    shift = (_rank(figure, series) - (len(groups) - 1) / 2) * width
    axes.bar(
        [centre + shift for centre in centres],
        _known(series.y, figure.y),
        width,
        yerr=_errors(figure, series),
        label=_literal(series.name),
        color=_colour(place),
        error_kw={"elinewidth": 1, "capsize": 2, "ecolor": "#808080"},
    )


def _stack(axes: Axes, figure: Figure, series: Series, place: int) -> None:
    """Bars on those of the series before it."""
    names = list(dict.fromkeys(name for each in figure.series for name in each.categories))
    below: dict[str, float] = dict.fromkeys(names, 0.0)
    for each in figure.series[:place]:
        if each.kind == "stack":
            for name, height in zip(each.categories, each.y, strict=True):
                below[name] += height
    axes.bar(
        [names.index(name) for name in series.categories],
        _known(series.y, figure.y),
        0.7,
        bottom=[below[name] for name in series.categories],
        label=_literal(series.name),
        color=_colour(place),
    )


def _histogram(axes: Axes, figure: Figure, series: Series, place: int) -> None:
    edges = _known(series.xs, figure.x)
    if any(math.isnan(edge) for edge in edges) or not series.y:
        return
    filled = _rank(figure, series) == 0
    axes.stairs(
        _known(series.y, figure.y),
        edges,
        label=_literal(series.name),
        color=_colour(place),
        fill=filled,
        linewidth=1.5,
        alpha=0.6 if filled else 1.0,
    )


def _band(axes: Axes, figure: Figure, series: Series, place: int) -> None:
    axes.fill_between(
        _known(series.xs, figure.x),
        _known(series.y, figure.y),
        _known(series.upper or (), figure.y),
        label=_literal(series.name),
        color=_colour(place),
        alpha=0.3,
        linewidth=0,
    )


_SERIES: dict[str, Callable[[Axes, Figure, Series, int], None]] = {
    "line": _line,
    "points": _points,
    "bars": _bars,
    "stack": _stack,
    "histogram": _histogram,
    "band": _band,
}


def _mark(axes: Axes, mark: Mark, colour: str) -> None:
    """A dashed line across the axes, its label at the line's end."""
    scale = axes.get_xscale() if mark.axis == "x" else axes.get_yscale()
    if not fits(mark.at, log=scale == "log"):
        return
    label = _literal(mark_text(mark))
    if mark.axis == "x":
        axes.axvline(mark.at, color=colour, linestyle=_DASHED, linewidth=1)
        note = axes.annotate(
            label,
            (mark.at, 1),
            xycoords=axes.get_xaxis_transform(),
            xytext=(3, -3),
            textcoords="offset points",
            va="top",
            rotation=90,
        )
    else:
        axes.axhline(mark.at, color=colour, linestyle=_DASHED, linewidth=1)
        note = axes.annotate(
            label,
            (1, mark.at),
            xycoords=axes.get_yaxis_transform(),
            xytext=(-3, 2),
            textcoords="offset points",
            ha="right",
        )
    note.set(color=colour, fontsize=8, clip_on=True)


def _errors(figure: Figure, series: Series) -> list[list[float]] | None:
    """Half-lengths down and up; on a logarithmic axis one that reaches zero ends a decade down."""
    if series.error is None:
        return None
    log = figure.y.scale == "log"
    down, up = [], []
    for y, error in zip(series.y, series.error, strict=True):
        known = error if error > 0 and fits(y, log=log) and fits(error, log=False) else 0.0
        down.append(min(known, 0.9 * y) if log and known else known)
        up.append(known)
    return [down, up]


def _known(values: Sequence[float], axis: Axis) -> list[float]:
    """The values, with nothing in place of those that the axis has no place for."""
    log = axis.scale == "log"
    return [value if fits(value, log=log) else math.nan for value in values]


def _rank(figure: Figure, series: Series) -> int:
    """Its place among the series of its kind."""
    alike = [each for each in figure.series if each.kind == series.kind]
    return next(rank for rank, each in enumerate(alike) if each is series)


def _least_gap(places: Sequence[float]) -> float:
    known = sorted({place for place in places if not math.isnan(place)})
    return min((b - a for a, b in itertools.pairwise(known)), default=1.0)


def _colour(place: int) -> str:
    return COLOURS[place % len(COLOURS)]


def _literal(text: str) -> str:
    """Text that matplotlib does not read as mathematics."""
    return plain_line(text).replace("$", r"\$")
