"""What `channel.two-part-code` sends, and what it takes: data, coders, and what came of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from labbook.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from labbook.channel.latent.bitsback import LatentModel
    from labbook.channel.latent.two_part import LatentCoder, Targets
    from labbook.channel.latent.variational import Bound
    from labbook.channel.laws.mixture import GeometricMixture
    from labbook.model import Cell

    Reals = NDArray[np.float64]
    Integers = NDArray[np.integer]

RELIEF = "jacksboro_fault_dem.npz"
ROWS, COLUMNS = 344, 403
"""Of the grid of elevations in that file of matplotlib's."""

LANES = 16
RANDOM_WORDS = 64
"""Of each lane, for bits-back to pop from."""

MOST_POOLED = 512
"""Messages of several latents whose law is taken over training: each has many parts."""


@dataclass(frozen=True, eq=False)
class Work:
    """The model, items to train on and items to send, each a row of 0 and 1; and a seed."""

    model: LatentModel
    training: Integers
    items: Integers
    seed: int

    @cached_property
    def bounds(self) -> Bound:
        from labbook.channel.latent.variational import bound

        return bound(self.model, self.items)

    @cached_property
    def q(self) -> Reals:
        """(n, Z), q(z|x)."""
        return self.model.recognised(self.items)

    @property
    def prior(self) -> Reals:
        import numpy as np

        return np.asarray(self.model.prior.probabilities[0])

    @property
    def sampled(self) -> float:
        """What z costs if it is drawn by q and coded by p(z), in the mean."""
        import numpy as np

        return float((self.q @ -np.log2(self.prior)).mean())

    @property
    def alone(self) -> float:
        """Bits per item without a latent variable: each cell by its own share of ones."""
        import numpy as np

        from labbook.channel.latent.bernoulli_mixture import BernoulliMixture

        means = (self.training.sum(axis=0) + 1) / (len(self.training) + 2)
        return BernoulliMixture(np.ones(1), means[None, :]).bits(self.items)

    def joint(self, latents: Integers) -> Reals:
        """(n,), −log2 p(z) p(x|z)."""
        import numpy as np

        return self.model.lengths(self.items)[np.arange(len(latents)), latents]

    def differing(self, items: Integers) -> int:
        """How many items are other ones."""
        import numpy as np

        return int(np.count_nonzero((items != self.items).any(axis=1)))


