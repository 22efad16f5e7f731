"""A small model with a latent variable, trained: a mixture of Bernoulli laws on rows of bits.

Given z, the bits of an item are independent with means of their own: p(z) and p(x|z). Fitted by
expectation maximisation: A. P. Dempster, N. M. Laird, D. B. Rubin, "Maximum likelihood from
incomplete data via the EM algorithm", J. R. Stat. Soc. B 39 (1977) 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from labbook.channel.latent.ans_tables import PRECISION

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from labbook.channel.latent.bitsback import LatentModel

    Bits = NDArray[np.integer]
    Reals = NDArray[np.float64]

PSEUDO_COUNT = 1.0
"""Seen of every state, and of both values of each bit in it, before any data: no mean is 0 or 1."""


@dataclass(frozen=True, eq=False)
class BernoulliMixture:
    """p(z) and p(x|z).

    weights: (Z,), p(z)
    means: (Z, D), the probability that each bit is 1; none is 0 or 1
    """

    weights: Reals
    means: Reals

    def log2_joint(self, items: Bits) -> Reals:
        """(n, Z), log2 p(z) p(x|z).

        items: (n, D), of 0 and 1
        """
        ones = np.asarray(items, dtype=np.float64)
        given = ones @ np.log2(self.means).T + (1 - ones) @ np.log2(1 - self.means).T
        return np.asarray(np.log2(self.weights) + given)

    def posterior(self, items: Bits, sharpness: float = 1.0) -> Reals:
        """(n, Z), p(z|x) to the power of the sharpness, divided by the sum over z."""
        scores = sharpness * self.log2_joint(items)
        powers = np.exp2(scores - scores.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))

    def bits(self, items: Bits) -> float:
        """−log2 p(x) in the mean over the items."""
        return float(-np.logaddexp2.reduce(self.log2_joint(items), axis=1).mean())

    def coder(self, sharpness: float = 1.0) -> LatentModel:
        """The model for bits-back coding, with the posterior so sharpened as q.

        States that are rarer under q than a slot of the tables are left out of it.
        """
        from labbook.channel.latent.bitsback import LatentModel

        def q(items: Bits) -> Reals:
            law = self.posterior(items, sharpness)
            return np.where(law < 2.0**-PRECISION, 0.0, law)

        both = np.stack([1 - self.means, self.means], axis=-1)
        return LatentModel.with_function(
            self.weights,
            [both[:, place] for place in range(both.shape[1])],
            q,
        )


def fit(
    items: Bits, states: int, rounds: int, rng: np.random.Generator
) -> Iterator[BernoulliMixture]:
    """The mixture at the start, and after each round of expectation maximisation.

    items: (n, D), of 0 and 1
    """
    ones = np.asarray(items, dtype=np.float64)
    model = BernoulliMixture(
        np.full(states, 1 / states), rng.uniform(0.25, 0.75, size=(states, ones.shape[1]))
    )
    yield model
    for _ in range(rounds):
        share = model.posterior(items)
        held = share.sum(axis=0) + PSEUDO_COUNT
        means = (share.T @ ones + PSEUDO_COUNT) / (held + PSEUDO_COUNT)[:, None]
        model = BernoulliMixture(held / held.sum(), means)
        yield model
