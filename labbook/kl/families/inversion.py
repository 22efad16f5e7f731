"""Quantiles by table, for families whose own inverse is slow.

SciPy inverts the incomplete gamma function in about a microsecond and a von Mises law in about
a millisecond; a table takes some 50 ns. A sample takes one uniform number, always.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Reals = NDArray[np.float64]

_END = 38.0
"""Uniform numbers of 53 bits have |logit| below 37.5."""

_KNOTS = 1 << 13

_LOW_BITS = np.uint64(11)


def uniforms(words: NDArray[np.uint64]) -> Reals:
    """(⌊word / 2^11⌋ + ½) / 2^53: strictly between 0 and 1."""
    found = ((words >> _LOW_BITS).astype(np.float64) + 0.5) * 2.0**-53
    # The last half rounds up to 2^53.
    return np.asarray(np.minimum(found, 1 - 2.0**-53))


class HermiteTable:
    """A smooth function on evenly spaced knots, from its values and slopes there.

    Cubic: the error is h⁴/384 of the fourth derivative.

    first, step: the first knot, and the distance of the next
    values: at the knots
    rises: the slopes there, times the step
    """

    def __init__(self, first: float, step: float, values: Reals, slopes: Reals) -> None:
        self.first = first
        self.step = step
        self.values = values
        self.rises = slopes * step

    def __call__(self, at: Reals) -> Reals:
        place = (at - self.first) / self.step
        index = np.clip(place.astype(np.int64), 0, len(self.values) - 2)
        s = place - index
        value, rise = self.values[index], self.values[index + 1] - self.values[index]
        slope, next_slope = self.rises[index], self.rises[index + 1]
        bend = 3 * rise - 2 * slope - next_slope
        return np.asarray(value + s * (slope + s * (bend + s * (slope + next_slope - 2 * rise))))


def logit(u: Reals) -> Reals:
    """log u/(1 − u)."""
    return np.asarray(np.log(u) - np.log1p(-u))


def quantile_table(
    lower: Callable[[Reals], Reals],
    upper: Callable[[Reals], Reals],
    log_density: Callable[[Reals], Reals],
) -> HermiteTable:
    """The quantile as a function of logit u.

    lower: the value with a mass u below it, exact for small u
    upper: the value with a mass u above it, exact for small u
    """
    knots = np.linspace(-_END, _END, _KNOTS)
    share = 1 / (1 + np.exp(np.abs(knots)))  # the smaller of u and 1 − u
    values = np.where(knots < 0, lower(share), upper(share))
    log_weight = np.log(share) + np.log1p(-share)
    with np.errstate(invalid="ignore", over="ignore"):
        slopes = np.exp(log_weight - log_density(values))
    # Where the quantile has run into a finite end, it no longer moves.
    slopes[~np.isfinite(slopes)] = 0.0
    return HermiteTable(-_END, 2 * _END / (_KNOTS - 1), values, slopes)
