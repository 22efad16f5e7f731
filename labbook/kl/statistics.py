"""Functions of the log ratio L whose expectations under q are wanted: estimators, divergences.

Each says what its mean needs to be finite, what it is where p is nothing, and how it grows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Reals = NDArray[np.floating]

FAR = 2000.0
"""|L| beyond which a statistic that grows like r^±a is looked at divided by it."""

_SMALL = 1 / 32

# r − 1 − L is Σ L^k / k! from k = 2 on, and r L − (r − 1) is Σ L^k (k − 1) / k!. Ten terms leave
# out a part in 10^22 of each.
_K3_SERIES = tuple(Fraction(1, math.factorial(k)) for k in range(2, 12))
_REVERSE_SERIES = tuple(Fraction(k - 1, math.factorial(k)) for k in range(2, 12))

_NO_RATIO = -1e4
"""L below which r is nothing in extended precision too."""


@dataclass(frozen=True, slots=True)
class Statistic:
    """A function of L.

    of: its values, in the precision of its argument
    powers: the (a, b) of terms r^a |L|^b that together bound it, and no more than it needs. For
        large L it comes to the terms of the largest a, if that is above 0, and for large −L to
        those of the least a, if that is below 0: r^a times a number, or a line in L if b is 1
    at_nothing: its value where p is nothing, r = 0
    terms: the coefficients of its r^a L^b, where it is a sum of such
    """

    of: Callable[[Reals], Reals]
    powers: tuple[tuple[float, int], ...]
    at_nothing: float
    terms: Mapping[tuple[float, int], float] | None = None

    @property
    def growth(self) -> float:
        """a where it grows like r^a as r → ∞, up to a power of L."""
        return max(0.0, *(a for a, _ in self.powers))

    @property
    def decline(self) -> float:
        """a where it grows like r^−a as r → 0, up to a power of L."""
        return max(0.0, *(-a for a, _ in self.powers))

    def scaled(self, log_ratio: Reals) -> Reals:
        """Statistic / r^growth where L > FAR, and statistic · r^decline where L < −FAR."""
        sign = np.sign(log_ratio[0])
        edges = np.array([sign * FAR, sign * FAR / 2], dtype=log_ratio.dtype)
        power = self.growth if sign > 0 else -self.decline
        far, nearer = self.of(edges) * np.exp(-power * edges)
        if not any(a == power and b for a, b in self.powers):
            return np.full_like(log_ratio, far)
        slope = (far - nearer) / (edges[0] - edges[1])
        return np.asarray(far + (log_ratio - edges[0]) * slope)


def k3_of(log_ratio: Reals) -> Reals:
    """(r − 1) − L with full relative precision near L = 0, in the precision of its argument."""
    found = np.expm1(log_ratio) - log_ratio
    _set_small(found, log_ratio, _K3_SERIES)
    return np.asarray(found)


def reverse_of(log_ratio: Reals) -> Reals:
    """r L − (r − 1): non-negative, with mean KL(p‖q) where supports match."""
    held = np.maximum(log_ratio, _NO_RATIO)
    less_one = np.expm1(held)
    found = less_one * (held - 1) + held
    _set_small(found, log_ratio, _REVERSE_SERIES)
    return np.asarray(found)


def _set_small(values: Reals, log_ratio: Reals, series: tuple[Fraction, ...]) -> None:
    """Where |L| is small, and a formula would cancel, put Σ c_j L^(j + 2) in its place."""
    small = np.abs(log_ratio) < _SMALL
    if not small.any():
        return
    near = log_ratio[small]
    one = near.dtype.type(1)
    total = np.zeros_like(near)
    for each in reversed(series):
        total = total * near + one * each.numerator / each.denominator
    values[small] = total * near * near


K1 = Statistic(np.negative, ((0, 1),), math.inf, terms={(0, 1): -1})
K2 = Statistic(
    lambda log_ratio: np.asarray(np.square(log_ratio) / 2),
    ((0, 2),),
    math.inf,
    terms={(0, 2): 1 / 2},
)
K3 = Statistic(
    k3_of,
    ((0, 1), (1, 0)),
    math.inf,
    {(1, 0): 1, (0, 0): -1, (0, 1): -1},
)
REVERSE = Statistic(
    reverse_of,
    ((1, 1), (1, 0)),
    1.0,
    {(1, 1): 1, (1, 0): -1, (0, 0): 1},
)
RATIO = Statistic(np.expm1, ((1, 0),), -1.0, {(1, 0): 1, (0, 0): -1})
"""r − 1."""
REVERSE_RATIO = Statistic(
    lambda log_ratio: np.asarray(np.square(2 * np.sinh(log_ratio / 2))),
    ((-1, 0), (1, 0)),
    math.inf,
    {(-1, 0): 1, (0, 0): -2, (1, 0): 1},
)
"""(1 − r)² / r, whose mean is χ²(q‖p)."""


def control(weight: float) -> Statistic:
    """−L + λ(r − 1)."""
    if weight == 0:
        return K1
    if weight == 1:
        return K3
    return Statistic(
        lambda log_ratio: np.asarray(
            (1 - weight) * -log_ratio + weight * k3_of(log_ratio)
            if abs(weight) <= 1
            else weight * np.expm1(log_ratio) - log_ratio
        ),
        ((0, 1), (1, 0)),
        math.inf,
        {(1, 0): weight, (0, 0): -weight, (0, 1): -1},
    )


def clamped_k3(log_limit: float = 20.0, limit: float = 10.0) -> Statistic:
    """k3 as trainers of language models use it: L held within ±20, then the value at 10."""
    return Statistic(
        lambda log_ratio: np.minimum(k3_of(np.clip(log_ratio, -log_limit, log_limit)), limit),
        ((0, 0),),
        min(limit, math.exp(-log_limit) - 1 + log_limit),
    )


def centred_product(mean_log: float, mean_ratio: float) -> Statistic:
    """(L − E L)(r − E r), whose mean is their covariance."""
    return Statistic(
        lambda log_ratio: (log_ratio - mean_log) * (np.expm1(log_ratio) + 1 - mean_ratio),
        ((0, 1), (1, 1)),
        math.inf,
        {
            (1, 1): 1,
            (1, 0): -mean_log,
            (0, 1): -mean_ratio,
            (0, 0): mean_log * mean_ratio,
        },
    )
