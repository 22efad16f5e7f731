"""Streaming second moments of L and r together: what the best control variate is made of."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Joint:
    """Count, means of L and w = r − 1, and Σ of the products of their deviations.

    Parts of one sample merge into the whole's, up to the rounding of float64.
    """

    count: int = 0
    log: float = 0.0
    ratio: float = 0.0
    log_log: float = 0.0
    log_ratio: float = 0.0
    ratio_ratio: float = 0.0

    @classmethod
    def of(cls, log_ratio: Reals, ratio: Reals) -> Joint:
        """From log ratios L and the w = r − 1 that belong to them."""
        if not log_ratio.size:
            return cls()
        log, mean = float(log_ratio.mean()), float(ratio.mean())
        a, b = log_ratio - log, ratio - mean
        return cls(
            log_ratio.size,
            log,
            mean,
            float((a * a).sum()),
            float((a * b).sum()),
            float((b * b).sum()),
        )

    def merge(self, other: Joint) -> Joint:
        """Of both together; Chan, Golub, LeVeque 1979."""
        if not self.count or not other.count:
            return self if self.count else other
        n = self.count + other.count
        share, weight = other.count / n, self.count * other.count / n
        log, ratio = other.log - self.log, other.ratio - self.ratio
        return Joint(
            n,
            self.log + log * share,
            self.ratio + ratio * share,
            self.log_log + other.log_log + log * log * weight,
            self.log_ratio + other.log_ratio + log * ratio * weight,
            self.ratio_ratio + other.ratio_ratio + ratio * ratio * weight,
        )

    @property
    def best_weight(self) -> float:
        """λ̂ = Cov(L, r) / Var(r), of this sample."""
        return self.log_ratio / self.ratio_ratio if self.ratio_ratio > 0 else math.nan

    def mean_at(self, weight: float) -> float:
        """The mean of −L + λ(r − 1)."""
        return weight * self.ratio - self.log

    def variance_at(self, weight: float) -> float:
        """The variance of −L + λ(r − 1), with n − 1 below."""
        if self.count < 2:
            return math.nan
        total = self.log_log - 2 * weight * self.log_ratio + weight * weight * self.ratio_ratio
        return max(total, 0.0) / (self.count - 1)
