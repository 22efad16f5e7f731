"""Streaming second moments of L and k3 together: what the best control variate is made of.

With w = r − 1 = k3 + L, the estimator −L + λw is (λ − 1) L + λ k3. In these two terms nothing
cancels for close distributions, where w and L are nearly the same.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Reals = NDArray[np.floating]


_VARIES = 1e-6
"""Var(r) below this share of Var(L) is what rounding in single precision leaves of it."""


@dataclass(frozen=True, slots=True)
class Joint:
    """Count, means of L and of k3, and Σ of the products of their deviations.

    Parts of one sample merge into the whole's, up to the rounding of float64.
    """

    count: int = 0
    log: float = 0.0
    k3: float = 0.0
    log_log: float = 0.0
    log_k3: float = 0.0
    k3_k3: float = 0.0

    @classmethod
    def of(cls, log_ratio: Reals, k3: Reals) -> Joint:
        """From log ratios L, and the k3 = (exp L − 1) − L that belong to them."""
        if not log_ratio.size:
            return cls()
        log, mean = float(log_ratio.mean()), float(k3.mean())
        a, b = log_ratio - log, k3 - mean
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
        log, k3 = other.log - self.log, other.k3 - self.k3
        return Joint(
            n,
            self.log + log * share,
            self.k3 + k3 * share,
            self.log_log + other.log_log + log * log * weight,
            self.log_k3 + other.log_k3 + log * k3 * weight,
            self.k3_k3 + other.k3_k3 + k3 * k3 * weight,
        )

    @property
    def best_weight(self) -> float:
        """λ̂ = Cov(L, r) / Var(r), of this sample; 0, which is k1, where its r hardly varies."""
        ratio_ratio = self.log_log + 2 * self.log_k3 + self.k3_k3
        if ratio_ratio <= _VARIES * self.log_log:
            return 0.0
        return (self.log_log + self.log_k3) / ratio_ratio

    def mean_at(self, weight: float) -> float:
        """The mean of −L + λ(r − 1)."""
        return (weight - 1) * self.log + weight * self.k3

    def variance_at(self, weight: float) -> float:
        """The variance of −L + λ(r − 1), with n − 1 below."""
        if self.count < 2:
            return math.nan
        rest = weight - 1
        total = rest * (rest * self.log_log + 2 * weight * self.log_k3) + weight**2 * self.k3_k3
        return max(total, 0.0) / (self.count - 1)
