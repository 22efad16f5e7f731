"""The exact law of the index of greedy Poisson rejection.

G. Flamich, "Greedy Poisson rejection sampling", NeurIPS 2023, https://arxiv.org/abs/2305.15313
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from labbook.channel.laws.summed import SummedLaw
from labbook.channel.laws.sums import REACH
from labbook.channel.spectrum import Spectrum
from labbook.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Reals = NDArray[np.float64]

LARGEST_M = 1e7
"""Beyond, the gamma functions of the law lose the digits that are promised."""

_AT_ONCE = 1 << 20


@dataclass(frozen=True, eq=False)
class GreedyPoissonLaw(SummedLaw):
    """K − 1 is Poisson with a random mean R.

    As L rises from 0 to M, T = P_q(r ≥ L) − L P_p(r ≥ L) falls from 1 to 0; the L at which a
    point is accepted makes T uniform. Between levels of r, w = P_p(r ≥ L) is constant, and R
    rises by (1/w − 1) times what −log T rises.

    left, mean: T and R where w begins to hold
    slope: (levels,), 1/w − 1
    reach: by how much R rises while it holds; infinite at the last level
    """

    left: Reals
    mean_before: Reals
    slope: Reals
    reach: Reals

    @property
    def mean(self) -> float:
        """E K, which is M."""
        shrunk = np.exp(-self.reach / self.slope)
        ends = np.where(np.isfinite(self.reach), self.reach, 0.0) * shrunk
        inside = self.slope * (1 - shrunk) - ends
        return 1 + float((self.left * (self.mean_before * (1 - shrunk) + inside)).sum())

    @property
    def last(self) -> int:
        if not len(self.slope):
            return 1
        return math.ceil(float(self.mean_before[-1] + REACH * (1 + self.slope[-1])))

    def pmf(self, k: ArrayLike) -> Reals:
        """P(K = k)."""
        k = np.asarray(k, dtype=np.float64)
        at_once = 1 - float((self.left * -np.expm1(-self.reach / self.slope)).sum())
        return np.asarray(np.where(k == 1, at_once, 0.0) + self._summed(k, 1 / self.slope))

    def exceeds(self, k: ArrayLike) -> Reals:
        """P(K > k)."""
        k = np.asarray(k, dtype=np.float64)
        return np.where(k > 0, self._summed(np.maximum(k, 1.0), np.ones_like(self.slope)), 1.0)

    def _summed(self, k: Reals, factors: Reals) -> Reals:
        """Σ over the levels of factor · ∫ T dG, G(R) = P(at least k points of mean R)."""
        from scipy.special import gammainc

        flat, found = k.ravel(), np.empty(k.size)
        rate = 1 + 1 / self.slope
        begin, end = rate * self.mean_before, rate * (self.mean_before + self.reach)
        rows = max(1, _AT_ONCE // max(1, len(rate)))
        with np.errstate(divide="ignore"):
            log_left = np.log(self.left * factors) + self.mean_before / self.slope
        for first in range(0, len(flat), rows):
            part = flat[first : first + rows, None]
            gone = gammainc(part, end) - gammainc(part, begin)
            size = np.exp(np.minimum(log_left - part * np.log(rate), 700.0))
            found[first : first + rows] = np.where(gone > 0, gone * size, 0.0).sum(axis=1)
        return np.asarray(found.reshape(k.shape))


def greedy_poisson_law(spectrum: Spectrum) -> GreedyPoissonLaw:
    """Of K.

    Raises:
        UsageError: M is too large.
    """
    if spectrum.log2_m > math.log2(LARGEST_M):
        raise UsageError(
            f"The law of greedy Poisson rejection is computed for M up to {LARGEST_M:.0e}, "
            f"and log2 M is {spectrum.log2_m:.4g} here.",
            hint="Give shorter blocks.",
        )
    ratio, p = spectrum.ratio, spectrum.p
    wide = np.minimum(np.exp2(spectrum.log2_above[0]), 1.0)
    left = np.array([np.dot(p[i:], ratio[i:] - low) for i, low in enumerate(_lower(ratio))])
    moves = (wide < 1) & (left > 0)
    left, slope = left[moves], 1 / wide[moves] - 1
    after = np.append(left[1:], 0.0)
    with np.errstate(divide="ignore"):
        reach = slope * np.log(left / after)
    before = np.append(0.0, np.cumsum(reach[:-1]))[: len(reach)]
    return GreedyPoissonLaw(left, before, slope, reach)


def _lower(ratio: Reals) -> Reals:
    """Where L stands when each level begins to be the next above it."""
    return np.append(0.0, ratio[:-1])
