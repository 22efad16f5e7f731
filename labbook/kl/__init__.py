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

from labbook.kl.diagonal import DiagonalNormal, DiagonalPair
from labbook.kl.divergences import DIVERGENCES, exact_sd, exact_value
from labbook.kl.draws import normals
from labbook.kl.estimate import CHUNK, Estimate, Measured, estimate, gather
from labbook.kl.estimators import ESTIMATORS, k1, k2, k3
from labbook.kl.exact import Law, laws
from labbook.kl.families.counts import Bernoulli, Categorical, Geometric, Poisson
from labbook.kl.families.frozen import Frozen
from labbook.kl.families.line import Cauchy, Laplace, StudentT
from labbook.kl.families.mixture import Mixture
from labbook.kl.families.part import Beta, Exponential, Gamma, VonMises
from labbook.kl.logprobs import from_logprobs
from labbook.kl.measure import Measurement, measure
from labbook.kl.moments import Moments
from labbook.kl.neighbours import donsker_varadhan, nearest_neighbours, nwj
from labbook.kl.normal import Normal, NormalPair
from labbook.kl.pair import Pair
from labbook.kl.pair_laws import Exact, exact
from labbook.kl.pareto import pareto_k
from labbook.kl.report import Row, rows, warnings
from labbook.kl.syntax import distribution
from labbook.kl.tails import Tail
from labbook.kl.vocabulary import exact_kl

__all__ = [
    "CHUNK",
    "DIVERGENCES",
    "ESTIMATORS",
    "Bernoulli",
    "Beta",
    "Categorical",
    "Cauchy",
    "DiagonalNormal",
    "DiagonalPair",
    "Estimate",
    "Exact",
    "Exponential",
    "Frozen",
    "Gamma",
    "Geometric",
    "Laplace",
    "Law",
    "Measured",
    "Measurement",
    "Mixture",
    "Moments",
    "Normal",
    "NormalPair",
    "Pair",
    "Poisson",
    "Row",
    "StudentT",
    "Tail",
    "VonMises",
    "distribution",
    "donsker_varadhan",
    "estimate",
    "exact",
    "exact_kl",
    "exact_sd",
    "exact_value",
    "from_logprobs",
    "gather",
    "k1",
    "k2",
    "k3",
    "laws",
    "measure",
    "nearest_neighbours",
    "normals",
    "nwj",
    "pareto_k",
    "rows",
    "warnings",
]
