"""Lengths, in bits, of integers k ≥ 1 under universal codes.

P. Elias, "Universal codeword sets and representations of the integers", IEEE Trans. Inf.
Theory 21, 1975, https://doi.org/10.1109/TIT.1975.1055349
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from labbook.channel.laws import Geometric

    Integers = NDArray[np.int64]

_LONGEST = 63
"""Indices are 64-bit signed integers: ⌊log2 k⌋ is at most 62."""


def elias_gamma(k: Integers) -> Integers:
    """2 ⌊log2 k⌋ + 1: the number of digits in unary, then the digits."""
    return _gamma(floor_log2(k))


def elias_delta(k: Integers) -> Integers:
    """⌊log2 k⌋ + 2 ⌊log2(⌊log2 k⌋ + 1)⌋ + 1: the number of digits in gamma, then the digits."""
    return _delta(floor_log2(k))


def floor_log2(k: Integers) -> Integers:
    """⌊log2 k⌋, exact for all positive 64-bit integers."""
    k = np.asarray(k, dtype=np.int64)
    exponent = np.frexp(k.astype(np.float64))[1].astype(np.int64) - 1
    # Above 2^53 the float may have been rounded up to the next power of two.
    return np.asarray(exponent - ((k >> exponent) == 0), dtype=np.int64)


def expected_elias_gamma(law: Geometric) -> float:
    """The mean length of K under the gamma code, exact."""
    return _expected(_gamma, law)


def expected_elias_delta(law: Geometric) -> float:
    """The mean length of K under the delta code, exact."""
    return _expected(_delta, law)


CODES: dict[str, tuple[str, Callable[[Integers], Integers], Callable[[Geometric], float]]] = {
    "elias_gamma": ("Elias gamma", elias_gamma, expected_elias_gamma),
    "elias_delta": ("Elias delta", elias_delta, expected_elias_delta),
}
"""Each code's name, its lengths, and its mean length for a law."""


def _gamma(digits: Integers) -> Integers:
    return 2 * digits + 1


def _delta(digits: Integers) -> Integers:
    return digits + _gamma(floor_log2(digits + 1))


def _expected(length: Callable[[Integers], Integers], law: Geometric) -> float:
    """Σ over d of the length for ⌊log2 K⌋ = d, which has probability P(2^d ≤ K < 2^(d+1))."""
    digits = np.arange(_LONGEST)
    reached = law.exceeds(2.0**digits - 1)
    probability = reached - np.append(reached[1:], 0.0)
    return float((probability * length(digits)).sum())
