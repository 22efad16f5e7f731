"""Blocks whose symbols are independent, each of its own pair, and what they are like by their r.

Within a level r = q/p is constant. So the mean of anything over the blocks of a level is the same
under p, under q, and under whatever law depends on r alone, as that of a capped search does:
masses and means by level are all that exact figures need. Positions with the same pair are one
kind, whose blocks are gone through by their types; kinds are then multiplied.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from labbook.channel.pairs import DiscretePair
from labbook.channel.spectrum import Spectrum, by_ratio, log2_sums, need_few, spectrum, types
from labbook.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Reals = NDArray[np.float64]

Kinds = Mapping[DiscretePair, int]
"""At how many positions of a block each pair is; `collections.Counter` counts a list of them."""

MOST_MEANS = 40_000_000
"""Numbers that are kept for all levels together: 320 MB."""


@dataclass(frozen=True, eq=False)
class Levels:
    """Of a block, in ascending order of r.

    spectrum: r and its masses
    log2_block: (levels,), the mean of log2 p(block)
    shares: for each kind (symbols, levels), how often each symbol is at one of its positions
    """

    kinds: Kinds
    spectrum: Spectrum
    log2_block: Reals
    shares: tuple[Reals, ...]

    @property
    def length(self) -> int:
        """n."""
        return sum(self.kinds.values())

    @property
    def kl_bits(self) -> float:
        """KL(q ‖ p) of the block, in bits: the sum over its positions."""
        return sum(count * pair.kl_bits for pair, count in self.kinds.items())

    @property
    def variance(self) -> float:
        """The variance of log2 r under q, in bits²: the sum over the positions."""
        return sum(count * spectrum(pair).variance for pair, count in self.kinds.items())

    def times(self, other: Levels) -> Levels:
        """Of the two blocks one after the other, which have no kind in common.

        Raises:
            UsageError: there would be more levels, or numbers for them, than can be handled.
        """
        one, two = self.spectrum, other.spectrum
        shape = len(one.log2_p), len(two.log2_p)
        kinds = {**self.kinds, **other.kinds}
        need_few(_named(kinds), shape[0] * shape[1])
        means = _Means(
            np.add.outer(one.log2_ratio, two.log2_ratio).ravel(),
            np.add.outer(one.log2_p, two.log2_p).ravel(),
        )
        _need_few_means(len(means.starts), kinds)

        def of_first(values: Reals) -> Reals:
            return means.of(np.repeat(values, shape[1]))

        def of_second(values: Reals) -> Reals:
            return means.of(np.tile(values, shape[0]))

        return Levels(
            kinds,
            means.spectrum,
            of_first(self.log2_block) + of_second(other.log2_block),
            (
                *(np.array([of_first(each) for each in kind]) for kind in self.shares),
                *(np.array([of_second(each) for each in kind]) for kind in other.shares),
            ),
        )


def levels(kinds: Kinds) -> Levels:
    """Of a block with so many positions of each kind.

    Raises:
        UsageError: there is no position, or there would be too many levels.
    """
    if not kinds:
        raise UsageError("A block has at least one symbol.")
    whole, *others = (_of_kind(pair, count) for pair, count in kinds.items())
    for each in others:
        whole = whole.times(each)
    return whole


def need_few_levels(kinds: Kinds) -> None:
    """Refuse blocks that `levels` refuses; for less than half the work.

    Raises:
        UsageError: as `levels`.
    """
    if not kinds:
        raise UsageError("A block has at least one symbol.")
    whole, *others = (spectrum(pair, count) for pair, count in kinds.items())
    for each in others:
        need_few(_named(kinds), len(whole.log2_p) * len(each.log2_p))
        whole = whole.times(each)
    _need_few_means(len(whole.log2_p), kinds)


class _Means:
    """Means over the blocks of a level, from those over parts of it, which come in any order."""

    def __init__(self, log2_ratio: Reals, log2_p: Reals) -> None:
        self._order, self.starts = by_ratio(log2_ratio)
        mass = log2_p[self._order]
        total = log2_sums(mass, self.starts)
        self.spectrum = Spectrum(log2_ratio[self._order[self.starts]], total)
        sizes = np.diff(np.append(self.starts, len(mass)))
        self._weights = np.exp2(mass - np.repeat(total, sizes))

    def of(self, values: Reals) -> Reals:
        return np.asarray(np.add.reduceat(self._weights * values[self._order], self.starts))


def _of_kind(pair: DiscretePair, n: int) -> Levels:
    found = types(pair, n)
    means = _Means(found.log2_ratio, found.log2_p)
    shares = np.array([means.of(count / n) for count in found.counts.T])
    return Levels({pair: n}, means.spectrum, means.of(found.log2_block), (shares,))


def _need_few_means(levels: int, kinds: Kinds) -> None:
    numbers = levels * (1 + sum(len(pair.p) for pair in kinds))
    if numbers > MOST_MEANS:
        raise UsageError(
            f"The exact law of {_named(kinds)} needs {numbers:,} numbers, more than the "
            f"{MOST_MEANS:,} that can be handled.",
            hint="Give shorter blocks, or fewer kinds of symbols.",
        )


def _named(kinds: Kinds) -> str:
    return f"blocks of {sum(kinds.values())} symbols of {len(kinds)} kinds"
