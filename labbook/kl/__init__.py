"""Monte-Carlo estimators of the Kullback-Leibler divergence, each beside its exact law.

Usable without a notebook:

    from labbook.kl import Normal, NormalPair, estimate

    found = estimate(NormalPair(q=Normal(0, 1), p=Normal(0.1, 1)), 10_000_000, seed=1)
    found["k3"].moments.mean, found["k3"].mean_se

Convention: samples come from q, r = p/q, logarithms are natural, and the target is KL(q ‖ p).
"""

from labbook.kl.draws import normals
from labbook.kl.estimate import CHUNK, Estimate, Measured, estimate, gather
from labbook.kl.estimators import ESTIMATORS, k1, k2, k3
from labbook.kl.exact import Law, laws
from labbook.kl.moments import Moments
from labbook.kl.normal import Normal, NormalPair

__all__ = [
    "CHUNK",
    "ESTIMATORS",
    "Estimate",
    "Law",
    "Measured",
    "Moments",
    "Normal",
    "NormalPair",
    "estimate",
    "gather",
    "k1",
    "k2",
    "k3",
    "laws",
    "normals",
]
