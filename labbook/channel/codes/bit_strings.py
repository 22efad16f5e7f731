"""Bits that are written and read back, and Elias's code words among them.

The first bit is the highest of the first byte; the last byte is filled up with zeros.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from labbook.channel.codes.integers import floor_log2
from labbook.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from labbook.channel.coders.search import Messages, Progress

    BitArray = NDArray[np.uint8]

AT_ONCE = 1 << 16
"""Messages that are written together."""

MOST_DIGITS = 62
"""Of an index after its first one: it is below 2^63."""

_BYTES_AT_ONCE = 1 << 16


@dataclass(frozen=True, slots=True)
class Bits:
    """The first `count` bits of `data`."""

    data: bytes
    count: int


def write_gamma(messages: Messages, progress: Progress | None = None) -> Bits:
    """Elias gamma: ⌊log2 k⌋ zeros, then the digits of k.

    Raises:
        UsageError: an index is below 1.
    """
    return _joined(map(_gamma, parts(messages, progress)))


def write_delta(messages: Messages, progress: Progress | None = None) -> Bits:
    """Elias delta: the number of digits of k in gamma, then the digits after the first.

    Raises:
        UsageError: an index is below 1.
    """
    return _joined(map(_delta, parts(messages, progress)))


def read_gamma(bits: Bits, count: int) -> Messages:
    """So many indices.

    Raises:
        UsageError: the bits are not those of so many indices below 2^63.
    """
    return _read(bits, count, _Reader.gamma)


def read_delta(bits: Bits, count: int) -> Messages:
    """So many indices.

    Raises:
        UsageError: the bits are not those of so many indices below 2^63.
    """
    return _read(bits, count, _Reader.delta)


def parts(messages: Messages, progress: Progress | None) -> Iterator[Messages]:
    """Stretches of the messages, telling how far they have gone.

    Raises:
        UsageError: an index is below 1.
    """
    messages = np.asarray(messages, dtype=np.int64)
    for begin in range(0, len(messages), AT_ONCE):
        part = messages[begin : begin + AT_ONCE]
        if part.min() < 1:
            raise UsageError(f"An index is at least 1, and not {part.min()}.")
        yield part
        if progress is not None:
            progress(begin + len(part), len(messages))


def _gamma(part: Messages) -> BitArray:
    return _fields(part, 2 * floor_log2(part) + 1)


def _delta(part: Messages) -> BitArray:
    digits = floor_log2(part)
    heads = 2 * floor_log2(digits + 1) + 1
    values = np.stack([digits + 1, part - (np.int64(1) << digits)], axis=1)
    return _fields(values.ravel(), np.stack([heads, digits], axis=1).ravel())


def _fields(values: Messages, widths: NDArray[np.int64]) -> BitArray:
    """Each value in so many binary digits, one after the other; (bits,) of 0 and 1."""
    ends = np.cumsum(widths)
    found = np.zeros(int(ends[-1]), dtype=np.uint8)
    for place in range(min(int(widths.max()), MOST_DIGITS + 1)):
        there = widths > place
        found[ends[there] - 1 - place] = (values[there] >> place) & 1
    return found


def _joined(stretches: Iterator[BitArray]) -> Bits:
    data, left = bytearray(), np.empty(0, dtype=np.uint8)
    for stretch in stretches:
        found = np.concatenate([left, stretch])
        whole = len(found) // 8 * 8
        data += np.packbits(found[:whole]).tobytes()
        left = found[whole:]
    count = 8 * len(data) + len(left)
    return Bits(bytes(data + np.packbits(left).tobytes()), count)


def _read(bits: Bits, count: int, read: Callable[[_Reader], int]) -> Messages:
    reader = _Reader(bits)
    try:
        found = np.fromiter((read(reader) for _ in range(count)), dtype=np.int64, count=count)
    except (ValueError, OverflowError):
        raise UsageError(f"The coded bits are not those of {count:,} indices.") from None
    if not reader.is_at_end:
        raise UsageError(f"There are more coded bits than those of {count:,} indices.")
    return found


class _Reader:
    """Reads bits from the first on, as text of 0 and 1 of which a little is held at a time.

    Its methods raise a ValueError where the bits end, and an OverflowError for 2^63 and more.
    """

    def __init__(self, bits: Bits) -> None:
        self._bits = bits
        self._taken = 0
        self._text = b""
        self._at = 0

    @property
    def is_at_end(self) -> bool:
        return self._at == len(self._text) and 8 * self._taken >= self._bits.count

    def gamma(self) -> int:
        self._fill()
        zeros = self._text.index(b"1", self._at) - self._at
        if zeros > MOST_DIGITS:
            raise OverflowError
        self._at += zeros
        return self._number(zeros + 1)

    def delta(self) -> int:
        digits = self.gamma() - 1
        if digits > MOST_DIGITS:
            raise OverflowError
        return (1 << digits) | (self._number(digits) if digits else 0)

    def _number(self, width: int) -> int:
        end = self._at + width
        if end > len(self._text):
            raise ValueError
        number = int(self._text[self._at : end], 2)
        self._at = end
        return number

    def _fill(self) -> None:
        """Have at least the longest code word before us, if there are so many bits."""
        if len(self._text) - self._at > 3 * MOST_DIGITS or 8 * self._taken >= self._bits.count:
            return
        more = self._bits.data[self._taken : self._taken + _BYTES_AT_ONCE]
        there = min(8 * len(more), self._bits.count - 8 * self._taken)
        unpacked = np.unpackbits(np.frombuffer(more, dtype=np.uint8), count=there)
        self._text = self._text[self._at :] + (unpacked + ord("0")).astype(np.uint8).tobytes()
        self._at = 0
        self._taken += _BYTES_AT_ONCE
