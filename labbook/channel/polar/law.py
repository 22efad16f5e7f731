"""Bounds on the rates of polar simulation with fair bits, for blocks of any length.

The law of |δ| of a bit of u follows from that of the outputs by Arıkan's two steps: with a and b
independent, the sum has |a b|, and the second (a + b) / (1 + a b) or |a − b| / (1 − a b), with
probabilities (1 ± a b) / 2. Inputs matter through the law of |2 P(y = 1 | x) − 1| alone.

Its values multiply from step to step. When there are too many, those between two points of a grid
are replaced by their mean, which bounds the rates from below, or shared out to the two points so
that the mean is kept, which bounds them from above: the first degrades the channel, the second
upgrades it, in the steps that follow too. I. Tal, A. Vardy, "How to construct polar codes", IEEE
Trans. Inf. Theory 59 (2013) 6562. Both rates keep that order: the plain one grows with E|δ|, and
the conditional one is the integral of a concave and increasing function of P(|δ| > v).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from labbook.channel.polar.blocks import Polar
from labbook.channel.polar.rates import FlipLaw
from labbook.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Reals = NDArray[np.float64]
    Reduce = Callable[[Reals, Reals], "Sizes"]

CELLS = 48
"""Of the grid: the bounds are then about 0.0002 bits apart, and exact up to n = 16."""

LARGEST_BOUNDED = 1 << 12
_DIGITS = 13
"""To which values of |δ| are equal."""


@dataclass(frozen=True, eq=False)
class Sizes:
    """A law of |δ|: its values in ascending order, and the mass of each."""

    values: Reals
    masses: Reals


@dataclass(frozen=True, slots=True)
class RateBounds:
    """Bits per symbol of both codes, at least and at most; rounding aside, nothing is random."""

    plain: tuple[float, float]
    conditional: tuple[float, float]


def rate_bounds(
    ones: Sequence[float], weights: Sequence[float], n: int, *, cells: int = CELLS
) -> dict[int, RateBounds]:
    """For each power of two up to n.

    ones: P(y = 1) for each input of the channel
    weights: the probability of each input

    Raises:
        UsageError: n is no power of two, or too large.
    """
    Polar(n)
    if n > LARGEST_BOUNDED:
        raise UsageError(
            f"Bounds are computed for blocks of up to {LARGEST_BOUNDED:,} bits, not {n:,}."
        )
    start = _merged(np.abs(2 * np.asarray(ones, float) - 1), np.asarray(weights, float))
    low, high = (
        _rates(start, n.bit_length() - 1, _few(reduce, cells)) for reduce in (_gather, _spread)
    )
    return {
        1 << depth: RateBounds((below[0], above[0]), (below[1], above[1]))
        for depth, (below, above) in enumerate(zip(low, high, strict=True))
    }


def _rates(start: Sizes, depth: int, reduce: Reduce) -> list[tuple[float, float]]:
    """The plain and the conditional rate after each number of steps."""
    sums = np.zeros((depth + 1, 2))
    for steps, law in _tree(start, depth, reduce):
        rates = FlipLaw(law.values[None], law.masses[None])
        sums[steps] += rates.plain_rate, rates.conditional_rate
    return [
        (float(plain), float(given)) for plain, given in sums / 2.0 ** np.arange(depth + 1)[:, None]
    ]


def _tree(law: Sizes, depth: int, reduce: Reduce, steps: int = 0) -> Iterator[tuple[int, Sizes]]:
    """Every law that arises, with the number of steps to it."""
    yield steps, law
    if steps < depth:
        for values, masses in (_sum(law), _second(law)):
            yield from _tree(reduce(values, masses), depth, reduce, steps + 1)


def _pairs(law: Sizes) -> tuple[Reals, Reals, Reals]:
    """Two independent values, and the mass of the pair; either order counts."""
    first, second = np.triu_indices(len(law.values))
    masses = law.masses[first] * law.masses[second] * np.where(first == second, 1.0, 2.0)
    return law.values[first], law.values[second], masses


def _sum(law: Sizes) -> tuple[Reals, Reals]:
    a, b, masses = _pairs(law)
    return a * b, masses


def _second(law: Sizes) -> tuple[Reals, Reals]:
    a, b, masses = _pairs(law)
    product = a * b
    apart = np.abs(a - b) / np.where(product < 1, 1 - product, 1.0)
    values = np.concatenate([(a + b) / (1 + product), apart])
    return values, np.concatenate([masses * (1 + product), masses * (1 - product)]) / 2


def _merged(values: Reals, masses: Reals) -> Sizes:
    """Equal values as one."""
    found, where = np.unique(np.round(values, _DIGITS), return_inverse=True)
    return Sizes(found, _summed(where, masses, len(found)))


def _summed(places: NDArray[np.intp], masses: Reals, count: int) -> Reals:
    """The mass at each of so many places."""
    return np.asarray(np.bincount(places, masses, count), dtype=np.float64)


def _few(reduce: Callable[[Sizes, Reals], Sizes], cells: int) -> Reduce:
    """No more values than the grid has points."""
    grid = (1 - np.cos(np.pi * np.arange(cells + 1) / cells)) / 2

    def reduced(values: Reals, masses: Reals) -> Sizes:
        found = _merged(values, masses)
        return found if len(found.values) <= len(grid) else reduce(found, grid)

    return reduced


def _gather(law: Sizes, grid: Reals) -> Sizes:
    """The values of a cell become their mean."""
    cell = np.searchsorted(grid, law.values, side="right") - 1
    masses = _summed(cell, law.masses, len(grid))
    there = masses > 0
    means = _summed(cell, law.masses * law.values, len(grid))[there] / masses[there]
    return Sizes(means, masses[there])


def _spread(law: Sizes, grid: Reals) -> Sizes:
    """Each value becomes the two ends of its cell."""
    cell = np.minimum(np.searchsorted(grid, law.values, side="right") - 1, len(grid) - 2)
    up = law.masses * (law.values - grid[cell]) / (grid[cell + 1] - grid[cell])
    ends = _summed(cell, law.masses - up, len(grid)) + _summed(cell + 1, up, len(grid))
    return Sizes(grid, ends)
