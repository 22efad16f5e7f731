"""How many bits the flips of polar simulation take for any prior, given all that Bob has by then.

A guess g of the law π is flipped when the second number v is below t = (π(g) − q(g))_+ / π(g).
Bob has π, g and v before he needs the flip, so it can be coded with P(t > v | g, π), where π counts
by the cell that it falls into. For one symbol that meets the floor of one-shot schemes for every
channel whose prior is its output's law: guess and second number are then one uniform number, by
which the targets are nested. With fair bits and a symmetric channel guess and π say nothing, and
this is the conditional code of `polar.rates`.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from labbook.channel.polar.blocks import Flips, Polar, differences, transform
from labbook.channel.polar.rates import binary_entropy, ideal_lengths
from labbook.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from labbook.channel.polar.blocks import Bits

    Reals = NDArray[np.float64]
    Cells = NDArray[np.intp]

MOST_EXACT = 1 << 16
"""Blocks of inputs and outputs to go through for an exact law."""

EDGES = np.tanh(np.linspace(-4, 4, 20))
"""Between the cells of π, as δ = π(0) − π(1): narrow where a bit is all but certain."""


@dataclass(frozen=True, eq=False)
class GuessLaw:
    """The law of the limit t of each bit, for either guess and each cell of π.

    All are (2, n, values), by guess, and in ascending order of cell and limit.

    cells, limits: of each value
    above: the mass of the values of the same cell that are not smaller
    whole: the mass of the cell
    unseen: of a learnt law, the mass in each cell of what was not seen in training
    """

    code: Polar
    cells: Cells
    limits: Reals
    above: Reals
    whole: Reals
    unseen: float = 0.0

    @property
    def plain_rate(self) -> float:
        """Bits per symbol of the plain code."""
        return float(binary_entropy(self._flip_chances).mean())

    @property
    def conditional_rate(self) -> float:
        """Bits per symbol of the conditional code, on average over all that Bob has."""
        chance = self.above / np.where(self.whole > 0, self.whole, 1.0)
        bits = self._steps * self.whole * binary_entropy(chance)
        return math.fsum(bits.flat) / self.code.n

    def plain_lengths(self, found: Flips) -> Reals:
        """Ideal bits of each block's flips under the plain code."""
        chances = (self._flip_chances + self.unseen / 4) / (1 + self.unseen)
        return ideal_lengths(chances[:, None], found.flips)

    def conditional_lengths(self, found: Flips, seconds: Reals) -> Reals:
        """Ideal bits of each block's flips under the conditional code.

        seconds: (n, blocks), the second numbers, as `thresholds` has them
        """
        guesses = transform(np.ascontiguousarray(found.outputs.T)) ^ found.flips
        cells = _cells(_expected(self.code, found.outputs))
        chances = np.empty(seconds.shape)
        for bit in range(self.code.n):
            for guess in (0, 1):
                there = guesses[bit] == guess
                chances[bit, there] = self._chances(
                    guess, bit, cells[bit, there], seconds[bit, there]
                )
        return ideal_lengths(chances, found.flips)

    @cached_property
    def _steps(self) -> Reals:
        """From each limit down to the one before it in its cell, or to 0."""
        is_first = np.diff(self.cells, prepend=-1, axis=2) > 0
        return np.where(is_first, self.limits, np.diff(self.limits, prepend=0.0, axis=2))

    @cached_property
    def _flip_chances(self) -> Reals:
        """(n,), the mean probability of each flip: of second numbers below the limit."""
        return np.asarray((self._steps * self.above).sum(axis=(0, 2)).clip(0, 1))

    def _chances(self, guess: int, bit: int, cells: Cells, seconds: Reals) -> Reals:
        """P(t > v | g, π); 1/2 in a cell that was never seen."""
        known = self.cells[guess, bit]
        # Limits and second numbers are at most 1, so that a half of them orders within a cell.
        keys = known + self.limits[guess, bit] / 2
        beyond = np.searchsorted(keys, cells + seconds / 2, side="right")
        starts = np.searchsorted(known, cells)
        after = np.minimum(beyond, len(known) - 1)
        first = np.minimum(starts, len(known) - 1)
        is_within = (beyond < len(known)) & (known[after] == cells)
        above = np.where(is_within, self.above[guess, bit, after], 0.0)
        whole = np.where(known[first] == cells, self.whole[guess, bit, first], 0.0)
        some = whole + self.unseen
        chances = (above + self.unseen / 2) / np.where(some > 0, some, 1.0)
        return np.where(some > 0, chances, 0.5)


