"""A choice among N candidates: minimal random coding and ordered random coding.

Both take the candidate that arrives first, candidate i at an exponential time E_i / r(z_i): that
is a choice in proportion to r. Minimal random coding sends its number, uniform among N at the
start. Ordered random coding gives candidate i the i-th smallest of the times E, which changes
nothing in what is decoded and makes small numbers likely. Neither decodes q exactly.

M. Havasi, R. Peharz, J. M. Hernández-Lobato, "Minimal random code learning", ICLR 2019;
L. Theis, N. Yosri, "Algorithms for the communication of samples", ICML 2022.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from labbook.channel.coders.exponentials import exponentials
from labbook.channel.coders.poisson import inverse_ratios, take_best
from labbook.channel.coders.search import Sent, encode_with
from labbook.channel.laws.finite import LARGEST_N
from labbook.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from labbook.channel.coders.search import Flags, Places, Progress
    from labbook.channel.pairs import DiscretePair, Symbols, Words
    from labbook.compute import Stream

    Reals = NDArray[np.float64]


def encode_among(
    candidates: int,
    pair: DiscretePair,
    stream: Stream,
    blocks: int,
    *,
    ordered: bool,
    first: int = 0,
    progress: Progress | None = None,
) -> Sent:
    """Alice's messages for blocks `first` to `first + blocks - 1`.

    ordered: by ordered random coding; else by minimal random coding

    Raises:
        UsageError: so many candidates cannot be looked through.
    """
    need_few(candidates)
    inverse = inverse_ratios(pair)
    return encode_with(
        lambda count: _Choice(inverse, candidates, count, ordered=ordered),
        pair.prior,
        stream,
        blocks,
        first=first,
        progress=progress,
    )


def need_few(candidates: int) -> None:
    """Of so many one can be chosen.

    Raises:
        UsageError: no.
    """
    if not 1 <= candidates <= LARGEST_N:
        raise UsageError(f"From 1 to {LARGEST_N:,} candidates can be chosen among.")


class _Choice:
    """Where q has mass at none of the candidates, the first is sent."""

    def __init__(self, inverse: Reals, number: int, blocks: int, *, ordered: bool) -> None:
        self._inverse = inverse
        self._number = number
        self._ordered = ordered
        self._time = np.zeros(blocks, dtype=np.uint64)
        self._best = np.full(blocks, np.inf)
        self.candidates = float(number)

    def look(self, live: Places, first: int, symbols: Symbols, words: Words, sent: Sent) -> Flags:
        inside = min(symbols.shape[1], self._number - first)
        symbols, times = symbols[:, :inside], self._times(live, first, words[:, :inside])
        if first == 0:
            sent.messages[live], sent.symbols[live] = 1, symbols[:, 0]
        take_best(times, self._inverse[symbols], self._best, live, first, symbols, sent)
        return np.full(len(live), first + inside >= self._number)

    def _times(self, live: Places, first: int, words: Words) -> Words:
        """The candidates' exponential times, in units of 2^-32.

        The i-th smallest of N is a sum of independent ones, E_j N/(N − j + 1) up to the scale
        N: A. Rényi, "On the theory of order statistics", 1953.
        """
        times = exponentials(words)
        if not self._ordered:
            return times
        left = self._number - np.arange(first, first + times.shape[1], dtype=np.float64)
        steps = np.rint(times.astype(np.float64) * (self._number / left)).astype(np.uint64)
        found = self._time[live, None] + np.cumsum(steps, axis=1)
        self._time[live] = found[:, -1]
        return np.asarray(found)
