"""Sums over the values of an index, of which there may be far too many to go through.

Terms are added one by one where k is small. From there on they vary slowly, or decay by a known
rate, and the sum is the integral from half a step below to half a step above: for what varies
like 1/k it differs by a part in 24 k² or so.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Reals = NDArray[np.float64]

ONE_BY_ONE = 4096
"""Up to this k: beyond, an integral is off by 3 parts in 10^9."""

FEW = 256
"""Stretches of so many terms are added one by one wherever they are."""

REACH = 60.0
"""Means after which nothing is left of a geometric law: e^-60."""

_PLACES, _WEIGHTS = np.polynomial.legendre.leggauss(16)


def index_nodes(first: float, last: float, scale: float = math.inf) -> tuple[Reals, Reals]:
    """Points x and weights w for which Σ w f(x) is Σ f(k) over k = first, …, last.

    scale: f is e^(−k / scale) times something that varies slowly
    """
    count = max(0.0, last - first + 1)  # none where even neighbouring doubles lie farther apart
    direct = min(count, max(ONE_BY_ONE - first + 1, FEW))
    x = first + np.arange(direct)
    if direct == count:
        return x, np.ones_like(x)
    edges = _edges(first + direct - 0.5, last + 0.5, scale)
    half = np.diff(edges) / 2
    middle = edges[:-1] + half
    places = (middle[:, None] + half[:, None] * _PLACES).ravel()
    # The integral of a decaying exponential over one step, from its value in the middle.
    decay = 0.5 / scale
    weights = (half[:, None] * _WEIGHTS).ravel() * (decay / math.sinh(decay) if decay else 1.0)
    return np.concatenate([x, places]), np.concatenate([np.ones_like(x), weights])


def _edges(low: float, high: float, scale: float) -> Reals:
    """From low to high in steps of half of where one stands, or of the scale if that is less."""
    turn = min(max(low, 2 * scale), high)
    octaves = max(1, math.ceil(math.log(turn / low) / math.log(1.5))) if turn > low else 0
    rising = np.geomspace(low, turn, octaves + 1)
    if turn >= high:
        return rising
    steps = math.ceil((high - turn) / scale)
    return np.append(rising, np.linspace(turn, high, steps + 1)[1:])
