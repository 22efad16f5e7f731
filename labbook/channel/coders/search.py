"""How Alice looks through her candidates: many blocks at a time, each as far as it needs.

Candidate k of block b, counted from 0, has words 2k and 2k + 1 of block b of the stream: the
first becomes a symbol by the prior, the second is what the coder needs besides. A message is
k + 1 of the chosen candidate, whatever the coder, so that one decoder serves all:

    bits = numpy.random.Philox(key=[seed, number], counter=[(message - 1) // 2, block, 0, 0])
    word = bits.random_raw(4)[2 * ((message - 1) % 2)]
    symbol = prior.symbols(word)

Where symbols are vectors of n coordinates, a candidate has w words, n + 1 rounded up to a multiple
of 4: words wk to wk + n - 1 become the vector, and word wk + w - 1 is the coder's.

    at = [(message - 1) * w // 4, block, 0, 0]
    vector = prior.symbols(numpy.random.Philox(key=[seed, number], counter=at).random_raw(n))
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

import numpy as np

from labbook.compute.random import WORDS_PER_QUAD

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
    """What Alice sent for each block, and the symbol she meant: a row of them for vectors."""

    messages: Messages
    symbols: NDArray[Any]


class WordPrior(Protocol):
    """What makes a symbol of a random word: `labbook.channel.Prior` for finitely many symbols."""

    def symbols(self, words: Words) -> NDArray[Any]: ...


@runtime_checkable
class VectorPrior(Protocol):
    """One whose symbols are vectors."""

    @property
    def dimensions(self) -> int: ...

    def symbols(self, words: Words) -> NDArray[Any]:
        """Vectors of words; both of shape (…, dimensions)."""
        ...


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
        symbols: (rows, candidates), or for vectors (rows, candidates, dimensions)
        words: (rows, candidates)

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
    layout = _Layout.of(prior)
    sent = Sent(np.empty(blocks, dtype=np.int64), layout.room(prior, blocks))
    slab = _slab(layout, candidates)
    for begin in range(0, blocks, slab):
        end = min(begin + slab, blocks)
        numbers = np.arange(first + begin, first + end, dtype=np.uint64)
        part = Sent(sent.messages[begin:end], sent.symbols[begin:end])
        looker = make(slice(begin, end))
        _sweep(looker, prior, stream, numbers, part, told(progress, end, blocks))
    return sent


def decode(prior: WordPrior, stream: Stream, messages: Messages, *, first: int = 0) -> NDArray[Any]:
    """Bob's symbols for the messages of blocks `first`, `first + 1`, …

    Each takes one call of the cipher for 4 words, however large the message.
    """
    layout = _Layout.of(prior)
    symbols = layout.room(prior, len(messages))
    at_once = QUADS_AT_ONCE // layout.quads
    for begin in range(0, len(messages), at_once):
        candidates = np.asarray(messages[begin : begin + at_once]) - 1
        blocks = np.arange(first + begin, first + begin + len(candidates), dtype=np.uint64)
        groups, places = np.divmod(candidates, layout.candidates)
        indices = groups[:, None] * layout.quads + np.arange(layout.quads)
        quads = stream.quads(np.repeat(blocks, layout.quads), indices.ravel())
        words = quads.T.reshape(len(blocks), layout.candidates, layout.words)
        chosen = words[np.arange(len(blocks)), places]
        symbols[begin : begin + len(blocks)] = prior.symbols(layout.for_symbols(chosen))
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
    layout = _Layout.of(prior)
    live = np.arange(len(blocks))
    examined, groups = 0, _first_look(layout, looker.candidates)
    while live.size:
        # As blocks drop out, the rest look farther in the same memory.
        groups = min(groups, max(1, QUADS_AT_ONCE // layout.quads // live.size))
        rows = stream.rows(blocks[live], examined * layout.quads, groups * layout.quads)
        words = rows.reshape(live.size, -1, layout.words)
        symbols = prior.symbols(layout.for_symbols(words))
        first = layout.candidates * examined
        done = looker.look(live, first, symbols, words[..., -1], sent)
        live = live[~done]
        examined += groups
        groups *= 2
        tell(live.size)


class _Layout(NamedTuple):
    """Where a candidate has its words.

    words: of each candidate; the last is the coder's
    dimensions: of a vector, None for other symbols
    """

    words: int
    dimensions: int | None

    @classmethod
    def of(cls, prior: WordPrior) -> _Layout:
        if not isinstance(prior, VectorPrior):
            return cls(WORDS_PER_CANDIDATE, None)
        needed = prior.dimensions + 1
        return cls(-(-needed // WORDS_PER_QUAD) * WORDS_PER_QUAD, prior.dimensions)

    @property
    def quads(self) -> int:
        """Of the smallest group that begins and ends with a candidate."""
        return max(1, self.words // WORDS_PER_QUAD)

    @property
    def candidates(self) -> int:
        """In such a group."""
        return self.quads * WORDS_PER_QUAD // self.words

    def for_symbols(self, words: Words) -> Words:
        """Those that become symbols, of words of shape (…, words)."""
        return words[..., 0] if self.dimensions is None else words[..., : self.dimensions]

    def room(self, prior: WordPrior, count: int) -> NDArray[Any]:
        """For so many symbols."""
        none = prior.symbols(self.for_symbols(np.empty((0, self.words), dtype=np.uint64)))
        return np.empty((count, *none.shape[1:]), dtype=none.dtype)


def _slab(layout: _Layout, candidates: float) -> int:
    """Blocks to work on together: so many that one pass over the expected candidates fits."""
    groups = QUADS_AT_ONCE // layout.quads
    return max(1, min(groups, int(groups * layout.candidates / candidates)))


def _first_look(layout: _Layout, candidates: float) -> int:
    """Groups to begin with: about a quarter of the expected candidates."""
    return max(1, min(QUADS_AT_ONCE // layout.quads, int(candidates / (4 * layout.candidates))))
