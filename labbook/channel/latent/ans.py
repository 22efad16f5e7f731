"""Asymmetric numeral systems: a stack of bits on which symbols are pushed and popped.

Pushing a symbol of probability P adds −log2 P bits, and popping takes them off again: the last
symbol pushed is the first popped, and every pop is the exact inverse of its push. Popping from
random bits draws a random symbol, which is what bits-back coding rests on.

A stack has many heads, one for each lane, over one pile of 32-bit words. A head x is an integer
from 2^31 to 2^63 − 1. For a symbol that has the slots start, …, start + f − 1 of the 2^r slots,

    push:  where x ≥ f · 2^(63 − r), x's low word goes to the pile and x ← ⌊x / 2^32⌋;
           then x ← 2^r ⌊x / f⌋ + (x mod f) + start
    pop:   the slot is x mod 2^r;  x ← f ⌊x / 2^r⌋ + slot − start;
           then, where x < 2^31, x ← 2^32 x + the word from the pile

Lanes go to the pile in ascending order, all at once. A push adds r − log2 f bits to `content`
within 3 · 2^(r − 31): rounding of an integer of at least 31 bits.

J. Duda, "Asymmetric numeral systems: entropy coding combining speed of Huffman coding with
compression rate of arithmetic coding", 2013, https://arxiv.org/abs/1311.2540; heads and words of
these sizes are those of F. Giesen's "rans64".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from labbook.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from labbook.compute import Stream

    Heads = NDArray[np.uint64]
    Pile = NDArray[np.uint32]
    Symbols = NDArray[np.integer]

LARGEST_PRECISION = 24
"""Symbols have slots among 2^24 at most: a push is then off by 1/43 bit at the most."""

LEAST_HEAD = 1 << 31
HEAD_BITS = 64
WORD_BITS = 32

_WORD = np.uint64(WORD_BITS)
_LEAST = np.uint64(LEAST_HEAD)
_MIXER = np.uint64(0x9E3779B97F4A7C15)
"""2^64 divided by the golden ratio, to the nearest odd number (D. Knuth, TAOCP 3, §6.4)."""
_UNMIXER = np.uint64(pow(int(_MIXER), -1, 1 << 64))
_FINISHER = np.uint64(0xBF58476D1CE4E5B9)
"""The first multiplier of SplitMix64 (G. Steele, D. Lea, C. Flood, OOPSLA 2014)."""


class Stack:
    """Heads for a number of lanes, over a pile of words; grows and shrinks in place.

    heads: (lanes,), each from 2^31 to 2^63 − 1
    lowest: the fewest words that the pile has ever held: those were not needed

    Raises:
        UsageError: there is no lane.
    """

    # It compares by content and changes in place: as for a list, there is no hash. Typeshed
    # says the same of lists, with the same exemption.
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, lanes: int) -> None:
        if lanes < 1:
            raise UsageError(f"A stack has at least one lane, not {lanes}.")
        self.heads: Heads = np.full(lanes, _LEAST)
        self._pile: Pile = np.empty(64, dtype=np.uint32)
        self._count = 0
        self.lowest = 0

    @classmethod
    def random(cls, lanes: int, words: int, stream: Stream) -> Stack:
        """A stack of random bits to pop from: 31 in each head, and a pile of so many words.

        Takes the first lanes + words words of block 0 of the stream.
        """
        stack = cls(lanes)
        raw = stream.words(0, lanes + words)
        stack.heads += raw[:lanes] >> np.uint64(33)
        stack._put(raw[lanes:].astype(np.uint32))
        stack.lowest = words
        return stack

    @classmethod
    def of_message(cls, message: Pile, lanes: int) -> Stack:
        """The stack that `message` gave.

        Raises:
            UsageError: it is too short to hold the heads, or a head is out of range.
        """
        stack = cls(lanes)
        if len(message) < 2 * lanes:
            raise UsageError(f"{len(message):,} words cannot hold the heads of {lanes:,} lanes.")
        low, high = message[-2 * lanes : -lanes], message[-lanes:]
        stack.heads = low | high.astype(np.uint64) << _WORD
        if ((stack.heads < _LEAST) | (stack.heads >> np.uint64(63) > 0)).any():
            raise UsageError("This is no message of a stack: a head is not from 2^31 to 2^63 - 1.")
        stack._put(message[: -2 * lanes])
        stack.lowest = len(stack)
        return stack

    def message(self) -> Pile:
        """All of the stack as words: the pile, then the heads' low halves and their high ones."""
        low, high = self.heads.astype(np.uint32), (self.heads >> _WORD).astype(np.uint32)
        return np.concatenate([self._pile[: self._count], low, high])

    def copy(self) -> Stack:
        """Another stack of the same bits."""
        other = Stack.of_message(self.message(), self.lanes)
        other.lowest = self.lowest
        return other

    def __eq__(self, other: object) -> bool:
        """Whether all bits are the same."""
        return isinstance(other, Stack) and np.array_equal(self.message(), other.message())

    def __len__(self) -> int:
        """Words in the pile."""
        return self._count

    @property
    def lanes(self) -> int:
        return len(self.heads)

    @property
    def bits(self) -> int:
        """The size of `message`, in bits: 32 for each word and 64 for each head."""
        return WORD_BITS * self._count + HEAD_BITS * self.lanes

    @property
    def content(self) -> float:
        """The bits that the stack holds, fractions of heads counted: Σ log2 head + 32 · words."""
        return float(np.log2(self.heads.astype(np.float64)).sum()) + WORD_BITS * self._count

    def push(self, starts: Heads, frequencies: Heads, precision: int) -> None:
        """Push onto the first lanes, one symbol each, by their slots.

        starts, frequencies: (n,), n at most the lanes; no frequency is 0
        precision: r, the slots being 2^r in number
        """
        heads = self.heads[: len(starts)]
        full = np.flatnonzero(heads >> np.uint64(63 - precision) >= frequencies)
        if full.size:
            over = heads[full]
            self._put(over.astype(np.uint32))
            heads[full] = over >> _WORD
        heads += heads // frequencies * (np.uint64(1 << precision) - frequencies) + starts

    def slots(self, count: int, precision: int) -> NDArray[np.int64]:
        """(count,), the slots that the first lanes are in: what the next pop takes off."""
        return (self.heads[:count] & np.uint64((1 << precision) - 1)).view(np.int64)

    def pop(self, starts: Heads, frequencies: Heads, precision: int) -> None:
        """Take off the symbols whose slots the first lanes are in; the inverse of `push`.

        Raises:
            UsageError: the pile has too few words; then nothing was taken off.
        """
        count = len(starts)
        slots = self.slots(count, precision).view(np.uint64)
        heads = frequencies * (self.heads[:count] >> np.uint64(precision)) + slots - starts
        empty = np.flatnonzero(heads < _LEAST)
        if empty.size:
            heads[empty] = heads[empty] << _WORD | self._take(empty.size)
        self.heads[:count] = heads

    def scramble(self, precision: int) -> None:
        """Mix each head's low bits among themselves and with its high ones, which stay.

        The low `precision` bits are multiplied by an odd number, and a hash of the rest is added.
        So what was pushed last no longer decides the slot that the next pop sees; `content` is
        the same within 2^(precision − 30) bits a head.
        """
        above, low = self._halves(precision)
        self._join(above, low * _MIXER + _hash(above), precision)

    def unscramble(self, precision: int) -> None:
        """Undo `scramble`."""
        above, low = self._halves(precision)
        self._join(above, (low - _hash(above)) * _UNMIXER, precision)

    def _halves(self, precision: int) -> tuple[Heads, Heads]:
        return self.heads >> np.uint64(precision), self.slots(self.lanes, precision).view(np.uint64)

    def _join(self, above: Heads, low: Heads, precision: int) -> None:
        mask = np.uint64((1 << precision) - 1)
        self.heads = above << np.uint64(precision) | low & mask

    def _put(self, words: Pile) -> None:
        end = self._count + len(words)
        if end > len(self._pile):
            grown = np.empty(max(end, 2 * len(self._pile)), dtype=np.uint32)
            grown[: self._count] = self._pile[: self._count]
            self._pile = grown
        self._pile[self._count : end] = words
        self._count = end

    def _take(self, count: int) -> Pile:
        if count > self._count:
            raise UsageError(
                f"{count:,} more words were to be popped, and the stack has {self._count:,}.",
                hint="Start from a stack with more random words.",
            )
        self._count -= count
        self.lowest = min(self.lowest, self._count)
        return self._pile[self._count : self._count + count]


