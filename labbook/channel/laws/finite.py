"""Exact laws of choosing among N candidates: minimal random coding and ordered random coding.

Both choose candidate z_i with a probability proportional to r(z_i), as the first of N
independent exponential arrivals of rates r(z_i), and so decode the same law; they differ in the
index. M. Havasi, R. Peharz, J. M. Hernández-Lobato, "Minimal random code learning", ICLR 2019;
L. Theis, N. Yosri, "Algorithms for the communication of samples", ICML 2022.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from labbook.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from labbook.channel.spectrum import Spectrum

    Reals = NDArray[np.float64]

LARGEST_N = 1 << 20
_STEP = 0.1
"""In log s: the trapezoid rule then leaves out less than a part in 10^15."""
_AT_ONCE = 1 << 21


@dataclass(frozen=True, eq=False)
class Tabulated:
    """A law of K = 1, …, N by its probabilities."""

    probabilities: Reals

    @property
    def mean(self) -> float:
        """E K."""
        return float(np.dot(self.probabilities, np.arange(1, len(self.probabilities) + 1)))

    @property
    def mean_log2(self) -> float:
        """E log2 K, in bits."""
        k = np.arange(1, len(self.probabilities) + 1)
        return float(np.dot(self.probabilities, np.log2(k)))

    @property
    def entropy(self) -> float:
        """H(K), in bits."""
        there = self.probabilities[self.probabilities > 0]
        return float(-(there * np.log2(there)).sum()) + 0.0

    def log2_pmf(self, k: ArrayLike) -> Reals:
        """log2 P(K = k)."""
        k = np.asarray(k, dtype=np.int64)
        inside = (k >= 1) & (k <= len(self.probabilities))
        with np.errstate(divide="ignore"):
            found = np.log2(self.probabilities[np.where(inside, k, 1) - 1])
        return np.where(inside, found, -np.inf)

    def exceeds(self, k: ArrayLike) -> Reals:
        """P(K > k)."""
        left = np.append(np.cumsum(self.probabilities[::-1])[::-1], 0.0)
        k = np.floor(np.asarray(k, dtype=np.float64))
        return np.asarray(left[np.clip(k, 0, len(self.probabilities)).astype(np.int64)])


def decoded_law(spectrum: Spectrum, candidates: int) -> Reals:
    """The mass that the decoded law has on each level; q's in the limit of many candidates.

    It falls short of 1 by the probability that q has mass at none of the candidates.
    """
    _need_few(candidates)
    s, others = _arrivals(spectrum, candidates)
    ratio = spectrum.ratio
    density = np.exp(-np.multiply.outer(ratio, s)) * (s * others * candidates * _STEP)
    return np.asarray(spectrum.q * density.sum(axis=1))


def total_variation(spectrum: Spectrum, candidates: int) -> float:
    """Between the decoded law and q."""
    return float(np.abs(decoded_law(spectrum, candidates) - spectrum.q).sum() / 2)


def ordered_law(spectrum: Spectrum, candidates: int) -> Tabulated:
    """The law of the index of ordered random coding.

    Candidate i gets the i-th smallest of N exponential times E, and the least E / r is chosen.
    Given the winner's level and score s, each other candidate comes before it with one
    probability: the rank less one is binomial.
    """
    _need_few(candidates)
    s, others = _arrivals(spectrum, candidates)
    p, ratio = spectrum.p, spectrum.ratio
    found = np.zeros(candidates)
    survive = np.exp(-np.multiply.outer(ratio, s))
    whole = p @ survive
    for level in np.flatnonzero(spectrum.q > 0):
        weight = candidates * spectrum.q[level] * survive[level] * others * s * _STEP
        before = p[:level] @ (survive[:level] - survive[level])
        there = (weight > weight.max() * 1e-18) & (whole > 0)
        found += _binomials(candidates - 1, before[there] / whole[there], weight[there])
    return Tabulated(found / found.sum())


def _arrivals(spectrum: Spectrum, candidates: int) -> tuple[Reals, Reals]:
    """Times s, evenly spaced in log s, and the chance that N − 1 candidates come later."""
    ratio = spectrum.ratio
    lowest = float(ratio[ratio > 0].min())
    s = np.exp(np.arange(-42 - math.log(candidates), math.log(750 / lowest), _STEP))
    later = spectrum.p @ np.exp(-np.multiply.outer(ratio, s))
    return s, np.minimum(later, 1.0) ** (candidates - 1)


def _binomials(trials: int, success: Reals, weights: Reals) -> Reals:
    """Σ weight · P(Binomial(trials, success) = m), m = 0, …, trials."""
    from scipy.special import gammaln, xlog1py, xlogy

    m = np.arange(trials + 1, dtype=np.float64)
    log_ways = gammaln(trials + 1.0) - gammaln(m + 1) - gammaln(trials - m + 1)
    found = np.zeros(trials + 1)
    rows = max(1, _AT_ONCE // (trials + 1))
    for begin in range(0, len(success), rows):
        part = success[begin : begin + rows, None]
        terms = np.exp(log_ways + xlogy(m, part) + xlog1py(trials - m, -part))
        found += weights[begin : begin + rows] @ terms
    return found


def _need_few(candidates: int) -> None:
    if not 1 <= candidates <= LARGEST_N:
        raise UsageError(
            f"A choice among {candidates:,} candidates cannot be computed: from 1 to "
            f"{LARGEST_N:,} can."
        )
