"""The six sums of float32 values that all moments of k1, k2, k3 and of their mixtures come from."""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from labbook.kl.joint import Joint
from labbook.kl.moments import Moments

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Singles = NDArray[np.float32]

_ROW = 8192
"""Sums of products are taken over rows of this length and added up in float64. OpenBLAS
spreads a longer one over threads, which costs more than it gives."""

_ONES = np.ones(_ROW, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class PowerSums:
    """Σ over samples of L, L², L⁴, k3, k3² and L·k3; in nats and their powers.

    The estimators' means lie within a standard deviation or so of 0, so their second moments
    lose next to nothing to cancellation. Sums of neighbouring ranges add up.
    """

    count: int = 0
    log: float = 0.0
    log2: float = 0.0
    log4: float = 0.0
    k3: float = 0.0
    k3_2: float = 0.0
    log_k3: float = 0.0

    @classmethod
    def of(cls, log_ratio: Singles, k3: Singles, squares: Singles) -> PowerSums:
        """Of the log ratios and the k3 that belong to them.

        squares: a buffer of their length
        """
        np.multiply(log_ratio, log_ratio, out=squares)
        return cls(
            log_ratio.size,
            _sum(log_ratio),
            _dot(log_ratio, log_ratio),
            _dot(squares, squares),
            _sum(k3),
            _dot(k3, k3),
            _dot(log_ratio, k3),
        )

    def __add__(self, other: PowerSums) -> PowerSums:
        return PowerSums(
            self.count + other.count,
            self.log + other.log,
            self.log2 + other.log2,
            self.log4 + other.log4,
            self.k3 + other.k3,
            self.k3_2 + other.k3_2,
            self.log_k3 + other.log_k3,
        )

    def distance(self, other: PowerSums) -> float:
        """By how much the sums differ, at most, as a share of the size of their terms.

        L and L·k3 have both signs: the size of their terms is the measure, not of their sum.
        """
        sizes = replace(
            other,
            log=math.sqrt(other.count * other.log2),
            log_k3=math.sqrt(other.log2 * other.k3_2),
        )
        each = zip(astuple(self), astuple(other), astuple(sizes), strict=True)
        shares = [abs(one - two) / size if size else abs(one - two) for one, two, size in each]
        return float(max(shares))

    def moments(self) -> dict[str, Moments]:
        """Of k1, k2 and k3; without the third and fourth, which are NaN."""
        return {
            "k1": self._moments(-self.log, self.log2),
            "k2": self._moments(self.log2 / 2, self.log4 / 4),
            "k3": self._moments(self.k3, self.k3_2),
        }

    def joint(self) -> Joint:
        """Of L and k3."""
        n = self.count
        return Joint(
            n,
            self.log / n,
            self.k3 / n,
            max(self.log2 - self.log * self.log / n, 0.0),
            self.log_k3 - self.log * self.k3 / n,
            max(self.k3_2 - self.k3 * self.k3 / n, 0.0),
        )

    def _moments(self, first: float, second: float) -> Moments:
        mean = first / self.count
        return Moments(self.count, mean, max(second - first * mean, 0.0), math.nan, math.nan)


def _dot(a: Singles, b: Singles) -> float:
    whole = a.size - a.size % _ROW
    rows = np.vecdot(a[:whole].reshape(-1, _ROW), b[:whole].reshape(-1, _ROW))
    return float(rows.sum(dtype=np.float64)) + float(np.dot(a[whole:], b[whole:]))


def _sum(a: Singles) -> float:
    # A dot product with ones is quicker than a sum, and one row of ones stays in the cache.
    whole = a.size - a.size % _ROW
    rows = np.vecdot(a[:whole].reshape(-1, _ROW), _ONES)
    return float(rows.sum(dtype=np.float64)) + float(np.dot(a[whole:], _ONES[: a.size - whole]))
