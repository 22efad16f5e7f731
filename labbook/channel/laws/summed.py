"""Laws of an index whose mean log2 and entropy are sums of what its probabilities say."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from labbook.channel.laws.sums import index_nodes

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Reals = NDArray[np.float64]


class SummedLaw(ABC):
    """A law whose E log2 K and entropy are sums over K.

    last: beyond, nothing is left
    """

    @property
    @abstractmethod
    def last(self) -> int: ...

    @abstractmethod
    def pmf(self, k: ArrayLike) -> Reals:
        """P(K = k)."""

    def log2_pmf(self, k: ArrayLike) -> Reals:
        """log2 P(K = k)."""
        with np.errstate(divide="ignore"):
            return np.log2(self.pmf(k))

    @property
    def mean_log2(self) -> float:
        """E log2 K, in bits."""
        x, weight = self._nodes
        return float((weight * self._pmf_at_nodes * np.log2(x)).sum())

    @property
    def entropy(self) -> float:
        """H(K), in bits."""
        weight, pmf = self._nodes[1], self._pmf_at_nodes
        there = pmf > 0
        return float(-(weight[there] * pmf[there] * np.log2(pmf[there])).sum()) + 0.0

    @cached_property
    def _nodes(self) -> tuple[Reals, Reals]:
        return index_nodes(1, self.last)

    @cached_property
    def _pmf_at_nodes(self) -> Reals:
        return self.pmf(self._nodes[0])
