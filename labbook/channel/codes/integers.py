"""Lengths, in bits, of integers k ≥ 1 under codes, and of a symbol that is sent directly.

P. Elias, "Universal codeword sets and representations of the integers", IEEE Trans. Inf.
Theory 21, 1975, https://doi.org/10.1109/TIT.1975.1055349
C. T. Li, A. El Gamal, "Strong functional representation lemma and applications to coding
theorems", IEEE Trans. Inf. Theory 64 (2018) 6967: the zeta code and its exponent.

`labbook.channel.codes.index_codes` has the same codes as bits that are written and read.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from labbook.channel.laws.index import CodedIndex, IndexLaw

    Integers = NDArray[np.int64]
    Reals = NDArray[np.float64]

_LEVELS_AT_ONCE = 63
_LEVELS = 16 * _LEVELS_AT_ONCE
"""Values of ⌊log2 K⌋ that are gone through at most: 2^1008 is near the largest double."""


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


def expected_elias_gamma(law: CodedIndex) -> float:
    """The mean length of K under the gamma code, exact."""
    return _expected(_gamma, law)


def expected_elias_delta(law: CodedIndex) -> float:
    """The mean length of K under the delta code, exact."""
    return _expected(_delta, law)


CODES: dict[str, tuple[str, Callable[[Integers], Integers], Callable[[CodedIndex], float]]] = {
    "elias_gamma": ("Elias gamma", elias_gamma, expected_elias_gamma),
    "elias_delta": ("Elias delta", elias_delta, expected_elias_delta),
}
"""Each code without parameters: its name, its lengths, and its mean length for a law."""


def zeta_exponent(kl: float) -> float:
    """λ = 1 + 1/(KL + log2(e)/e + 1), which suits an index with E log2 K ≤ KL + log2(e)/e.

    kl: in bits
    """
    return 1 + 1 / (kl + math.log2(math.e) / math.e + 1)


def zeta_length(k: ArrayLike, exponent: float) -> Reals:
    """−log2(k^−λ / ζ(λ)): the ideal length under Zipf's law.

    exponent: λ, above 1
    """
    return np.asarray(exponent * np.log2(np.asarray(k, dtype=np.float64)) + _log2_zeta(exponent))


def expected_zeta(law: CodedIndex, kl: float) -> float:
    """The mean of `zeta_length` for the exponent that KL (in bits) gives, exact:
    λ E log2 K + log2 ζ(λ).
    """
    exponent = zeta_exponent(kl)
    return exponent * law.mean_log2 + _log2_zeta(exponent)


def ideal_length(k: ArrayLike, law: IndexLaw) -> Reals:
    """−log2 P(K = k): of a code made for the law. Its mean is the law's entropy."""
    return -law.log2_pmf(k)


def direct_length(symbols: NDArray[np.integer], p: Sequence[float]) -> Reals:
    """−log2 p(z): of the symbols themselves, sent by an ideal code for the prior."""
    with np.errstate(divide="ignore"):
        lengths = -np.log2(np.asarray(p, dtype=np.float64) / math.fsum(p))
    return np.asarray(lengths[symbols])


def expected_direct(p: Sequence[float], q: Sequence[float]) -> float:
    """The mean of `direct_length` for symbols of law q: KL(q ‖ p) + H(q)."""
    there = np.flatnonzero(q)
    lengths = direct_length(there, p)
    return float((np.asarray(q, dtype=np.float64)[there] * lengths).sum() / math.fsum(q))


def _gamma(digits: Integers) -> Integers:
    return 2 * digits + 1


def _delta(digits: Integers) -> Integers:
    return digits + _gamma(floor_log2(digits + 1))


def _expected(length: Callable[[Integers], Integers], law: CodedIndex) -> float:
    """Σ over d of the length for ⌊log2 K⌋ = d, which has probability P(2^d ≤ K < 2^(d+1))."""
    reached = np.ones(1)
    while reached[-1] > 0 and len(reached) <= _LEVELS:
        digits = np.arange(len(reached), len(reached) + _LEVELS_AT_ONCE)
        reached = np.append(reached, law.exceeds(2.0**digits - 1))
    probability = reached - np.append(reached[1:], 0.0)
    return float((probability * length(np.arange(len(reached)))).sum())


def _log2_zeta(exponent: float) -> float:
    from scipy.special import zeta

    return math.log2(zeta(exponent))
