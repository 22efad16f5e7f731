"""Grouped rejection over blocks of any symbols, at each position with its own prior and target.

Candidate k of a block, counted from 0, has words (n + 1) k to (n + 1) k + n: the first n become
its symbols by the priors, and the last one an exponential number E. The candidate is accepted
when E ≥ ln M' − Σ ln r, which has probability min(1, r/M'); the message is k + 1 of the first
that is. Bob needs the priors and the message:

    first = (n + 1) * (message - 1)
    bits = numpy.random.Philox(key=[seed, number], counter=[first // 4, block, 0, 0])
    words = bits.random_raw(first % 4 + n)[first % 4 :]

All is compared in integers, in units of 2^-32: E, ln M', and ln r of each symbol are each rounded
once, to the nearest. So ln r/M' is off by less than (n + 2) 2^-33 for every block, and the choice
is the same on every machine. E has 52 bits of a word and is at most 37: r/M' counts as a multiple
of 2^-52, and a block where it is below 2^-53 is never accepted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from labbook.channel.coders.exponentials import UNIT_BITS, UNITS_PER_BIT, exponentials, log_of
from labbook.channel.laws.truncated import within
from labbook.channel.pairs import DiscretePair, Prior
from labbook.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from labbook.channel.pairs import Words
    from labbook.compute import Stream

    Units = NDArray[np.int64]
    Block = tuple[int, ...]

LONGEST = 1024
LARGEST_LOG2_CAP = 1e5

WORDS_AT_ONCE = 1 << 18
"""Two MiB: shorter stretches spend their time between the positions of long blocks (measured)."""

_NEVER = -(1 << 52)
"""ln r where q has nothing. The others of 1024 positions are together below 2^51.6, since ln of a
ratio of doubles is below 746: so it decides, and no sum leaves 64 bits."""


@dataclass(frozen=True)
class SymbolBlocks:
    """Blocks of n symbols that are independent, at each position of one of the pairs.

    log2_cap: log2 M', by which r is divided; a block with r ≥ M' is always accepted
    is_restricted: instead, one with r > M' never is

    Raises:
        UsageError: there is no position, or more than 1024, or the cap is out of range.
    """

    pairs: tuple[DiscretePair, ...]
    log2_cap: float
    is_restricted: bool = False
    _tables: tuple[Units, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not 1 <= self.n <= LONGEST:
            raise UsageError(f"A block has from 1 to {LONGEST} symbols, not {self.n}.")
        if not abs(self.log2_cap) <= LARGEST_LOG2_CAP:
            raise UsageError(f"The cap on q/p cannot be 2^{self.log2_cap:g}.")
        found = {pair: _logarithms(pair) for pair in self.pairs}
        object.__setattr__(self, "_tables", tuple(found[pair] for pair in self.pairs))

    @property
    def n(self) -> int:
        return len(self.pairs)

    @property
    def words_per_candidate(self) -> int:
        return self.n + 1

    @property
    def at_once(self) -> int:
        return WORDS_AT_ONCE // (self.n + 1) // 4 * 4

    @cached_property
    def restricted(self) -> SymbolBlocks:
        """The same where r ≤ M', and nothing else."""
        return replace(self, is_restricted=True)

    def first_accepted(self, words: Words) -> int:
        """The first accepted of the candidates with these words; −1 if none is."""
        rows = words.reshape(-1, self.n + 1)
        excess = np.full(len(rows), -self._cap)
        for place, (pair, table) in enumerate(zip(self.pairs, self._tables, strict=True)):
            excess += table[pair.prior.symbols(rows[:, place])]
        coins = rows[:, -1]
        # Nearly all candidates fall at this fence, which costs less than a logarithm.
        near = np.flatnonzero(coins <= _fence(excess))
        over = excess[near]
        accepted = exponentials(coins[near]).astype(np.int64) >= -over
        if self.is_restricted:
            accepted &= ~self._is_beyond(over)
        hits = near[accepted]
        return int(hits[0]) if hits.size else -1

    def wanted(self, words: Words) -> Block:
        """A block of the target, from n words."""
        return _symbols(self._targets, words)

    def excess(self, block: Block) -> int:
        """ln r/M' of a block, in units of 2^-32."""
        logs = (int(table[z]) for table, z in zip(self._tables, block, strict=True))
        return sum(logs) - self._cap

    def is_beyond(self, block: Block) -> bool:
        """Whether r > M'."""
        return bool(self._is_beyond(np.array([self.excess(block)]))[0])

    def _is_beyond(self, excess: Units) -> NDArray[np.bool_]:
        # A block on the cap is not, wherever rounding has put it.
        off = (self.n + 2) / 2 / UNITS_PER_BIT
        return ~within(excess / UNITS_PER_BIT, 0.0, off)

    @cached_property
    def _targets(self) -> list[Prior]:
        found = {pair: Prior(pair.q) for pair in self.pairs}
        return [found[pair] for pair in self.pairs]

    @property
    def _cap(self) -> int:
        return round(self.log2_cap * UNITS_PER_BIT)


def decode_symbols(priors: Sequence[Prior], stream: Stream, block: int, message: int) -> Block:
    """Bob's block: one call of the cipher for each four symbols, however large the message."""
    n = len(priors)
    return _symbols(priors, stream.words((n + 1) * (message - 1), n, block=block))


def _symbols(priors: Sequence[Prior], words: Words) -> Block:
    places: dict[Prior, list[int]] = {}
    for place, prior in enumerate(priors):
        places.setdefault(prior, []).append(place)
    block = np.empty(len(words), dtype=np.intp)
    for prior, at in places.items():
        block[at] = prior.symbols(words[at])
    return tuple(block.tolist())


def _fence(excess: Units) -> NDArray[np.float64]:
    """Words above it make an E that is too small, whatever the last digits of an exponential."""
    chance = np.exp(np.minimum(excess, 0) * 2.0**-UNIT_BITS)
    return np.asarray(chance * (2.0**64 * (1 + 2.0**-20)) + 2.0**12)


def _logarithms(pair: DiscretePair) -> Units:
    """ln r of each symbol, in units of 2^-32."""
    p, q = ([Fraction(x) for x in law] for law in (pair.p, pair.q))
    scale = sum(p, Fraction()) / sum(q, Fraction())
    return np.array(
        [
            _logarithm(want * scale / offer) if want else _NEVER
            for offer, want in zip(p, q, strict=True)
        ]
    )


def _logarithm(ratio: Fraction) -> int:
    twos = ratio.numerator.bit_length() - ratio.denominator.bit_length()
    rest = log_of(np.array(float(ratio / Fraction(2) ** twos)))
    return round(float(rest + twos * math.log(2)) * 2.0**UNIT_BITS)
