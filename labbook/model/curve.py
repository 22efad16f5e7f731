"""Curves: metrics of more than one point, thinned for drawing, and which share axes.

A long curve is cut into columns of neighbouring steps, and of each the lowest and the highest
point stay. Columns are a power of two steps wide, so that those of a longer curve are made of
whole ones of a shorter: a curve that grows is thinned again from what was kept and from what
has come, and is the same as if all of it had been read.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from labbook.model.run import Metric

COLUMNS = 256
MOST_GROUPS = 4
MOST_TOGETHER = 4
_APART = 100.0
"""Curves whose ranges are so many times apart would be flat lines on one linear axis."""

_PARTS = re.compile(r"[./]")
_SPLIT = r"(?:train(?:ing)?|val(?:id(?:ation)?)?|dev|test|eval(?:uation)?)"
_OF_SPLIT = re.compile(rf"{_SPLIT}[_-](?=.)|[_-]{_SPLIT}$", re.IGNORECASE)
_IS_SPLIT = re.compile(_SPLIT, re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Curve:
    """One metric's points by step, as many as a drawing needs.

    points: where nothing in a column is finite, one that is not stands for it
    count: how many points were recorded, and `not_finite` how many of them are NaN or infinite
    """

    name: str
    points: tuple[Metric, ...]
    count: int
    not_finite: int = 0

    @property
    def finite(self) -> list[float]:
        return [point.value for point in self.points if math.isfinite(point.value)]


@dataclass(frozen=True, slots=True)
class Curves:
    """A run's curves.

    groups: those that are drawn over each other stand together
    rest: names of those that are left out
    seen: the row up to which the notebook was read
    """

    groups: tuple[tuple[Curve, ...], ...] = ()
    rest: tuple[str, ...] = ()
    seen: int = 0

    @property
    def by_name(self) -> dict[str, Curve]:
        return {curve.name: curve for group in self.groups for curve in group}


NO_CURVES = Curves()


def column_width(low: int, high: int) -> int:
    """By how many bits steps from `low` to `high` are shifted to count their columns."""
    bits = max(0, (high - low).bit_length() - COLUMNS.bit_length() + 1)
    while (high >> bits) - (low >> bits) >= COLUMNS:
        bits += 1
    return bits


def thinned(points: Iterable[Metric]) -> tuple[Metric, ...]:
    """The lowest and the highest point of each column, and both ends, by step."""
    ordered = sorted(points, key=lambda point: point.step)
    if not ordered:
        return ()
    bits = column_width(ordered[0].step, ordered[-1].step)
    columns: dict[int, list[Metric]] = {}
    for point in ordered:
        columns.setdefault(point.step >> bits, []).append(point)
    kept = [point for column in columns.values() for point in _extremes(column)]
    first = () if kept[0] is ordered[0] else (ordered[0],)
    last = () if kept[-1] is ordered[-1] else (ordered[-1],)
    return (*first, *kept, *last)


def grown(curve: Curve, more: Curve) -> Curve:
    """A curve and what has come to it."""
    return Curve(
        curve.name,
        thinned((*curve.points, *more.points)),
        curve.count + more.count,
        curve.not_finite + more.not_finite,
    )


def quantity(name: str) -> str:
    """What a metric measures, whichever data or part it was measured on.

    >>> quantity("val.loss"), quantity("train_loss"), quantity("layers.3.norm")
    ('loss', 'loss', 'norm')
    """
    last = _PARTS.split(name)[-1]
    return _OF_SPLIT.sub("", last) or last or name


def prefix(name: str) -> str:
    """The part that a metric belongs to; none where that only says which data it is of."""
    first = _PARTS.split(name)[0]
    return "" if first == name or _IS_SPLIT.fullmatch(first) else first


def grouped(names: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Names that may share axes: of one quantity, else of one prefix, as they first come up."""
    keys = {name: ("quantity", quantity(name)) for name in names}
    counts = list(keys.values())
    for name in names:
        if counts.count(keys[name]) == 1 and prefix(name):
            keys[name] = ("prefix", prefix(name))
    groups: dict[tuple[str, str], list[str]] = {}
    for name in names:
        groups.setdefault(keys[name], []).append(name)
    return tuple(map(tuple, groups.values()))


def share_axes(curves: Sequence[Curve]) -> bool:
    """Whether each of the curves would still be seen to move beside the others."""
    finite = [values for curve in curves if (values := curve.finite)]
    if min((min(values) for values in finite), default=0.0) > 0:
        return True  # a logarithmic axis holds them all
    heights = [height for values in finite if (height := max(values) - min(values)) > 0]
    return max(heights, default=1.0) <= _APART * min(heights, default=1.0)


def _extremes(column: list[Metric]) -> list[Metric]:
    finite = [point for point in column if math.isfinite(point.value)]
    if not finite:
        return column[:1]
    lowest = min(finite, key=lambda point: point.value)
    highest = max(finite, key=lambda point: point.value)
    if lowest.value == highest.value:
        return [lowest]
    return [point for point in column if point is lowest or point is highest]
