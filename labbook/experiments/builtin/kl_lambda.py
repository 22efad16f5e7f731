"""The parabola between k1 and k3: the variance of −L + λ(r − 1)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

from labbook.experiments import AtLeast, Trial, experiment
from labbook.model import Axis, Column, Figure, Mark, Series, Table

if TYPE_CHECKING:
    from labbook.kl import Measurement
    from labbook.kl.joint import Joint

POINTS = 41


def check(q: str, p: str, lowest: float, highest: float) -> None:
    from labbook.kl import Pair, distribution

    pair = Pair(distribution(q), distribution(p))
    if not pair.is_finite(0, 2) or pair.missing_mass > 0:
        raise ValueError(
            f"−L has no variance for q={q} and p={p}, or p has mass where q has none: there is "
            "no parabola. Take a pair that shares its support."
        )
    if lowest >= highest:
        raise ValueError(f"lowest={lowest:g} must lie below highest={highest:g}.")


@experiment(
    "kl.lambda",
    title="The best weight of a control variate",
    check=check,
    references=(
        "J. Schulman, Approximating KL divergence, 2020, http://joschu.net/blog/kl-approx.html",
    ),
)
def kl_lambda(
    trial: Trial,
    *,
    q: str = "normal(0,1)",
    p: str = "normal(1,1)",
    lowest: float = -0.5,
    highest: float = 1.5,
    samples: Annotated[int, AtLeast(100)] = 2_000_000,
) -> None:
    """Variance of −L + λ(r − 1) against λ: k1 at 0, k3 at 1, least at λ* = J/χ²(p‖q).

    J is KL(q‖p) + KL(p‖q). k3 beats k1 exactly when λ* > 1/2. λ fitted to a sample is biased
    by O(1/n); fitted to the other half of it, it is not.

    q: where the samples come from, such as normal(0,1)
    p: what q is compared with
    lowest: the first λ
    highest: the last λ
    samples: how many samples to draw
    """
    from labbook.kl import Pair, distribution, measure

    pair = Pair(distribution(q), distribution(p))
    found = measure(
        pair,
        samples,
        seed=trial.seed,
        progress=lambda done, of: trial.progress(done, of=of),
    )
    whole = found.tally.folds[0].merge(found.tally.folds[1])
    if not pair.is_finite(2):
        trial.warn(
            f"The variance of r is infinite (tail index {found.exact.tail_index:.4g}): so is that "
            "of every λ but 0, and the measured parabola is an accident of this sample."
        )
    trial.metric("lambda_star", found.exact.lambda_star)
    trial.metric("lambda_hat", whole.best_weight)
    trial.metric("lambda_hat.stdev", math.sqrt(whole.variance_at(whole.best_weight)))
    trial.table(_table(found, whole))
    trial.figure(_parabola(found, whole, lowest, highest))


def _exact_variance(found: Measurement, weight: float) -> float:
    """Var k1 − 2λ λ* Var r + λ² Var r, where Var r is χ² and λ* is Cov/Var r."""
    k1, chi2, best = found.laws["k1"].sd ** 2, found.exact.chi2, found.exact.lambda_star
    if math.isinf(chi2):
        return k1 if weight == 0 else math.inf
    return k1 + chi2 * weight * (weight - 2 * best)


def _table(found: Measurement, whole: Joint) -> Table:
    weights = (
        ("k1", 0.0),
        ("halfway", 0.5),
        ("k3", 1.0),
        ("λ*", found.exact.lambda_star),
        ("λ fitted", whole.best_weight),
    )
    rows = tuple(
        (
            name,
            weight,
            whole.mean_at(weight),
            math.sqrt(whole.variance_at(weight)),
            math.sqrt(max(_exact_variance(found, weight), 0.0)),
        )
        for name, weight in weights
    )
    columns = (
        Column("estimator"),
        Column("λ"),
        Column("mean", unit="nats"),
        Column("stdev", unit="nats"),
        Column("exact stdev", unit="nats"),
    )
    title = f"q = {found.pair.q}, p = {found.pair.p}; KL(q‖p) = {found.exact.kl:.6g} nats"
    return Table("weights", columns, rows, title=title)


def _parabola(found: Measurement, whole: Joint, lowest: float, highest: float) -> Figure:
    import numpy as np

    weights = np.linspace(lowest, highest, POINTS).tolist()
    series = [
        Series(
            "measured",
            tuple(weights[::4]),
            tuple(whole.variance_at(weight) for weight in weights[::4]),
            kind="points",
        )
    ]
    if found.pair.is_finite(2):
        exact = tuple(_exact_variance(found, weight) for weight in weights)
        series.insert(0, Series("exact", tuple(weights), exact))
    best = found.exact.lambda_star
    marks = [
        Mark("x", at, name) for at, name in ((0.0, "k1"), (1.0, "k3")) if lowest < at < highest
    ]
    if lowest < best < highest and min(abs(best), abs(best - 1)) > 0.02 * (highest - lowest):
        marks.append(Mark("x", best, "λ*"))
    return Figure(
        "parabola", "λ", Axis("variance", unit="nats²"), tuple(series), tuple(marks),
        title="Variance of −L + λ(r − 1)",
    )  # fmt: skip