def guess_law(
    code: Polar, ones: Reals, outputs: Bits, weights: Reals | None = None, unseen: float = 0.0
) -> GuessLaw:
    """From blocks of targets and outputs; exact when they are all there are, with their masses.

    ones: (blocks, n), the probabilities of ones, given the inputs
    outputs: (blocks, n)
    weights: (blocks,), the probability of both together; equal if not given
    unseen: the mass of what these blocks do not show, if they are but a sample of all
    """
    masses = np.full(len(ones), 1 / len(ones)) if weights is None else weights
    wanted, expected = differences(ones, outputs), _expected(code, outputs)
    laws = [_of_guess(sign, wanted, expected, masses) for sign in (1.0, -1.0)]
    return GuessLaw(
        code,
        cells=np.stack([each.cells for each in laws]),
        limits=np.stack([each.limits for each in laws]),
        above=np.stack([each.above for each in laws]),
        whole=np.stack([each.whole for each in laws]),
        unseen=unseen,
    )


def is_short(n: int, inputs: int) -> bool:
    """Whether all blocks of n symbols are few enough to go through, from so many inputs."""
    return n * math.log2(2 * inputs) <= math.log2(MOST_EXACT)


def exact_guess_law(code: Polar, ones: Reals, weights: Reals) -> GuessLaw:
    """Of a channel, from all its blocks of inputs and outputs.

    ones: (x,), P(y = 1) for each input
    weights: (x,), the probability of each input

    Raises:
        UsageError: there are too many blocks to go through.
    """
    if not is_short(code.n, len(ones)):
        raise UsageError(
            f"All blocks of {code.n} symbols are too many to go through for {len(ones)} inputs."
        )
    taken = np.array(list(itertools.product(range(len(ones)), repeat=code.n)))
    outputs = np.array(list(itertools.product((0, 1), repeat=code.n)), dtype=np.uint8)
    wanted = np.repeat(ones[taken], len(outputs), axis=0)
    both = np.tile(outputs, (len(taken), 1))
    masses = np.repeat(weights[taken].prod(axis=1), len(outputs))
    masses = masses * np.where(both, wanted, 1 - wanted).prod(axis=1)
    there = masses > 0
    return guess_law(code, wanted[there], both[there], masses[there])


class _Half(NamedTuple):
    """Of one guess: what `GuessLaw` has of both."""

    cells: Cells
    limits: Reals
    above: Reals
    whole: Reals


def _of_guess(sign: float, wanted: Reals, expected: Reals, masses: Reals) -> _Half:
    """sign: 1 for the guess 0, −1 for the guess 1"""
    share = 1 + sign * expected
    # A guess without a share is never made: whatever its limit, nothing depends on it.
    limits = np.maximum(sign * (expected - wanted), 0.0) / np.where(share > 0, share, 1.0)
    cells = _cells(expected)
    order = np.lexsort((limits, cells), axis=1)
    cells, limits = np.take_along_axis(cells, order, 1), np.take_along_axis(limits, order, 1)
    mass = np.take_along_axis(masses * share / 2, order, 1)
    above, whole = np.empty(mass.shape), np.empty(mass.shape)
    for cell in range(len(EDGES) + 1):
        there = cells == cell
        within = np.where(there, mass, 0.0)
        beyond = np.cumsum(within[:, ::-1], axis=1)[:, ::-1]
        above[there] = beyond[there]
        whole[there] = np.broadcast_to(beyond[:, :1], mass.shape)[there]
    return _Half(cells, limits, above, whole)


def _expected(code: Polar, outputs: Bits) -> Reals:
    """(n, blocks): δ of each bit of u, as Bob sees it."""
    return differences(np.full(outputs.shape, code.one), outputs)


def _cells(expected: Reals) -> Cells:
    return np.searchsorted(EDGES, expected)
