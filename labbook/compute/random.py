"""Counter-based random numbers: every word of every stream can be had directly.

One generator serves the whole project, Philox4x64-10, word for word `numpy.random.Philox`;
the kernels reproduce it. So the same seed gives the same words on NumPy and on a GPU, today
and from any other program that has NumPy.

The layout, which is a promise (all words are unsigned, 64 bits):

- A stream has a seed and a number. Number 0 is the unnamed stream; a name's number is the
  first eight bytes, little-endian and without the highest bit, of the SHA-256 of its UTF-8
  text. Without that bit, since NumPy reads a list like [1, 2**63] as floats and rounds it.
- A stream has 2^64 blocks, and a block 2^66 words. The words of block b, from the first, are

      numpy.random.Philox(key=[seed, number], counter=[0, b, 0, 0]).random_raw(count)

- NumPy counts up before it enciphers. So words 4i to 4i + 3 are the cipher of the 256-bit
  counter (i + 1) + 2^64 b under that key, and word k is reached without those before it.
- Whoever draws items from a block gives each a fixed number of words w: item k, counted from
  0, is words w·k to w·k + w - 1. Nothing draws a varying number of words for an item.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from labbook.compute.philox import cipher
from labbook.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Words = NDArray[np.uint64]

WORDS_PER_QUAD = 4
_WORD_LIMIT = 1 << 64

_LOW_BITS = np.uint64(12)

_LONG_ROW = 16
"""Quads from which it is quicker to point NumPy's generator at a block than to run the cipher
in NumPy: 3 us and then 20 ns for a quad, against 245 ns for a quad (measured)."""


@dataclass(frozen=True, slots=True)
class Stream:
    """The words that follow from a seed and a number; see the module for the layout.

    Raises:
        UsageError: seed or number is not from 0 to 2^64 - 1.
    """

    seed: int
    number: int = 0

    def __post_init__(self) -> None:
        for name in ("seed", "number"):
            value = getattr(self, name)
            if not 0 <= value < _WORD_LIMIT:
                raise UsageError(f"The {name} of a stream is from 0 to 2^64 - 1, not {value}.")

    @classmethod
    def named(cls, seed: int, name: str) -> Stream:
        """The stream that is called `name`."""
        digest = hashlib.sha256(name.encode()).digest()
        return cls(seed, int.from_bytes(digest[:8], "little") % (1 << 63))

    def philox(self, *, block: int = 0, index: int = 0) -> np.random.Philox:
        """NumPy's bit generator, about to give word 4 · `index` of a block."""
        return np.random.Philox(
            key=np.array([self.seed, self.number], dtype=np.uint64),
            counter=np.array([index, block, 0, 0], dtype=np.uint64),
        )

    def words(self, first: int, count: int, *, block: int = 0) -> Words:
        """Words `first` to `first + count - 1` of a block; any `first` costs the same."""
        index, skipped = divmod(first, WORDS_PER_QUAD)
        return self.philox(block=block, index=index).random_raw(skipped + count)[skipped:]

    def quads(self, blocks: Words, indices: NDArray[np.integer]) -> Words:
        """Words 4i to 4i + 3 of block b, for each pair (b, i); of shape (4, pairs)."""
        counters = np.zeros((4, len(blocks)), dtype=np.uint64)
        counters[0] = indices
        counters[0] += np.uint64(1)
        # The counter is one number of 256 bits: where its first word is full, it carries.
        counters[1] = blocks
        counters[1] += counters[0] == 0
        counters[2] = (counters[0] == 0) & (counters[1] == 0)
        return cipher(counters, (self.seed, self.number))

    def rows(self, blocks: Words, index: int, quads: int) -> Words:
        """Words 4 · `index` to 4 · (`index` + `quads`) - 1 of each block, a row for each."""
        if quads < _LONG_ROW:
            indices = np.arange(index, index + quads, dtype=np.uint64)
            words = self.quads(np.repeat(blocks, quads), np.tile(indices, len(blocks)))
            return np.ascontiguousarray(words.T).reshape(len(blocks), -1)
        rows = np.empty((len(blocks), WORDS_PER_QUAD * quads), dtype=np.uint64)
        bits = self.philox()
        state = bits.state
        counter = state["state"]["counter"]
        for row, block in zip(rows, blocks, strict=True):
            counter[:2] = index, block
            bits.state = state
            row[:] = bits.random_raw(len(row))
        return rows


def uniforms(words: Words) -> NDArray[np.float64]:
    """(⌊word / 2^12⌋ + ½) / 2^52 of each word: exact, and strictly between 0 and 1."""
    return np.asarray(((words >> _LOW_BITS).astype(np.float64) + 0.5) * 2.0**-52)


def generator(seed: int, name: str) -> np.random.Generator:
    """NumPy's Generator on the stream called `name`, from its first word."""
    return np.random.Generator(Stream.named(seed, name).philox())
