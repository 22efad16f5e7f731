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
from labbook.kl.quadrature import Nodes, nodes
from labbook.kl.statistics import FAR

if TYPE_CHECKING:
    from numpy.random import Philox
    from numpy.typing import NDArray

    from labbook.kl.families.base import Distribution
    from labbook.kl.statistics import Statistic
    from labbook.kl.tails import Tail

    Reals = NDArray[np.float64]
    Wide = NDArray[np.floating]

_NEGLIGIBLE = -120.0
"""Nodes where q r⁴, or what is finite of it, lies below exp of this add nothing to a sum."""

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
        if isinstance(self.q, Normal) and isinstance(self.p, Normal):
            return NormalPair(self.q, self.p).log_ratio(x)
        return np.asarray(self.p.log_density(x) - self.q.log_density(x))

    words_per_sample: ClassVar[int] = 1

    def draw(self, bits: Philox, count: int) -> Reals:
        """L of the samples that the generator's next `count` words make."""
        return self.log_ratio(self.q.quantile(uniforms(bits.random_raw(count))))

    # What is finite

    @cached_property
    def ends(self) -> tuple[tuple[Tail, Tail], ...]:
        """The tails of q and of p, at each end of q's support that p reaches."""
        q, p = self.q, self.p
        found = []
        if p.support.low <= q.support.low < p.support.high:
            same = p.support.low == q.support.low
            found.append((q.low_tail, p.low_tail if same else SMOOTH))
        if p.support.high >= q.support.high > p.support.low:
            same = p.support.high == q.support.high
            found.append((q.high_tail, p.high_tail if same else SMOOTH))
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
        if ratio_power == 0 and log_power and self.lost > 0:
            return False
        return tails.is_finite(self.ends, ratio_power, log_power)

    @property
    def tail_index(self) -> float:
        """sup {t : E_q[r^t] < ∞}: the variance of r is finite above 2; ∞ for light tails."""
        return tails.tail_index(self.ends)

    # Expectations

    @cached_property
    def _nodes(self) -> Nodes | None:
        return nodes(self.q, self.p)

    @cached_property
    def _weighed(self) -> _Weighed | None:
        found = self._nodes
        if found is None:
            return None
        power = next((each for each in (4, 2, 1) if self.is_finite(each)), 0)
        with np.errstate(over="ignore", invalid="ignore"):
            log_q = self.q.log_density(found.x) + found.log_weight
            log_p = self.p.log_density(found.x) + found.log_weight
            log_ratio = self.log_ratio(found.x)
            # log q + L is log p, but where both are huge the sum would keep no digit of it.
            largest = np.maximum(log_q, log_p + (power - 1) * log_ratio if power else log_q)
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
        """E_q[(statistic − centre)^order], which the caller knows to be finite."""
        if self._weighed is None:
            return math.nan
        log_ratio, log_q, log_p = self._weighed
        far = log_ratio > FAR if statistic.leading else np.zeros(log_ratio.shape, dtype=bool)
        near = ~far
        # Within a hair of an infinite variance even extended precision overflows: NaN, unknown.
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            values = (statistic.of(log_ratio[near]) - centre) ** order
            total = float((np.exp(log_q[near]) * values).sum())
            if statistic.leading and far.any():
                # Where r itself overflows, q r^order does not.
                values = statistic.leading(log_ratio[far]) ** order
                log_weight = log_p[far] + (order - 1) * log_ratio[far]
                total += float((np.exp(log_weight) * values).sum())
        if self.lost:
            total += self.lost * (statistic.at_nothing - centre) ** order
        return total

    def _outside(self, inner: Distribution, outer: Distribution) -> float:
        """The mass of `inner` where `outer` has none."""
        a, b = inner.support, outer.support
        if a.discrete and math.isfinite(a.high - a.low) and math.isfinite(b.high - b.low):
            x = np.arange(a.low, a.high + 1)
            nothing = np.isneginf(outer.log_density(x))
            return float(np.exp(inner.log_density(x[nothing])).sum())
        if b.low <= a.low and b.high >= a.high:
            return 0.0
        inside = nodes(inner, outer)
        if inside is None:
            return math.nan
        with np.errstate(over="ignore", invalid="ignore"):
            share = float(np.exp(inner.log_density(inside.x) + inside.log_weight).sum())
        return max(0.0, 1 - share)
