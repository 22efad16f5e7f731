"""How Alice looks through the candidates of one block, which may be very many.

Each has a fixed number of words w: candidate k, counted from 0, has words w·k to w·k + w − 1 of
the block's. The message is k + 1 of the first that is accepted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import TYPE_CHECKING, Protocol

import numpy as np

from labbook.compute.random import WORDS_PER_QUAD
from labbook.compute.turns import in_turns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from labbook.compute import Stream

    Words = NDArray[np.uint64]

FIRST_LOOK = 1 << 8
"""Candidates to begin with. Spans begin at its multiples, and so at quads whatever w is."""

_CHUNKS_IN_A_SPAN = 8

Progress = Callable[[float], None]
"""Called now and then with the number of candidates examined; what it raises ends the work."""


class Blocks(Protocol):
    """What accepts candidates.

    words_per_candidate: w
    at_once: candidates to hold at a time, a multiple of 4
    """

    @property
    def words_per_candidate(self) -> int: ...

    @property
    def at_once(self) -> int: ...

    def first_accepted(self, words: Words) -> int:
        """The first accepted of the candidates with these words; −1 if none is."""
        ...


def encode_block(
    blocks: Blocks,
    stream: Stream,
    block: int,
    *,
    threads: int = 1,
    progress: Progress | None = None,
) -> int:
    """Alice's message for one block: one more than the number of the first accepted candidate.

    Memory does not grow with it, and the number of threads does not change it.
    """

    def look(_: None, span: tuple[int, int]) -> int:
        return _first_in(blocks, stream, block, *span)

    longest = blocks.at_once * _CHUNKS_IN_A_SPAN
    results = in_turns([None] * threads, look, _spans(longest))
    for (_, end), found in zip(_spans(longest), results, strict=False):
        if found >= 0:
            return found + 1
        if progress is not None:
            progress(end)
    raise AssertionError("spans have no end")


def _spans(longest: int) -> Iterator[tuple[int, int]]:
    """Ranges of candidates: short ones first, since many messages are small."""
    begin, size = 0, FIRST_LOOK
    for _ in count():
        yield begin, begin + size
        begin += size
        size = min(2 * size, longest)


def _first_in(blocks: Blocks, stream: Stream, block: int, begin: int, end: int) -> int:
    w = blocks.words_per_candidate
    bits = stream.philox(block=block, index=begin * w // WORDS_PER_QUAD)
    for first in range(begin, end, blocks.at_once):
        size = min(blocks.at_once, end - first)
        found = blocks.first_accepted(bits.random_raw(w * size))
        if found >= 0:
            return first + found
    return -1
