"""What a plain chain of bits-back costs when its bits are dirty, from the laws alone.

The z of one item was pushed to a slot of its own, where the next pop begins. Taking the place
within those slots as uniform and independent of all before, the z of a chain are a Markov chain:
with I(z) the slots of z under p(z), and J(x, z) those under q(z|x),

    P(z → z') = E over x of |I(z) ∩ J(x, z')| / |I(z)|

started from uniform slots, where the first z has the law q(z|x). Places within the slots are not
uniform where frequencies have large common factors, as powers of two do: the chain then carries
what it pushed farther than one item, and this is no more than a guide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from labbook.channel.latent.ans import Symbols
    from labbook.channel.latent.bitsback import LatentModel

    Reals = NDArray[np.float64]


def dirty_costs(model: LatentModel, items: Symbols, shares: Reals, steps: int) -> Reals:
    """(steps,), the expected bits that each item of a plain chain adds, from the first on.

    items: (n, D), the different items
    shares: (n,), how often each occurs, summing to 1; a chain's items are independent
    """
    overlap = _overlap(model, items)
    q = model.recognised(items)
    bits = np.log2(np.where(q > 0, q, 1.0)) + np.where(q > 0, model.lengths(items), 0.0)
    whole = model.prior.probabilities[0]
    moved = np.einsum("x,xzy->zy", shares, overlap)
    cost = np.einsum("x,xzy,xy->z", shares, overlap, bits)
    costs = np.empty(steps)
    weight = np.ones_like(whole)  # P(z) over p(z): 1 on uniform slots
    for step in range(steps):
        costs[step] = weight @ cost
        law = weight @ moved
        weight = np.divide(law, whole, out=np.zeros_like(law), where=whole > 0)
    return costs


def _overlap(model: LatentModel, items: Symbols) -> Reals:
    """(n, Z, Z), |I(z) ∩ J(x, z')| as a share of all slots."""
    prior, (law, contexts) = model.prior.probabilities[0], model.recogniser(items)
    ours, theirs = np.cumsum(prior), np.cumsum(law.probabilities[contexts], axis=1)
    end = np.minimum(ours[None, :, None], theirs[:, None, :])
    begin = np.maximum(
        (ours - prior)[None, :, None], (theirs - law.probabilities[contexts])[:, None, :]
    )
    return np.asarray(np.maximum(end - begin, 0.0))
