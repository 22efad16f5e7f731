"""Any two distributions: their log ratio, and every expectation of it, exact.

Samples x come from q; p is what q is compared with; r(x) = p(x)/q(x), L = log r, in nats.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import numpy as np

from labbook.errors import UsageError
from labbook.kl import tails
from labbook.kl.families.base import SMOOTH
from labbook.kl.families.inversion import uniforms
from labbook.kl.normal import Normal, NormalPair
from labbook.kl.quadrature import Nodes, crossings, nodes
from labbook.kl.statistics import FAR

if TYPE_CHECKING:
    from numpy.random import Philox
    from numpy.typing import NDArray

    from labbook.kl.families.base import Distribution
    from labbook.kl.statistics import Statistic
    from labbook.kl.tails import Tail

    Reals = NDArray[np.float64]
    Wide = NDArray[np.floating]

_POWERS = (4, 2, 1, -1, -2)
"""Of these, the a for which E_q[r^a] is finite: so far and no further shall sums be exact."""

_NEGLIGIBLE = -120.0
"""Nodes where every q r^a L^8 lies below exp of this add nothing to a sum."""

_LEFT_OUT = 1e-13
"""A first or last term that is a larger share of a sum says that the sum goes on."""

_WHOLE = 1e-9
"""How far the quadrature of q may be from 1 before its other results are not believed."""


class _Weighed(NamedTuple):
    """L at the nodes that count, and the logarithms of q's and p's weights there; extended."""

    log_ratio: Wide
    log_q: Wide
    log_p: Wide


@dataclass(frozen=True)
class Pair:
    """q, from which the samples come, and p.

    Raises:
        UsageError: one lives on the integers and the other on the line.
    """

    q: Distribution
    p: Distribution

    def __post_init__(self) -> None:
        if self.q.support.discrete != self.p.support.discrete:
            raise UsageError(
                f"{self.q} and {self.p} cannot be compared: one lives on the integers, the "
                "other on the line."
            )

    def log_ratio(self, x: Reals) -> Reals:
        """L = log p(x) − log q(x), in nats, at samples of q; −inf where p is nothing."""
        if self._normal is not None:
            return self._normal.log_ratio(x)
        return np.asarray(self.p.log_density(x) - self.q.log_density(x))

    @cached_property
    def _normal(self) -> NormalPair | None:
        """Which knows L better than the difference of two log densities does."""
        if isinstance(self.q, Normal) and isinstance(self.p, Normal):
            return NormalPair(self.q, self.p)
        return None

    words_per_sample: ClassVar[int] = 1

    def draw(self, bits: Philox, count: int) -> Reals:
        """L of the samples that the generator's next `count` words make."""
        return self.log_ratio(self.q.quantile(uniforms(bits.random_raw(count))))

    # What is finite

    @cached_property
    def ends(self) -> tuple[tuple[Tail, Tail], ...]:
        """The tails of q and of p at each end of what both support."""
        q, p = self.q, self.p
        found = []
        if max(q.support.low, p.support.low) > min(q.support.high, p.support.high):
            return ()
        for q_end, p_end, q_tail, p_tail in (
            (q.support.low, p.support.low, q.low_tail, p.low_tail),
            (-q.support.high, -p.support.high, q.high_tail, p.high_tail),
        ):
            end = max(q_end, p_end)
            found.append((q_tail if q_end == end else SMOOTH, p_tail if p_end == end else SMOOTH))
        return tuple(found)

    @cached_property
    def lost(self) -> float:
        """The mass of q where p is nothing: r is 0 there, and KL(q‖p) infinite."""
        return self._outside(self.q, self.p)

    @cached_property
    def missing_mass(self) -> float:
        """The mass of p where q is nothing: E_q[r] is 1 minus this; NaN if unknown."""
        return self._outside(self.p, self.q)

    def is_finite(self, ratio_power: float, log_power: int = 0) -> bool:
        """Whether E_q[r^a |L|^b] is finite."""
        if (ratio_power < 0 or (ratio_power == 0 and log_power)) and self.lost > 0:
            return False
        return tails.is_finite(self.ends, ratio_power, log_power)

    @property
    def tail_index(self) -> float:
        """sup {t : E_q[r^t] < ∞}: the variance of r is finite above 2; ∞ for light tails."""
        return tails.tail_index(self.ends)

    # Expectations

    @cached_property
    def _powers(self) -> tuple[int, ...]:
        return tuple(each for each in _POWERS if self.is_finite(each))

    @cached_property
    def _nodes(self) -> Nodes | None:
        """Panels that meet where p = q: statistics have kinks and sharp turns there."""
        found = nodes(self.q, self.p, self._powers)
        if found is None or self.q.support.discrete:
            return found
        with np.errstate(over="ignore", invalid="ignore"):
            weight = np.exp(found.log_density(self.q) + found.log_weight)
            places = crossings(self.log_ratio, found.x, weight)
        return nodes(self.q, self.p, self._powers, places.tolist()) if places.size else found

    @cached_property
    def _weighed(self) -> _Weighed | None:
        found = self._nodes
        if found is None:
            return None
        with np.errstate(over="ignore", invalid="ignore"):
            log_q, log_p = found.log_density(self.q), found.log_density(self.p)
            log_ratio = log_p - log_q if self._normal is None else self.log_ratio(found.x)
            log_q, log_p = log_q + found.log_weight, log_p + found.log_weight
            # log q + L is log p, but where both are huge the sum would keep no digit of it.
            largest = log_q
            for a in self._powers:
                size = log_p + (a - 1) * log_ratio if a > 0 else log_q + a * log_ratio
                largest = np.maximum(largest, size)
            largest = largest + 8 * np.log1p(np.abs(log_ratio))
            there = np.isfinite(log_q) & np.isfinite(log_p) & (largest > _NEGLIGIBLE)
        log_q, log_p, log_ratio = log_q[there], log_p[there], log_ratio[there]
        if abs(float(np.exp(log_q).sum()) + self.lost - 1) > _WHOLE:
            return None
        wide = (each.astype(np.longdouble) for each in (log_ratio, log_q, log_p))
        return _Weighed(*wide)

    @property
    def is_known(self) -> bool:
        """Whether expectations can be had at all; if not, they are NaN."""
        return self._weighed is not None

    def expectation(self, statistic: Statistic, order: int = 1, centre: float = 0.0) -> float:
        """E_q[(statistic − centre)^order], which the caller knows to be finite.

        NaN where it is unknown: nothing is, or this sum goes on beyond double precision.
        """
        return float(self._expectation(statistic, order, centre))

    def deviation(self, statistic: Statistic, centre: float) -> float:
        """√E_q[(statistic − centre)²], also where the square is beyond double precision."""
        return float(np.sqrt(self._expectation(statistic, 2, centre)))

    def _expectation(self, statistic: Statistic, order: int, centre: float) -> np.floating:
        if self._weighed is None:
            return np.longdouble(math.nan)
        # Within a hair of an infinite variance even extended precision overflows: NaN, unknown.
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            terms = self._terms(self._weighed, statistic, order, centre)
            total = terms.sum()
            if self._goes_on(np.abs(terms)):
                return np.longdouble(math.nan)
            if self.lost:
                total += self.lost * np.longdouble(statistic.at_nothing - centre) ** order
        return np.longdouble(total)

    def _terms(self, at: _Weighed, statistic: Statistic, order: int, centre: float) -> Wide:
        """Of the sum that the expectation is, over what q and p both support."""
        log_ratio, log_q, log_p = at
        growth, decline = statistic.growth, statistic.decline
        terms = np.empty_like(log_ratio)
        high, low = log_ratio > FAR, log_ratio < -FAR
        if not growth:
            high = np.zeros_like(high)
        if not decline:
            low = np.zeros_like(low)
        near = ~(high | low)
        terms[near] = np.exp(log_q[near]) * (statistic.of(log_ratio[near]) - centre) ** order
        # Where r itself overflows, its product with q does not.
        if high.any():
            log_size = log_p[high] + (order * growth - 1) * log_ratio[high]
            terms[high] = np.exp(log_size) * statistic.scaled(log_ratio[high]) ** order
        if low.any():
            log_size = log_q[low] - order * decline * log_ratio[low]
            terms[low] = np.exp(log_size) * statistic.scaled(log_ratio[low]) ** order
        return terms

    def _goes_on(self, sizes: Wide) -> bool:
        """Whether a sum was cut off before its terms had become small."""
        support = self.q.support
        ends = [] if support.discrete else [0]
        if not support.discrete or math.isinf(min(support.high, self.p.support.high)):
            ends.append(-1)
        return bool(sizes.size and (sizes[ends] > _LEFT_OUT * sizes.sum()).any())

    def _outside(self, inner: Distribution, outer: Distribution) -> float:
        """The mass of `inner` where `outer` has none."""
        a, b = inner.support, outer.support
        holes = b.discrete and math.isfinite(b.high - b.low)
        if b.low <= a.low and b.high >= a.high and not holes:
            return 0.0
        found = nodes(
            inner, inner, places=[each for each in (b.low, b.high) if math.isfinite(each)]
        )
        if found is None:
            return math.nan
        outside = (found.x < b.low) | (found.x > b.high)
        if holes:
            outside |= np.isneginf(outer.log_density(found.x))
        with np.errstate(over="ignore", invalid="ignore"):
            mass = np.exp(found.log_density(inner) + found.log_weight)
        return float(mass[outside].sum())
