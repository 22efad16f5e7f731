"""Nodes on which every expectation under q is one sum.

On the line: Gauss–Legendre panels that grow by a fixed ratio away from the centre of q, from
that of p, and from finite ends. A density that is smooth but for those points, or falls off
like a power there, is integrated to rounding, whatever the scales; so are the products
r^a L^b with it. On the integers: the sum itself.
"""

from __future__ import annotations

import math
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


@dataclass(frozen=True)
class Nodes:
    """Points x and the logarithms of their weights for ∫ … dx, or Σ over the integers."""

    x: Reals
    log_weight: Reals


def nodes(q: Distribution, p: Distribution) -> Nodes | None:
    """For integrals over what q and p both support; None where there are too many points."""
    support = q.support
    low, high = max(support.low, p.support.low), min(support.high, p.support.high)
    if low > high:
        return Nodes(np.empty(0), np.empty(0))
    if support.discrete:
        return _integers(q, p, low, high)
    return _panels(q, p, low, high)


def _integers(q: Distribution, p: Distribution, low: float, high: float) -> Nodes | None:
    if math.isinf(high):
        # Where even r⁴ q has fallen below the least double; past every mode for certain.
        parts = (*_components(q), *_components(p))
        high = max(each.centre + 50 * (each.scale + 1) for each in parts)
        while high - low < MOST_POINTS:
            at = np.array([high])
            tilted = 4 * p.log_density(at) - 3 * q.log_density(at)
            if max(float(tilted[0]), float(q.log_density(at)[0])) < -750:
                break
            if float(tilted[0]) > 0 and float(q.log_density(at)[0]) < -750:
                break  # r⁴ has no finite mean: there is nothing to wait for
            high = 2 * high
    if high - low >= MOST_POINTS:
        return None
    x = np.arange(low, math.floor(high) + 1)
    return Nodes(x, np.zeros_like(x))


def _panels(q: Distribution, p: Distribution, low: float, high: float) -> Nodes:
    with np.errstate(over="ignore"):
        octaves = np.exp2(np.concatenate((_FINE, _COARSE)))
    edges = [np.array([each for each in (low, high) if math.isfinite(each)])]
    points = [(each.centre, each.scale) for whole in (q, p) for each in _components(whole)]
    points += [(end, min(q.scale, p.scale)) for end in (low, high) if math.isfinite(end)]
    with np.errstate(over="ignore"):
        for centre, scale in points:
            edges += [np.array([centre]), centre + scale * octaves, centre - scale * octaves]
    found = np.unique(np.concatenate(edges))
    found = found[(found >= low) & (found <= high) & (np.abs(found) < 1e290)]
    place, weight = np.polynomial.legendre.leggauss(_ORDER)
    half = np.diff(found)[:, None] / 2
    x = (found[:-1, None] + half) + half * place
    return Nodes(x.ravel(), (np.log(half) + np.log(weight)).ravel())


def _components(whole: Distribution) -> tuple[Distribution, ...]:
    return whole.components if isinstance(whole, Mixture) else (whole,)
