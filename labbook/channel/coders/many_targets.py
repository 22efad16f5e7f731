"""Blocks that have targets of their own, sent together: what each would be sent alone.

A model with a latent asks for another target with each item, and a search for one block alone
takes most of its time to begin. Here a search goes through blocks of all targets at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from labbook.channel.coders.exponentials import exponentials
from labbook.channel.coders.poisson import inverse_ratios, take_best
from labbook.channel.coders.rejection import take_first
from labbook.channel.coders.search import Sent, encode_parts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from labbook.channel.coders.search import Flags, Places, Progress
    from labbook.channel.pairs import DiscretePair, Symbols, Words
    from labbook.compute import Stream

    Reals = NDArray[np.float64]
    Integers = NDArray[np.integer]


def encode_each(
    pairs: Sequence[DiscretePair],
    which: Integers,
    stream: Stream,
    *,
    progress: Progress | None = None,
) -> Sent:
    """Alice's messages by rejection for blocks 0, 1, …

    pairs: of one prior
    which: (blocks,), the pair of each block
    """
    limits = np.stack([pair.limits for pair in pairs])
    always = np.stack([pair.always for pair in pairs])
    expected = _expected(pairs, which)
    return encode_parts(
        lambda part: _Rejections(limits, always, which[part], expected),
        expected,
        pairs[0].prior,
        stream,
        len(which),
        progress=progress,
    )


def encode_poisson_each(
    pairs: Sequence[DiscretePair],
    which: Integers,
    stream: Stream,
    *,
    progress: Progress | None = None,
) -> Sent:
    """The same by the Poisson functional representation."""
    inverse = np.stack([inverse_ratios(pair) for pair in pairs])
    expected = _expected(pairs, which)
    return encode_parts(
        lambda part: _Races(inverse, which[part], expected),
        expected,
        pairs[0].prior,
        stream,
        len(which),
        progress=progress,
    )


def _expected(pairs: Sequence[DiscretePair], which: Integers) -> float:
    """How many candidates a block examines, in the mean."""
    return float(np.array([1 / pair.acceptance for pair in pairs])[which].mean())


@dataclass(frozen=True, slots=True)
class _Rejections:
    """limits, always: (pairs, symbols), as of `DiscretePair`; which: the pair of each block."""

    limits: Words
    always: Flags
    which: Integers
    candidates: float

    def look(self, live: Places, first: int, symbols: Symbols, words: Words, sent: Sent) -> Flags:
        there = self.which[live, None], symbols
        accepted = (words < self.limits[there]) | self.always[there]
        return take_first(accepted, live, first, symbols, sent)


class _Races:
    """inverse: (pairs, symbols), 1/r; which: the pair of each block."""

    def __init__(self, inverse: Reals, which: Integers, candidates: float) -> None:
        self.candidates = candidates
        self._inverse, self._which = inverse, which
        self._least = np.where(np.isfinite(inverse), inverse, np.inf).min(axis=1)
        self._time = np.zeros(len(which), dtype=np.uint64)
        self._best = np.full(len(which), np.inf)

    def look(self, live: Places, first: int, symbols: Symbols, words: Words, sent: Sent) -> Flags:
        which = self._which[live]
        times = self._time[live, None] + np.cumsum(exponentials(words), axis=1)
        inverse = self._inverse[which[:, None], symbols]
        take_best(times, inverse, self._best, live, first, symbols, sent)
        self._time[live] = times[:, -1]
        ended = times[:, -1].astype(np.float64) * self._least[which] >= self._best[live]
        return np.asarray(ended)
