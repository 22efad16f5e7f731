"""Streaming moments: count, mean and central power sums, merged without loss."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Moments:
    """What is known of numbers that have gone by: their count, mean, and Σ (x − mean)^k.

    Parts of one sample merge into the moments of the whole, whatever the order and the sizes,
    up to the rounding of float64.
    """

    count: int = 0
    mean: float = 0.0
    m2: float = 0.0
    m3: float = 0.0
    m4: float = 0.0

    @classmethod
    def of(cls, values: NDArray[np.floating]) -> Moments:
        """The moments of an array, in float64 and two passes."""
        mean = float(np.mean(values, dtype=np.float64))
        centred = np.asarray(values, dtype=np.float64) - mean
        squares = centred * centred
        return cls(
            values.size,
            mean,
            float(squares.sum()),
            float((squares * centred).sum()),
            float((squares * squares).sum()),
        )

    def merge(self, other: Moments) -> Moments:
        """The moments of both together.

        Chan, Golub, LeVeque, "Updating formulae and a pairwise algorithm for computing sample
        variances", 1979; to the fourth order Pébay, Sandia report SAND2008-6212, 2008.
        """
        if not self.count or not other.count:
            return self if self.count else other
        a, b = self.count, other.count
        n = a + b
        step = other.mean - self.mean
        return Moments(
            count=n,
            mean=self.mean + step * (b / n),
            m2=self.m2 + other.m2 + step**2 * a * b / n,
            m3=self.m3
            + other.m3
            + step**3 * a * b * (a - b) / n**2
            + 3 * step * (a * other.m2 - b * self.m2) / n,
            m4=self.m4
            + other.m4
            + step**4 * a * b * (a * a - a * b + b * b) / n**3
            + 6 * step**2 * (a * a * other.m2 + b * b * self.m2) / n**2
            + 4 * step * (a * other.m3 - b * self.m3) / n,
        )

    @property
    def sd(self) -> float:
        """The standard deviation, with n − 1 below; NaN for fewer than two numbers."""
        return math.sqrt(self.m2 / (self.count - 1)) if self.count > 1 else math.nan

    @property
    def kurtosis(self) -> float:
        """The fourth central moment over the squared second: 3 for a normal law."""
        return self.count * self.m4 / self.m2**2 if self.m2 else math.nan

    @property
    def mean_se(self) -> float:
        """The standard error of the mean, as far as the sample itself tells."""
        return self.sd / math.sqrt(self.count) if self.count > 1 else math.nan

    @property
    def sd_se(self) -> float:
        """The standard error of `sd`, as far as the sample itself tells."""
        return self.sd * relative_se_of_sd(self.kurtosis, self.count)


def relative_se_of_sd(kurtosis: float, count: int) -> float:
    """The standard error of a sample's standard deviation, divided by that deviation."""
    return math.sqrt(max(kurtosis - 1, 0.0) / (4 * count)) if count else math.nan
