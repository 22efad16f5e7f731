"""A run's curves as figures, and what is said of them."""

from __future__ import annotations

from collections.abc import Sequence

from labbook.model import Axis, Figure, Results, Series
from labbook.model.curve import Curve, Curves, prefix, quantity
from labbook.model.figure import Scale
from labbook.text.plain import plain_line

MOST_NAMED = 12
_WIDE = 30.0
_MIDDLE = 0.9
_GEOMETRIC = 20.0


def drawn_figures(results: Results) -> tuple[Figure, ...]:
    """What a run shows as figures: its own, then its curves."""
    return (*results.figures, *curve_figures(results.curves))


def curve_figures(curves: Curves) -> tuple[Figure, ...]:
    """A figure for each group of curves; its axes are logarithmic where the range asks for it."""
    return tuple(map(_figure, curves.groups))


def curve_words(curves: Curves) -> tuple[str, ...]:
    """What the figures do not show: points that are not finite, and the curves left out."""
    told = [
        f"{plain_line(curve.name)}: {curve.not_finite:,} of {curve.count:,} points are not finite"
        for group in curves.groups
        for curve in group
        if curve.not_finite > sum(1 for _ in curve.points) - len(curve.finite)
    ]
    if curves.rest:
        named = ", ".join(map(plain_line, curves.rest[:MOST_NAMED]))
        more = len(curves.rest) - MOST_NAMED
        told.append(f"also curves: {named}" + (f" and {more} more" if more > 0 else ""))
    return tuple(told)


def _figure(group: Sequence[Curve]) -> Figure:
    label = _label([curve.name for curve in group])
    return Figure(
        label,
        Axis("step", scale=_step_scale(group)),
        Axis(label, scale=_value_scale(group)),
        [_series(curve) for curve in group],
    )


def _series(curve: Curve) -> Series:
    steps = tuple(float(point.step) for point in curve.points)
    return Series(curve.name, steps, tuple(point.value for point in curve.points))


def _label(names: Sequence[str]) -> str:
    """What all of them measure, else what all of them belong to."""
    if len(names) == 1:
        return names[0]
    for shared in (quantity, prefix):
        if len(found := {shared(name) for name in names}) == 1:
            return found.pop()
    return names[0]


def _value_scale(group: Sequence[Curve]) -> Scale:
    """Logarithmic when most of the values, not only a few near zero, are far apart."""
    values = sorted(value for curve in group for value in curve.finite)
    if not values or values[0] <= 0:
        return "linear"
    beside = int(len(values) * (1 - _MIDDLE) / 2)
    low, high = values[beside], values[-1 - beside]
    return "log" if high / _WIDE >= low else "linear"


def _step_scale(group: Sequence[Curve]) -> Scale:
    """Logarithmic when the steps are like 1, 10, 100: most of them far below the last."""
    steps = sorted(point.step for curve in group for point in curve.points)
    if len(steps) < 4 or steps[0] <= 0:
        return "linear"
    return "log" if steps[len(steps) // 2] * _GEOMETRIC <= steps[-1] else "linear"
