"""Nodes on which every expectation under q is one sum.

On the line: Gauss–Legendre panels that grow by a fixed ratio away from the centre of q, from
that of p, from finite ends, and from other places of interest. A density that is smooth but
for those points, or falls off like a power there, is integrated to rounding, whatever the
scales; so are the products r^a L^b with it. On the integers: the sum itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from labbook.kl.families.mixture import Mixture

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from labbook.kl.families.base import Distribution

    Reals = NDArray[np.float64]

_ORDER = 16
_FINE = np.arange(-80, 81) / 8.0
"""Octaves of the distance from a centre, in its scale: eighths of an octave to 2^±10 …"""

_COARSE = np.concatenate((np.arange(-960.0, -10.0), np.arange(11.0, 960.0)))
"""… and whole ones from there to the ends of double precision."""

MOST_POINTS = 4_000_000
"""Sums over more integers than this are not attempted."""

MOST_CROSSINGS = 16
"""More of them than this are rounding, where two densities are almost the same."""

_STEPS = 60

_UNSEEN = 1e-13
"""Crossings amid less than this share of the whole are passed over."""

_RESOLVED = 2.0**-24
"""The share of a finite end's own value within which x is rounded too coarsely: there a density
is the power of the distance that its tail says, times a line."""


@dataclass(frozen=True)
class Nodes:
    """Points x and the logarithms of their weights for ∫ … dx, or Σ over the integers.

    origin, offset: x as a sum; the offset keeps its digits where x is rounded to a finite end
    """

    origin: Reals
    offset: Reals
    log_weight: Reals

    @property
    def x(self) -> Reals:
        return self.origin + self.offset

    def log_density(self, whole: Distribution) -> Reals:
        """At each point, in nats, up to the very ends of the support."""
        found = np.array(whole.log_density(self.x))
        support, gap = whole.support, np.abs(self.offset)
        for end, tail in ((support.low, whole.low_tail), (support.high, whole.high_tail)):
            lost = np.flatnonzero((self.origin == end) & (gap < _RESOLVED * abs(end)))
            if lost.size:
                steps = _RESOLVED * abs(end) * np.array([1, 1 / 2])
                known = whole.log_density(end + np.sign(self.offset[lost[0]]) * steps)
                far, near = known + (tail.log + 2) * np.log(steps)
                line = far + (far - near) * (gap[lost] / steps[1] - 2)
                found[lost] = line - (tail.log + 2) * np.log(gap[lost])
        return found


def nodes(
    q: Distribution, p: Distribution, powers: Sequence[float] = (), places: Sequence[float] = ()
) -> Nodes | None:
    """For integrals over what q and p both support; None where there are too many points.

    powers: the a of the q r^a that shall be covered too, as far as that is not too long a sum
    places: where else panels meet, and begin to grow
    """
    support = q.support
    low, high = max(support.low, p.support.low), min(support.high, p.support.high)
    if low > high:
        return Nodes(np.empty(0), np.empty(0), np.empty(0))
    if support.discrete:
        return _integers(q, p, low, high, powers)
    return _panels(q, p, low, high, places)


def _integers(
    q: Distribution, p: Distribution, low: float, high: float, powers: Sequence[float]
) -> Nodes | None:
    wanted = sorted({0.0, 1.0, *powers}, key=abs)
    while math.isinf(high) and wanted:
        high = _reach(q, p, low, wanted)
        wanted.pop()
    if high - low >= MOST_POINTS:
        return None
    x = np.arange(low, math.floor(high) + 1)
    return Nodes(np.zeros_like(x), x, np.zeros_like(x))


def _reach(q: Distribution, p: Distribution, low: float, powers: Sequence[float]) -> float:
    """Where every q r^a has fallen below the least double; past every mode for certain."""
    parts = (*_components(q), *_components(p))
    high = max(each.centre + 50 * (each.scale + 1) for each in parts)
    while high - low < MOST_POINTS:
        at = np.array([high])
        log_q, log_p = float(q.log_density(at)[0]), float(p.log_density(at)[0])
        if all((1 - a) * log_q + a * log_p < -750 for a in powers):
            return high
        high = 2 * high
    return math.inf


def _panels(
    q: Distribution, p: Distribution, low: float, high: float, places: Sequence[float]
) -> Nodes:
    with np.errstate(over="ignore"):
        octaves = np.exp2(np.concatenate((_FINE, _COARSE)))
        parts, ends = (*_components(q), *_components(p)), filter(math.isfinite, (low, high))
        growing = [(each.centre, each.scale * octaves) for each in parts]
        growing += [(end, min(q.scale, p.scale) * octaves) for end in ends]
        least = min(each.scale for each in parts)
        growing += [(place, least * np.exp2(_FINE)) for place in places]
    charts = [_chart(growing, *each) for each in _origins(low, high)]
    return Nodes(*(np.concatenate(each) for each in zip(*charts, strict=True)))


def _origins(low: float, high: float) -> tuple[tuple[float, float, float], ...]:
    """Where offsets are counted from, and the part of the line on which they are."""
    if math.isfinite(low) and math.isfinite(high):
        middle = low + (high - low) / 2
        return (low, low, middle), (high, middle, high)
    origin = next(filter(math.isfinite, (low, high)), 0.0)
    return ((origin, low, high),)


def _chart(
    growing: list[tuple[float, Reals]], origin: float, low: float, high: float
) -> tuple[Reals, Reals, Reals]:
    """Origins, offsets and log weights of the nodes from `low` to `high`."""
    first, last = low - origin, high - origin
    edges = [np.array([each for each in (first, last) if math.isfinite(each)])]
    with np.errstate(over="ignore"):
        for centre, steps in growing:
            at = centre - origin
            edges += [np.array([at]), at + steps, at - steps]
    found = np.unique(np.concatenate(edges))
    found = found[(found >= first) & (found <= last) & (np.abs(found) < 1e290)]
    place, weight = np.polynomial.legendre.leggauss(_ORDER)
    half = np.diff(found)[:, None] / 2
    offset = ((found[:-1, None] + half) + half * place).ravel()
    return np.full_like(offset, origin), offset, (np.log(half) + np.log(weight)).ravel()


def crossings(of: Callable[[Reals], Reals], x: Reals, weight: Reals) -> Reals:
    """Where a function changes its sign, also where it does so twice between two points.

    x: increasing points
    weight: of the function at each, wherever it is not small
    """
    values = of(x)
    with np.errstate(invalid="ignore", over="ignore"):
        share = np.nan_to_num(weight * np.minimum(np.abs(values), 1.0))
        one, middle, other = values[:-2], values[1:-1], values[2:]
        dips = (np.sign(one) == np.sign(middle)) & (np.sign(other) == np.sign(middle))
        dips &= (np.abs(middle) <= np.abs(one)) & (np.abs(middle) <= np.abs(other))
    at = _largest(dips, np.maximum(share[:-2], share[2:]))
    low, high = x[at], x[at + 2]
    least = _least(of, low, high)
    at = _largest(np.sign(values[:-1]) * np.sign(values[1:]) < 0, np.maximum(share[:-1], share[1:]))
    return _bisected(
        of, np.concatenate((x[at], low, least)), np.concatenate((x[at + 1], least, high))
    )


def _largest(there: NDArray[np.bool_], share: Reals) -> NDArray[np.intp]:
    """Where it is true, as far as the share is not negligible."""
    at = np.flatnonzero(there & (share > _UNSEEN * share.sum()))
    return at[np.argsort(share[at])[::-1][:MOST_CROSSINGS]]


def _least(of: Callable[[Reals], Reals], low: Reals, high: Reals) -> Reals:
    """Where between its ends |function| is least, or else of the other sign; by ternary search."""
    sign = np.sign(of(low))
    for _ in range(_STEPS):
        left, right = low + (high - low) / 3, high - (high - low) / 3
        falls = sign * of(left) > sign * of(right)
        low, high = np.where(falls, left, low), np.where(falls, high, right)
    return low


def _bisected(of: Callable[[Reals], Reals], low: Reals, high: Reals) -> Reals:
    """The places where the sign changes, of those pairs of ends between which it does."""
    sign = np.sign(of(low))
    changes = sign * np.sign(of(high)) < 0
    sign, low, high = sign[changes], low[changes], high[changes]
    for _ in range(_STEPS):
        middle = (low + high) / 2
        before = np.sign(of(middle)) == sign
        low, high = np.where(before, middle, low), np.where(before, high, middle)
    return np.asarray(high)


def _components(whole: Distribution) -> tuple[Distribution, ...]:
    return whole.components if isinstance(whole, Mixture) else (whole,)
