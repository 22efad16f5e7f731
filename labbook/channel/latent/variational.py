"""The variational bound of a model with a latent variable, exact by summing over the latent.

    −log2 p(x) ≤ KL(q(z|x) ‖ p(z)) + E over q of −log2 p(x|z)

with equality where q(z|x) is the posterior. Read as a two-part code, the first term is what z
costs and the second what x costs once z is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from labbook.channel.latent.ans import Symbols
    from labbook.channel.latent.bitsback import LatentModel

    Reals = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Bound:
    """The variational bound of some items, exact by summing over z; all in bits.

    divergence: (n,), KL(q(z|x) ‖ p(z))
    reconstruction: (n,), E over q of −log2 p(x|z)
    variance: (n,), of log2 q(z|x) − log2 p(z) p(x|z) under q, in bits²
    reconstruction_variance: (n,), of −log2 p(x|z) under q, in bits²
    marginal: (n,), −log2 p(x)
    """

    divergence: Reals
    reconstruction: Reals
    variance: Reals
    reconstruction_variance: Reals
    marginal: Reals

    @property
    def total(self) -> Reals:
        """(n,), divergence + reconstruction."""
        return self.divergence + self.reconstruction


def bound(model: LatentModel, items: Symbols) -> Bound:
    """The bound of each item, by the model's frequencies.

    items: (n, D)
    """
    q, joint = model.recognised(items), model.lengths(items)
    there = q > 0
    prior = np.broadcast_to(model.prior.lengths(np.arange(model.prior.symbols)), q.shape)
    expect = partial(_expected, q, there)
    log2_q = np.log2(np.where(there, q, 1.0))
    total = expect(log2_q + joint)
    given = expect(joint) - expect(prior)
    apart = np.where(there, joint, 0.0) - np.where(there, prior, 0.0) - given[:, None]
    return Bound(
        divergence=expect(log2_q + prior),
        reconstruction=given,
        variance=expect((log2_q + joint - total[:, None]) ** 2),
        reconstruction_variance=expect(apart**2),
        marginal=-np.logaddexp2.reduce(-joint, axis=1),
    )


def _expected(q: Reals, there: NDArray[np.bool_], values: Reals) -> Reals:
    """(n,), Σ q · value over the z that q has mass on."""
    return np.asarray((q * np.where(there, values, 0.0)).sum(axis=1))
