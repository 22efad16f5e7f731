"""Grouped rejection over blocks of up to 64 fair bits, for a target of independent biased ones.

Candidate k of a block, counted from 0, has words 2k and 2k + 1: the lowest n bits of the first
are the block, and the second decides. How a block is accepted depends on the number of its ones
alone, so there are n + 1 thresholds. The message is k + 1 of the first that is accepted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from labbook.channel.coders.exponentials import UNITS_PER_BIT
from labbook.channel.laws.truncated import within
from labbook.channel.pairs import Prior
from labbook.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from labbook.compute import Stream

    Words = NDArray[np.uint64]

LONGEST = 64
WORDS_PER_CANDIDATE = 2
_WORD_VALUES = 1 << 64

CANDIDATES_AT_ONCE = 1 << 15
"""Half a MiB of words: they stay in the second-level cache while they are looked at."""

_RARE = 1 / 64
"""Counts of ones that are together rarer than this are looked at one by one."""


@dataclass(frozen=True)
class BitBlocks:
    """Blocks of n bits, fair under the prior and one with probability t under the target.

    log2_cap: log2 M', by which r is divided; a block with r ≥ M' is always accepted
    is_restricted: instead, one with r > M' never is

    limits, always: (n + 1,), by the number of ones: a block is accepted when a word is below
        its limit ⌊2^64 r/M'⌋, and always where that is 2^64

    Raises:
        UsageError: n is not from 1 to 64, or t is no probability, or the cap is not above 0.
    """

    n: int
    target: float
    log2_cap: float
    is_restricted: bool = False
    limits: Words = field(init=False, repr=False, compare=False)
    always: NDArray[np.bool_] = field(init=False, repr=False, compare=False)
    _eager: NDArray[np.bool_] = field(init=False, repr=False, compare=False)
    _ceiling: np.uint64 = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not 1 <= self.n <= LONGEST:
            raise UsageError(f"A block of bits has from 1 to {LONGEST} bits, not {self.n}.")
        if not 0 <= self.target <= 1:
            raise UsageError(f"The probability of a one lies from 0 to 1, not {self.target:g}.")
        if not math.isfinite(self.log2_cap):
            raise UsageError(f"The cap on q/p cannot be 2^{self.log2_cap:g}.")
        limits = [_limit(ratio, self.log2_cap) for ratio in self._ratios]
        if self.is_restricted:
            limits = [
                0 if beyond else each for each, beyond in zip(limits, self._beyond, strict=True)
            ]
        always = np.array([limit >= _WORD_VALUES for limit in limits])
        words = np.array([0 if each >= _WORD_VALUES else each for each in limits], dtype=np.uint64)
        eager = _eager(self.n, words, always)
        ceiling = np.uint64(words[~eager].max(initial=0))
        for name, value in (
            ("limits", words),
            ("always", always),
            ("_eager", eager),
            ("_ceiling", ceiling),
        ):
            object.__setattr__(self, name, value)

    @property
    def acceptance(self) -> float:
        """The probability that a candidate is accepted."""
        chances = [
            math.comb(self.n, ones) * (_WORD_VALUES if always else int(limit))
            for ones, (limit, always) in enumerate(zip(self.limits, self.always, strict=True))
        ]
        return float(Fraction(sum(chances), _WORD_VALUES << self.n))

    def first_accepted(self, words: Words) -> int:
        """The first accepted of the candidates with these words; −1 if none is."""
        pairs = words.reshape(-1, WORDS_PER_CANDIDATE)
        ones = np.bitwise_count(pairs[:, 0] & self._mask)
        # Nearly all candidates fall at this fence, which costs less than a look at the limits.
        near = np.flatnonzero(self._eager[ones] | (pairs[:, 1] < self._ceiling))
        counts = ones[near]
        accepted = self.always[counts] | (pairs[near, 1] < self.limits[counts])
        hits = near[accepted]
        return int(hits[0]) if hits.size else -1

    @property
    def words_per_candidate(self) -> int:
        return WORDS_PER_CANDIDATE

    @property
    def at_once(self) -> int:
        return CANDIDATES_AT_ONCE

    @cached_property
    def restricted(self) -> BitBlocks:
        """The same where r ≤ M', and nothing else."""
        return replace(self, is_restricted=True)

    def wanted(self, words: Words) -> int:
        """A block of the target, from n words."""
        return sum(1 << int(place) for place in np.flatnonzero(self._wanted.symbols(words)))

    def excess(self, block: int) -> int:
        """ln r/M' of a block that the target has, in units of 2^-32."""
        over = self._log2_ratios[block.bit_count()] - self.log2_cap
        return round(float(over) * UNITS_PER_BIT)

    def is_beyond(self, block: int) -> bool:
        """Whether r > M'."""
        return bool(self._beyond[block.bit_count()])

    @cached_property
    def _wanted(self) -> Prior:
        return Prior((1 - self.target, self.target))

    @cached_property
    def _ratios(self) -> list[Fraction]:
        """r by the number of ones, without rounding."""
        t = Fraction(self.target)
        one, zero = 2 * t, 2 * (1 - t)
        return [one**ones * zero ** (self.n - ones) for ones in range(self.n + 1)]

    @cached_property
    def _log2_ratios(self) -> NDArray[np.float64]:
        return np.array(
            [
                math.log2(r.numerator) - math.log2(r.denominator) if r else -math.inf
                for r in self._ratios
            ]
        )

    @property
    def _beyond(self) -> NDArray[np.bool_]:
        return ~within(self._log2_ratios, self.log2_cap)

    @property
    def _mask(self) -> np.uint64:
        return np.uint64(_WORD_VALUES - 1 >> LONGEST - self.n)


def decode_block(n: int, stream: Stream, block: int, message: int) -> int:
    """Bob's block, as an integer of n bits."""
    word = int(stream.words(WORDS_PER_CANDIDATE * (message - 1), 1, block=block)[0])
    return word & ((1 << n) - 1)


def _limit(ratio: Fraction, log2_cap: float) -> int:
    """⌊2^64 r / M'⌋, without rounding but in the cap."""
    whole = math.floor(log2_cap)
    cap = Fraction(2.0 ** (log2_cap - whole)) * Fraction(2) ** whole
    return min(_WORD_VALUES, math.floor(_WORD_VALUES * ratio / cap))


def _eager(n: int, limits: Words, always: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Counts of ones that are always accepted, or are likely to be and rare together."""
    share = np.array([math.comb(n, ones) for ones in range(n + 1)]) / 2.0**n
    order = np.lexsort((limits, always))[::-1]
    eager = always.copy()
    eager[order[np.cumsum(share[order]) <= _RARE]] = True
    return eager
