"""Models by which an arithmetic coder writes indices K = 1, 2, …, 2^63 − 1.

The indices are divided into cells: 1 to 127 are a cell each, and from there every octave
[2^d, 2^(d+1)) has 64 cells of equal size. A model gives each of the 3711 cells a count out of
2^32; the coder writes the cell by these counts, and then the place in it as d − 6 plain binary
digits. So the law is followed in full up to 127, and in steps of a 64th of an octave beyond. The
last cell has all that is left, and every cell has a count of at least 1: each index can be
written under each model, for at most 88 bits.

Whoever reads must have the same counts to the last integer. They come

- for geometric laws, from the success as an exact fraction, in integer arithmetic with 256
  binary places, truncated;
- for zeta laws, from the exponent as an exact fraction, in `decimal` with 50 digits, whose
  operations round correctly on every machine;
- for all others, from floating-point numbers that may differ in the last place elsewhere: their
  counts are themselves handed over.
"""

from __future__ import annotations

import decimal
import functools
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from labbook.channel.codes.arithmetic import (
    LARGEST_TOTAL,
    TOTAL_BITS,
    Decoder,
    Encoder,
    Frequencies,
)
from labbook.channel.codes.bit_strings import Bits, parts
from labbook.channel.codes.integers import floor_log2
from labbook.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from labbook.channel.coders.search import Messages, Progress
    from labbook.channel.laws.index import IndexLaw

    Integers = NDArray[np.int64]

_SPLIT = 6
"""An octave has 2^6 cells."""
_PER_OCTAVE = 1 << _SPLIT
_SINGLE = 2 * _PER_OCTAVE - 1
"""Indices up to this are a cell each."""
_WIDEST = 62 - _SPLIT
"""The cells of the last octave have 2^56 indices each."""

_PLACES = 256
_ONE = 1 << _PLACES
_DECIMALS = decimal.Context(
    prec=50,
    rounding=decimal.ROUND_HALF_EVEN,
    Emin=decimal.MIN_EMIN,
    Emax=decimal.MAX_EMAX,
    traps=[decimal.InvalidOperation, decimal.DivisionByZero, decimal.Overflow],
)


def _lowest() -> Iterator[int]:
    yield from range(1, _SINGLE + 1)
    for width in range(1, _WIDEST + 1):
        yield from (first << width for first in range(_PER_OCTAVE, 2 * _PER_OCTAVE))


LOWEST = tuple(_lowest())
"""The lowest index of each cell."""
CELLS = len(LOWEST)
_SPARE = LARGEST_TOTAL - CELLS


@dataclass(frozen=True, slots=True)
class IndexModel:
    """Frequencies of the cells, of which there are `CELLS`; their total is 2^32."""

    frequencies: Frequencies

    def lengths(self, k: Messages) -> NDArray[np.float64]:
        """Bits that each index takes; all of a file add up to these, and one bit at the end."""
        cells, _, widths = located(np.asarray(k, dtype=np.int64))
        counts = np.array(self.frequencies.counts, dtype=np.float64)
        return np.asarray(TOTAL_BITS - np.log2(counts)[cells] + widths)

    def write(self, messages: Messages, progress: Progress | None = None) -> Bits:
        """The indices as bits.

        Raises:
            UsageError: an index is below 1.
        """
        encoder, frequencies = Encoder(), self.frequencies
        for part in parts(messages, progress):
            found = (each.tolist() for each in located(part))
            for cell, place, width in zip(*found, strict=True):
                encoder.put(frequencies, cell)
                encoder.put_bits(place, width)
        return encoder.finish()

    def read(self, bits: Bits, count: int) -> Messages:
        """So many indices.

        Raises:
            UsageError: the bits were not written with this model.
        """
        decoder, frequencies = Decoder(bits), self.frequencies

        def each() -> Iterator[int]:
            for _ in range(count):
                cell = decoder.get(frequencies)
                width = _width(cell)
                yield LOWEST[cell] + (decoder.get_bits(width) if width else 0)

        return np.fromiter(each(), dtype=np.int64, count=count)


def located(k: Messages) -> tuple[Integers, Integers, Integers]:
    """Of each index: its cell, its place in the cell, and the binary digits of places there."""
    widths = np.maximum(floor_log2(k) - _SPLIT, 0)
    leading = k >> widths
    wide = _SINGLE + (widths - 1) * _PER_OCTAVE + leading - _PER_OCTAVE
    cells = np.where(widths > 0, wide, k - 1)
    return cells, k - (leading << widths), widths


