"""Exponential random numbers as integers, the same on every machine.

A library's logarithm may differ in the last place from another's. This one is made of additions,
multiplications and divisions alone, which IEEE 754 rounds in one way, and its results are
rounded to multiples of 2^-32 and kept as integers, so that sums do not depend on their order.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from labbook.compute.random import uniforms

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Words = NDArray[np.uint64]
    Reals = NDArray[np.float64]

UNIT_BITS = 32
"""An exponential number is so many bits past the point."""

UNITS_PER_BIT = math.log(2) * 2.0**UNIT_BITS
"""What a logarithm to base 2 is multiplied by to be compared with one."""

_TERMS = 12
"""Of the series of atanh: with |s| ≤ 0.1716, what it leaves out is below 2^-60."""


def exponentials(words: Words) -> Words:
    """−log((⌊word / 2^12⌋ + ½) / 2^52) of each word, in units of 2^-32: of mean 1.

    The largest is 37; a number is off by at most 2^-33.
    """
    scaled = np.rint(-log_of(uniforms(words)) * 2.0**UNIT_BITS)
    return np.asarray(scaled.astype(np.uint64))


def log_of(values: Reals) -> Reals:
    """The natural logarithm of positive numbers, to 4 parts in 10^16 of its size or of 1."""
    fraction, exponent = np.frexp(values)
    low = fraction < math.sqrt(0.5)
    fraction = np.where(low, 2 * fraction, fraction)
    exponent = exponent - low
    s = (fraction - 1) / (fraction + 1)
    square = s * s
    series = np.full_like(s, 1 / (2 * _TERMS - 1))
    for term in range(_TERMS - 2, -1, -1):
        series = series * square + 1 / (2 * term + 1)
    return np.asarray(exponent * math.log(2) + 2 * s * series)
