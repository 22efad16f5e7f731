"""Functions of the log ratio L whose expectations under q are wanted: estimators, divergences.

Each says what its mean needs to be finite, what it is where p is nothing, and how it grows.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Reals = NDArray[np.floating]

FAR = 2000.0
"""Log ratios above which only the leading term of a statistic is looked at."""


@dataclass(frozen=True, slots=True)
class Statistic:
    """A function of L.

    of: its values, in the precision of its argument
    powers: the (a, b) of the terms r^a L^b that it is made of
    at_nothing: its value where p is nothing, r = 0
    leading: statistic / r for large L, when it grows like r; None when it does not
    """

    of: Callable[[Reals], Reals]
    powers: tuple[tuple[float, int], ...]
    at_nothing: float
    leading: Callable[[Reals], Reals] | None = None


def k3_of(log_ratio: Reals) -> Reals:
    """(r − 1) − L with full relative precision near L = 0, in the precision of its argument."""
    small = np.abs(log_ratio) < 1e-2
    near = np.where(small, log_ratio, 0)
    series = np.zeros_like(near)
    for power in range(12, 1, -1):
        series = (series + near.dtype.type(1) / math.factorial(power)) * near
    return np.asarray(np.where(small, series * near, np.expm1(log_ratio) - log_ratio))


def reverse_of(log_ratio: Reals) -> Reals:
    """r L − (r − 1): non-negative, with mean KL(p‖q) where supports match."""
    # It is r · k3(−L), which keeps its precision for small L; where r is tiny, k3(−L) is not.
    near = np.maximum(log_ratio, -1)
    far = np.exp(np.minimum(log_ratio, -1))
    return np.asarray(
        np.where(
            log_ratio > -1, np.exp(near) * k3_of(-near), far * np.maximum(log_ratio, -1e9) - far + 1
        )
    )


K1 = Statistic(np.negative, ((0, 1),), math.inf)
K2 = Statistic(lambda log_ratio: np.asarray(np.square(log_ratio) / 2), ((0, 2),), math.inf)
K3 = Statistic(k3_of, ((0, 1), (1, 0)), math.inf, np.ones_like)
REVERSE = Statistic(reverse_of, ((1, 1), (1, 0)), 1.0, lambda log_ratio: log_ratio - 1)
RATIO = Statistic(np.expm1, ((1, 0),), -1.0, np.ones_like)
"""r − 1."""
REVERSE_RATIO = Statistic(
    lambda log_ratio: np.asarray(np.square(np.expm1(-log_ratio)) * np.exp(log_ratio)),
    ((-1, 0), (1, 0)),
    math.inf,
    np.ones_like,
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
        lambda log_ratio: np.full_like(log_ratio, weight),
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
        lambda log_ratio: log_ratio - mean_log,
    )
