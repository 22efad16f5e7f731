"""The chains of `channel.bits-back`: each run once and back, beside what its laws expect."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from labbook.channel.latent.bitsback import Chained, LatentModel
    from labbook.channel.latent.variational import Bound

    Reals = NDArray[np.float64]
    Integers = NDArray[np.int64]

RANDOM_WORDS = 256
"""Of each lane, to pop from; far more than the chains take."""

SETTLED = 4096
"""Steps after which a chain of so few states costs the same in every step."""

BATCHES = 32
"""Stretches of a dirty chain whose spread gives its standard error."""


@dataclass(frozen=True, eq=False)
class Chain:
    """A chain that was run, and what its model says of it.

    shares: (X,), the law of the items
    dirty: whether its bits are, so that the bound does not hold for it
    mismatches: items and words that did not come back
    """

    label: str
    model: LatentModel
    chained: Chained
    draws: Integers
    shares: Reals
    dirty: bool
    mismatches: int

    @property
    def net(self) -> float:
        """Bits per item that the stack grew by."""
        return float(self.chained.net_bits[-1])

    @cached_property
    def bounds(self) -> Bound:
        """Of each state as an item."""
        import numpy as np

        from labbook.channel.latent.variational import bound

        return bound(self.model, np.arange(len(self.shares))[:, None])

    @property
    def bound(self) -> float:
        return float(self.shares @ self.bounds.total)

    @property
    def marginal(self) -> float:
        return float(self.shares @ self.bounds.marginal)

    @cached_property
    def costs(self) -> Reals:
        """(steps,), what each step's item is expected to add, dirty or not."""
        import numpy as np

        from labbook.channel.latent.dirty import dirty_costs

        steps = len(self.chained.items) - 1
        if not self.dirty:
            return np.full(steps, self.bound)
        states = np.arange(len(self.shares))[:, None]
        first = dirty_costs(self.model, states, self.shares, min(steps, SETTLED))
        return np.append(first, np.full(steps - len(first), first[-1]))

    @cached_property
    def expected(self) -> Reals:
        """(steps,), the expected net bits per item by then."""
        import numpy as np

        return np.cumsum(self.costs * np.diff(self.chained.items)) / self.chained.items[1:]

    @property
    def se(self) -> float:
        """Of the net bits per item: exact for independent items, else from stretches."""
        import numpy as np

        if not self.dirty:
            spread = self.shares @ (self.bounds.variance + (self.bounds.total - self.bound) ** 2)
            return math.sqrt(spread / len(self.draws))
        steps = len(self.chained.items) - 1
        if steps < 2 * BATCHES:
            return math.nan
        ends = np.linspace(0, steps, BATCHES + 1).astype(np.int64)
        done = self.chained.items
        expected = np.append(0.0, self.expected * done[1:])
        beyond = np.diff((self.chained.content - expected)[ends]) / np.diff(done[ends])
        return float(beyond.std(ddof=1)) / math.sqrt(BATCHES)

    @property
    def z(self) -> float | None:
        """How far the lengths of what was popped are from the bound, in standard errors.

        The stack differs from them by the rounding of its heads.
        """
        if self.dirty:
            return None
        away = self.popped - self.bound
        if math.isclose(away, 0, abs_tol=1e-12):
            return 0.0
        return away / self.se if self.se else math.inf

    @property
    def popped(self) -> float:
        """log2 q(z|x)/(p(z) p(x|z)) in the mean over the items and their z."""
        import numpy as np

        states = np.arange(len(self.shares))[:, None]
        both = self.draws[:, 0] * len(states) + self.chained.latents
        counts = np.bincount(both, minlength=len(states) ** 2).reshape(len(states), -1)
        there = counts > 0
        bits = np.log2(self.model.recognised(states)[there]) + self.model.lengths(states)[there]
        return float(counts[there] @ bits) / len(self.draws)


def round_trip(
    seed: int,
    model: LatentModel,
    draws: Integers,
    lanes: int,
    scramble: bool,
    progress: Callable[[int, int], None],
) -> tuple[Chained, int]:
    """What encoding did, and how many items and words did not come back."""
    import numpy as np

    from labbook.channel.latent.ans import Stack
    from labbook.channel.latent.bitsback import decode_chain, encode_chain
    from labbook.compute import Stream

    stack = Stack.random(lanes, RANDOM_WORDS * lanes, Stream.named(seed, "bits"))
    start = stack.message()
    chained = encode_chain(
        model, stack, draws, scramble=scramble, progress=lambda done, of: progress(done, 2 * of)
    )
    bob = Stack.of_message(stack.message(), lanes)
    items = decode_chain(model, bob, len(draws), scramble=scramble)
    progress(2 * len(draws), 2 * len(draws))
    end = bob.message()
    words = int(np.count_nonzero(end != start)) if len(end) == len(start) else len(start)
    return chained, int(np.count_nonzero(items != draws)) + words
