"""Naming a candidate by its symbol's rank: how many different symbols come before it.

Whatever coder chose candidate K, Bob needs its symbol only. So Alice may send how manieth among
the different symbols it is, in the order in which they first appear among the candidates. With
few symbols this is shorter: an indicator on 1 of m equal symbols costs log2 m bits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from labbook.channel.coders.search import QUADS_AT_ONCE, WORDS_PER_CANDIDATE
from labbook.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from labbook.channel.pairs import Prior, Symbols
    from labbook.compute import Stream

    Integers = NDArray[np.int64]
    Flags = NDArray[np.bool_]

MOST_SYMBOLS = 256

_NOT_YET = np.iinfo(np.int64).max


def encode_ranks(prior: Prior, stream: Stream, symbols: Symbols, *, first: int = 0) -> Integers:
    """The rank, from 1, of each block's symbol: `symbols[b]` is that of block `first + b`.

    Raises:
        UsageError: there are too many symbols.
    """

    def found(appeared: Integers, rows: NDArray[np.intp]) -> Flags:
        return appeared[np.arange(len(rows)), symbols[rows]] < _NOT_YET

    appeared = _first_appearances(prior, stream, len(symbols), first, found)
    own = appeared[np.arange(len(symbols)), symbols]
    return np.asarray(1 + (appeared < own[:, None]).sum(axis=1))


def decode_ranks(prior: Prior, stream: Stream, ranks: Integers, *, first: int = 0) -> Symbols:
    """Bob's symbols.

    Raises:
        UsageError: there are too many symbols, or a rank is none of theirs.
    """
    drawn = sum(mass > 0 for mass in prior.masses)
    if len(ranks) and not 1 <= ranks.min() <= ranks.max() <= drawn:
        raise UsageError(f"A rank among {drawn} symbols lies from 1 to {drawn}.")

    def found(appeared: Integers, rows: NDArray[np.intp]) -> Flags:
        return np.asarray((appeared < _NOT_YET).sum(axis=1) >= ranks[rows])

    appeared = _first_appearances(prior, stream, len(ranks), first, found)
    order = np.argsort(appeared, axis=1, kind="stable")
    return np.asarray(order[np.arange(len(ranks)), ranks - 1])


def _first_appearances(
    prior: Prior,
    stream: Stream,
    blocks: int,
    first: int,
    is_enough: Callable[[Integers, NDArray[np.intp]], Flags],
) -> Integers:
    """(blocks, symbols): the first candidate of each symbol, as far as is needed."""
    count = len(prior.masses)
    if count > MOST_SYMBOLS:
        raise UsageError(f"Ranks are for at most {MOST_SYMBOLS} symbols, not {count}.")
    appeared = np.full((blocks, count), _NOT_YET)
    numbers = np.arange(first, first + blocks, dtype=np.uint64)
    live, examined, quads = np.arange(blocks), 0, 4
    while live.size:
        for begin in range(0, live.size, max(1, QUADS_AT_ONCE // quads)):
            rows = live[begin : begin + max(1, QUADS_AT_ONCE // quads)]
            words = stream.rows(numbers[rows], examined, quads)[:, 0::WORDS_PER_CANDIDATE]
            _note(appeared, rows, prior.symbols(words), examined * 2)
        live = live[~is_enough(appeared[live], live)]
        examined += quads
        quads = min(2 * quads, QUADS_AT_ONCE)
    return appeared


def _note(appeared: Integers, rows: NDArray[np.intp], symbols: Symbols, offset: int) -> None:
    for symbol in range(appeared.shape[1]):
        there = symbols == symbol
        seen = there.any(axis=1)
        place = offset + there[seen].argmax(axis=1)
        fresh = rows[seen]
        appeared[fresh, symbol] = np.minimum(appeared[fresh, symbol], place)