@dataclass(frozen=True, slots=True)
class Measured:
    """A quantity of every item as it was, beside what its exact law expects of that item.

    variance: its variance for that item; unless given, the scatter of all items tells it
    """

    label: str
    values: Reals
    exact: Reals
    variance: Reals | None = None

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Label, mean, standard error, exact mean, distance in standard errors."""
        away = self.values - self.exact
        spread = away.var(ddof=1) if self.variance is None else self.variance.mean()
        se = math.sqrt(spread / len(away))
        mean = float(away.mean())
        z = 0.0 if abs(mean) < 1e-9 else mean / se if se else math.inf
        return self.label, float(self.values.mean()), se, float(self.exact.mean()), z


@dataclass(frozen=True, eq=False)
class TwoParts:
    """What one coder of z sent.

    ideal, delta: bits of the index per item, by its law over training and by Elias's delta code
    given: the bits that x given z took, per item
    mismatches: latents and items that Bob has otherwise
    """

    name: str
    label: str
    ideal: float
    delta: float
    given: float
    measured: tuple[Measured, ...]
    mismatches: int


@dataclass(frozen=True, slots=True)
class Chain:
    """What bits-back coding took: net bits per item, and those at the start apart."""

    label: str
    net: float
    startup: float
    measured: Measured
    mismatches: int


def held_out(size: int) -> int:
    """Patches of this size that are kept from training: every second one."""
    return (ROWS // size) * (COLUMNS // size) // 2


def patches(size: int, items: int, rng: np.random.Generator) -> tuple[Integers, Integers]:
    """Patches to train on, and those to send, as rows of 0 and 1: above the patch's mean or not.

    Raises:
        UsageError: matplotlib is there without its sample data.
    """
    import numpy as np
    from matplotlib.cbook import get_sample_data

    try:
        path = str(get_sample_data(RELIEF, asfileobj=False))
        with np.load(path) as file:
            elevation = file["elevation"].astype(np.int64)
    except FileNotFoundError:
        raise UsageError(
            f"matplotlib is installed without its sample data {RELIEF}, which is coded here.",
            hint="Install matplotlib with pip.",
        ) from None
    rows, columns = ROWS // size, COLUMNS // size
    grid = elevation[: rows * size, : columns * size].reshape(rows, size, columns, size)
    cells = grid.swapaxes(1, 2).reshape(-1, size * size)
    # In integers, so that a cell at the mean is so on every machine.
    bits = (cells * size * size > cells.sum(axis=1, keepdims=True)).astype(np.int64)
    bits = bits[rng.permutation(len(bits))]
    return bits[held_out(size) :], bits[:items]


def two_parts(
    work: Work, name: str, together: int, progress: Callable[[int, int], None]
) -> TwoParts:
    """Send the items: z by one of `LATENT_CODERS`, then x given z.

    together: latents in one message
    """
    import numpy as np

    from labbook.channel import Prior, decode, elias_delta
    from labbook.channel.latent.two_part import LATENT_CODERS, Targets, joined, parted, send
    from labbook.compute import Stream

    coder, alone = LATENT_CODERS[name], together == 1
    prior, q = joined(work.prior, work.q, together)
    targets = Targets.of(prior, q)
    stream = Stream.named(work.seed, name if alone else f"{name} {together}")
    sent = send(coder, targets, stream, progress=progress)
    symbols = decode(Prior(tuple(prior.tolist())), stream, sent.messages)
    latents = parted(symbols, len(work.prior), together)
    given, wrong = _given(work, latents)
    indices, where = np.unique(sent.messages, return_inverse=True)
    ideal = -_law_of_training(work, coder, together).log2_pmf(indices)[where]
    delta = elias_delta(sent.messages).astype(np.float64)
    label = coder.label if alone else f"{coder.label}, {together} together"
    return TwoParts(
        name if alone else f"{name}_together",
        label,
        ideal=float(ideal.mean()) / together,
        delta=float(delta.mean()) / together,
        given=given / len(latents),
        measured=(
            *_indices(coder, targets, label, np.log2(sent.messages), delta),
            Measured(
                f"−log2 p(x|z), {label}",
                work.joint(latents) - work.model.prior.lengths(latents),
                work.bounds.reconstruction,
                work.bounds.reconstruction_variance,
            ),
        ),
        mismatches=int(np.count_nonzero(symbols != sent.symbols)) + wrong,
    )


def _indices(
    coder: LatentCoder, targets: Targets, label: str, log2_index: Reals, delta: Reals
) -> tuple[Measured, Measured]:
    """log2 of each index and its length in Elias's delta code, beside their exact laws."""
    from labbook.channel import expected_elias_delta

    laws = [coder.law(pair) for pair in targets.pairs]
    logs = targets.each([law.mean_log2 for law in laws])
    lengths = targets.each([expected_elias_delta(law) for law in laws])
    return (
        Measured(f"log2 of the index, {label}", log2_index, logs),
        Measured(f"its Elias delta code, {label}", delta, lengths),
    )


def _law_of_training(work: Work, coder: LatentCoder, together: int) -> GeometricMixture:
    """Of the index, over the items of training."""
    from labbook.channel.latent.two_part import Targets, joined, pooled_law

    q = work.model.recognised(work.training)
    if together > 1:
        q = q[: together * MOST_POOLED]
    return pooled_law(coder, Targets.of(*joined(work.prior, q, together)))


def bits_back(work: Work, *, scramble: bool) -> Chain:
    """Send the items in one chain."""
    import numpy as np

    from labbook.channel.latent.ans import Stack
    from labbook.channel.latent.bitsback import decode_chain, encode_chain
    from labbook.compute import Stream

    count = len(work.items)
    stack = Stack.random(LANES, RANDOM_WORDS * LANES, Stream.named(work.seed, "bits"))
    start = stack.copy()
    chained = encode_chain(work.model, stack, work.items, scramble=scramble)
    bob = Stack.of_message(stack.message(), LANES)
    items = decode_chain(work.model, bob, count, scramble=scramble)
    popped = np.log2(work.q[np.arange(count), chained.latents])
    label = "bits-back, scrambled" if scramble else "bits-back"
    return Chain(
        label,
        net=float(chained.net_bits[-1]),
        startup=chained.startup_bits,
        measured=Measured(
            label,
            popped + work.joint(chained.latents),
            work.bounds.total,
            work.bounds.variance,
        ),
        mismatches=work.differing(items) + int(bob != start),
    )


def _given(work: Work, latents: Integers) -> tuple[float, int]:
    """The bits that x takes given Bob's z, over all items, and how many items he has otherwise."""
    from labbook.channel.latent.ans import Stack
    from labbook.channel.latent.two_part import pop_given, push_given

    stack = Stack(LANES)
    before = stack.content
    push_given(work.model.likelihood, stack, work.items, latents)
    bob = Stack.of_message(stack.message(), LANES)
    items = pop_given(work.model.likelihood, bob, latents)
    return stack.content - before, work.differing(items)
