"""Standard normal numbers in float32, two from each word of a stream, by Box and Muller.

The layout, which the kernels share: of word i the lower 32 bits a and the upper 32 bits b,
the latter read as a signed number, give

    radius = sqrt(−2 log((a + ½) / 2^32)),  angle = π b / 2^31
    number 2i = radius · cos(angle),  number 2i + 1 = radius · sin(angle)

A radius from 32 bits is at most 6.76. What lies beyond weighs 10^-11 of a normal law; it
matters only for moments that live there, such as E[r²] of two distributions three standard
deviations apart, which no sample of practical size would see either.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from labbook.compute.random import WORDS_PER_QUAD

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from labbook.compute import Stream

    Singles = NDArray[np.float32]

NUMBERS_PER_WORD = 2


class NormalDraws:
    """Makes the numbers of a stream's block 0, chunk after chunk, in buffers of its own.

    chunk: how many numbers at most are asked for at once; even
    first: the number to begin with; even
    """

    def __init__(self, stream: Stream, chunk: int, first: int = 0) -> None:
        if chunk % NUMBERS_PER_WORD:
            raise ValueError("chunks of normal numbers end between words")
        self._stream = stream
        self.seek(first)
        self._radius = np.empty(chunk // NUMBERS_PER_WORD, dtype=np.float32)
        self._angle = np.empty_like(self._radius)
        self._numbers = np.empty(chunk, dtype=np.float32)

    def seek(self, first: int) -> None:
        """Go on with number `first`; even."""
        if first % NUMBERS_PER_WORD:
            raise ValueError("chunks of normal numbers begin between words")
        index, skipped = divmod(first // NUMBERS_PER_WORD, WORDS_PER_QUAD)
        self._bits = self._stream.philox(index=index)
        self._bits.random_raw(skipped)

    def take(self, count: int, scale: float = 1.0) -> Singles:
        """The next `count` numbers, those of even index first; valid until the next call.

        After an odd count, the other number of the last word is gone.

        scale: what to multiply them by, which costs nothing
        """
        half = -(-count // NUMBERS_PER_WORD)
        # NumPy makes a new array of words at each call: there is no way to give it one.
        words = self._bits.random_raw(half).astype("<u8", copy=False)
        radius, angle = self._radius[:half], self._angle[:half]
        np.copyto(radius, words.view("<u4")[0::2], casting="unsafe")
        np.copyto(angle, words.view("<i4")[1::2], casting="unsafe")
        radius *= np.float32(2**-32)
        radius += np.float32(2**-33)
        # Of NumPy's logarithms in float32, that to base 2 is the quicker.
        np.log2(radius, out=radius)
        radius *= np.float32(-2 * math.log(2) * scale * scale)
        np.sqrt(radius, out=radius)
        if scale < 0:
            np.negative(radius, out=radius)
        angle *= np.float32(math.pi * 2**-31)
        even, odd = self._numbers[:half], self._numbers[half : 2 * half]
        np.cos(angle, out=even)
        np.sin(angle, out=odd)
        even *= radius
        odd *= radius
        return self._numbers[:count]


def normals(stream: Stream, count: int, first: int = 0) -> Singles:
    """Numbers `first` (even) to `first + count - 1` of the stream's block 0, in their order."""
    half = -(-count // NUMBERS_PER_WORD)
    taken = NormalDraws(stream, NUMBERS_PER_WORD * half, first).take(NUMBERS_PER_WORD * half)
    return np.ascontiguousarray(taken.reshape(NUMBERS_PER_WORD, half).T).ravel()[:count]
