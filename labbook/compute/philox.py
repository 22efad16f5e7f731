"""Philox4x64-10 over many counters at once, in NumPy.

`numpy.random.Philox` walks along one counter, and quickly, but making one costs about ten
microseconds. Where a few words of each of many counters are wanted, this is the quicker way.

Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011,
https://doi.org/10.1145/2063384.2063405; the constants are those of its Random123 library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Words = NDArray[np.uint64]

ROUNDS = 10
MULTIPLIERS = (np.uint64(0xD2E7470EE14C6C93), np.uint64(0xCA5A826395121157))
KEY_STEPS = (0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B)

_LANES = 4096
"""Counters worked on at once: nine buffers of 32 KiB stay in the second-level cache."""
_BUFFERS = 9
_HALF = np.uint64(32)
_LOW_HALF = np.uint64(0xFFFFFFFF)
_WORD = 1 << 64


def cipher(counters: Words, key: tuple[int, int]) -> Words:
    """Encipher counters of four words, one in each column; the result has the same shape.

    This is the bare cipher: `numpy.random.Philox` counts up once before it calls it.
    """
    words = np.empty(counters.shape, dtype=np.uint64)
    buffers = np.empty((_BUFFERS, min(_LANES, counters.shape[1])), dtype=np.uint64)
    for begin in range(0, counters.shape[1], _LANES):
        tile = counters[:, begin : begin + _LANES]
        scratch = buffers[:, : tile.shape[1]]
        scratch[:4] = tile
        words[:, begin : begin + _LANES] = _rounds(scratch, key)
    return words


def _rounds(scratch: Words, key: tuple[int, int]) -> tuple[Words, Words, Words, Words]:
    """Ten rounds over the counters in the first four rows; the rest is work space."""
    first, second, third, fourth, high_1, high_3 = scratch[:6]
    for number in range(ROUNDS):
        _high_product(first, MULTIPLIERS[0], high_1, scratch[6:])
        _high_product(third, MULTIPLIERS[1], high_3, scratch[6:])
        first *= MULTIPLIERS[0]
        third *= MULTIPLIERS[1]
        high_3 ^= second
        high_3 ^= np.uint64((key[0] + number * KEY_STEPS[0]) % _WORD)
        high_1 ^= fourth
        high_1 ^= np.uint64((key[1] + number * KEY_STEPS[1]) % _WORD)
        # The rows change their roles instead of moving.
        first, second, third, fourth, high_1, high_3 = high_3, third, high_1, first, second, fourth
    return first, second, third, fourth


def _high_product(factor: Words, constant: np.uint64, high: Words, scratch: Words) -> None:
    """The upper 64 bits of factor * constant, by products of 32-bit halves."""
    low_half, carry, cross = scratch
    constant_low, constant_high = constant & _LOW_HALF, constant >> _HALF
    np.bitwise_and(factor, _LOW_HALF, out=low_half)
    np.right_shift(factor, _HALF, out=high)
    np.multiply(low_half, constant_low, out=carry)
    carry >>= _HALF
    np.multiply(high, constant_low, out=cross)
    carry += cross
    low_half *= constant_high
    np.bitwise_and(carry, _LOW_HALF, out=cross)
    low_half += cross
    low_half >>= _HALF
    carry >>= _HALF
    high *= constant_high
    high += low_half
    high += carry
