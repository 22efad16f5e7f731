"""Every estimator of the KL divergence, for any two distributions named in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any

from labbook.experiments import AtLeast, Shards, Trial, experiment
from labbook.experiments.hours import BOTH, refuse_many_samples
from labbook.model import Axis, Column, Figure, Series, Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from labbook.kl import Measurement, Pair, Row
    from labbook.kl.split import Split
    from labbook.kl.tally import Tally

MOST = 20_000_000_000
"""About an hour at the 6·10⁶ samples a second that one core makes at least."""

ROUNDING = 1e-14
"""What differences of exact values leave."""

MOST_ON_DEVICE = 20_000_000_000_000
"""About an hour at 5·10⁹ samples a second, a cautious guess for the kernel; not measured."""

RECORDED = ("k1", "k2", "k3", "reverse", "lambda_star")
WORDS = {
    "reverse": "reverse, for KL(p‖q)",
    "lambda_star": "λ*",
    "lambda_hat": "λ fitted to the sample",
    "cross_fitted": "λ of the other half",
    "log_mean": "−mean L + log mean r",
    "clamped": "k3, clamped at 10",
}


def check(q: str, p: str, samples: int) -> None:
    _pair(q, p)
    refuse_many_samples(samples, on_numpy=MOST, on_device=MOST_ON_DEVICE)


def count(trial: Trial, *, samples: int) -> int:
    return len(_split(trial, samples))


def compute(
    trial: Trial, pieces: range, *, q: str, p: str, samples: int
) -> Iterator[dict[str, Any]]:
    """The tally of each piece."""
    from labbook.kl.measure import tallies
    from labbook.kl.saved import tally_to_json

    cut = _split(trial, samples)
    found = tallies(_pair(q, p), cut, pieces, seed=trial.seed, threads=trial.cores)
    return map(tally_to_json, found)


def _pair(q: str, p: str) -> Pair:
    from labbook.kl import Pair, distribution

    return Pair(distribution(q), distribution(p))


def _split(trial: Trial, samples: int) -> Split:
    from labbook.kl.measure import split

    earlier = _earlier(trial)
    return split(samples, first=earlier.count if earlier else 0)


def _earlier(trial: Trial) -> Tally | None:
    from labbook.kl.saved import tally_from_json

    return tally_from_json(trial.earlier.get("tally")) if trial.earlier else None


@experiment(
    "kl.pair",
    title="KL estimators for any two distributions",
    check=check,
    references=(
        "J. Schulman, Approximating KL divergence, 2020, http://joschu.net/blog/kl-approx.html",
        "A. Vehtari et al., Pareto smoothed importance sampling, JMLR 25 (2024) 72",
    ),
    backends=BOTH,
    try_device="labbook.kl.gpu_pair:try_device",
    grows="samples",
    shards=Shards(count, compute),
)
def kl_pair(
    trial: Trial,
    *,
    q: str = "normal(0,1)",
    p: str = "normal(1,1)",
    samples: Annotated[int, AtLeast(2)] = 10_000_000,
) -> None:
    """Estimates of KL(q‖p) from samples of q, each beside its exact mean and spread.

    With r = p(x)/q(x) and L = log r: k1 = −L, k2 = L²/2, k3 = (r − 1) − L, the reverse estimator
    rL − (r − 1) of KL(p‖q), and −L + λ(r − 1) with the λ that varies least, with λ fitted to the same
    sample, and with λ fitted to the other half of it. Whether a variance is finite is decided from the
    tails of the two densities, not from the sample.

    q: where the samples come from: normal(mean,sd), exponential(rate), laplace(mean,scale), vonmises(mean,concentration), gamma(shape,rate), beta(a,b), poisson(mean), geometric(prob), bernoulli(prob), categorical(p1,p2,…), cauchy(location,scale), t(df)
    p: what q is compared with, in the same words
    samples: how many samples to draw
    """  # noqa: E501  a parameter's meaning is one line
    from labbook.kl import rows, warnings
    from labbook.kl.pareto import tail_k
    from labbook.kl.saved import tally_to_json

    refuse_many_samples(
        samples, on_numpy=MOST, on_device=MOST_ON_DEVICE, backend=trial.backend.name
    )
    found = _measured(trial, _pair(q, p), samples)
    if found.kept is not None:
        trial.keep({"tally": tally_to_json(found.kept)})
    shape = tail_k(found.tally.largest)
    table = rows(found)
    _record(trial, found, table, shape)
    for words in warnings(found, shape):
        trial.warn(words)
    trial.table(_divergences(found, shape))
    trial.table(_estimators(found, table))
    if 0 < found.exact.kl < math.inf:
        trial.table(_relative(found, table))
    _draw(trial, found, table)


def _measured(trial: Trial, pair: Pair, samples: int) -> Measurement:
    from labbook.kl import measure
    from labbook.kl.saved import tally_from_json

    if trial.backend.name == "numpy":
        parts = map(tally_from_json, trial.pieces())
        return measure(pair, samples, seed=trial.seed, earlier=_earlier(trial), parts=parts)
    return measure(
        pair,
        samples,
        seed=trial.seed,
        threads=trial.cores,
        backend=trial.backend.name,
        earlier=_earlier(trial),
        progress=lambda done, of: trial.progress(done, of=of),
    )


def _record(trial: Trial, found: Measurement, table: Mapping[str, Row], shape: float) -> None:
    known = found.exact
    trial.metric("true_kl", known.kl)
    trial.metric("reverse_kl", known.reverse_kl)
    trial.metric("chi2", known.chi2)
    trial.metric("lambda_star", known.lambda_star)
    for name in RECORDED:
        row = table[name]
        trial.metric(f"{name}.mean", row.mean)
        trial.metric(f"{name}.se", row.se)
        trial.metric(f"{name}.sd", row.sd)
        trial.metric(f"{name}.exact_mean", row.exact.mean)
        trial.metric(f"{name}.exact_sd", row.exact.sd)
    trial.metric("mean_ratio", 1 + found.tally.moments["ratio"].mean)
    trial.metric("missing_mass", known.missing_mass)
    trial.metric("pareto_k", shape)
    trial.metric("tail_index", known.tail_index)


def _divergences(found: Measurement, shape: float) -> Table:
    known = found.exact
    ratio = found.tally.moments["ratio"]
    rows = (
        ("KL(q‖p)", "nats", known.kl),
        ("KL(p‖q)", "nats", known.reverse_kl),
        ("χ²(p‖q)", "", known.chi2),
        ("χ²(q‖p)", "", known.reverse_chi2),
        ("best weight λ*", "", known.lambda_star),
        ("tail index of r", "", known.tail_index),
        ("mass of p where q has none", "", known.missing_mass),
        ("mean of r, measured", "", 1 + ratio.mean),
        ("its standard error", "", ratio.mean_se),
        ("Pareto shape of r, measured", "", shape),
    )
    return Table(
        "divergences",
        (Column("quantity"), Column("unit"), Column("value")),
        rows,
        title=f"q = {found.pair.q}, p = {found.pair.p}",
    )


def _estimators(found: Measurement, table: Mapping[str, Row]) -> Table:
    columns = ("mean", "standard error", "exact mean", "z", "stdev", "exact stdev")
    rows = tuple(
        (
            WORDS.get(name, name),
            row.mean,
            _cell(row.se),
            _cell(row.exact.mean),
            _cell(row.z),
            _cell(row.sd),
            _cell(row.exact.sd),
        )
        for name, row in table.items()
    )
    units = {"z": ""}
    return Table(
        "estimators",
        (Column("estimator"), *(Column(name, unit=units.get(name, "nats")) for name in columns)),
        rows,
        title=f"{found.samples:,} samples of {found.pair.q}",
    )


def _relative(found: Measurement, table: Mapping[str, Row]) -> Table:
    """Of those that estimate KL(q‖p): how far off each is, and how much it scatters."""
    kl = found.exact.kl
    rows = tuple(
        (
            WORDS.get(name, name),
            *(
                _cell(0.0 if abs(value) < ROUNDING * kl else value / kl)
                for value in (
                    row.mean - kl,
                    row.se,
                    row.exact.mean - kl,
                    row.sd,
                    row.sd_se,
                    row.exact.sd,
                )
            ),
        )
        for name, row in table.items()
        if name != "reverse"
    )
    columns = ("bias", "SE of bias", "exact bias", "stdev", "SE of stdev", "exact stdev")
    return Table(
        "relative",
        (Column("estimator"), *(Column(name) for name in columns)),
        rows,
        title=f"Divided by the true KL(q‖p) = {kl:.7g} nats",
    )


def _cell(value: float) -> float | None:
    return None if math.isnan(value) else value


def _draw(trial: Trial, found: Measurement, table: Mapping[str, Row]) -> None:
    """Means with their errors, and spreads, of those that have them."""
    finite = {name: row for name, row in table.items() if math.isfinite(row.mean)}
    if not finite:
        return
    names = tuple(WORDS.get(name, name) for name in finite)
    errors = tuple(row.se if math.isfinite(row.se) else 0.0 for row in finite.values())
    trial.figure(
        Figure(
            "means",
            x="estimator",
            y=Axis("mean", unit="nats"),
            series=(
                Series(
                    "measured",
                    names,
                    tuple(row.mean for row in finite.values()),
                    kind="bars",
                    error=errors,
                ),
            ),
            title=f"KL(q‖p) = {found.exact.kl:.6g} nats",
        )
    )
    spread = {
        name: row for name, row in finite.items() if row.sd > 0 and 0 < row.exact.sd < math.inf
    }
    if not spread:
        return
    names = tuple(WORDS.get(name, name) for name in spread)
    trial.figure(
        Figure(
            "spreads",
            x="estimator",
            y=Axis("standard deviation", unit="nats"),
            series=(
                Series("measured", names, tuple(r.sd for r in spread.values()), kind="bars"),
                Series("exact", names, tuple(r.exact.sd for r in spread.values()), kind="bars"),
            ),
            title="Spread of one sample",
        )
    )
