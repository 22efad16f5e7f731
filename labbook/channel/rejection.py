"""Channel simulation by rejection: Alice sends the index of the first accepted candidate.

Alice and Bob share a stream of random words. Candidate k of block b, counted from 0, has words
2k and 2k + 1 of block b of the stream: the first becomes a symbol by the prior, the second
decides whether Alice accepts it for her target. The message is k + 1 of the first accepted
one. Bob, who knows the prior only, makes that one candidate's symbol from one word:

    bits = numpy.random.Philox(key=[seed, number], counter=[(message - 1) // 2, block, 0, 0])
    word = bits.random_raw(4)[2 * ((message - 1) % 2)]
    symbol = prior.symbols(word)

The message has the geometric law with success 1/M, M = max q/p, and is independent of the
symbol, whose law is q. The seed of this idea: J. Schulman, "Sending samples without
bits-back", 2020, http://joschu.net/blog/sending-samples.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from labbook.channel.laws import Geometric

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from labbook.channel.pairs import DiscretePair, Prior, Symbols
    from labbook.compute import Stream

    Messages = NDArray[np.int64]
    Blocks = NDArray[np.uint64]

WORDS_PER_CANDIDATE = 2
_CANDIDATES_PER_QUAD = 2

_QUADS_AT_ONCE = 1 << 15
"""Quads of words held at a time: one MiB of words, whatever the number of candidates."""

Progress = Callable[[int, int], None]
"""Called as `progress(done, of)` in blocks; what it raises ends the work."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What Alice sent for each block, and the symbol she meant."""

    messages: Messages
    symbols: Symbols


def message_law(pair: DiscretePair) -> Geometric:
    """The exact law of a message."""
    return Geometric(pair.acceptance)


def encode(
    pair: DiscretePair,
    stream: Stream,
    blocks: int,
    *,
    first: int = 0,
    progress: Progress | None = None,
) -> Sent:
    """Alice's messages for blocks `first` to `first + blocks - 1`."""
    sent = Sent(np.empty(blocks, dtype=np.int64), np.empty(blocks, dtype=np.intp))
    slab = _slab(pair)
    for begin in range(0, blocks, slab):
        end = min(begin + slab, blocks)
        numbers = np.arange(first + begin, first + end, dtype=np.uint64)
        part = Sent(sent.messages[begin:end], sent.symbols[begin:end])
        for live in _search(pair, stream, numbers, part):
            if progress is not None:
                progress(end - live, blocks)
    return sent


def decode(prior: Prior, stream: Stream, messages: Messages, *, first: int = 0) -> Symbols:
    """Bob's symbols for the messages of blocks `first`, `first + 1`, …

    Each takes one call of the cipher, however large the message.
    """
    symbols = np.empty(len(messages), dtype=np.intp)
    for begin in range(0, len(messages), _QUADS_AT_ONCE):
        candidates = np.asarray(messages[begin : begin + _QUADS_AT_ONCE]) - 1
        blocks = np.arange(first + begin, first + begin + len(candidates), dtype=np.uint64)
        quads = stream.quads(blocks, candidates // _CANDIDATES_PER_QUAD)
        is_second = candidates % _CANDIDATES_PER_QUAD == 1
        words = np.where(is_second, quads[WORDS_PER_CANDIDATE], quads[0])
        symbols[begin : begin + len(words)] = prior.symbols(words)
    return symbols


def _slab(pair: DiscretePair) -> int:
    """Blocks to work on together: so many that one pass over the expected candidates fits."""
    expected_quads = 1 / (_CANDIDATES_PER_QUAD * pair.acceptance)
    return max(1, min(_QUADS_AT_ONCE, int(_QUADS_AT_ONCE / expected_quads)))


def _search(pair: DiscretePair, stream: Stream, blocks: Blocks, sent: Sent) -> Iterator[int]:
    """Fill in what is sent for the blocks; after each look, how many are still without."""
    live = np.arange(len(blocks))
    examined, quads = 0, _first_look(pair)
    while live.size:
        # As blocks drop out, the rest look farther in the same memory.
        quads = min(quads, max(1, _QUADS_AT_ONCE // live.size))
        words = stream.rows(blocks[live], examined, quads)
        symbols = pair.prior.symbols(words[:, 0::WORDS_PER_CANDIDATE])
        accepted = pair.accepts(symbols, words[:, 1::WORDS_PER_CANDIDATE])
        chosen = accepted.argmax(axis=1)
        rows = np.arange(live.size)
        hit = accepted[rows, chosen]
        done = live[hit]
        sent.messages[done] = _CANDIDATES_PER_QUAD * examined + chosen[hit] + 1
        sent.symbols[done] = symbols[rows[hit], chosen[hit]]
        live = live[~hit]
        examined += quads
        quads *= 2
        yield live.size


def _first_look(pair: DiscretePair) -> int:
    """Quads to begin with: about a quarter of the expected candidates."""
    return max(1, min(_QUADS_AT_ONCE, int(0.125 / pair.acceptance)))
