"""The statistics by which f-divergences are estimated, each with all its digits near r = 1.

Written in L = log r, in the precision of the argument; finite wherever they fit into it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from labbook.kl.statistics import Statistic

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Reals = NDArray[np.floating]

LOG_2 = math.log(2)

_NO_RATIO = -1e4
"""Below this, r is 0 in extended precision too, and 0 · L has to be 0."""

_ONE = 700.0
"""L above which 1/r is nothing beside 1, and r still fits into double precision."""


def mixed(statistic: Statistic, share: float) -> Statistic:
    """Its values at 1 + ε(r − 1), the ratio to q of the mixture (1 − ε) q + ε p; 0 < ε < 1.

    That ratio is at least 1 − ε: where r is small, the statistic is bounded.
    """

    def log_mixed(log_ratio: Reals) -> Reals:
        return np.asarray(np.log1p(share * np.expm1(log_ratio)))

    return Statistic(
        lambda log_ratio: statistic.of(log_mixed(log_ratio)),
        tuple((a, b) for a, b in statistic.powers if a > 0) or ((0, 0),),
        float(statistic.of(log_mixed(np.array([-np.inf])))[0]),
    )


def _half_gap(log_ratio: Reals) -> Reals:
    """(r − 1) / 2. As a product, it is finite up to the last double."""
    half = log_ratio / 2
    return np.asarray(np.expm1(half) / 2 * (np.exp(half) + 1))


def _ratio_times_log(log_ratio: Reals) -> Reals:
    held = np.maximum(log_ratio, _NO_RATIO)
    return np.asarray(np.exp(held) * held)


def _jensen_shannon(log_ratio: Reals) -> Reals:
    """[r log(2r/(1+r)) + log(2/(1+r))] / 2.

    With t = tanh(L/2) it is (1 + r)/4 · [(1+t) log(1+t) + (1−t) log(1−t)], and the bracket is
    Σ t^2j / (j (2j − 1)): near L = 0 the two logarithms would cancel.
    """
    t = np.tanh(log_ratio / 2)
    small = np.abs(t) < 1 / 4
    squared = np.square(np.where(small, t, 0.0))
    series = np.zeros_like(squared)
    for j in range(14, 0, -1):
        series = (series + 1 / (j * (2 * j - 1))) * squared
    root = np.exp(log_ratio / 2)
    near = series / 4 * (1 + np.square(np.where(small, root, 0.0)))
    far = np.where(small, 1.0, np.maximum(log_ratio, _NO_RATIO))
    root = np.exp(far / 2)
    above, below = LOG_2 - np.logaddexp(0, -far), LOG_2 - np.logaddexp(0, far)
    return np.asarray(np.where(small, near, root * (root * above / 2) + below / 2))


def _jensen_shannon_safe(log_ratio: Reals) -> Reals:
    """[r log(r/(1+r)) + log(4/(1+r))] / 2, whose first term tends to −1/2 for large r."""
    near = np.clip(log_ratio, -1 / 2, 1 / 2)
    close = _jensen_shannon(near) - LOG_2 / 2 * np.expm1(near)
    ratio = np.clip(log_ratio, _NO_RATIO, _ONE)
    first = -np.exp(ratio) * np.logaddexp(0, -ratio)
    far = (first + 2 * LOG_2 - np.logaddexp(0, log_ratio)) / 2
    return np.asarray(np.where(np.abs(log_ratio) < 1 / 2, close, far))


REVERSE_KL = Statistic(_ratio_times_log, ((1, 1),), 0.0)
JEFFREYS = Statistic(lambda x: np.asarray(x * np.expm1(x)), ((1, 1), (0, 1)), math.inf)
CHI2 = Statistic(lambda x: np.square(np.expm1(x)), ((2, 0),), 1.0)
REVERSE_CHI2_SAFE = Statistic(lambda x: np.asarray(np.expm1(-x)), ((-1, 0),), math.inf)
HELLINGER = Statistic(lambda x: np.asarray(-np.expm1(x / 2)), ((1 / 2, 0),), 1.0)
HELLINGER_TANGENT = Statistic(
    lambda x: np.asarray(np.expm1(x / 2) / 2 * np.expm1(x / 2)), ((1, 0),), 1 / 2
)
JENSEN_SHANNON = Statistic(_jensen_shannon, ((1, 0),), LOG_2 / 2)
JENSEN_SHANNON_SAFE = Statistic(_jensen_shannon_safe, ((0, 0),), LOG_2)
LE_CAM = Statistic(lambda x: np.asarray(np.tanh(x / 2) * _half_gap(x)), ((1, 0),), 1 / 2)
LE_CAM_SAFE = Statistic(lambda x: np.asarray(-np.tanh(x / 2)), ((0, 0),), 1.0)
TOTAL_VARIATION = Statistic(lambda x: np.abs(_half_gap(x)), ((1, 0),), 1 / 2)
TOTAL_VARIATION_SAFE = Statistic(lambda x: np.asarray(-np.expm1(np.minimum(x, 0))), ((0, 0),), 1.0)
