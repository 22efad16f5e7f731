"""An arithmetic coder: symbols of known frequencies in as many bits as their probabilities ask.

It works on unsigned integers of 64 bits alone, so the same symbols and frequencies give the
same bits on every machine. The interval is [low, low + width); a symbol that has the counts
[begin, begin + size) of a total takes

    unit = width // total;  low += unit * begin;  width = unit * size

and while width < 2^56, the highest byte of low is written out and both are multiplied by 2^8. A
carry out of low is added to the bytes written before. At the end the fewest bits follow that
name a number in the interval when zeros are put behind them.

What is written is longer than the sum of log2(total / size) by at most one bit at the end and,
for each symbol, −log2(1 − 2^-24) bits for the division: less than 1e-7.

The coder: I. H. Witten, R. M. Neal, J. G. Cleary, "Arithmetic coding for data compression",
Comm. ACM 30 (1987) 520; the carry: G. N. N. Martin, "Range encoding", 1979.
"""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from labbook.channel.codes.bit_strings import Bits
from labbook.errors import UsageError

TOTAL_BITS = 32
LARGEST_TOTAL = 1 << TOTAL_BITS
_WORD = 1 << 64
_MASK = _WORD - 1
_NARROW = 1 << 56
_TOP = 56


@dataclass(frozen=True, slots=True)
class Frequencies:
    """How often each of the symbols 0, 1, … is expected.

    counts: of each symbol; one with 0 cannot be written
    starts: how many of the total the symbols before each have, and last the total

    Raises:
        UsageError: a count is negative, or the total is not from 1 to 2^32.
    """

    counts: tuple[int, ...]
    starts: Sequence[int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        starts = [0, *itertools.accumulate(self.counts)]
        if min(self.counts, default=0) < 0 or not 1 <= starts[-1] <= LARGEST_TOTAL:
            raise UsageError("Frequencies are not negative, and their sum is from 1 to 2^32.")
        object.__setattr__(self, "starts", starts)

    @property
    def total(self) -> int:
        return self.starts[-1]


class Encoder:
    """Writes symbols one after the other."""

    def __init__(self) -> None:
        self._low = 0
        self._width = _MASK
        self._written = bytearray()

    def put(self, frequencies: Frequencies, symbol: int) -> None:
        """Write a symbol.

        Raises:
            UsageError: its frequency is 0.
        """
        size = frequencies.counts[symbol]
        if not size:
            raise UsageError(f"Symbol {symbol} has the frequency 0 and cannot be written.")
        self._narrow(frequencies.starts[symbol], size, frequencies.total)

    def put_bits(self, value: int, count: int) -> None:
        """Write a number of so many binary digits as it is, the lowest 32 first."""
        while count > 0:
            taken = min(count, TOTAL_BITS)
            self._narrow(value & ((1 << taken) - 1), 1, 1 << taken)
            value >>= taken
            count -= taken

    def finish(self) -> Bits:
        """All that was written; the encoder is of no use afterwards."""
        end = self._low + self._width
        for count in range(65):
            step = 1 << (64 - count)
            number = -(-self._low // step) * step
            if number < end:
                break
        if number >= _WORD:
            self._carry()
        tail = (number & _MASK).to_bytes(8, "big")[: -(-count // 8)]
        return Bits(bytes(self._written) + tail, 8 * len(self._written) + count)

    def _narrow(self, begin: int, size: int, total: int) -> None:
        unit = self._width // total
        low, width = self._low + unit * begin, unit * size
        if low >= _WORD:
            low -= _WORD
            self._carry()
        while width < _NARROW:
            self._written.append(low >> _TOP)
            low = (low << 8) & _MASK
            width <<= 8
        self._low, self._width = low, width

    def _carry(self) -> None:
        """Add 1 to the number that the written bytes are."""
        at = len(self._written) - 1
        while self._written[at] == 0xFF:
            self._written[at] = 0
            at -= 1
        self._written[at] += 1


class Decoder:
    """Reads back what an encoder wrote, with the same frequencies in the same order."""

    def __init__(self, bits: Bits) -> None:
        self._data = bits.data
        self._above = int.from_bytes(bits.data[:8].ljust(8, b"\0"), "big")
        self._at = 8
        self._width = _MASK

    def get(self, frequencies: Frequencies) -> int:
        """The next symbol.

        Raises:
            UsageError: no encoder wrote these bits with these frequencies.
        """
        unit = self._width // frequencies.total
        target = self._above // unit
        starts = frequencies.starts
        if target >= frequencies.total:
            raise UsageError("The coded bits were not written with these frequencies.")
        symbol = bisect_right(starts, target) - 1
        self._narrow(unit * starts[symbol], unit * frequencies.counts[symbol])
        return symbol

    def get_bits(self, count: int) -> int:
        """The next number of so many binary digits.

        Raises:
            UsageError: no encoder wrote these bits.
        """
        value, place = 0, 0
        while place < count:
            taken = min(count - place, TOTAL_BITS)
            unit = self._width >> taken
            target = self._above // unit
            if target >> taken:
                raise UsageError("The coded bits were not written with these frequencies.")
            self._narrow(unit * target, unit)
            value |= target << place
            place += taken
        return value

    def _narrow(self, begin: int, width: int) -> None:
        above = self._above - begin
        while width < _NARROW:
            byte = self._data[self._at] if self._at < len(self._data) else 0
            above = (above << 8) | byte
            width <<= 8
            self._at += 1
        self._above, self._width = above, width
