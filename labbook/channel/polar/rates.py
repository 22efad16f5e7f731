"""How many bits the flips of polar simulation take, with fair bits as the prior.

plain        each flip has the probability that it has on average, E|δ|/2
conditional  given the second number v, which Bob has too, it is P(|δ| > v)/2; never longer

The laws of |δ| are exact for short blocks, by going through all outputs, and learnt from other
blocks for long ones; `polar.law` has bounds that need no other blocks. Where the prior is not fair,
the plain code takes E|q − π|, and `polar.guess_law` has the conditional one.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from labbook.channel.polar.blocks import differences
from labbook.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from labbook.channel.polar.blocks import Bits, Flips

    Reals = NDArray[np.float64]

LARGEST_EXACT = 16

UNSEEN = 0.25
"""Of a learnt law, the weight of what was not seen in training, in samples."""


@dataclass(frozen=True, eq=False)
class FlipLaw:
    """The law of |δ| for each bit: its values in ascending order, and the mass of each.

    sizes, masses: (n, values)
    """

    sizes: Reals
    masses: Reals
    unseen: float = 0.0

    @property
    def plain_rate(self) -> float:
        """Bits per symbol of the plain code."""
        chance = (self.sizes * self.masses).sum(axis=1) / 2
        return float(binary_entropy(chance).mean())

    @property
    def conditional_rate(self) -> float:
        """Bits per symbol of the conditional code: the mean over v of the entropy."""
        steps = np.diff(self.sizes, prepend=0.0, axis=1)
        return float((steps * binary_entropy(np.minimum(self._above, 1.0) / 2)).sum(axis=1).mean())

    def plain_lengths(self, found: Flips) -> Reals:
        """Ideal bits of each block's flips under the plain code."""
        chance = (self.sizes * self.masses).sum(axis=1) / 2
        return ideal_lengths(self._softened(2 * chance)[:, None] / 2, found.flips)

    def conditional_lengths(self, found: Flips, thresholds: Reals) -> Reals:
        """Ideal bits of each block's flips under the conditional code.

        thresholds: (n, blocks), the second numbers
        """
        return ideal_lengths(self.conditional_chances(thresholds), found.flips)

    def conditional_chances(self, thresholds: Reals) -> Reals:
        """(n, blocks): the probability of each flip, given its second number."""
        above = np.empty(thresholds.shape)
        for bit, (sizes, v) in enumerate(zip(self.sizes, thresholds, strict=True)):
            beyond = np.append(self._above[bit], 0.0)
            above[bit] = beyond[np.searchsorted(sizes, v, side="right")]
        return self._softened(above) / 2

    @cached_property
    def _above(self) -> Reals:
        """The mass of each value and all larger ones."""
        return np.asarray(np.cumsum(self.masses[:, ::-1], axis=1)[:, ::-1])

    def _softened(self, chance: Reals) -> Reals:
        """What is to be coded may be what was never seen."""
        return np.asarray((np.minimum(chance, 1.0) + self.unseen / 2) / (1 + self.unseen))


def exact_law(flip: float, n: int) -> FlipLaw:
    """Of the binary symmetric channel, whatever its inputs: by symmetry they may be zeros.

    Raises:
        UsageError: there are too many outputs to go through.
    """
    if n > LARGEST_EXACT:
        raise UsageError(f"All outputs of {n} bits are too many to go through.")
    outputs = np.array(list(itertools.product((0, 1), repeat=n)), dtype=np.uint8)
    ones = np.full(outputs.shape, flip)
    mass = np.where(outputs, flip, 1 - flip).prod(axis=1)
    sizes = np.abs(differences(ones, outputs))
    order = np.argsort(sizes, axis=1)
    return FlipLaw(np.take_along_axis(sizes, order, axis=1), mass[order])


def learnt_law(sizes: Reals) -> FlipLaw:
    """From |δ| of blocks that are not to be coded, (n, blocks)."""
    blocks = sizes.shape[1]
    masses = np.broadcast_to(1 / blocks, sizes.shape)
    return FlipLaw(np.sort(sizes, axis=1), masses, UNSEEN / blocks)


def ideal_lengths(chance: Reals, flips: Bits) -> Reals:
    """Bits of each block's flips, (n, blocks), whose probabilities are `chance`, (n, blocks)."""
    with np.errstate(divide="ignore"):
        coded = np.where(flips, np.log2(chance), np.log1p(-chance) / np.log(2))
    return np.asarray(-coded.sum(axis=0))


def binary_entropy(chance: Reals) -> Reals:
    """Of bits with these probabilities, in bits."""
    from scipy.special import entr

    return np.asarray((entr(chance) + entr(1 - chance)) / np.log(2))
