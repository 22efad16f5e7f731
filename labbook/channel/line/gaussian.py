"""Pairs of normal laws on the line, a narrow target q and a wide prior p.

Seen from the prior, p = N(0, 1) and q = N(m, s²) with s < 1. The ratio r = q/p then has a largest
value M, at c = m/(1 − s²), and falls from there like a normal density,

    r(z) = M exp(−d²/2),  d = |z − c| √(1 − s²) / s,  ln M = −ln s + m² / (2(1 − s²)).

So whatever depends on the ratio alone is an integral over its drop d ≥ 0, and the sets where r is
at least h are intervals around c, to which p and q give what the normal law gives.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from labbook.channel.laws.panels import Panels
from labbook.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Reals = NDArray[np.float64]

_FAR = 9.0
"""Standard deviations beyond which a normal law has nothing: 1e-19."""

_DEEP = 42.0
"""What an exponential variable of mean 1 does not exceed: e^-42 is 6e-19."""

_SMALL = 1e-5
"""Below this part of its scale a density is constant, to twice as many digits."""

_GRADED = np.append(0.0, 2.0 ** np.arange(-24, 0))
"""Edges that close in on d = 0, where a law of an index has its far tail."""


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
class GaussianPair:
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
    def log2_m(self) -> float:
        """log2 M, M = max q/p, in bits: the Rényi divergence of order infinity."""
        return self._log_m / math.log(2)

    @property
    def kl_bits(self) -> float:
        """KL(q ‖ p) in bits."""
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
        return np.asarray((self._log_m - drop) / math.log(2))

    def prior_width(self, h: ArrayLike) -> Reals:
        """w_P(h) = P(r(Z) ≥ h) for Z of law p."""
        return np.exp(self.under_p.log_within(self.drop(h)))

    def target_width(self, h: ArrayLike) -> Reals:
        """w_Q(h) = P(r(Z) ≥ h) for Z of law q."""
        return np.exp(self.under_q.log_within(self.drop(h)))

    @property
    def dcs_bits(self) -> float:
        """The channel simulation divergence −∫ w_P log2 w_P dh, in bits.

        C. T. Li, A. El Gamal, IEEE Trans. Inf. Theory 64 (2018) 6967; D. Goc, G. Flamich, "On
        channel simulation with causal rejection samplers", ISIT 2024.
        """
        levels = self.graded_panels
        nats = -self.level_density(levels.places) * self.under_p.log_within(levels.places)
        return float((levels.weights * nats).sum()) / math.log(2)

    @cached_property
    def under_p(self) -> Folded:
        """The law of the drop of Z of law p."""
        steep = math.sqrt(self._left_over) / self.scale
        return Folded(self.shift / self._left_over * steep, steep)

    @cached_property
    def under_q(self) -> Folded:
        """The law of the drop of Z of law q."""
        steep = math.sqrt(self._left_over)
        return Folded(self.shift * self.scale / steep, steep)

    def drop(self, h: ArrayLike) -> Reals:
        """d where r is h; 0 for h above M."""
        with np.errstate(divide="ignore"):
            below = self._log_m - np.log(np.asarray(h, dtype=np.float64))
        return np.asarray(np.sqrt(2 * np.maximum(below, 0.0)))

    def ratio_at(self, d: Reals) -> Reals:
        """r where the drop is d."""
        return np.asarray(np.exp(self._log_m - d**2 / 2))

    def level_density(self, d: Reals) -> Reals:
        """Of the drop at level H, uniform below r(Z), Z of law q: w_P(h) |dh/dd|.

        A height h of the ratio thus has density w_P(h), which is that of the level at which
        greedy samplers accept.
        """
        return np.asarray(d * np.exp(self._log_m - d**2 / 2 + self.under_p.log_within(d)))

    @cached_property
    def target_panels(self) -> Panels:
        """Of drops, where those of Z of law q are found."""
        return Panels(self._edges(self.under_q.mean + _FAR * self.under_q.sd, 1.0))

    @cached_property
    def panels(self) -> Panels:
        """Of drops, where those of Z are found and those of the levels H below r(Z)."""
        farthest = self.under_q.mean + _FAR * self.under_q.sd
        return Panels(self._edges(math.sqrt(farthest**2 + 2 * _DEEP), 0.5))

    @cached_property
    def graded_panels(self) -> Panels:
        """The same, closing in on the top: for what varies like a power of d there."""
        edges = self.panels.edges
        return Panels(np.clip(np.append(edges, edges[0] + _GRADED), edges[0], edges[-1]))

    def _edges(self, high: float, step: float) -> Reals:
        q, p = self.under_q, self.under_p
        # E_q r is an integral of the density q²/p, which lies nearer to the top than q.
        low = max(0.0, q.mean / (1 + q.sd**2) - _FAR * q.sd)
        edges = np.linspace(low, high, math.ceil((high - low) / step) + 1)
        if p.sd < 1:
            # Where p is narrow on this scale, its width rises from 0 to 1 within few of its sd.
            edges = np.append(edges, p.mean + p.sd * np.arange(-_FAR, _FAR + step, step))
        return np.asarray(np.clip(edges, low, high))

    @property
    def _left_over(self) -> float:
        return (1 - self.scale) * (1 + self.scale)

    @property
    def _log_m(self) -> float:
        return -math.log(self.scale) + self.shift**2 / (2 * self._left_over)
