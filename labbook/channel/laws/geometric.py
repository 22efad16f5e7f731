"""Exact laws of transmitted indices."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from labbook.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Geometric:
    """The number K = 1, 2, … of the first success among independent trials.

    Raises:
        UsageError: the probability of success is not above 0 and at most 1.
    """

    success: float

    def __post_init__(self) -> None:
        if not 0 < self.success <= 1:
            raise UsageError(f"A trial cannot succeed with probability {self.success:g}.")

    @property
    def mean(self) -> float:
        """E K."""
        return 1 / self.success

    @property
    def sd(self) -> float:
        """The standard deviation of K."""
        return math.sqrt(1 - self.success) / self.success

    @property
    def mean_log2(self) -> float:
        """E log2 K, in bits.

        From log k = ∫ (e^-t − e^-kt) / t dt over t > 0, and E e^-Kt in closed form. In s = log t
        the integrand is smooth and vanishes at both ends, where the trapezoid rule converges
        faster than any power of its step.
        """
        a = self.success
        step = 0.05
        s = np.arange(math.log(a) - 45, 7, step)
        t = np.exp(s)
        failing = -np.expm1(-t)
        terms = (1 - a) * np.exp(-t) * failing / (failing + a * np.exp(-t))
        return float(terms.sum() * step / math.log(2))

    @property
    def entropy(self) -> float:
        """H(K), in bits: the length of an ideal code for this law."""
        a = self.success
        if a == 1:
            return 0.0
        return (-a * math.log(a) - (1 - a) * math.log1p(-a)) / (a * math.log(2))

    @property
    def sd_of_ideal_length(self) -> float:
        """The standard deviation of −log2 P(K), in bits."""
        return 0.0 if self.success == 1 else -math.log1p(-self.success) / math.log(2) * self.sd

    def log2_pmf(self, k: ArrayLike) -> Reals:
        """log2 P(K = k)."""
        k = np.asarray(k, dtype=np.float64)
        if self.success == 1:
            return np.where(k == 1, 0.0, -np.inf)
        return np.asarray(
            (math.log(self.success) + (k - 1) * math.log1p(-self.success)) / math.log(2)
        )

    def exceeds(self, k: ArrayLike) -> Reals:
        """P(K > k)."""
        k = np.asarray(k, dtype=np.float64)
        if self.success == 1:
            return np.where(k < 1, 1.0, 0.0)
        return np.exp(k * math.log1p(-self.success))
