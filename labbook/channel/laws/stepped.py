"""A law that is geometric stretch by stretch: that of greedy rejection."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from labbook.channel.laws.sums import REACH, index_nodes

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Reals = NDArray[np.float64]

_NOTHING = 1e-18
"""Stretches that are reached less often than this add nothing to a sum of 16 digits."""


@dataclass(frozen=True, eq=False)
class SteppedLaw:
    """After `start[i]` failures, of which P(K > start[i]) = `reached[i]`, each further trial
    succeeds with probability `success[i]`, until `start[i + 1]`; the last stretch has no end.
    """

    start: Reals
    reached: Reals
    success: Reals

    @cached_property
    def mean(self) -> float:
        """E K."""
        ends = np.append(self.reached[1:], 0.0)
        return float(((self.reached - ends) / self.success).sum())

    @property
    def mean_log2(self) -> float:
        """E log2 K, in bits."""
        x, mass, _ = self._terms
        return float((mass * np.log2(x)).sum())

    @property
    def entropy(self) -> float:
        """H(K), in bits."""
        _, mass, log2_pmf = self._terms
        return float(-(mass * log2_pmf).sum()) + 0.0

    def log2_pmf(self, k: ArrayLike) -> Reals:
        """log2 P(K = k)."""
        failures = np.asarray(k, dtype=np.float64) - 1
        return self._log2_pmf(failures, self._stretch(failures))

    def pmf(self, k: ArrayLike) -> Reals:
        """P(K = k)."""
        return np.exp2(self.log2_pmf(k))

    def exceeds(self, k: ArrayLike) -> Reals:
        """P(K > k)."""
        k = np.asarray(k, dtype=np.float64)
        return np.exp2(self._log2_reached(k, self._stretch(k)))

    def _stretch(self, failures: Reals) -> NDArray[np.intp]:
        return np.searchsorted(self.start, failures, side="right") - 1

    def _log2_reached(self, failures: Reals, at: NDArray[np.intp]) -> Reals:
        steps = failures - self.start[at]
        with np.errstate(divide="ignore", invalid="ignore"):
            decay = np.where(steps > 0, steps * np.log1p(-self.success[at]) / math.log(2), 0.0)
            return np.asarray(np.log2(self.reached[at]) + decay)

    def _log2_pmf(self, failures: Reals, at: NDArray[np.intp]) -> Reals:
        return np.asarray(self._log2_reached(failures, at) + np.log2(self.success[at]))

    @cached_property
    def _terms(self) -> tuple[Reals, Reals, Reals]:
        """Points x, the mass that each stands for, and log2 P(K = x)."""
        found = [self._terms_of(int(at)) for at in np.flatnonzero(self.reached > _NOTHING)]
        x, mass, log2_pmf = (np.concatenate(each) for each in zip(*found, strict=True))
        there = mass > 0
        return x[there], mass[there], log2_pmf[there]

    def _terms_of(self, at: int) -> tuple[Reals, Reals, Reals]:
        success = float(self.success[at])
        scale = -1 / math.log1p(-success) if success < 1 else 1e-3
        last = self.start[at] + math.ceil(REACH * scale)
        if at + 1 < len(self.start):
            last = min(last, self.start[at + 1])
        x, weight = index_nodes(self.start[at] + 1, last, scale)
        log2_pmf = self._log2_pmf(x - 1, np.full(len(x), at))
        return x, weight * np.exp2(log2_pmf), log2_pmf
