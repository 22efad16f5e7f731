"""Estimates of KL(q‖p) from samples of both, for when no density is known, or only their ratio.

The nearest-neighbour estimator wants samples alone. The two variational bounds want a critic;
here it is the true one, a function of L = log p − log q, so that what remains is the best that
a learned critic could reach.

Q. Wang, S. R. Kulkarni, S. Verdú, "Divergence estimation for multidimensional densities via
k-nearest-neighbor distances", IEEE Trans. Inf. Theory 55 (2009) 2392; F. Pérez-Cruz, "Kullback-
Leibler divergence estimation of continuous distributions", ISIT 2008. X. Nguyen, M. J.
Wainwright, M. I. Jordan, "Estimating divergence functionals and the likelihood ratio by convex
risk minimization", IEEE Trans. Inf. Theory 56 (2010) 5847; M. D. Donsker, S. R. S. Varadhan,
"Asymptotic evaluation of certain Markov process expectations for large time IV", 1983.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from labbook.errors import UsageError
from labbook.kl.divergences import DIVERGENCES, exact_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from labbook.kl.normal import NormalPair

    Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Bounded:
    """A variational estimate of KL(q‖p) and its standard error, both in nats."""

    value: float
    se: float


def nearest_neighbours(x: Reals, y: Reals, k: int = 1) -> float:
    """KL(q‖p) in nats, estimated from the distances to k-th nearest neighbours.

    Wang, Kulkarni, Verdú 2009, equation 5: the mean of d log(ν/ρ) + log(m/(n − 1)), where ρ is
    the distance of a sample of q to its k-th neighbour among the others, and ν to that among
    the samples of p. It is consistent for every fixed k, but off for finite samples, and the
    more so the higher the dimension, and where p has few samples in a tail of q; it can be
    negative.

    x: samples of q, of shape (n, d)
    y: samples of p, of shape (m, d)

    Raises:
        UsageError: too few samples for k, shapes that do not fit, numbers that are not finite,
            or a sample that coincides with its k-th neighbour.
    """
    return nearest_neighbours_for(x, y, (k,))[0]


def nearest_neighbours_for(x: Reals, y: Reals, ks: Sequence[int]) -> tuple[float, ...]:
    """As `nearest_neighbours`, for several k, at the cost of the largest.

    Raises:
        UsageError: as there.
    """
    from scipy.spatial import cKDTree

    _check(x, y, ks)
    # A sample's nearest point among all of q's is itself.
    own, _ = cKDTree(x).query(x, k=[k + 1 for k in ks])
    other, _ = cKDTree(y).query(x, k=list(ks))
    for distances, law in ((own, "q"), (other, "p")):
        if not distances.min() > 0:
            raise UsageError(
                f"A sample of q coincides with its nearest neighbours among those of {law}: "
                "this estimator is for continuous distributions, without repeated samples."
            )
    count, dimension = x.shape
    offset = math.log(len(y) / (count - 1))
    # A contiguous row for each k: its sum is then the same whatever the other k.
    logs = np.ascontiguousarray((np.log(other) - np.log(own)).T)
    return tuple(float(dimension * mean + offset) for mean in logs.mean(axis=1))


def _check(x: Reals, y: Reals, ks: Sequence[int]) -> None:
    if x.ndim != 2 or y.ndim != 2 or x.shape[1] != y.shape[1] or x.shape[1] < 1:
        raise UsageError(
            f"Samples come as arrays of shapes (n, d) and (m, d), not {x.shape} and {y.shape}."
        )
    if not ks or min(ks) < 1:
        raise UsageError(f"A k-th neighbour needs a k of at least 1, not {min(ks, default=0)}.")
    if len(x) <= max(ks) or len(y) < max(ks):
        raise UsageError(
            f"For k = {max(ks)} there must be at least {max(ks) + 1} samples of q and {max(ks)} "
            f"of p, not {len(x)} and {len(y)}."
        )
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise UsageError("A sample that is not a finite number has no nearest neighbours.")


def nwj(log_ratio_q: Reals, log_ratio_p: Reals) -> Bounded:
    """The bound of Nguyen, Wainwright and Jordan with the true critic T = 1 − L.

    E_q[T] − E_p[exp(T − 1)] = 1 − E_q[L] − E_p[1/r] is KL(q‖p), without bias; the variance is
    Var_q(L)/n + χ²(q‖p)/m, see `critic_se`.

    log_ratio_q: L at n samples of q
    log_ratio_p: L at m samples of p

    Raises:
        UsageError: fewer than two samples of one of them.
    """
    _check_counts(log_ratio_q, log_ratio_p)
    inverse = np.exp(-log_ratio_p)
    value = 1 - float(log_ratio_q.mean()) - float(inverse.mean())
    return Bounded(value, math.hypot(_se(log_ratio_q), _se(inverse)))


def donsker_varadhan(log_ratio_q: Reals, log_ratio_p: Reals) -> Bounded:
    """The bound of Donsker and Varadhan with the true critic T = −L.

    E_q[T] − log E_p[exp T]: the mean is taken before the logarithm, so that it reads high by
    about χ²(q‖p)/(2m). To first order it varies as `nwj` does.

    log_ratio_q: L at n samples of q
    log_ratio_p: L at m samples of p

    Raises:
        UsageError: fewer than two samples of one of them.
    """
    _check_counts(log_ratio_q, log_ratio_p)
    largest = float(-log_ratio_p.min())
    scaled = np.exp(-log_ratio_p - largest)
    mean = float(scaled.mean())
    value = -float(log_ratio_q.mean()) - largest - math.log(mean)
    return Bounded(value, math.hypot(_se(log_ratio_q), _se(scaled) / mean))


def critic_se(pair: NormalPair, n: int, m: int) -> float:
    """The exact standard error of `nwj` from n samples of q and m of p, in nats.

    Raises:
        UsageError: p and q are so far apart that it does not fit into double precision.
    """
    _, c1, c2 = pair.coefficients
    return math.sqrt(
        (c1 * c1 + 2 * c2 * c2) / n + exact_value(DIVERGENCES["reverse_chi2"], pair) / m
    )


def _check_counts(log_ratio_q: Reals, log_ratio_p: Reals) -> None:
    if min(log_ratio_q.size, log_ratio_p.size) < 2:
        raise UsageError(
            "A standard error needs at least 2 samples of q and of p, not "
            f"{log_ratio_q.size} and {log_ratio_p.size}."
        )


def _se(values: Reals) -> float:
    return float(values.std(ddof=1)) / math.sqrt(values.size)
