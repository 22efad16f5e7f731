"""Grouped rejection made exact: blocks that the cap leaves short are named directly.

With probability β = A M' = Σ min(M' p, q) Alice runs the capped search as it is; else she names a
block of the law (q − M' p)_+ / (1 − β), bit by bit. What Bob decodes has exactly the law q. The
choice between the two, and the block that is named, are Alice's own affair: they come from a
stream that Bob does not have. What it costs: `labbook.channel.laws.truncated.bits_residual`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from labbook.channel.coders.bit_blocks import BitBlocks, decode_block, encode_block

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from labbook.channel.coders.bit_blocks import Progress
    from labbook.compute import Stream

    Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ExactMessage:
    """What Alice sends for a block: an index of the search, or else the block itself.

    is_named: the flag that is sent first
    value: the index, from 1, or the block as an integer of n bits
    """

    is_named: bool
    value: int


def kept(blocks: BitBlocks) -> float:
    """β, the probability that a block is searched for."""
    return float(min(1.0, blocks.acceptance * 2.0**blocks.log2_cap))


def encode_exact(
    blocks: BitBlocks,
    stream: Stream,
    own: Stream,
    block: int,
    *,
    threads: int = 1,
    progress: Progress | None = None,
) -> ExactMessage:
    """Alice's message for one block.

    stream: what she shares with Bob
    own: what she does not share; it must be another
    """
    rng = np.random.Generator(own.philox(block=block))
    if rng.random() < kept(blocks):
        return ExactMessage(
            False, encode_block(blocks, stream, block, threads=threads, progress=progress)
        )
    ones = int(rng.choice(blocks.n + 1, p=_left_over(blocks)))
    places = rng.choice(blocks.n, size=ones, replace=False)
    return ExactMessage(True, sum(1 << int(place) for place in places))


def decode_exact(n: int, stream: Stream, block: int, message: ExactMessage) -> int:
    """Bob's block, as an integer of n bits."""
    return message.value if message.is_named else decode_block(n, stream, block, message.value)


@lru_cache(maxsize=64)
def _left_over(blocks: BitBlocks) -> Reals:
    """The law of the number of ones of a block that is named."""
    from scipy.special import gammaln, xlog1py, xlogy

    ones = np.arange(blocks.n + 1)
    ways = gammaln(blocks.n + 1) - gammaln(ones + 1) - gammaln(blocks.n - ones + 1)
    wanted = np.exp(ways + xlogy(ones, blocks.target) + xlog1py(blocks.n - ones, -blocks.target))
    searched = np.exp(ways + (blocks.log2_cap - blocks.n) * math.log(2))
    left = np.maximum(wanted - searched, 0.0)
    return np.asarray(left / left.sum())
