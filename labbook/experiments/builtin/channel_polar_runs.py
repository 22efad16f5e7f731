"""What `channel.polar` sends, and what it takes."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from labbook.experiments.beside import z_score

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from labbook.channel.named import DiscreteChannel
    from labbook.channel.polar.blocks import Flips, Polar
    from labbook.channel.polar.guess_law import GuessLaw
    from labbook.channel.polar.rates import FlipLaw
    from labbook.compute import Stream
    from labbook.experiments import Trial

    Reals = NDArray[np.float64]
    Law = FlipLaw | GuessLaw

MOST_BLOCKS = 1 << 17
MOST_LEARNT = 4096
"""Blocks from which a law is learnt at most."""

MOST_LEARNT_SYMBOLS = 1 << 22
"""Their laws are held in memory: about 100 MiB."""

MOST_LEARNT_WITH_GUESSES = 1 << 19
"""The same, where the law has both guesses and the cells of the prior."""


@dataclass(frozen=True, eq=False)
class Binary:
    """A channel with two outputs, and the flip probability if it is a fair symmetric one."""

    channel: DiscreteChannel
    flip: float | None

    @classmethod
    def of(cls, channel: DiscreteChannel) -> Binary:
        from labbook.channel.named import symmetric

        flip = channel.rows[0][1]
        return cls(channel, flip if channel == symmetric(flip) else None)

    @cached_property
    def ones(self) -> Reals:
        """(x,), P(y = 1) for each input."""
        import numpy as np

        return np.array(self.channel.rows)[:, 1]

    @cached_property
    def weights(self) -> Reals:
        """(x,), the probability of each input."""
        import numpy as np

        return np.array(self.channel.inputs)

    def code(self, n: int) -> Polar:
        """The prior is the law of the output.

        Raises:
            UsageError: the output is always the same.
        """
        from labbook.channel.polar.blocks import Polar

        return Polar(n, 0.5 if self.flip is not None else self.channel.output[1])

    def exact_law(self, n: int) -> Law | None:
        """None for blocks that are too long to go through all."""
        from labbook.channel.polar.guess_law import exact_guess_law, is_short
        from labbook.channel.polar.rates import LARGEST_EXACT, exact_law

        if self.flip is not None:
            return exact_law(self.flip, n) if n <= LARGEST_EXACT else None
        if not is_short(n, len(self.weights)):
            return None
        return exact_guess_law(self.code(n), self.ones, self.weights)

    def learnt_law(self, n: int, ones: Reals, found: Flips) -> Law:
        from labbook.channel.polar.guess_law import guess_law
        from labbook.channel.polar.rates import UNSEEN, learnt_law

        if self.flip is not None:
            return learnt_law(2 * found.chances)
        return guess_law(self.code(n), ones, found.outputs, unseen=UNSEEN / len(ones))


@dataclass(frozen=True)
class Measured:
    """Mean bits per symbol, and its standard error."""

    mean: float
    se: float

    @classmethod
    def of(cls, values: Reals) -> Measured:
        return cls(float(values.mean()), float(values.std(ddof=1)) / math.sqrt(len(values)))


@dataclass(frozen=True)
class Row:
    """Of one length; rates in bits per symbol.

    excess: of the conditional code over the plain one, block by block
    z, outputs_z: distances from what is exact, in standard errors; None where nothing is
    rate: symbols sent a second
    mismatches: blocks in which Bob's bits are not Alice's
    """

    n: int
    blocks: int
    exact: float | None
    plain: Measured
    conditional: Measured
    excess: Measured
    z: float | None
    outputs_z: float | None
    rate: float
    mismatches: int


def measured(
    trial: Trial, binary: Binary, n: int, symbols: int, said: Callable[[int, int], None]
) -> Row:
    """Send about so many symbols in blocks of n, and decode them.

    said: told how many blocks are done, and of how many
    """
    blocks = max(2, min(symbols // n, MOST_BLOCKS))
    exact = binary.exact_law(n)
    law = exact or _learnt(trial, binary, n, blocks)
    found = _Sums.of(_Sender(trial, binary, n, "sent"), law, blocks, said)
    plain, conditional = Measured.of(found.plain / n), Measured.of(found.conditional / n)
    rate = None if exact is None else exact.conditional_rate
    return Row(
        n=n,
        blocks=blocks,
        exact=rate,
        plain=plain,
        conditional=conditional,
        excess=Measured.of((found.conditional - found.plain) / n),
        z=None if rate is None else z_score(conditional.mean, rate, conditional.se),
        outputs_z=z_score(found.rare, found.expected, math.sqrt(found.variance), certain=True),
        rate=blocks * n / found.seconds,
        mismatches=found.mismatches,
    )


@dataclass
class _Sums:
    """Over the blocks of one length.

    plain, conditional: (blocks,), bits
    rare, expected, variance: outputs that were the less likely one, and their law given the inputs
    """

    plain: Reals
    conditional: Reals
    rare: int = 0
    expected: float = 0.0
    variance: float = 0.0
    seconds: float = 0.0
    mismatches: int = 0

    @classmethod
    def of(cls, sender: _Sender, law: Law, blocks: int, said: Callable[[int, int], None]) -> _Sums:
        import numpy as np

        from labbook.channel.polar.blocks import slabs

        sums = cls(np.empty(blocks), np.empty(blocks))
        for slab in slabs(sender.code.n, blocks):
            sums._add(sender, law, slab)
            said(slab.stop, blocks)
        return sums

    def _add(self, sender: _Sender, law: Law, slab: slice) -> None:
        import numpy as np

        from labbook.channel.polar.blocks import decode, thresholds

        first, count = slab.start, slab.stop - slab.start
        started = time.perf_counter()
        ones, found = sender.send(count, first)
        self.seconds += time.perf_counter() - started
        shared = thresholds(sender.code, sender.stream, count, first=first)
        self.plain[slab] = law.plain_lengths(found)
        self.conditional[slab] = law.conditional_lengths(found, shared)
        chances = np.minimum(ones, 1 - ones)
        self.rare += int((found.outputs != (ones > 0.5)).sum())
        self.expected += float(chances.sum())
        self.variance += float((chances * (1 - chances)).sum())
        decoded = decode(sender.code, found.flips, sender.stream, first=first)
        self.mismatches += int((decoded != found.outputs).any(axis=1).sum())


def _learnt(trial: Trial, binary: Binary, n: int, blocks: int) -> Law:
    """From about as many blocks as are sent."""
    symbols = MOST_LEARNT_SYMBOLS if binary.flip is not None else MOST_LEARNT_WITH_GUESSES
    most = max(2, min(blocks, MOST_LEARNT, symbols // n))
    ones, found = _Sender(trial, binary, n, "learnt").send(most, 0)
    return binary.learnt_law(n, ones, found)


class _Sender:
    """Random inputs, and what is sent for them."""

    def __init__(self, trial: Trial, binary: Binary, n: int, name: str) -> None:
        from labbook.compute import Stream

        self.code: Polar = binary.code(n)
        self.stream: Stream = Stream.named(trial.seed, f"{name} {n}")
        self._binary = binary
        self._rng = trial.rng(f"inputs {name} {n}")

    def send(self, blocks: int, first: int) -> tuple[Reals, Flips]:
        """The probabilities of ones, (blocks, n), and what Alice found."""
        from labbook.channel.polar.blocks import simulate

        ones = self._binary.ones[self._inputs((blocks, self.code.n))]
        return ones, simulate(self.code, ones, self.stream, first=first)

    def _inputs(self, shape: tuple[int, int]) -> NDArray[np.integer[Any]]:
        import numpy as np

        weights = self._binary.weights
        if (weights == weights[0]).all():
            return self._rng.integers(0, len(weights), shape)
        ends = np.cumsum(weights)[:-1] / weights.sum()
        return np.searchsorted(ends, self._rng.random(shape), side="right")
