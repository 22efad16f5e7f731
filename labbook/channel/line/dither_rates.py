"""Exact rates of dithered quantisation of a normal input, by quadrature, in bits.

K given the shared words has the entropy I(X; X + U) = h(X + U) − log2(width) for every width of
the uniform noise U, with no logarithmic term beside it: R. Zamir, M. Feder, IEEE Trans. Inf.
Theory 38 (1992) 428.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from labbook.channel.laws.panels import Panels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Reals = NDArray[np.float64]

_EULER = 0.5772156649015329

OVERHEAD = (math.log2(2 * math.pi * math.e) - 1 - (2 - _EULER) / math.log(2)) / 2
"""Bits that layered dither takes more than I(X; Y) for normal noise of small variance: 0.52077.

h(N) − E log2(2b), b² being χ² of 3 degrees, whose logarithm has the mean 2 − γ − ln 2.
"""

_FAR = 9.0
_PLACES, _WEIGHTS = np.polynomial.legendre.leggauss(96)
_WITHIN, _SHARES = np.polynomial.legendre.leggauss(24)

_WIDTHS = Panels(np.append([0.0, 0.01, 0.1, 0.5], np.arange(1.0, 12.0)))


def uniform_rate(input_sd: float, step: float) -> float:
    """I(X; X + U) for X of law N(0, input_sd²) and U uniform on an interval of one step."""
    return float(_rates(np.array([step / 2 / input_sd]))[0])


def layered_rate(input_sd: float, noise_sd: float) -> float:
    """The mean of `uniform_rate` over the widths of which N(0, noise_sd²) is made."""
    b = _WIDTHS.places
    density = math.sqrt(2 / math.pi) * b**2 * np.exp(-(b**2) / 2)
    return float((_WIDTHS.weights * density * _rates(b * noise_sd / input_sd)).sum())


def _rates(half: Reals) -> Reals:
    """h(X + U) − log2(2 half) for X of law N(0, 1), and U uniform on (−half, half)."""
    # The density is even, and constant up to a few units before the end of the interval.
    flat = np.maximum(half - _FAR, 0.0)
    reach = (half + _FAR - flat) / 2
    y = (flat + reach)[:, None] + reach[:, None] * _PLACES
    density = _density(y, half[:, None])
    bent = -2 * reach * (_WEIGHTS * density * np.log2(density)).sum(axis=1)
    return np.asarray(flat / half * np.log2(2 * half) + bent - np.log2(2 * half))


def _density(y: Reals, half: Reals) -> Reals:
    """Of X + U at y ≥ 0: a difference for wide U, a mean over the interval for narrow U."""
    from scipy.special import ndtr

    wide = (ndtr(half - y) - ndtr(-half - y)) / (2 * half)
    points = y[..., None] + np.minimum(half, 1.0)[..., None] * _WITHIN
    narrow = np.exp(-(points**2) / 2) @ _SHARES / math.sqrt(8 * math.pi)
    return np.where(half < 1, narrow, wide)
