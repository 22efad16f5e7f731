"""The flips of polar simulation with fair bits, written by the arithmetic coder.

Alice and Bob both compute the chances of flips, from a law and second numbers that both have, and
round them to 24 digits for the coder. They must have the same law to the last digit: Bob computes
it as Alice does, from what both know.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from labbook.channel.codes.arithmetic import Decoder, Encoder, Frequencies

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from labbook.channel.codes.bit_strings import Bits as Written
    from labbook.channel.polar.blocks import Bits
    from labbook.channel.polar.rates import FlipLaw

    Reals = NDArray[np.float64]

_TOTAL = 1 << 24


def write_flips(law: FlipLaw, flips: Bits, seconds: Reals) -> Written:
    """Block after block, in the conditional code.

    flips, seconds: (n, blocks), the flips and the second numbers
    """
    encoder = Encoder()
    for frequencies, flip in zip(_frequencies(law, seconds), flips.T.flat, strict=True):
        encoder.put(frequencies, int(flip))
    return encoder.finish()


def read_flips(law: FlipLaw, written: Written, seconds: Reals) -> Bits:
    """(n, blocks): what `write_flips` wrote with this law and these second numbers.

    Raises:
        UsageError: these bits were not written with them.
    """
    decoder = Decoder(written)
    found = [decoder.get(frequencies) for frequencies in _frequencies(law, seconds)]
    return np.ascontiguousarray(np.array(found, dtype=np.uint8).reshape(seconds.T.shape).T)


def _frequencies(law: FlipLaw, seconds: Reals) -> Iterator[Frequencies]:
    """Of no flip and a flip, block after block; what never happens can still be written."""
    ones = np.rint(law.conditional_chances(seconds) * _TOTAL).clip(1, _TOTAL - 1)
    return map(_of, ones.astype(np.int64).T.ravel().tolist())


@lru_cache(maxsize=1 << 16)
def _of(ones: int) -> Frequencies:
    return Frequencies((_TOTAL - ones, ones))
