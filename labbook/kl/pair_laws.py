"""The divergences of any pair, and the exact law of each estimator's single sample."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labbook.kl import statistics as of
from labbook.kl.exact import Law

if TYPE_CHECKING:
    from labbook.kl.diagonal import DiagonalPair
    from labbook.kl.pair import Pair
    from labbook.kl.statistics import Statistic


@dataclass(frozen=True, slots=True)
class Exact:
    """What is known of a pair. Divergences in nats, infinite where they are; NaN if unknown.

    kl, reverse_kl: KL(q‖p), KL(p‖q)
    chi2, reverse_chi2: χ²(p‖q), χ²(q‖p)
    lambda_star: the λ for which −L + λ(r − 1) varies least
    tail_index: sup {t : E_q[r^t] < ∞}
    missing_mass: the mass of p where q has none
    """

    kl: float
    reverse_kl: float
    chi2: float
    reverse_chi2: float
    lambda_star: float
    tail_index: float
    missing_mass: float

    @property
    def jeffreys(self) -> float:
        """KL(q‖p) + KL(p‖q)."""
        return self.kl + self.reverse_kl


def exact(pair: Pair | DiagonalPair) -> Exact:
    """The divergences of a pair."""
    missing, covered = pair.missing_mass, not pair.missing_mass > 0
    return Exact(
        # E k3 is KL − m, and a sum of terms that are not negative: nothing cancels.
        kl=_mean(pair, of.K3) + missing if pair.is_finite(0, 1) else math.inf,
        reverse_kl=_mean(pair, of.REVERSE) if covered else math.inf,
        chi2=_second(pair) if covered else math.inf,
        reverse_chi2=_reverse_chi2(pair),
        lambda_star=_lambda_star(pair),
        tail_index=pair.tail_index,
        missing_mass=missing,
    )


def has_moment(pair: Pair | DiagonalPair, statistic: Statistic, order: int) -> bool:
    """Whether E_q[|statistic|^order] is finite."""
    if pair.lost > 0 and math.isinf(statistic.at_nothing):
        return False
    return all(pair.is_finite(order * a, order * b) for a, b in statistic.powers)


def _mean(pair: Pair | DiagonalPair, statistic: Statistic) -> float:
    return pair.expectation(statistic) if has_moment(pair, statistic, 1) else math.inf


def _second(pair: Pair | DiagonalPair) -> float:
    """E (r − 1)²."""
    return pair.expectation(of.RATIO, 2) if pair.is_finite(2) else math.inf


def _reverse_chi2(pair: Pair | DiagonalPair) -> float:
    if pair.lost > 0 or not pair.is_finite(-1):
        return math.inf
    return pair.expectation(of.REVERSE_RATIO) + pair.missing_mass


def _lambda_star(pair: Pair | DiagonalPair) -> float:
    """Cov(L, r) / Var(r), which is J/χ² where the supports match; 0 where Var(r) is infinite."""
    if not pair.is_finite(0, 2):
        return math.nan
    if not pair.is_finite(2):
        return 0.0
    mean_log, mean_ratio = -pair.expectation(of.K1), 1 - pair.missing_mass
    variance = _second(pair) - pair.missing_mass**2
    if not variance > 0:
        return math.nan
    return pair.expectation(of.centred_product(mean_log, mean_ratio)) / variance


def law(pair: Pair | DiagonalPair, statistic: Statistic) -> Law:
    """Mean, standard deviation and kurtosis of one sample's value."""
    if not has_moment(pair, statistic, 1):
        return Law(math.inf, math.inf, math.nan)
    mean = pair.expectation(statistic)
    if not has_moment(pair, statistic, 2):
        return Law(mean, math.inf, math.nan)
    variance = pair.expectation(statistic, 2, mean)
    sd = math.sqrt(variance)
    if is_constant(mean, sd):
        return Law(mean, 0.0, math.nan)
    fourth = pair.expectation(statistic, 4, mean) if has_moment(pair, statistic, 4) else math.inf
    return Law(mean, sd, fourth / variance**2)


def is_constant(mean: float, sd: float) -> bool:
    """Whether deviations so small are rounding."""
    return sd <= 1e-14 * abs(mean) < math.inf
