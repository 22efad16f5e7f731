"""What pairs have in common whose ratio q/p falls from its top like a normal density.

With M the largest value of the ratio r, and the drop d ≥ 0 some distance from where r has it,

    r = M exp(−d²/2).

Whatever depends on the ratio alone is then an integral over the drop, by its laws under p and q.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np

from labbook.channel.laws.panels import Panels

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Reals = NDArray[np.float64]

FAR = 9.0
"""Standard deviations beyond which a normal law has nothing: 1e-19."""

_DEEP = 42.0
"""What an exponential variable of mean 1 does not exceed: e^-42 is 6e-19."""

_GRADED = np.append(0.0, 2.0 ** np.arange(-24, 0))
"""Edges that close in on d = 0, where a law of an index has its far tail."""


class DropLaw(Protocol):
    """The law of the drop of a random Z."""

    def log_within(self, d: Reals) -> Reals:
        """ln P(drop ≤ d)."""
        ...

    def beyond(self, d: Reals) -> Reals:
        """P(drop > d)."""
        ...

    def density(self, d: Reals) -> Reals:
        """Of the drop at d ≥ 0."""
        ...


class FallingPair(ABC):
    """A prior and a target, by their largest ratio and by the laws of the drop."""

    @property
    @abstractmethod
    def log_m(self) -> float:
        """ln M."""

    @property
    @abstractmethod
    def kl_bits(self) -> float:
        """KL(q ‖ p) in bits."""

    @property
    @abstractmethod
    def under_p(self) -> DropLaw:
        """The law of the drop of Z of law p."""

    @property
    @abstractmethod
    def under_q(self) -> DropLaw:
        """The law of the drop of Z of law q."""

    @property
    @abstractmethod
    def farthest(self) -> float:
        """A drop beyond which Z of law q has nothing."""

    @abstractmethod
    def edges(self, high: float, step: float) -> Reals:
        """Of stretches for integrals of q and q²/p over drops up to `high`, about so long."""

    @property
    def log2_m(self) -> float:
        """log2 M, M = max q/p, in bits: the Rényi divergence of order infinity."""
        return self.log_m / math.log(2)

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

    def drop(self, h: ArrayLike) -> Reals:
        """d where r is h; 0 for h above M."""
        with np.errstate(divide="ignore"):
            below = self.log_m - np.log(np.asarray(h, dtype=np.float64))
        return np.asarray(np.sqrt(2 * np.maximum(below, 0.0)))

    def ratio_at(self, d: Reals) -> Reals:
        """r where the drop is d."""
        return np.asarray(np.exp(self.log_m - d**2 / 2))

    def level_density(self, d: Reals) -> Reals:
        """Of the drop at level H, uniform below r(Z), Z of law q: w_P(h) |dh/dd|.

        A height h of the ratio thus has density w_P(h), which is that of the level at which
        greedy samplers accept.
        """
        return np.asarray(d * np.exp(self.log_m - d**2 / 2 + self.under_p.log_within(d)))

    @cached_property
    def target_panels(self) -> Panels:
        """Of drops, where those of Z of law q are found."""
        return Panels(self.edges(self.farthest, 1.0))

    @cached_property
    def panels(self) -> Panels:
        """Of drops, where those of Z are found and those of the levels H below r(Z)."""
        return Panels(self.edges(math.sqrt(self.farthest**2 + 2 * _DEEP), 0.5))

    @cached_property
    def graded_panels(self) -> Panels:
        """The same, closing in on the top: for what varies like a power of d there."""
        edges = self.panels.edges
        return Panels(np.clip(np.append(edges, edges[0] + _GRADED), edges[0], edges[-1]))

    def panels_to(self, drop: float) -> Panels:
        """The same, continued to a drop that may be beyond them."""
        edges = self.graded_panels.edges
        more = max(drop - edges[-1], 0.0)
        return Panels(np.append(edges, edges[-1] + np.linspace(0, more, math.ceil(2 * more) + 1)))

    def left(self, levels: Panels, density: Reals) -> Reals:
        """T(L) = P_q(r ≥ L) − L P_p(r ≥ L), the integral of w_P from L to M, at their places.

        density: that of the level there
        """
        first = levels.edges[0]
        above = Panels(np.linspace(0.0, first, 5)) if first > 0 else None
        rest = (above.weights * self.level_density(above.places)).sum() if above else 0.0
        return levels.running(density) + rest

    def left_at(self, drop: float) -> float:
        """T(L) where L has the drop d."""
        levels, log_left, _ = self._tables
        return math.exp(levels.at(log_left, drop))

    def width_at(self, drop: float) -> float:
        """P_p(r ≥ L) where L has the drop d."""
        levels, _, log_wide = self._tables
        return math.exp(levels.at(log_wide, drop))

    @cached_property
    def _tables(self) -> tuple[Panels, Reals, Reals]:
        """ln T and ln w_P at the places of stretches up to the drop of L = 1."""
        levels = self.panels_to(math.sqrt(2 * self.log_m))
        log_left = np.log(self.left(levels, self.level_density(levels.places)))
        return levels, log_left, self.under_p.log_within(levels.places)
