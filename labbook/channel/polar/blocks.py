"""Polar simulation of channels with binary outputs: exact for every length, in n log n steps.

A block y of n = 2^m bits is u = y G with Arıkan's transform G. Alice, who knows the channel's
inputs, takes the bits of u one after the other. Of each, Bob has a guess b from shared randomness,
which has the law π of the bit as he sees it; she wants its law q, given the inputs and all earlier
bits, and flips his guess with probability (π(b) − q(b))_+ / π(b), by a second shared number. What
she sends are the flips, which are rare where the two laws agree, as they do for most bits of a
long block. With y made of all u, its law is exactly the channel's.

S. Sriramu, R. Barsz, E. Polito, A. Wagner, "Fast channel simulation via error-correcting codes",
NeurIPS 2024; the law of a flip given the second number is shorter to code than its mean, and for
n = 1 meets the floor of one-shot schemes.

Bit i of block b takes words 2i and 2i + 1 of block b of the stream: the guess, and the flip. Where
the prior is not fair, Bob's π come from the same recursion, which both sides must run on machines
that round alike; with fair bits π is 1/2, and Bob computes with bits alone.

Laws of bits are kept as differences δ = P(0) − P(1): of the sum of two independent bits it is the
product, and of the second given the sum (δ₂ ± δ₁) / (1 ± δ₁ δ₂).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from labbook.compute.random import uniforms
from labbook.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from labbook.compute import Stream

    Reals = NDArray[np.float64]
    Bits = NDArray[np.uint8]
    Decide = Callable[[int, Reals], Bits]

LARGEST_LENGTH = 1 << 20

MOST_AT_ONCE = 1 << 21
"""Symbols, which take about 80 bytes each while they are worked on."""

_NEAR = 1 << 18
"""Symbols that stay in a cache; shorter blocks are taken so many at a time."""

_FEW = 128
"""Blocks below which the calls of NumPy take most of the time."""


@dataclass(frozen=True)
class Polar:
    """Blocks of n bits, each a one with probability `one` under the prior.

    Raises:
        UsageError: n is no power of two, or too large, or `one` is not between 0 and 1.
    """

    n: int
    one: float = 0.5

    def __post_init__(self) -> None:
        if not (1 <= self.n <= LARGEST_LENGTH and self.n.bit_count() == 1):
            raise UsageError(
                f"The length of a polar block is a power of two up to {LARGEST_LENGTH:,}, "
                f"not {self.n:,}."
            )
        if not 0 < self.one < 1:
            raise UsageError(f"The prior of a bit lies between 0 and 1, not at {self.one:g}.")

    @property
    def is_fair(self) -> bool:
        return self.one == 0.5


@dataclass(frozen=True, eq=False)
class Flips:
    """What Alice finds for some blocks.

    flips: (n, blocks), ones where Bob's guess is to be flipped; bit by bit, as they are sent
    chances: (n, blocks), the probability of a flip before the second number is known
    outputs: (blocks, n), the bits that Bob will decode
    """

    flips: Bits
    chances: Reals
    outputs: Bits


def simulate(code: Polar, ones: Reals, stream: Stream, *, first: int = 0) -> Flips:
    """Alice's flips for blocks `first`, `first + 1`, …

    ones: (blocks, n), the probability that the channel makes a one, given its input
    """
    blocks = len(ones)
    found = Flips(
        np.empty((code.n, blocks), dtype=np.uint8),
        np.empty((code.n, blocks)),
        np.empty((blocks, code.n), dtype=np.uint8),
    )
    for slab in slabs(code.n, blocks):
        words = _words(code, stream, first + slab.start, slab.stop - slab.start)
        wanted = np.ascontiguousarray(1 - 2 * ones[slab].T)
        part = _simulated_fair(words, wanted) if code.is_fair else _simulated(code, words, wanted)
        found.flips[:, slab], found.chances[:, slab] = part.flips, part.chances
        found.outputs[slab] = part.outputs
    return found


def slabs(n: int, blocks: int) -> Iterator[slice]:
    """Blocks to work on together: what is held beside the result does not grow with them."""
    size = max(1, _NEAR // n, min(_FEW, MOST_AT_ONCE // n))
    for begin in range(0, blocks, size):
        yield slice(begin, min(begin + size, blocks))


def _simulated_fair(words: NDArray[np.uint64], wanted: Reals) -> Flips:
    """Bob's guess is flipped with probability |δ| where it is the less likely bit."""
    guesses, second = _fair_guesses(words), uniforms(words[1::2])
    flips, sizes = np.empty(wanted.shape, dtype=np.uint8), np.empty(wanted.shape)

    def decide(bit: int, difference: Reals) -> Bits:
        size = np.abs(difference, out=sizes[bit])
        unlikely = (difference < 0) != guesses[bit]
        flip = np.logical_and(second[bit] < size, unlikely, out=flips[bit].view(np.bool_))
        decided: Bits = guesses[bit] ^ flip
        return decided

    outputs = _successive(wanted, decide)
    return Flips(flips, sizes / 2, np.ascontiguousarray(outputs.T))


