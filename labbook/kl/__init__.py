"""Monte-Carlo estimators of the Kullback-Leibler divergence, each beside its exact law.

Usable without a notebook:

    from labbook.kl import Normal, NormalPair, estimate

    found = estimate(NormalPair(q=Normal(0, 1), p=Normal(0.1, 1)), 10_000_000, seed=1)
    found["k3"].moments.mean, found["k3"].mean_se

Any two of twelve families, with the estimators that fit their own weight, and warnings:

    from labbook.kl import Pair, distribution, measure, rows, warnings

    pair = Pair(distribution("normal(0,1)"), distribution("laplace(0.5,2)"))
    found = measure(pair, 1_000_000, seed=1)
    found.exact.kl, rows(found)["k1"].mean

Convention: samples come from q, r = p/q, logarithms are natural, and the target is KL(q ‖ p).
"""

from labbook.kl.draws import normals
from labbook.kl.estimate import CHUNK, Estimate, Measured, estimate, gather
from labbook.kl.estimators import ESTIMATORS, k1, k2, k3
from labbook.kl.exact import Law, laws
from labbook.kl.measure import Measurement, measure
from labbook.kl.moments import Moments
from labbook.kl.normal import Normal, NormalPair
from labbook.kl.pair import Pair
from labbook.kl.pair_laws import Exact, exact
from labbook.kl.report import Row, rows, warnings
from labbook.kl.syntax import distribution

__all__ = [
    "CHUNK",
    "ESTIMATORS",
    "Estimate",
    "Exact",
    "Law",
    "Measured",
    "Measurement",
    "Moments",
    "Normal",
    "NormalPair",
    "Pair",
    "Row",
    "distribution",
    "estimate",
    "exact",
    "gather",
    "k1",
    "k2",
    "k3",
    "laws",
    "measure",
    "normals",
    "rows",
    "warnings",
]
