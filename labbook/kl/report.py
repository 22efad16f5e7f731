"""The rows and the warnings of a measurement: what a reader should see of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labbook.kl.exact import Law
from labbook.kl.moments import Moments, relative_se_of_sd

if TYPE_CHECKING:
    from labbook.kl.joint import Joint
    from labbook.kl.measure import Measurement

_ROUNDING = 1e-12

_UNKNOWN = Law(math.nan, math.nan, math.nan)


@dataclass(frozen=True, slots=True)
class Row:
    """One estimator. All in nats, but for z; NaN where it is unknown.

    mean, se: the estimate and its standard error, from the exact spread where that is finite
    sd, sd_se: the spread of one sample and its standard error
    exact: the law of one sample
    z: the estimate's distance from its exact mean, in standard errors
    """

    name: str
    mean: float
    se: float
    sd: float
    sd_se: float
    exact: Law

    @property
    def z(self) -> float:
        if not (math.isfinite(self.se) and math.isfinite(self.exact.mean)):
            return math.nan
        if math.isinf(self.exact.sd):
            return math.nan  # a standard error of infinite variance is no yardstick
        gap = self.mean - self.exact.mean
        # A constant estimator is off by rounding alone, which is no number of errors.
        if abs(gap) <= _ROUNDING * max(1.0, abs(self.mean)) and self.se <= _ROUNDING:
            return 0.0
        return gap / self.se if self.se > 0 else math.nan


def rows(found: Measurement) -> dict[str, Row]:
    """The rows by name: the estimators of `measure.estimators`, then those that fit λ."""
    tally = found.tally
    made = {name: _row(name, tally.moments[name], each) for name, each in found.laws.items()}
    best = found.laws["lambda_star"]
    made["lambda_hat"] = _fitted(tally.folds[0].merge(tally.folds[1]), best)
    # With mass missing r − 1 is no longer 0 on average, and what λ̂ makes of it is random.
    missing = found.exact.missing_mass > 0
    made["cross_fitted"] = _cross_fitted(tally.folds, best.sd, math.nan if missing else best.mean)
    made["log_mean"] = _log_mean(found)
    return made


def _row(name: str, moments: Moments, exact: Law) -> Row:
    if math.isfinite(exact.sd):
        se = exact.sd / math.sqrt(moments.count)
        sd_se = exact.sd * relative_se_of_sd(exact.kurtosis, moments.count)
    else:
        se, sd_se = moments.mean_se, math.inf
    if exact.sd == 0:
        sd_se = 0.0
    # Samples where p is nothing are infinite, and so is their mean, though inf − inf is not.
    mean = math.inf if math.isnan(moments.mean) and math.isinf(exact.mean) else moments.mean
    return Row(name, mean, se, moments.sd, sd_se, exact)


def _fitted(whole: Joint, best: Law) -> Row:
    """−L + λ̂(r − 1) with λ̂ from the same sample: biased by O(1/n) towards 0."""
    weight = whole.best_weight
    sd = math.sqrt(whole.variance_at(weight))
    exact = Law(math.nan, best.sd, math.nan)
    return Row(
        "lambda_hat", whole.mean_at(weight), sd / math.sqrt(whole.count), sd, math.nan, exact
    )


def _cross_fitted(folds: tuple[Joint, Joint], best_sd: float, exact_mean: float) -> Row:
    """Each half of the sample with the λ̂ of the other: unbiased."""
    one, other = folds
    n = one.count + other.count
    mean = variance = 0.0
    for fold, teacher in ((one, other), (other, one)):
        weight = teacher.best_weight
        mean += fold.count / n * fold.mean_at(weight)
        variance += fold.count / n * fold.variance_at(weight)
    sd = math.sqrt(variance)
    exact = Law(exact_mean, best_sd, math.nan)
    return Row("cross_fitted", mean, sd / math.sqrt(n), sd, math.nan, exact)


def _log_mean(found: Measurement) -> Row:
    """−mean L + log mean r: as k3 to first order, biased by −Var(r)/2n.

    C. Jarzynski, Phys. Rev. Lett. 78, 2690 (1997); also the bound of Donsker and Varadhan.
    """
    k1, ratio = found.tally.moments["k1"], found.tally.moments["ratio"]
    exact = Law(math.nan, found.laws["k3"].sd, math.nan)
    mean = k1.mean + math.log1p(ratio.mean) if ratio.mean > -1 else math.inf
    return Row(
        "log_mean",
        mean,
        exact.sd / math.sqrt(k1.count) if math.isfinite(exact.sd) else math.nan,
        math.nan,
        math.nan,
        exact if math.isfinite(exact.sd) else _UNKNOWN,
    )


RATIO_LIMIT = 5.0
"""Standard errors by which the mean of r may be off 1."""

PARETO_LIMIT = 0.5
"""The Pareto shape from which a law has no finite variance."""

FEW = 1000
"""Samples below which the bias of λ̂ is worth a word: 17 % at n = 20, 0.4 % at 1000, for
two normals one standard deviation apart (exact)."""


def warnings(found: Measurement, pareto_k: float) -> tuple[str, ...]:
    """What the reader must know before believing a number, a sentence each."""
    return tuple(
        words
        for words in (
            _lost(found),
            _missing(found),
            _tails(found),
            _k1_spread(found),
            _mean_ratio(found),
            _pareto(pareto_k),
            _clamp(found),
            _few(found),
            _unknown(found),
        )
        if words
    )


def _lost(found: Measurement) -> str:
    lost = found.pair.lost
    if not lost > 0:
        return ""
    return f"q has a mass of {lost:.6g} where p has none: KL(q‖p) is infinite."


def _missing(found: Measurement) -> str:
    missing = found.exact.missing_mass
    if not missing > 0:
        return ""
    return (
        f"p has a mass of {missing:.6g} where q has none: no sample can show it. KL(p‖q) is "
        f"infinite, the mean of k3 is KL(q‖p) − {missing:.6g}, and `reverse` cannot see it."
    )


def _tails(found: Measurement) -> str:
    index = found.exact.tail_index
    if found.pair.is_finite(2):
        return ""
    return (
        f"The variance of k3 is infinite: r = p/q has the tail index {index:.4g}, and a finite "
        "variance needs more than 2. Its mean reads low and its standard error means nothing; "
        "k1 is the one to trust here."
    )


def _k1_spread(found: Measurement) -> str:
    if found.pair.is_finite(0, 2) or found.pair.lost > 0:
        return ""
    return "The variance of k1, and so of k3, is infinite: log r has too heavy a tail under q."


def _mean_ratio(found: Measurement) -> str:
    ratio = found.tally.moments["ratio"]
    if not abs(ratio.mean) > RATIO_LIMIT * ratio.mean_se + _ROUNDING:
        return ""
    return (
        f"The mean of r is {1 + ratio.mean:.6g} ± {ratio.mean_se:.2g}, more than "
        f"{RATIO_LIMIT:g} standard errors from 1: p and q do not share their support, or the "
        "tail of r was missed."
    )


def _pareto(pareto_k: float) -> str:
    if not pareto_k > PARETO_LIMIT:
        return ""
    return (
        f"The Pareto shape of the largest ratios is {pareto_k:.3g}, above 0.5: these samples look "
        "like a law without a finite variance."
    )


def _clamp(found: Measurement) -> str:
    clamped = found.tally.clamped
    if not clamped:
        return ""
    exact = found.laws["clamped"].mean
    mean = "" if math.isnan(exact) else f"; its mean is {exact:.6g} nats"
    return (
        f"The clamp of trainers (L within ±20, k3 at most 10) would change {clamped:,} of "
        f"{found.samples:,} samples{mean}."
    )


def _few(found: Measurement) -> str:
    if found.samples >= FEW:
        return ""
    return f"With {found.samples:,} samples lambda_hat reads low; cross_fitted does not."


def _unknown(found: Measurement) -> str:
    if found.pair.is_known:
        return ""
    return "The exact values could not be computed for this pair: those columns are empty."
