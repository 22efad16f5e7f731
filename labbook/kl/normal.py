"""Pairs of normal distributions: everything about their density ratio in closed form."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from labbook.errors import UsageError
from labbook.kl.families.base import REAL_LINE, Support
from labbook.kl.tails import Tail

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from labbook.kl.draws import NormalDraws

    Singles = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Normal:
    """A normal distribution.

    Raises:
        UsageError: the mean is not finite, or the standard deviation is not a positive number.
    """

    mean: float
    sd: float

    def __post_init__(self) -> None:
        if not math.isfinite(self.mean):
            raise UsageError(f"The mean of a normal distribution cannot be {self.mean}.")
        if not (math.isfinite(self.sd) and self.sd > 0):
            raise UsageError(
                f"The standard deviation of a normal distribution cannot be {self.sd}: "
                "it must be above 0."
            )

    @property
    def support(self) -> Support:
        return REAL_LINE

    @property
    def centre(self) -> float:
        return self.mean

    @property
    def scale(self) -> float:
        return self.sd

    @property
    def low_tail(self) -> Tail:
        return Tail(x2=-1 / (2 * self.sd**2), x=-self.mean / self.sd**2)

    @property
    def high_tail(self) -> Tail:
        return Tail(x2=-1 / (2 * self.sd**2), x=self.mean / self.sd**2)

    def log_density(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """The log density in nats."""
        z = (x - self.mean) / self.sd
        return np.asarray(-z * z / 2 - math.log(self.sd * math.sqrt(2 * math.pi)))

    def quantile(self, u: NDArray[np.float64]) -> NDArray[np.float64]:
        """The value below which a share u of the mass lies."""
        from scipy.special import ndtri

        return np.asarray(self.mean + self.sd * ndtri(u))

    def __str__(self) -> str:
        return f"normal({self.mean:g},{self.sd:g})"


@dataclass(frozen=True, slots=True)
class NormalPair:
    """Samples x come from q; p is what q is compared with. r(x) = p(x) / q(x), L = log r.

    With x = q.mean + q.sd · z and z standard normal, L is a polynomial in z of degree 2. Its
    coefficients are computed directly and not from two log densities: their difference would
    lose the small L of two close distributions to rounding.
    """

    q: Normal
    p: Normal

    @property
    def coefficients(self) -> tuple[float, float, float]:
        """c0, c1, c2 of L = c0 + c1 z + c2 z²."""
        widening = (self.p.sd - self.q.sd) / self.q.sd
        gap = (self.q.mean - self.p.mean) / self.p.sd
        return (
            -math.log1p(widening) - gap * gap / 2,
            -gap * self.q.sd / self.p.sd,
            (self.p.sd - self.q.sd) * (self.p.sd + self.q.sd) / (2 * self.p.sd**2),
        )

    @property
    def kl(self) -> float:
        """KL(q ‖ p) in nats."""
        widening = (self.q.sd - self.p.sd) * (self.q.sd + self.p.sd) / self.p.sd**2
        gap = (self.q.mean - self.p.mean) / self.p.sd
        return (gap * gap + widening - math.log1p(widening)) / 2

    def log_ratio(self, x: NDArray[np.floating]) -> NDArray[np.float64]:
        """L = log p(x) − log q(x), in nats."""
        c0, c1, c2 = self.coefficients
        z = (np.asarray(x, dtype=np.float64) - self.q.mean) / self.q.sd
        return np.asarray(c0 + z * (c1 + z * c2))

    def log_ratio_at(self, z: NDArray[np.float32], out: NDArray[np.float32]) -> None:
        """L at x = q.mean + q.sd · z, into `out`, in the precision of the two."""
        c0, c1, c2 = (np.float32(c) for c in self.coefficients)
        if c2:
            np.multiply(z, c2, out=out)
            out += c1
            out *= z
        else:
            np.multiply(z, c1, out=out)
        out += c0

    def log_ratios(self, draws: NormalDraws, count: int, out: Singles) -> Singles:
        """L at the next `count` samples: in `out`, or in the draws' own buffer."""
        c0, c1, c2 = self.coefficients
        if c2:
            self.log_ratio_at(draws.take(count), out=out)
            return out
        scaled = draws.take(count, c1)
        scaled += np.float32(c0)
        return scaled

    def log_moment(self, t: float) -> float:
        """log M(t), where M(t) = E_q[r^t]; infinite where the expectation is.

        M generates every mean and variance of the estimators: E_q[r^a L^b] is its b-th
        derivative at a. M(2) is finite where p.sd² < 2 q.sd².
        """
        width = (1 - t) * self.p.sd**2 + t * self.q.sd**2
        if width <= 0:
            return math.inf
        gap = self.q.mean - self.p.mean
        return (
            (1 - t) * math.log(self.p.sd)
            + t * math.log(self.q.sd)
            - math.log(width) / 2
            - t * (1 - t) * gap * gap / (2 * width)
        )
