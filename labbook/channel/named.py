"""Channels by name, as ensembles of targets: input x comes with a probability and asks for W(·|x).

The prior is the law of the output. No scheme sends fewer bits on average than the mutual
information, nor than the floor E_Y D_CS(P_{X|Y} ‖ P_X), which holds for every scheme that sends
one sample at a time (C. T. Li, A. El Gamal 2018; G. Flamich, S. Sriramu, A. Wagner 2025).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from labbook.channel.laws.sums import REACH
from labbook.channel.pairs import DiscretePair, checked
from labbook.channel.spectrum import spectrum
from labbook.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from labbook.channel.laws.index import IndexLaw

    Reals = NDArray[np.float64]

LARGEST_MEAN = 1e5


@dataclass(frozen=True)
class DiscreteChannel:
    """A channel of finitely many inputs and outputs.

    inputs: (x,), the probability of each input
    rows: (x, y), of each output given the input

    Raises:
        UsageError: these are no probabilities, or rows differ in length.
    """

    inputs: tuple[float, ...]
    rows: tuple[tuple[float, ...], ...]

    def __post_init__(self) -> None:
        checked("the law of the inputs", self.inputs)
        if len(self.rows) != len(self.inputs):
            raise UsageError(
                "A channel needs a row for each input, but the numbers of inputs and of rows are "
                f"{len(self.inputs)} and {len(self.rows)}."
            )
        for number, row in enumerate(self.rows, start=1):
            checked(f"row {number} of the channel", row)
        if len({len(row) for row in self.rows}) > 1:
            raise UsageError("The rows of a channel have the same outputs, and so one length.")

    @cached_property
    def output(self) -> tuple[float, ...]:
        """The law of the output: the prior."""
        return tuple(float(each) for each in np.array(self.inputs) @ np.array(self.rows))

    @cached_property
    def pairs(self) -> tuple[DiscretePair, ...]:
        """Prior and target for each input."""
        return tuple(DiscretePair(self.output, row) for row in self.rows)

    @property
    def mutual_information(self) -> float:
        """I(X; Y) in bits: the mean of KL over the inputs."""
        return self.mean([pair.kl_bits for pair in self.pairs])

    @property
    def divergence(self) -> float:
        """The mean over the inputs of the channel simulation divergence, in bits."""
        return self.mean([spectrum(pair).dcs_bits for pair in self.pairs])

    @property
    def floor(self) -> float:
        """E_Y D_CS(P_{X|Y} ‖ P_X), in bits."""
        inputs, rows = np.array(self.inputs), np.array(self.rows)
        total = 0.0
        for output, mass in enumerate(self.output):
            if mass > 0:
                posterior = inputs * rows[:, output] / mass
                back = DiscretePair(self.inputs, tuple(float(x) for x in posterior))
                total += mass * spectrum(back).dcs_bits
        return total

    def mean(self, values: Sequence[float]) -> float:
        """Over the inputs."""
        return math.fsum(x * value for x, value in zip(self.inputs, values, strict=True) if x)


def symmetric(flip: float, one: float = 0.5) -> DiscreteChannel:
    """The binary symmetric channel; `one` is the probability of input 1."""
    return DiscreteChannel((1 - one, one), ((1 - flip, flip), (flip, 1 - flip)))


def erasure(lost: float, one: float = 0.5) -> DiscreteChannel:
    """The binary erasure channel; the third output is the erasure."""
    return DiscreteChannel((1 - one, one), ((1 - lost, 0.0, lost), (0.0, 1 - lost, lost)))


def z_channel(lost: float, one: float = 0.5) -> DiscreteChannel:
    """A one becomes a zero with probability `lost`; a zero stays."""
    return DiscreteChannel((1 - one, one), ((1.0, 0.0), (lost, 1 - lost)))


@dataclass(frozen=True, eq=False)
class Mixed:
    """The law of an index over the inputs: what a code for it can be made for.

    Raises:
        UsageError: its indices are too large to be gone through.
    """

    weights: tuple[float, ...]
    laws: tuple[IndexLaw, ...]

    def __post_init__(self) -> None:
        if self.mean > LARGEST_MEAN:
            raise UsageError(
                f"Indices of a mean of {self.mean:.3g} are too large for the law of a mixture."
            )

    @property
    def mean(self) -> float:
        """E K."""
        return math.fsum(w * law.mean for w, law in zip(self.weights, self.laws, strict=True))

    @property
    def mean_log2(self) -> float:
        """E log2 K, in bits."""
        parts = zip(self.weights, self.laws, strict=True)
        return math.fsum(weight * law.mean_log2 for weight, law in parts)

    @cached_property
    def entropy(self) -> float:
        """H(K), in bits."""
        k = np.arange(1, math.ceil(REACH * max(law.mean for law in self.laws)) + 1)
        pmf = np.exp2(self.log2_pmf(k))
        there = pmf > 0
        return float(-(pmf[there] * np.log2(pmf[there])).sum()) + 0.0

    def log2_pmf(self, k: ArrayLike) -> Reals:
        """log2 P(K = k)."""
        with np.errstate(divide="ignore"):
            return np.log2(self._summed([np.exp2(law.log2_pmf(k)) for law in self.laws]))

    def exceeds(self, k: ArrayLike) -> Reals:
        """P(K > k)."""
        return self._summed([law.exceeds(k) for law in self.laws])

    def _summed(self, values: Sequence[Reals]) -> Reals:
        parts = zip(self.weights, values, strict=True)
        return np.asarray(sum(weight * each for weight, each in parts))
