"""A geometric law whose success is itself random: that of the Poisson functional representation."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from labbook.channel.laws.sums import index_nodes

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Reals = NDArray[np.float64]

_AT_ONCE = 1 << 21
"""Terms of the mixture at all indices that are held at a time."""

_REACH = 60.0
"""Means after which nothing is left of a geometric law: e^-60."""


@dataclass(frozen=True, eq=False)
class GeometricMixture:
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
    def mean_log2(self) -> float:
        """E log2 K, in bits."""
        x, weight = self._nodes
        return float((weight * self._pmf_at_nodes * np.log2(x)).sum())

    @property
    def entropy(self) -> float:
        """H(K), in bits."""
        _, weight = self._nodes
        pmf = self._pmf_at_nodes
        there = pmf > 0
        return float(-(weight[there] * pmf[there] * np.log2(pmf[there])).sum()) + 0.0

    def pmf(self, k: ArrayLike) -> Reals:
        """P(K = k)."""
        return self._summed(np.asarray(k, dtype=np.float64) - 1, self.weights * self.success)

    def log2_pmf(self, k: ArrayLike) -> Reals:
        """log2 P(K = k)."""
        with np.errstate(divide="ignore"):
            return np.log2(self.pmf(k))

    def exceeds(self, k: ArrayLike) -> Reals:
        """P(K > k)."""
        return self._summed(np.asarray(k, dtype=np.float64), self.weights)

    @cached_property
    def _nodes(self) -> tuple[Reals, Reals]:
        rarest = float(self.success[self.weights > 0].min())
        return index_nodes(1, math.ceil(_REACH / rarest))

    @cached_property
    def _pmf_at_nodes(self) -> Reals:
        return self.pmf(self._nodes[0])

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