def of_counts(counts: list[int]) -> IndexModel:
    """From the counts of the first cells: others have 1, and the last cell has what is left.

    Raises:
        UsageError: there are more counts than cells, or they are not positive, or too large.
    """
    if len(counts) >= CELLS or min(counts, default=1) < 1:
        raise UsageError(f"A model of indices has fewer than {CELLS} counts, all positive.")
    others = CELLS - 1 - len(counts)
    left = LARGEST_TOTAL - sum(counts) - others
    if left < 1:
        raise UsageError("The counts of a model of indices add up to more than 2^32.")
    return IndexModel(Frequencies((*counts, *[1] * others, left)))


def counts_of(law: IndexLaw) -> list[int]:
    """Counts for any law, as `of_counts` takes them, from its P(K > k).

    They need not be the same on another machine.
    """
    last = np.array(LOWEST[1:], dtype=np.float64) - 1
    reached = np.minimum.accumulate(np.clip(law.exceeds(last), 0.0, 1.0))
    ends = np.floor((1 - reached) * _SPARE).astype(np.int64)
    counts = (np.diff(ends, prepend=0) + 1).tolist()
    while counts and counts[-1] == 1:
        counts.pop()
    return [int(each) for each in counts]


@functools.lru_cache(maxsize=8)
def geometric_model(success: float) -> IndexModel:
    """For the geometric law: P(K > k) = (1 − success)^k."""
    numerator, denominator = success.as_integer_ratio()
    if not 0 < numerator <= denominator:
        raise UsageError(f"A trial cannot succeed with probability {success:g}.")
    failing = ((denominator - numerator) << _PLACES) // denominator
    return _model(_SPARE * (_ONE - reached) >> _PLACES for reached in _powers(failing))


@functools.lru_cache(maxsize=8)
def zeta_model(exponent: float) -> IndexModel:
    """For Zipf's law, P(K = k) = k^−λ / ζ(λ), λ = `exponent`."""
    if not 1 < exponent < float("inf"):
        raise UsageError(f"The exponent of a zeta code is above 1, and not {exponent:g}.")
    with decimal.localcontext(_DECIMALS):
        before = list(_zeta_sums(Decimal(exponent)))
        return _model(int(_SPARE * share) for share in before)


def _powers(failing: int) -> Iterator[int]:
    """P(K > k) for the last k of each cell but the last cell, in units of 2^-256."""
    reached = _ONE
    for _ in range(_SINGLE):
        reached = reached * failing >> _PLACES
        yield reached
    for octave in range(1, _WIDEST + 1):
        failing = failing * failing >> _PLACES
        for _ in range(_PER_OCTAVE - (octave == _WIDEST)):
            reached = reached * failing >> _PLACES
            yield reached


def _zeta_sums(exponent: Decimal) -> Iterator[Decimal]:
    """P(K ≤ k) for the last k of each cell but the last cell.

    Beyond 127, P(K ≥ n) is by the formula of Euler and Maclaurin, which is off by less than a
    part in 10^11 there for the exponents of `codes.zeta_exponent`.
    """
    powers = [(-exponent * Decimal(k).ln()).exp() for k in range(1, _SINGLE + 2)]
    half = powers[1]
    first = _zeta_tail(exponent, _SINGLE + 1, powers[_SINGLE])
    whole = sum(powers[:_SINGLE], first)
    yield from (each / whole for each in itertools.accumulate(powers[:_SINGLE]))
    shrunk = Decimal(1)
    for octave in range(1, _WIDEST + 1):
        shrunk *= half
        for leading in range(_PER_OCTAVE + 1, 2 * _PER_OCTAVE + (octave < _WIDEST)):
            tail = _zeta_tail(exponent, leading << octave, powers[leading - 1] * shrunk)
            yield 1 - tail / whole


def _zeta_tail(exponent: Decimal, n: int, power: Decimal) -> Decimal:
    """Σ k^−λ over k = n, n + 1, …; `power` is n^−λ."""
    third = exponent * (exponent + 1) * (exponent + 2)
    terms = n / (exponent - 1) + Decimal("0.5") + exponent / (12 * n) - third / (720 * n**3)
    return power * terms


def _model(ends: Iterable[int]) -> IndexModel:
    """From ⌊spare · P(K ≤ k)⌋ for the last k of each cell but the last cell.

    Where rounding lets them fall, they stay.
    """
    rising = itertools.accumulate(ends, max)
    return of_counts([end - begin + 1 for begin, end in itertools.pairwise([0, *rising])])


def _width(cell: int) -> int:
    return 0 if cell < _SINGLE else (cell - _SINGLE) // _PER_OCTAVE + 1
