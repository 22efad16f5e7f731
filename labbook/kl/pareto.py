"""Whether a sample of ratios can be averaged: the shape of its upper tail.

A tail P(r > y) ~ y^(−1/k) has a finite variance for k < 1/2 and a finite mean for k < 1.

Sources: J. Zhang, M. A. Stephens, "A new and efficient estimation method for the generalized
Pareto distribution", Technometrics 51, 2009; A. Vehtari, D. Simpson, A. Gelman, Y. Yao, J. Gabry,
"Pareto smoothed importance sampling", 2024, https://arxiv.org/abs/1507.02646, with the tail's
length and the thresholds of the R package loo.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Reals = NDArray[np.float64]

INFINITE_VARIANCE = 0.5
"""k from which the variance is infinite."""

_FEWEST = 5
_GRID = 30
_PRIOR = 3
_PRIOR_WEIGHT, _PRIOR_SHAPE = 10, 0.5
"""A tail's shape is drawn a little towards 1/2, as by ten more values: this steadies short ones."""


def tail_length(count: int) -> int:
    """How many of `count` ratios make the tail: min(n / 5, 3 √n), rounded up."""
    return math.ceil(min(count / 5, 3 * math.sqrt(count)))


def reliable_below(count: int) -> float:
    """The k̂ above which a mean of `count` ratios is not to be trusted: min(1 − 1/log10 n, 0.7)."""
    return min(1 - 1 / math.log10(count), 0.7) if count > 1 else -math.inf


def pareto_k(log_ratios: Reals) -> float:
    """k̂ of the ratios whose logarithms (nats) are given, whatever their shape and order.

    NaN where it cannot be told: fewer than five different ratios lie in the tail. Infinite
    where a ratio is.
    """
    values = np.asarray(log_ratios, dtype=np.float64).ravel()
    length = tail_length(values.size)
    if length < _FEWEST:
        return math.nan
    return tail_k(np.partition(values, values.size - length - 1)[-length - 1 :])


def tail_k(largest: Reals) -> float:
    """k̂ from the largest log ratios alone: `tail_length` of them, and the next one below."""
    tail = np.sort(largest)
    if tail.size <= _FEWEST or np.isneginf(tail[0]):
        return math.nan
    if tail[-1] == math.inf:
        return math.inf
    # Relative to the largest, as a shape does not depend on the unit and exp may overflow.
    beyond = np.exp(tail[1:] - tail[-1]) - math.exp(tail[0] - tail[-1])
    beyond = beyond[beyond > 0]
    return pareto_shape(beyond) if np.unique(beyond).size >= _FEWEST else math.nan


def pareto_shape(exceedances: Reals) -> float:
    """k of a generalized Pareto law, from its values above 0 in ascending order."""
    count, largest = exceedances.size, exceedances[-1]
    quartile = exceedances[math.floor(count / 4 + 0.5) - 1]
    size = _GRID + math.isqrt(count)
    steps = 1 - np.sqrt(size / (np.arange(1, size + 1) - 0.5))
    theta = 1 / largest + steps / (_PRIOR * quartile)
    theta = theta[theta != 0]
    shapes = np.log1p(-theta[:, None] * exceedances).mean(axis=1)
    log_likelihood = count * (np.log(-theta / shapes) - shapes - 1)
    weights = np.exp(log_likelihood - log_likelihood.max())
    best = float((theta * weights).sum() / weights.sum())
    shape = float(np.log1p(-best * exceedances).mean())
    return (shape * count + _PRIOR_SHAPE * _PRIOR_WEIGHT) / (count + _PRIOR_WEIGHT)