def _simulated(code: Polar, words: NDArray[np.uint64], asked: Reals) -> Flips:
    flips = np.empty(asked.shape, dtype=np.uint8)
    chances = np.empty(asked.shape)
    seen = _Walk(np.full(asked.shape, 1 - 2 * code.one))

    def decide(bit: int, wanted: Reals) -> Bits:
        expected = seen.next()
        guess, threshold = _guess(words, bit, expected)
        over = _share(expected, guess) - _share(wanted, guess)
        chance = np.maximum(over, 0.0) / _share(expected, guess)
        flips[bit] = threshold < chance
        chances[bit] = np.abs(expected - wanted) / 2
        found: Bits = guess ^ flips[bit]
        seen.tell(found)
        return found

    outputs = _successive(asked, decide)
    return Flips(flips, chances, np.ascontiguousarray(outputs.T))


def decode(code: Polar, flips: Bits, stream: Stream, *, first: int = 0) -> Bits:
    """Bob's bits, (blocks, n), from flips (n, blocks)."""
    blocks = flips.shape[1]
    outputs = np.empty((blocks, code.n), dtype=np.uint8)
    for slab in slabs(code.n, blocks):
        words = _words(code, stream, first + slab.start, slab.stop - slab.start)
        outputs[slab] = _decoded(code, flips[:, slab], words).T
    return outputs


def _decoded(code: Polar, flips: Bits, words: NDArray[np.uint64]) -> Bits:
    if code.is_fair:
        return transform(_fair_guesses(words) ^ flips)

    def decide(bit: int, expected: Reals) -> Bits:
        found: Bits = _guess(words, bit, expected)[0] ^ flips[bit]
        return found

    return _successive(np.full(flips.shape, 1 - 2 * code.one), decide)


def differences(ones: Reals, bits: Bits) -> Reals:
    """(n, blocks): δ of each bit of u, given the channel's inputs and the bits before it.

    ones, bits: (blocks, n), as `simulate` has them: the probabilities of ones, and outputs y
    """
    found = np.empty((bits.shape[1], bits.shape[0]))
    u = transform(np.ascontiguousarray(bits.T))

    def decide(bit: int, wanted: Reals) -> Bits:
        found[bit] = wanted
        decided: Bits = u[bit]
        return decided

    _successive(np.ascontiguousarray(1 - 2 * ones.T), decide)
    return found


def thresholds(code: Polar, stream: Stream, blocks: int, *, first: int = 0) -> Reals:
    """(n, blocks), the second number of each bit, between 0 and 1: both sides have it."""
    return uniforms(_words(code, stream, first, blocks)[1::2])


def transform(bits: Bits) -> Bits:
    """Arıkan's transform along the first axis; it is its own inverse."""
    found = bits.copy()
    size = 1
    while size < len(found):
        pairs = found.reshape(-1, 2, size, *found.shape[1:])
        pairs[:, 0] ^= pairs[:, 1]
        size *= 2
    return found


def _successive(differences: Reals, decide: Decide) -> Bits:
    """The bits y, whose laws are independent, decided bit by bit of u = y G.

    differences: (n, blocks)
    """
    walk = _Walk(differences)
    for bit in range(len(differences)):
        walk.tell(decide(bit, walk.next()))
    return walk.decided


class _Walk:
    """The recursion from the laws of bits y to those of u = y G, which stops at each bit.

    A stack in the place of calls, since Bob's runs beside Alice's.

    differences: (n, blocks), of y
    decided: (n, blocks), y once all n bits were told
    """

    decided: Bits

    def __init__(self, differences: Reals) -> None:
        self._stack: list[tuple[Reals, Bits | None]] = [(differences, None)]

    def next(self) -> Reals:
        """δ of the next bit of u, given those told."""
        delta, sums = self._stack[-1]
        while len(delta) > 1:
            half = len(delta) // 2
            upper, lower = delta[:half], delta[half:]
            if sums is None:
                delta = upper * lower
            else:
                signed = np.where(sums, -upper, upper)
                below = 1 + signed * lower
                # Where the event that is given has no probability, nothing depends on what is put.
                delta = (lower + signed) / np.where(below > 0, below, 1.0)
            sums = None
            self._stack.append((delta, None))
        found: Reals = delta[0]
        return found

    def tell(self, bits: Bits) -> None:
        """The bit that was decided."""
        found = bits[None]
        self._stack.pop()
        while self._stack:
            delta, sums = self._stack[-1]
            if sums is None:
                self._stack[-1] = (delta, found)
                return
            self._stack.pop()
            found = np.concatenate([sums ^ found, found])
        self.decided = found


def _words(code: Polar, stream: Stream, first: int, blocks: int) -> NDArray[np.uint64]:
    """(2n, blocks)."""
    numbers = np.arange(first, first + blocks, dtype=np.uint64)
    rows = stream.rows(numbers, 0, -(-2 * code.n // 4))
    return np.ascontiguousarray(rows[:, : 2 * code.n].T)


def _fair_guesses(words: NDArray[np.uint64]) -> Bits:
    return (words[0::2] >> np.uint64(63)).astype(np.uint8)


def _guess(words: NDArray[np.uint64], bit: int, expected: Reals) -> tuple[Bits, Reals]:
    """A bit of the law that Bob sees, and the second number."""
    guess = uniforms(words[2 * bit]) < (1 + expected) / 2
    return np.uint8(1) - guess.astype(np.uint8), uniforms(words[2 * bit + 1])


def _share(difference: Reals, bits: Bits) -> Reals:
    """The probability of these bits."""
    return np.asarray((1 + np.where(bits, -difference, difference)) / 2)
