"""Grouped rejection over blocks of up to 64 fair bits, for a target of independent biased ones.

Candidate k of a block, counted from 0, has words 2k and 2k + 1: the lowest n bits of the first
are the block, and the second decides. How a block is accepted depends on the number of its ones
alone, so there are n + 1 thresholds. The message is k + 1 of the first that is accepted.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from labbook.compute.turns import in_turns
from labbook.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from labbook.compute import Stream

    Words = NDArray[np.uint64]

LONGEST = 64
WORDS_PER_CANDIDATE = 2
_CANDIDATES_PER_QUAD = 2
_WORD_VALUES = 1 << 64

CANDIDATES_AT_ONCE = 1 << 15
"""Half a MiB of words: they stay in the second-level cache while they are looked at."""

FIRST_LOOK = 1 << 8

_RARE = 1 / 64
"""Counts of ones that are together rarer than this are looked at one by one."""

Progress = Callable[[float], None]
"""Called now and then with the number of candidates examined; what it raises ends the work."""


@dataclass(frozen=True)
class BitBlocks:
    """Blocks of n bits, fair under the prior and one with probability t under the target.

    cap: M', by which r is divided; a block with r ≥ M' is always accepted

    limits, always: (n + 1,), by the number of ones: a block is accepted when a word is below
        its limit ⌊2^64 r/M'⌋, and always where r ≥ M'

    Raises:
        UsageError: n is not from 1 to 64, or t is no probability, or the cap is not above 0.
    """

    n: int
    target: float
    log2_cap: float
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
        limits = [_limit(self.n, ones, self.target, self.log2_cap) for ones in range(self.n + 1)]
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
    def _mask(self) -> np.uint64:
        return np.uint64(_WORD_VALUES - 1 >> LONGEST - self.n)


def encode_block(
    blocks: BitBlocks,
    stream: Stream,
    block: int,
    *,
    threads: int = 1,
    progress: Progress | None = None,
) -> int:
    """Alice's message for one block: one more than the number of the first accepted candidate.

    Memory does not grow with it, and the number of threads does not change it.
    """

    def look(_: None, span: tuple[int, int]) -> int:
        return _first_in(blocks, stream, block, *span)

    results = in_turns([None] * threads, look, _spans())
    for (_, end), found in zip(_spans(), results, strict=False):
        if found >= 0:
            return found + 1
        if progress is not None:
            progress(end)
    raise AssertionError("spans have no end")


def decode_block(n: int, stream: Stream, block: int, message: int) -> int:
    """Bob's block, as an integer of n bits."""
    word = int(stream.words(WORDS_PER_CANDIDATE * (message - 1), 1, block=block)[0])
    return word & ((1 << n) - 1)


def _spans() -> Iterator[tuple[int, int]]:
    """Ranges of candidates: short ones first, since many messages are small."""
    begin, size = 0, FIRST_LOOK
    for _ in count():
        yield begin, begin + size
        begin += size
        size = min(2 * size, CANDIDATES_AT_ONCE * _CHUNKS_IN_A_SPAN)


_CHUNKS_IN_A_SPAN = 8


def _first_in(blocks: BitBlocks, stream: Stream, block: int, begin: int, end: int) -> int:
    bits = stream.philox(block=block, index=begin // _CANDIDATES_PER_QUAD)
    for first in range(begin, end, CANDIDATES_AT_ONCE):
        size = min(CANDIDATES_AT_ONCE, end - first)
        found = blocks.first_accepted(bits.random_raw(WORDS_PER_CANDIDATE * size))
        if found >= 0:
            return first + found
    return -1


def _limit(n: int, ones: int, target: float, log2_cap: float) -> int:
    """⌊2^64 r / M'⌋, without rounding but in the cap."""
    t = Fraction(target)
    ratio = (2 * t) ** ones * (2 * (1 - t)) ** (n - ones)
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
