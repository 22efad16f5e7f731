"""Discrete targets: a prior p that both sides know, and a target q that only Alice knows.

A symbol is drawn, and a candidate accepted, by comparing 64-bit integers. Their thresholds
are computed without rounding from the probabilities as given, each list divided by its sum,
so the law that is really sent is known exactly too.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from labbook.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Words = NDArray[np.uint64]
    Symbols = NDArray[np.intp]

SUM_TOLERANCE = 1e-9
"""How far probabilities may sum from 1: a third written with ten digits is still a third."""

_WORD_VALUES = 1 << 64
_FEW_SYMBOLS = 16
"""Up to here counting thresholds one by one is quicker than a binary search (measured)."""


@dataclass(frozen=True, slots=True)
class Prior:
    """A law on the symbols 0, 1, …, by which words become symbols.

    With F the cumulative probability, word w becomes symbol s when s of the thresholds
    ⌊2^64 F(0)⌋, ⌊2^64 F(1)⌋, … are at most w. So symbol s has masses[s] of the 2^64 words.

    Raises:
        UsageError: these are no probabilities.
    """

    probabilities: tuple[float, ...]
    masses: tuple[int, ...] = field(init=False, repr=False, compare=False)
    thresholds: Words = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "probabilities", checked("p", self.probabilities))
        weights = _weights(self.probabilities)
        total = sum(weights)
        ends = [_WORD_VALUES * end // total for end in itertools.accumulate(weights)]
        masses = tuple(end - begin for begin, end in itertools.pairwise([0, *ends]))
        object.__setattr__(self, "masses", masses)
        # From the last symbol that has a mass on, the end is 2^64, which no word reaches.
        below = [end for end in ends if end < _WORD_VALUES]
        object.__setattr__(self, "thresholds", np.array(below, dtype=np.uint64))

    def symbols(self, words: Words) -> Symbols:
        """The symbol that each word becomes."""
        if len(self.thresholds) >= _FEW_SYMBOLS:
            return np.searchsorted(self.thresholds, words, side="right")
        symbols = np.zeros(words.shape, dtype=np.intp)
        for threshold in self.thresholds:
            symbols += words >= threshold
        return symbols


@dataclass(frozen=True, slots=True)
class DiscretePair:
    """A prior and a target on the same symbols; M is the largest q/p.

    Candidate symbol z is to be accepted with probability a(z) = q(z) / (M p(z)): when a word
    is below limits[z] = ⌊2^64 a(z)⌋, and always where a(z) = 1.

    What 64 bits do to the law: the probabilities with which z is offered and accepted are off
    by less than 2^-64 each. What is decoded has exactly the law `sent`, in which the relative
    error of q(z) is at most about 2^-64 (1/p(z) + 1/a(z)).

    acceptance: the probability that a candidate is accepted, as the integers have it: 1/M

    Raises:
        UsageError: p or q are no probabilities, their lengths differ, or q has mass where p
            has none.
    """

    p: tuple[float, ...]
    q: tuple[float, ...]
    prior: Prior = field(init=False, repr=False, compare=False)
    limits: Words = field(init=False, repr=False, compare=False)
    always: NDArray[np.bool_] = field(init=False, repr=False, compare=False)
    largest_ratio: Fraction = field(init=False, repr=False, compare=False)
    acceptance: float = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        p, q = checked_pair(self.p, self.q)
        offered, wanted = _weights(p), _weights(q)
        top = _index_of_largest_ratio(wanted, offered)
        # The sums cancel: a(z) is the ratio of this symbol's q/p to the top symbol's.
        limits = [
            _WORD_VALUES * want * offered[top] // (offer * wanted[top]) if want else 0
            for want, offer in zip(wanted, offered, strict=True)
        ]
        always = np.array([limit == _WORD_VALUES for limit in limits])
        ratio = Fraction(wanted[top] * sum(offered), offered[top] * sum(wanted))
        for name, value in (
            ("p", p),
            ("q", q),
            ("prior", Prior(p)),
            ("limits", np.array([limit % _WORD_VALUES for limit in limits], dtype=np.uint64)),
            ("always", always),
            ("largest_ratio", ratio),
        ):
            object.__setattr__(self, name, value)
        both = Fraction(sum(self._accepted()), _WORD_VALUES**2)
        object.__setattr__(self, "acceptance", float(both))

    def accepts(self, symbols: Symbols, words: Words) -> NDArray[np.bool_]:
        """Whether each candidate symbol is accepted by its word."""
        return np.asarray((words < self.limits[symbols]) | self.always[symbols])

    @property
    def kl_bits(self) -> float:
        """KL(q ‖ p) in bits: what no scheme can beat on average over the targets of a prior."""
        p_sum, q_sum = math.fsum(self.p), math.fsum(self.q)
        return math.fsum(
            q / q_sum * (math.log2(q / q_sum) - math.log2(p / p_sum))
            for p, q in zip(self.p, self.q, strict=True)
            if q
        )

    @property
    def log2_m(self) -> float:
        """log2 M in bits: the Rényi divergence of order infinity."""
        return math.log2(self.largest_ratio.numerator) - math.log2(self.largest_ratio.denominator)

    @property
    def sent(self) -> tuple[float, ...]:
        """The law of what is decoded, as the integers have it."""
        accepted = self._accepted()
        total = sum(accepted)
        return tuple(float(Fraction(each, total)) for each in accepted)

    def _accepted(self) -> list[int]:
        """For each symbol, how many of the 2^128 pairs of words offer and accept it."""
        return [
            mass * (_WORD_VALUES if always else int(limit))
            for mass, limit, always in zip(self.prior.masses, self.limits, self.always, strict=True)
        ]


def checked(name: str, probabilities: Sequence[float]) -> tuple[float, ...]:
    """The probabilities as floats.

    Raises:
        UsageError: one is no number from 0 on, or they do not sum to 1.
    """
    values = tuple(float(value) for value in probabilities)
    for place, value in enumerate(values, start=1):
        if not (math.isfinite(value) and value >= 0):
            raise UsageError(f"{name} has {value:g} at place {place}, which is no probability.")
    total = math.fsum(values)
    if abs(total - 1) > SUM_TOLERANCE:
        raise UsageError(
            f"The probabilities of {name} sum to {total:.10g} and not to 1.",
            hint="Write more digits; a sum within 1e-9 of 1 is taken.",
        )
    return values


def checked_pair(
    p: Sequence[float], q: Sequence[float]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Prior and target as floats.

    Raises:
        UsageError: as `checked`; or their lengths differ; or q has mass where p has none.
    """
    prior, target = checked("p", p), checked("q", q)
    if len(prior) != len(target):
        raise UsageError(
            f"p and q have {len(prior)} and {len(target)} symbols: they must have the same ones.",
            hint="Give a symbol that never occurs the probability 0.",
        )
    for place, (offered, wanted) in enumerate(zip(prior, target, strict=True), start=1):
        if wanted and not offered:
            raise UsageError(
                f"q gives {wanted:g} to the symbol at place {place}, where p gives nothing: "
                "no sample of p can become it, and the divergence is infinite.",
                hint="Give that symbol some probability in p, or none in q.",
            )
    return prior, target


def _weights(probabilities: tuple[float, ...]) -> list[int]:
    """Integers in exactly the proportions of the floats."""
    ratios = [value.as_integer_ratio() for value in probabilities]
    # Denominators of floats are powers of two: the largest is a multiple of all.
    common = max(denominator for _, denominator in ratios)
    return [numerator * (common // denominator) for numerator, denominator in ratios]


def _index_of_largest_ratio(wanted: list[int], offered: list[int]) -> int:
    best = next(index for index, want in enumerate(wanted) if want)
    for index, (want, offer) in enumerate(zip(wanted, offered, strict=True)):
        if want * offered[best] > wanted[best] * offer:
            best = index
    return best
