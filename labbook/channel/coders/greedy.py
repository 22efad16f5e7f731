"""Greedy rejection: each candidate is accepted as readily as the target allows.

P. Harsha, R. Jain, D. McAllester, J. Radhakrishnan, "The communication complexity of
correlation", IEEE Trans. Inf. Theory 56 (2010) 438.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from labbook.channel.coders.rejection import take_first
from labbook.channel.coders.search import Sent, encode_with
from labbook.channel.laws.greedy import schedule
from labbook.channel.spectrum import spectrum

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from labbook.channel.coders.search import Flags, Places, Progress
    from labbook.channel.pairs import DiscretePair, Symbols, Words
    from labbook.compute import Stream

    Reals = NDArray[np.float64]

_WORD_VALUES = 2.0**64


def encode_greedy(
    pair: DiscretePair,
    stream: Stream,
    blocks: int,
    *,
    first: int = 0,
    progress: Progress | None = None,
) -> Sent:
    """Alice's messages for blocks `first` to `first + blocks - 1`."""
    looker = Greedy(pair)
    return encode_with(lambda _: looker, pair.prior, stream, blocks, first=first, progress=progress)


class Greedy:
    """Alice at work on any blocks."""

    def __init__(self, pair: DiscretePair) -> None:
        # The plan is of probabilities that sum to 1: any other scale, and the last candidate,
        # which is certain to be accepted, could be passed over.
        p, q = np.array(pair.p) / math.fsum(pair.p), np.array(pair.q) / math.fsum(pair.q)
        self._ratio = np.where(p > 0, q / np.where(p > 0, p, 1.0), 0.0)
        self._plan = schedule(spectrum(pair))
        self.candidates = 1 / pair.acceptance

    def look(self, live: Places, first: int, symbols: Symbols, words: Words, sent: Sent) -> Flags:
        limits, always = self.limits(first, symbols.shape[1])
        columns = np.arange(symbols.shape[1])
        accepted = (words < limits[columns, symbols]) | always[columns, symbols]
        return take_first(accepted, live, first, symbols, sent)

    def limits(self, first: int, count: int) -> tuple[Words, Flags]:
        """(candidates, symbols): a word below the limit accepts; always, whatever the word."""
        low, left = self._plan.at(np.arange(first, first + count, dtype=np.float64))
        with np.errstate(divide="ignore", invalid="ignore"):
            chance = (self._ratio - low[:, None]) / left[:, None]
        always = chance >= 1
        # Beyond a candidate that is certain to be accepted, T is 0 and nothing is reached.
        inside = np.where(chance < 1, np.maximum(chance, 0.0), 0.0)
        return np.floor(inside * _WORD_VALUES).astype(np.uint64), always
