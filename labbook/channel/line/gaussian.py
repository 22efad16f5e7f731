"""Pairs of normal laws on the line, a narrow target q and a wide prior p.

Seen from the prior, p = N(0, 1) and q = N(m, s²) with s < 1. The ratio r = q/p then has a largest
value M, at c = m/(1 − s²), and falls from there like a normal density,

    r(z) = M exp(−d²/2),  d = |z − c| √(1 − s²) / s,  ln M = −ln s + m² / (2(1 − s²)).

So the sets where r is at least h are intervals around c, to which p and q give what the normal law
gives; what follows from that alone is in `falling`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from labbook.channel.line.falling import FAR, FallingPair
from labbook.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Reals = NDArray[np.float64]

_SMALL = 1e-5
"""Below this part of its scale a density is constant, to twice as many digits."""


@dataclass(frozen=True, slots=True)
class Folded:
    """|X| for a normal X."""

    mean: float
    sd: float

    def log_within(self, d: Reals) -> Reals:
        """ln P(|X| ≤ d)."""
        from scipy.special import log_ndtr

        below = log_ndtr((d - self.mean) / self.sd)
        far = log_ndtr((-d - self.mean) / self.sd)
        small = d * max(1.0, self.mean / self.sd) < _SMALL * self.sd
        with np.errstate(divide="ignore", invalid="ignore"):
            narrow = np.log(d) + self._log_density(d / 2)
            inner = below + np.log(-np.expm1(far - below))
        outside = np.minimum(self.beyond(d), 0.5)
        return np.where(small, narrow, np.where(outside < 0.5, np.log1p(-outside), inner))

    def beyond(self, d: Reals) -> Reals:
        """P(|X| > d)."""
        from scipy.special import ndtr

        return np.asarray(ndtr((self.mean - d) / self.sd) + ndtr((-self.mean - d) / self.sd))

    def density(self, d: Reals) -> Reals:
        """Of |X| at d ≥ 0."""
        return np.exp(self._log_density(d))

    def _log_density(self, d: Reals) -> Reals:
        near, far = (-(((d - side * self.mean) / self.sd) ** 2) / 2 for side in (1, -1))
        return np.asarray(np.logaddexp(near, far) - math.log(self.sd * math.sqrt(2 * math.pi)))


@dataclass(frozen=True)
class GaussianPair(FallingPair):
    """The target q = N(mean, sd²) and the prior p = N(prior_mean, prior_sd²).

    shift: m, how far q's mean lies from p's, in standard deviations of p; not negative
    scale: s, q's standard deviation in those of p

    Raises:
        UsageError: a number is not finite, a standard deviation is not positive, or q is not
            narrower than p, so that q/p has no largest value.
    """

    mean: float
    sd: float
    prior_mean: float = 0.0
    prior_sd: float = 1.0

    def __post_init__(self) -> None:
        for name in ("mean", "sd", "prior_mean", "prior_sd"):
            value = getattr(self, name)
            if not math.isfinite(value):
                raise UsageError(f"The {name} of a normal law is a finite number, not {value:g}.")
        if self.sd <= 0 or self.prior_sd <= 0:
            raise UsageError("A standard deviation is above 0.")
        if not self.scale < 1:
            raise UsageError(
                f"The target's standard deviation {self.sd:g} is not below the prior's "
                f"{self.prior_sd:g}: q/p has no largest value.",
                hint="Give a narrower target.",
            )

    @property
    def shift(self) -> float:
        return abs(self.mean - self.prior_mean) / self.prior_sd

    @property
    def scale(self) -> float:
        return self.sd / self.prior_sd

    @property
    def mode(self) -> float:
        """Where q/p is largest."""
        return self.prior_mean + (self.mean - self.prior_mean) / self._left_over

    @property
    def kl_bits(self) -> float:
        nats = -math.log(self.scale) + (self.shift**2 - self._left_over) / 2
        return nats / math.log(2)

    @property
    def variance(self) -> float:
        """The variance of log2 r under q, in bits²."""
        nats = self._left_over**2 / 2 + (self.shift * self.scale) ** 2
        return nats / math.log(2) ** 2

    def log2_ratio(self, z: ArrayLike) -> Reals:
        """log2 of q/p at z."""
        d = (np.asarray(z, dtype=np.float64) - self.mode) / self.prior_sd
        drop = self._left_over * (d / self.scale) ** 2 / 2
        return np.asarray((self.log_m - drop) / math.log(2))

    @cached_property
    def under_p(self) -> Folded:
        steep = math.sqrt(self._left_over) / self.scale
        return Folded(self.shift / self._left_over * steep, steep)

    @cached_property
    def under_q(self) -> Folded:
        steep = math.sqrt(self._left_over)
        return Folded(self.shift * self.scale / steep, steep)

    @property
    def farthest(self) -> float:
        return self.under_q.mean + FAR * self.under_q.sd

    def edges(self, high: float, step: float) -> Reals:
        q, p = self.under_q, self.under_p
        # E_q r is an integral of the density q²/p, which lies nearer to the top than q.
        low = max(0.0, q.mean / (1 + q.sd**2) - FAR * q.sd)
        edges = np.linspace(low, high, math.ceil((high - low) / step) + 1)
        if p.sd < 1:
            # Where p is narrow on this scale, its width rises from 0 to 1 within few of its sd.
            edges = np.append(edges, p.mean + p.sd * np.arange(-FAR, FAR + step, step))
        return np.asarray(np.clip(edges, low, high))

    @property
    def _left_over(self) -> float:
        return (1 - self.scale) * (1 + self.scale)

    @property
    def log_m(self) -> float:
        return -math.log(self.scale) + self.shift**2 / (2 * self._left_over)
