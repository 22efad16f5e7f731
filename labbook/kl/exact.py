"""The exact law of each estimator's sample, for a pair of normal distributions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from labbook.kl.estimators import k3

if TYPE_CHECKING:
    from labbook.kl.normal import NormalPair


@dataclass(frozen=True, slots=True)
class Law:
    """Mean and standard deviation (nats) and kurtosis of one sample; infinite where they are."""

    mean: float
    sd: float
    kurtosis: float


def laws(pair: NormalPair) -> dict[str, Law]:
    """The laws of k1, k2 and k3, by the estimator's name."""
    log_ratio = np.polynomial.Polynomial(pair.coefficients)
    return {
        "k1": _law_of_polynomial(-log_ratio),
        "k2": _law_of_polynomial(log_ratio**2 / 2),
        "k3": _law_of_k3(pair),
    }


def _law_of_polynomial(values: np.polynomial.Polynomial) -> Law:
    mean = _expectation(values)
    centred = values - mean
    variance = _expectation(centred**2)
    kurtosis = _expectation(centred**4) / variance**2 if variance else math.nan
    return Law(mean, math.sqrt(variance), kurtosis)


def _expectation(values: np.polynomial.Polynomial) -> float:
    """E f(z) of a polynomial in a standard normal z: E z^n is 1 · 3 · 5 ⋯ (n − 1) for even n."""
    moment, total = 1.0, 0.0
    for power in range(0, len(values.coef), 2):
        total += moment * float(values.coef[power])
        moment *= power + 1
    return total


def _law_of_k3(pair: NormalPair) -> Law:
    """The variance is M(2) − 1 + Var k1 − 2 (KL(q‖p) + KL(p‖q)), but that difference loses all
    digits for close distributions: it is integrated instead, and so is the fourth moment.
    """
    second, fourth = _log_central_moment_of_k3(pair, 2), _log_central_moment_of_k3(pair, 4)
    with np.errstate(over="ignore"):
        sd = float(np.exp(second / 2))
        kurtosis = float(np.exp(fourth - 2 * second)) if math.isfinite(second) else math.inf
    return Law(pair.kl, sd, math.nan if sd == 0 else kurtosis)


def _log_central_moment_of_k3(pair: NormalPair, order: int) -> float:
    """log E (k3 − KL)^order for an even order; infinite where M(order) is.

    By the trapezoid rule in s, where z = sinh s: the integrand is analytic and vanishes at both
    ends, so the rule converges faster than any power of the step.
    """
    if math.isinf(pair.log_moment(order)):
        return math.inf
    c0, c1, c2 = pair.coefficients
    if c1 == c2 == 0:
        return -math.inf
    # (k3 − KL)^order is a sum of terms r^a L^b, and each r^a tilts the normal weight.
    narrowing = [1 - 2 * tilt * c2 for tilt in range(order + 1)]
    centres = [tilt * c1 / narrow for tilt, narrow in enumerate(narrowing)]
    widths = [1 / math.sqrt(narrow) for narrow in narrowing]
    end = math.asinh(max(abs(c) + 40 * w for c, w in zip(centres, widths, strict=True)))
    step = min(w / (10 * (1 + abs(c))) for c, w in zip(centres, widths, strict=True))
    count = math.ceil(end / min(step, 0.05))
    s = np.linspace(-end, end, 2 * count + 1)
    z = np.sinh(s)
    log_terms = order * _log_distance_of_k3(c0 + z * (c1 + z * c2), pair.kl)
    log_terms += np.log(np.cosh(s)) - z * z / 2
    largest = float(log_terms.max())
    total = float(np.exp(log_terms - largest).sum())
    return largest + math.log(total * (end / count) / math.sqrt(2 * math.pi))


def _log_distance_of_k3(
    log_ratio: np.ndarray[tuple[int], np.dtype[np.float64]], kl: float
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """log |k3 − KL|, also where exp L is beyond float64."""
    threshold = 40 + math.log1p(kl)
    near = np.minimum(log_ratio, threshold)
    with np.errstate(divide="ignore"):
        plain = np.log(np.abs(k3(near) - kl))
    far = np.maximum(log_ratio, threshold)
    beyond = far + np.log1p(-(1 + far + kl) * np.exp(-far))
    return np.asarray(np.where(log_ratio < threshold, plain, beyond))
