"""A geometric law whose success is itself random: that of the Poisson functional representation."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from labbook.channel.laws.summed import SummedLaw
from labbook.channel.laws.sums import REACH

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Reals = NDArray[np.float64]

_AT_ONCE = 1 << 21
"""Terms of the mixture at all indices that are held at a time."""


@dataclass(frozen=True, eq=False)
class GeometricMixture(SummedLaw):
    """K = 1, 2, … is geometric, with a success of `success[i]` in a share `weights[i]` of cases.

    weights: (parts,), summing to 1
    success: (parts,), above 0 and at most 1
    """

    weights: Reals
    success: Reals

    @property
    def mean(self) -> float:
        """E K."""
        return float((self.weights / self.success).sum())

    @property
    def last(self) -> int:
        return math.ceil(REACH / float(self.success[self.weights > 0].min()))

    def pmf(self, k: ArrayLike) -> Reals:
        """P(K = k)."""
        return self._summed(np.asarray(k, dtype=np.float64) - 1, self.weights * self.success)

    def exceeds(self, k: ArrayLike) -> Reals:
        """P(K > k)."""
        return self._summed(np.asarray(k, dtype=np.float64), self.weights)

    def _summed(self, failures: Reals, factors: Reals) -> Reals:
        """Σ factor · (1 − success)^failures."""
        certain = self.success == 1
        rate = np.log1p(-self.success[~certain])
        factor, always = factors[~certain], float(factors[certain].sum())
        flat = failures.ravel()
        found = np.where(flat == 0, always, 0.0)
        rows = max(1, _AT_ONCE // max(1, len(rate)))
        for begin in range(0, len(flat), rows):
            part = slice(begin, begin + rows)
            found[part] += np.exp(np.multiply.outer(flat[part], rate)) @ factor
        return np.asarray(found.reshape(failures.shape))