def _hash(heads: Heads) -> Heads:
    """Every bit of it depends on all bits of the head."""
    mixed = heads * _MIXER
    mixed = (mixed ^ mixed >> _WORD) * _FINISHER
    return mixed ^ mixed >> np.uint64(29)


class Codec(Protocol):
    """What can be pushed on a stack and popped from it, one symbol a lane."""

    def encode(self, stack: Stack, symbols: Symbols) -> None: ...
    def decode(self, stack: Stack, count: int) -> NDArray[np.int64]: ...


def encode_all(codec: Codec, stack: Stack, symbols: Symbols) -> None:
    """Push any number of symbols, spread over the lanes, so that `decode_all` gives them back."""
    for part in reversed(list(_parts(len(symbols), stack.lanes))):
        codec.encode(stack, symbols[part])


def decode_all(codec: Codec, stack: Stack, count: int) -> NDArray[np.int64]:
    """The symbols that `encode_all` pushed, in their order."""
    symbols = np.empty(count, dtype=np.int64)
    for part in _parts(count, stack.lanes):
        symbols[part] = codec.decode(stack, part.stop - part.start)
    return symbols


def _parts(count: int, lanes: int) -> Iterator[slice]:
    for begin in range(0, count, lanes):
        yield slice(begin, min(begin + lanes, count))
