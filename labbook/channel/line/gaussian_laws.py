"""Exact laws of the index that is sent for a normal target, by quadrature.

All three are integrals over the drop d of the ratio, r = M exp(−d²/2); see `falling`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from labbook.channel.laws.mixture import GeometricMixture
from labbook.channel.laws.panels import Panels
from labbook.channel.laws.sums import index_nodes
from labbook.channel.laws.table import NOTHING, IndexTable
from labbook.channel.spectrum import LARGEST_LOG2_M
from labbook.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from labbook.channel.line.falling import FallingPair

    Reals = NDArray[np.float64]

_SMALL_WIDTH = 1e-3
"""Below this P_p(r ≥ L), greedy rejection changes so little from trial to trial that it is a flow,
known to the third power of it."""

_FEWEST_TRIALS = 500

_DIRECT = 16
"""Up to this index the Poisson laws of a mixture are added at its places; beyond, they are so
narrow that the density of their means is interpolated."""

_LEAST_MEAN = 1e-6
"""Smaller means add nothing to what is interpolated."""

_SHARP = 1e12
"""Beyond this index a Poisson law is as good as its mean."""

_FINER = 4
_ACROSS = np.linspace(-10.0, 8.5, 75)
"""Standard deviations of a Poisson law at which it is summed."""


def poisson_law(pair: FallingPair) -> GeometricMixture:
    """Of K = argmin T_i / r(z_i), the Poisson functional representation.

    K is geometric with success 1/(1 + g(z)) for a given z of law q, g(z) = r(z) P_p(r < r(z)) −
    P_q(r < r(z)): C. T. Li, A. El Gamal, IEEE Trans. Inf. Theory 64 (2018) 6967.

    Raises:
        UsageError: indices are too large for double precision.
    """
    need_moderate(pair)
    drops = pair.target_panels.places
    weights = pair.target_panels.weights * pair.under_q.density(drops)
    passed = pair.ratio_at(drops) * pair.under_p.beyond(drops) - pair.under_q.beyond(drops)
    return GeometricMixture(weights / weights.sum(), 1 / (1 + np.maximum(passed, 0.0)))


def greedy_law(pair: FallingPair) -> IndexTable:
    """Of the first accepted trial of greedy rejection.

    P(K > k) = T_k, where L_0 = 0, T(L) = w_Q(L) − L w_P(L) and L_{k+1} = L_k + T_k: P. Harsha
    et al., IEEE Trans. Inf. Theory 56 (2010) 438. Trial by trial until w_P is small; from there
    on by the flow dL/dk = V whose map after one unit of time is the recursion,
    V = T − T T'/2 + T T'²/3 + T² T''/12 with T' = −w_P, up to the third power of w_P.

    Raises:
        UsageError: indices are too large for double precision.
    """
    need_moderate(pair)
    reached, drop = _trials(pair)
    few = len(reached) - 1
    k, weight, pmf = _flow(pair, drop, few)
    # The sum over whole k is the integral and half of its first term; together, what is left.
    weight[1:] *= (reached[-1] - pmf[0] / 2) / (weight[1:] * pmf[1:]).sum()
    accepted = -np.diff(reached)
    return IndexTable.of(
        np.concatenate([np.arange(1.0, few + 1), k]),
        np.concatenate([accepted, weight * pmf]),
        np.concatenate([accepted, pmf]),
        single=few,
        mean=2**pair.log2_m,
    )


def greedy_poisson_law(pair: FallingPair) -> IndexTable:
    """Of the first accepted point of greedy Poisson rejection.

    The level at which a point is accepted makes U = T(L) uniform; K − 1 is then Poisson with
    mean R, dR = (1/w_P − 1) d(−ln T). So R has density T w_P / (1 − w_P). G. Flamich, "Greedy
    Poisson rejection sampling", NeurIPS 2023, https://arxiv.org/abs/2305.15313

    Raises:
        UsageError: indices are too large for double precision.
    """
    need_moderate(pair)
    levels = pair.graded_panels.finer(_FINER)
    drops = levels.places
    accepted, ratio = pair.level_density(drops), pair.ratio_at(drops)
    slope = pair.under_p.beyond(drops) * ratio * drops / pair.left(levels, accepted)
    # Above the last edge T is 1, and R is what L has risen to without being accepted.
    end = levels.edges[-1]
    risen = levels.remaining(slope) + pair.under_p.beyond(end) * pair.ratio_at(end)
    means, masses = np.maximum(risen, 0.0), levels.weights * accepted
    there = masses > NOTHING
    last = float(means[there].max())
    k, weight = index_nodes(1, 2 + math.ceil(last + 9 * math.sqrt(last)))
    few = k <= _DIRECT
    pmf = np.empty_like(k)
    pmf[few] = _mixed(k[few], means[there], masses[there])
    large = there & (means > _LEAST_MEAN)
    pmf[~few] = _interpolated(k[~few], means[large], (accepted[large] / slope[large]))
    single = int((weight == 1).cumprod().sum())
    return IndexTable.of(k, weight * pmf, pmf, single=single, mean=2**pair.log2_m)


def need_moderate(pair: FallingPair) -> None:
    """Refuse a pair whose indices are too large.

    Raises:
        UsageError: they do not fit into double precision.
    """
    if pair.log2_m > LARGEST_LOG2_M:
        raise UsageError(
            f"With log2 M = {pair.log2_m:.4g} indices do not fit into double precision.",
            hint="Give a target that is closer to the prior.",
        )


def _trials(pair: FallingPair) -> tuple[Reals, float]:
    """P(K > k) for k = 0, 1, … until w_P(L) is small, and the drop at that L."""
    reached, level = [1.0], 0.0
    while True:
        level += reached[-1]
        drop = float(pair.drop(level))
        reached.append(pair.left_at(drop))
        if pair.width_at(drop) < _SMALL_WIDTH and len(reached) > _FEWEST_TRIALS:
            return np.array(reached), drop


def _flow(pair: FallingPair, drop: float, failures: int) -> tuple[Reals, Reals, Reals]:
    """k, weights and P(K = k) after so many failures, at which the drop is this.

    The first place is the trial that comes next, with half of its weight.
    """
    levels = Panels(np.minimum(pair.panels_to(drop).edges, drop))
    drops = np.append(levels.places, drop)
    ratio = pair.ratio_at(drops)
    left = pair.left(levels, pair.level_density(levels.places))
    left = np.append(left, pair.left_at(drop))
    wide = np.exp(pair.under_p.log_within(drops))
    bend = pair.under_p.density(drops) / (ratio * drops)
    pace = ratio * drops / (left * (1 + wide / 2 + wide**2 / 3 + left * bend / 12))
    accepted = left * (wide - left * bend / 2)
    since = levels.remaining(pace[:-1])
    order = slice(None, None, -1)
    return (
        failures + 1 + np.append(0.0, since[order]),
        np.append(0.5, (levels.weights * pace[:-1])[order]),
        np.maximum(accepted[order], 0.0),
    )


def _mixed(k: Reals, means: Reals, masses: Reals) -> Reals:
    """P(K = k), K − 1 being Poisson with each of these means in a share of cases."""
    from scipy.special import gammaln, xlogy

    events = k[:, None] - 1
    log_pmf = xlogy(events, means) - means - gammaln(events + 1)
    return np.asarray(np.exp(log_pmf) @ masses)


def _interpolated(k: Reals, means: Reals, density: Reals) -> Reals:
    """P(K = k), K − 1 being Poisson: the mean of the density over a gamma law of shape k."""
    from scipy.interpolate import CubicSpline

    ascending = np.argsort(means)
    means, density = means[ascending], density[ascending]
    apart = np.append(True, np.diff(means) > 1e-9 * means[1:])
    curve = CubicSpline(np.log(means[apart]), np.log(density[apart]))
    shape = np.minimum(k, _SHARP)[:, None]
    away = _ACROSS / np.sqrt(shape)
    # Stirling's series for the constant of the gamma law: off by 1e-9 from _DIRECT on.
    log_weight = shape * (away - np.expm1(away)) - 1 / (12 * shape) + 1 / (360 * shape**3)
    places = np.log(k)[:, None] + away
    lowest, highest = np.log(means[[0, -1]])
    inside = (places >= lowest) & (places <= highest)
    terms = np.exp(log_weight + curve(np.clip(places, lowest, highest)))
    step = (_ACROSS[1] - _ACROSS[0]) / math.sqrt(2 * math.pi)
    return np.asarray(step * np.where(inside, terms, 0.0).sum(axis=1))
