"""A two-part code: first a latent z by channel simulation, then x by p(x|z).

Alice has x and with it the target q(z|x); Bob has the prior p(z) and shares her random numbers.
For each item she sends the index of a candidate that has the law q, by which Bob makes z; then x
costs −log2 p(x|z). So the two parts cost what the two terms of the variational bound say, but
for what an index costs beyond KL(q(z|x) ‖ p(z)); and unlike in bits-back coding, Bob has z
before he knows x.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from labbook.channel.coders.many_targets import encode_each, encode_poisson_each
from labbook.channel.laws.mixture import GeometricMixture
from labbook.channel.laws.poisson import poisson_law
from labbook.channel.pairs import DiscretePair
from labbook.channel.spectrum import spectrum

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from labbook.channel.coders.search import Progress, Sent
    from labbook.channel.latent.ans import Stack, Symbols
    from labbook.channel.latent.ans_tables import Tables
    from labbook.compute import Stream

    Reals = NDArray[np.float64]
    Integers = NDArray[np.integer]


@dataclass(frozen=True, eq=False)
class Targets:
    """One prior and many targets, of which a few occur again and again.

    pairs: the different ones
    which: (n,), the pair of each item
    """

    pairs: tuple[DiscretePair, ...]
    which: Integers

    @classmethod
    def of(cls, prior: Reals, q: Reals) -> Targets:
        """The targets of n items.

        prior: (Z,)
        q: (n, Z)

        Raises:
            UsageError: as `DiscretePair`.
        """
        rows, which = np.unique(q, axis=0, return_inverse=True)
        p = tuple(prior.tolist())
        return cls(tuple(DiscretePair(p, tuple(row)) for row in rows.tolist()), which.ravel())

    def each(self, values: Sequence[float]) -> Reals:
        """(n,), each item's own of one value for each pair."""
        return np.asarray(values, dtype=np.float64)[self.which]


@dataclass(frozen=True, slots=True)
class LatentCoder:
    """A way to send z, and the exact law of its index for one target.

    encode: of pairs, the pair of each block, and a stream
    """

    label: str
    encode: Callable[..., Sent]
    law: Callable[[DiscretePair], GeometricMixture]


def _rejection_law(pair: DiscretePair) -> GeometricMixture:
    return GeometricMixture(np.ones(1), np.array([pair.acceptance]))


def _poisson_law(pair: DiscretePair) -> GeometricMixture:
    return poisson_law(spectrum(pair))


LATENT_CODERS = {
    "rejection": LatentCoder("rejection", encode_each, _rejection_law),
    "poisson": LatentCoder("Poisson", encode_poisson_each, _poisson_law),
}


def send(
    coder: LatentCoder, targets: Targets, stream: Stream, *, progress: Progress | None = None
) -> Sent:
    """Alice's messages, item i by block i of the stream; Bob's side is `labbook.channel.decode`.

    progress: called as `progress(done, of)` in items
    """
    return coder.encode(targets.pairs, targets.which, stream, progress=progress)


def joined(prior: Reals, q: Reals, count: int) -> tuple[Reals, Reals]:
    """The prior and the targets of so many latents of consecutive items, as one latent each.

    What an index takes beyond KL is then paid once for all. Values are numbered as digits are:
    z₁ Z + z₂. Items that do not fill the last message are left out.

    prior: (Z,)
    q: (n, Z)

    Returns: (Z^count,) and (n // count, Z^count).
    """
    whole = len(q) // count * count
    prior_of_all, q_of_all = prior, q[0:whole:count]
    for place in range(1, count):
        prior_of_all = np.multiply.outer(prior_of_all, prior).ravel()
        both = q_of_all[:, :, None] * q[place:whole:count, None, :]
        q_of_all = both.reshape(len(both), -1)
    return prior_of_all, q_of_all


def parted(symbols: Symbols, states: int, count: int) -> Integers:
    """The latents of all items, (n,), from symbols of `joined` ones."""
    return np.stack(np.unravel_index(symbols, (states,) * count), axis=1).ravel()


def pooled_law(coder: LatentCoder, targets: Targets) -> GeometricMixture:
    """The law of the index of an item picked at random: by which both can code indices."""
    shares = np.bincount(targets.which) / len(targets.which)
    laws = [coder.law(pair) for pair in targets.pairs]
    weights = [share * law.weights for share, law in zip(shares, laws, strict=True)]
    return GeometricMixture(np.concatenate(weights), np.concatenate([law.success for law in laws]))


def push_given(tables: Sequence[Tables], stack: Stack, items: Symbols, latents: Integers) -> None:
    """Push items by p(x|z), as many at a time as there are lanes.

    tables: D, with the contexts z
    items: (n, D)
    latents: (n,)
    """
    for begin in reversed(range(0, len(items), stack.lanes)):
        part = slice(begin, begin + stack.lanes)
        for place in reversed(range(len(tables))):
            tables[place].encode(stack, items[part, place], latents[part])


def pop_given(tables: Sequence[Tables], stack: Stack, latents: Integers) -> Integers:
    """The items that `push_given` pushed, (n, D)."""
    items = np.empty((len(latents), len(tables)), dtype=np.int64)
    for begin in range(0, len(latents), stack.lanes):
        given = latents[begin : begin + stack.lanes]
        for place, table in enumerate(tables):
            items[begin : begin + len(given), place] = table.decode(stack, len(given), given)
    return items
