"""The Poisson functional representation: Alice sends where a Poisson process is best.

Candidates come at the times T_i of a Poisson process of rate 1, and she chooses the one with the
least T_i / r(z_i). What comes after M times the best so far cannot be better. Times are sums of
integers (see `labbook.channel.coders.exponentials`) and each score is one multiplication, so every
machine chooses the same candidate; Bob needs no times.

C. T. Li, A. El Gamal, "Strong functional representation lemma and applications to coding
theorems", IEEE Trans. Inf. Theory 64 (2018) 6967.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from labbook.channel.coders.exponentials import exponentials
from labbook.channel.coders.search import Sent, encode_with

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from labbook.channel.coders.search import Flags, Places, Progress
    from labbook.channel.pairs import DiscretePair, Words
    from labbook.compute import Stream

    Reals = NDArray[np.float64]


def encode_poisson(
    pair: DiscretePair,
    stream: Stream,
    blocks: int,
    *,
    first: int = 0,
    progress: Progress | None = None,
) -> Sent:
    """Alice's messages for blocks `first` to `first + blocks - 1`."""
    inverse = inverse_ratios(pair)
    least = float(inverse[np.isfinite(inverse)].min())
    return encode_with(
        lambda count: Race(lambda symbols: inverse[symbols], least, count),
        pair.prior,
        stream,
        blocks,
        first=first,
        progress=progress,
    )


def inverse_ratios(pair: DiscretePair) -> Reals:
    """1/r of each symbol, infinite where q has no mass; rounded once from the probabilities."""
    q = np.array(pair.q)
    return np.where(q > 0, np.array(pair.p) / np.where(q > 0, q, 1.0), np.inf)


class Race:
    """The times and scores of so many blocks.

    inverse: 1/r of symbols
    least: 1/M
    """

    def __init__(self, inverse: Callable[[NDArray[Any]], Reals], least: float, blocks: int) -> None:
        self._inverse = inverse
        self._least = least
        self._time = np.zeros(blocks, dtype=np.uint64)
        self._best = np.full(blocks, np.inf)

    @property
    def candidates(self) -> float:
        return 1 / self._least

    def look(
        self, live: Places, first: int, symbols: NDArray[Any], words: Words, sent: Sent
    ) -> Flags:
        times = self._time[live, None] + np.cumsum(exponentials(words), axis=1)
        take_best(times, self._inverse(symbols), self._best, live, first, symbols, sent)
        self._time[live] = times[:, -1]
        return np.asarray(self._time[live].astype(np.float64) * self._least >= self._best[live])


def take_best(
    times: Words,
    inverse: Reals,
    best: Reals,
    live: Places,
    first: int,
    symbols: NDArray[Any],
    sent: Sent,
) -> None:
    """Send the first of each row's least scores, where it is below the best so far.

    best: the best so far of all blocks, which is lowered
    """
    rows = np.arange(len(live))
    # A time of 0, once in 2^33, where q has no mass makes NaN, which argmin takes for the least.
    with np.errstate(invalid="ignore", over="ignore"):
        scores = times.astype(np.float64) * inverse
    chosen = scores.argmin(axis=1)
    if np.isnan(scores[rows, chosen]).any():
        scores[np.isnan(scores)] = np.inf
        chosen = scores.argmin(axis=1)
    better = scores[rows, chosen] < best[live]
    places = live[better]
    best[places] = scores[rows[better], chosen[better]]
    sent.messages[places] = first + chosen[better] + 1
    sent.symbols[places] = symbols[rows[better], chosen[better]]
