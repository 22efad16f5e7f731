"""How Alice looks through her candidates: many blocks at a time, each as far as it needs.

Candidate k of block b, counted from 0, has words 2k and 2k + 1 of block b of the stream: the
first becomes a symbol by the prior, the second is what the coder needs besides. A message is
k + 1 of the chosen candidate, whatever the coder, so that one decoder serves all:

    bits = numpy.random.Philox(key=[seed, number], counter=[(message - 1) // 2, block, 0, 0])
    word = bits.random_raw(4)[2 * ((message - 1) % 2)]
    symbol = prior.symbols(word)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from labbook.channel.pairs import Words
    from labbook.compute import Stream

    Messages = NDArray[np.int64]
    Flags = NDArray[np.bool_]
    Places = NDArray[np.intp]

WORDS_PER_CANDIDATE = 2
CANDIDATES_PER_QUAD = 2

QUADS_AT_ONCE = 1 << 15
"""Quads of words held at a time: one MiB of words, whatever the number of candidates."""

Progress = Callable[[int, int], None]
"""Called as `progress(done, of)` in blocks; what it raises ends the work."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What Alice sent for each block, and the symbol she meant."""

    messages: Messages
    symbols: NDArray[Any]


class WordPrior(Protocol):
    """What makes a symbol of a random word: `labbook.channel.Prior` for finitely many symbols."""

    def symbols(self, words: Words) -> NDArray[Any]: ...


class Looker(Protocol):
    """One coder, at work on some blocks.

    candidates: about how many a block examines; it only decides how far to look at first
    """

    @property
    def candidates(self) -> float: ...

    def look(
        self, live: Places, first: int, symbols: NDArray[Any], words: Words, sent: Sent
    ) -> Flags:
        """Examine the next candidates of the blocks that are not done.

        live: (rows,), the places of these blocks in `sent`, which is filled in
        first: the number of the first of these candidates
        symbols, words: (rows, candidates)

        Returns: (rows,), which of the blocks are done.
        """
        ...


def encode_with(
    make: Callable[[int], Looker],
    prior: WordPrior,
    stream: Stream,
    blocks: int,
    *,
    first: int = 0,
    progress: Progress | None = None,
) -> Sent:
    """Alice's messages for blocks `first` to `first + blocks - 1`.

    make: a coder for so many blocks
    """
    return encode_parts(
        lambda part: make(part.stop - part.start),
        make(0).candidates,
        prior,
        stream,
        blocks,
        first=first,
        progress=progress,
    )


def encode_parts(
    make: Callable[[slice], Looker],
    candidates: float,
    prior: WordPrior,
    stream: Stream,
    blocks: int,
    *,
    first: int = 0,
    progress: Progress | None = None,
) -> Sent:
    """The same where a coder must know which of the blocks it works on.

    make: a coder for these of the blocks, counted from 0
    candidates: about how many a block examines
    """
    kind = prior.symbols(np.empty(0, dtype=np.uint64)).dtype
    sent = Sent(np.empty(blocks, dtype=np.int64), np.empty(blocks, dtype=kind))
    slab = _slab(candidates)
    for begin in range(0, blocks, slab):
        end = min(begin + slab, blocks)
        numbers = np.arange(first + begin, first + end, dtype=np.uint64)
        part = Sent(sent.messages[begin:end], sent.symbols[begin:end])
        looker = make(slice(begin, end))
        _sweep(looker, prior, stream, numbers, part, told(progress, end, blocks))
    return sent


def decode(prior: WordPrior, stream: Stream, messages: Messages, *, first: int = 0) -> NDArray[Any]:
    """Bob's symbols for the messages of blocks `first`, `first + 1`, …

    Each takes one call of the cipher, however large the message.
    """
    kind = prior.symbols(np.empty(0, dtype=np.uint64)).dtype
    symbols = np.empty(len(messages), dtype=kind)
    for begin in range(0, len(messages), QUADS_AT_ONCE):
        candidates = np.asarray(messages[begin : begin + QUADS_AT_ONCE]) - 1
        blocks = np.arange(first + begin, first + begin + len(candidates), dtype=np.uint64)
        quads = stream.quads(blocks, candidates // CANDIDATES_PER_QUAD)
        is_second = candidates % CANDIDATES_PER_QUAD == 1
        words = np.where(is_second, quads[WORDS_PER_CANDIDATE], quads[0])
        symbols[begin : begin + len(words)] = prior.symbols(words)
    return symbols


def told(progress: Progress | None, end: int, blocks: int) -> Callable[[int], None]:
    def tell(live: int) -> None:
        if progress is not None:
            progress(end - live, blocks)

    return tell


def _sweep(
    looker: Looker,
    prior: WordPrior,
    stream: Stream,
    blocks: NDArray[np.uint64],
    sent: Sent,
    tell: Callable[[int], None],
) -> None:
    live = np.arange(len(blocks))
    examined, quads = 0, _first_look(looker.candidates)
    while live.size:
        # As blocks drop out, the rest look farther in the same memory.
        quads = min(quads, max(1, QUADS_AT_ONCE // live.size))
        words = stream.rows(blocks[live], examined, quads)
        symbols = prior.symbols(words[:, 0::WORDS_PER_CANDIDATE])
        first = CANDIDATES_PER_QUAD * examined
        done = looker.look(live, first, symbols, words[:, 1::WORDS_PER_CANDIDATE], sent)
        live = live[~done]
        examined += quads
        quads *= 2
        tell(live.size)


def _slab(candidates: float) -> int:
    """Blocks to work on together: so many that one pass over the expected candidates fits."""
    return max(1, min(QUADS_AT_ONCE, int(QUADS_AT_ONCE * CANDIDATES_PER_QUAD / candidates)))


def _first_look(candidates: float) -> int:
    """Quads to begin with: about a quarter of the expected candidates."""
    return max(1, min(QUADS_AT_ONCE, int(candidates / 8)))
