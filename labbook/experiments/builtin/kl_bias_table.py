"""How far k1, k2 and k3 are off, and how much they scatter, at one divergence."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any

from labbook.experiments import AtLeast, Shards, Trial, experiment
from labbook.experiments.hours import BOTH, refuse_many_samples
from labbook.model import Axis, Column, Figure, Mark, Series, Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from labbook.kl import Estimate, Law, Measured, NormalPair
    from labbook.kl.power_sums import PowerSums
    from labbook.kl.split import Split
    from labbook.model.figure import Scale

SMALLEST_SHIFT, LARGEST_SHIFT = 1e-9, 12.0
QUANTITIES = {"bias": "Bias / true KL", "stdev": "Standard deviation / true KL"}
LOG_FROM = 10
"""Bars whose lengths differ by more are drawn on a logarithmic axis."""

MOST = 600_000_000_000
"""About an hour at the 1.8·10⁸ samples a second that one core makes (measured)."""

MOST_ON_DEVICE = 700_000_000_000_000
"""About an hour at 2·10¹¹ samples a second, the goal for the kernel; not measured."""

CONTROLS = {"lambda_star": "λ*", "lambda_hat": "λ fitted"}

PRINTED: dict[float, dict[str, tuple[float, float | None]]] = {
    0.1: {
        "k1.bias": (0.0, None),
        "k1.stdev": (20.0, 0.5),
        "k2.bias": (0.002, 0.0007),
        "k2.stdev": (1.42, 0.005),
        "k3.bias": (0.0, None),
        "k3.stdev": (1.42, 0.005),
    },
    1.0: {
        "k1.bias": (0.0, None),
        "k1.stdev": (2.0, 0.5),
        "k2.bias": (0.25, 0.005),
        "k2.stdev": (1.73, 0.005),
        "k3.bias": (0.0, None),
        "k3.stdev": (1.7, 0.05),
    },
}
"""Bias and standard deviation, over the true KL, as the source prints them, by shift; and half of
the last digit of each, where it does not print a plain 0."""

PRINTED_IN = {
    0.1: "J. Schulman, Approximating KL divergence, 2020; its 0.002 for k2 is one sample's value "
    "of KL/2 = 0.0025, known to ± 0.00045 from ten million samples",
    1.0: "J. Schulman, Approximating KL divergence, 2020",
}

SHOWN, BINS = 1 << 18, 80

RARE = 0.1
"""Relative standard error of a standard deviation from which the reader is warned."""


def check(shift: float, samples: int) -> None:
    refuse_many_samples(samples, on_numpy=MOST, on_device=MOST_ON_DEVICE)
    if shift == 0:
        raise ValueError(
            "with shift=0 both distributions are the same and their KL divergence is 0, "
            "so a bias relative to it has no meaning. Give a shift such as 0.1."
        )
    if not SMALLEST_SHIFT <= abs(shift) <= LARGEST_SHIFT:
        raise ValueError(
            f"shift={shift:g} is out of range: its size must be from {SMALLEST_SHIFT:g} to "
            f"{LARGEST_SHIFT:g}, where the exact moments fit into double precision."
        )


def count(trial: Trial, *, samples: int) -> int:
    return len(_split(trial, samples))


def compute(trial: Trial, pieces: range, *, shift: float, samples: int) -> Iterator[dict[str, Any]]:
    from labbook.kl.estimate import power_sums
    from labbook.kl.saved import power_sums_to_json

    cut, backend = _split(trial, samples), trial.backend.name
    found = power_sums(
        _pair(shift), cut, pieces, seed=trial.seed, threads=trial.cores, backend=backend
    )
    return map(power_sums_to_json, found)


def _pair(shift: float) -> NormalPair:
    from labbook.kl import Normal, NormalPair

    return NormalPair(q=Normal(0, 1), p=Normal(shift, 1))


def _split(trial: Trial, samples: int) -> Split:
    from labbook.kl.estimate import split

    earlier = _earlier(trial)
    return split(samples, backend=trial.backend.name, first=earlier.count if earlier else 0)


def _earlier(trial: Trial) -> PowerSums | None:
    from labbook.kl.saved import power_sums_from_json

    return power_sums_from_json(trial.earlier.get("sums")) if trial.earlier else None


@experiment(
    "kl.bias-table",
    title="Bias and spread of the KL estimators k1, k2, k3",
    check=check,
    references=(
        "J. Schulman, Approximating KL divergence, 2020, http://joschu.net/blog/kl-approx.html",
    ),
    backends=BOTH,
    try_device="labbook.kl.gpu:try_device",
    grows="samples",
    shards=Shards(count, compute, BOTH),
)
def kl_bias_table(
    trial: Trial,
    *,
    shift: float = 0.1,
    samples: Annotated[int, AtLeast(2)] = 10_000_000,
) -> None:
    """Bias and standard deviation of k1, k2 and k3, divided by the true KL.

    Samples x come from q = N(0, 1), and p = N(shift, 1). With r = p(x)/q(x), the estimators of
    KL(q‖p) = shift²/2 nats are k1 = -log r, k2 = (log r)²/2 and k3 = (r - 1) - log r. Each
    measured value stands beside the exact one, with the exact standard error that a sample of
    this size has, and the distance between the two in standard errors (z). Two more rows have
    the best control variate -log r + λ(r - 1): with the exact λ*, and with λ fitted to the sample.

    shift: the mean of p, in standard deviations
    samples: how many samples to draw
    """
    from labbook.kl import estimate
    from labbook.kl.saved import power_sums_from_json, power_sums_to_json

    refuse_many_samples(
        samples, on_numpy=MOST, on_device=MOST_ON_DEVICE, backend=trial.backend.name
    )
    found = estimate(
        _pair(shift),
        samples,
        seed=trial.seed,
        backend=trial.backend.name,
        earlier=_earlier(trial),
        parts=map(power_sums_from_json, trial.pieces()),
    )
    trial.keep({"sums": power_sums_to_json(found.kept)})
    trial.metric("true_kl", found.kl)
    for name, measured in found.measured.items():
        _record(trial, name, measured, found.kl)
    controls = _controls(found)
    for name, (mean, _, sd) in controls.items():
        trial.metric(f"{name}.bias", (mean - found.kl) / found.kl)
        trial.metric(f"{name}.stdev", sd / found.kl)
    for quantity, words in QUANTITIES.items():
        trial.table(_table(found, controls, quantity, words))
    for metric, (value, uncertainty) in PRINTED.get(abs(shift), {}).items():
        trial.published(metric, value, source=PRINTED_IN[abs(shift)], uncertainty=uncertainty)
    for quantity, words in QUANTITIES.items():
        trial.figure(_figure(found, quantity, words))
    trial.figure(_histogram(found))


def _record(trial: Trial, name: str, measured: Measured, kl: float) -> None:
    moments = measured.moments
    trial.metric(f"{name}.bias", (moments.mean - kl) / kl)
    trial.metric(f"{name}.bias_se", measured.mean_se / kl)
    trial.metric(f"{name}.stdev", moments.sd / kl)
    trial.metric(f"{name}.stdev_se", measured.sd_se / kl)
    if not measured.sd_se < RARE * measured.law.sd:
        trial.warn(
            f"The standard deviation of {name} is carried by samples so rare that "
            f"{moments.count:,} draws say little about it: its exact value is "
            f"{measured.law.sd / kl:.4g} times the true KL."
        )


def _controls(found: Estimate) -> dict[str, tuple[float, Law, float]]:
    """Mean, exact law and standard deviation of the control variates, by name."""
    from labbook.kl import Pair, exact
    from labbook.kl.pair_laws import law
    from labbook.kl.statistics import control

    pair = Pair(found.pair.q, found.pair.p)
    best = exact(pair).lambda_star
    known = law(pair, control(best))
    weights = {"lambda_star": best, "lambda_hat": found.joint.best_weight}
    return {
        name: (
            found.joint.mean_at(weight),
            known,
            math.sqrt(found.joint.variance_at(weight)),
        )
        for name, weight in weights.items()
    }


Row = tuple[float, float, float, float]


def _rows(found: Estimate, quantity: str) -> list[Row]:
    """Measured, standard error, exact and z of each estimator, relative to the true KL."""
    rows = []
    for each in found.measured.values():
        if quantity == "bias":
            value, exact = each.moments.mean - found.kl, each.law.mean - found.kl
            se, z = each.mean_se, each.mean_z
        else:
            value, exact, se, z = each.moments.sd, each.law.sd, each.sd_se, each.sd_z
        rows.append((value / found.kl, se / found.kl, exact / found.kl, z))
    return rows


def _control_row(found: Estimate, control: tuple[float, Law, float], quantity: str) -> Row:
    from labbook.kl.moments import relative_se_of_sd

    mean, known, sd = control
    count = found.samples
    if quantity == "bias":
        value, exact, se = mean - found.kl, 0.0, known.sd / math.sqrt(count)
    else:
        value, exact = sd, known.sd
        se = known.sd * relative_se_of_sd(known.kurtosis, count)
    return value / found.kl, se / found.kl, exact / found.kl, (value - exact) / se


def _table(
    found: Estimate, controls: Mapping[str, tuple[float, Law, float]], quantity: str, words: str
) -> Table:
    columns = ("estimator", "measured", "standard error", "exact", "z")
    rows = dict(zip(found.measured, _rows(found, quantity), strict=True))
    rows |= {
        CONTROLS[name]: _control_row(found, control, quantity) for name, control in controls.items()
    }
    return Table(
        quantity,
        tuple(Column(name) for name in columns),
        tuple((name, *row) for name, row in rows.items()),
        title=f"{words}; true KL = {found.kl:.7g} nats, {found.samples:,} samples",
    )


def _histogram(found: Estimate) -> Figure:
    """Densities of the values, from the first samples of the stream."""
    import numpy as np

    from labbook.kl import ESTIMATORS, normals

    x = found.pair.q.mean + found.pair.q.sd * normals(found.stream, SHOWN).astype(np.float64)
    log_ratio = found.pair.log_ratio(x)
    values = {name: kind(log_ratio) / found.kl for name, kind in ESTIMATORS.items()}
    widest = 4 * max(float(each.std()) for each in values.values())
    edges = np.linspace(-widest, widest, BINS + 1)
    middles = (edges[:-1] + edges[1:]) / 2
    series = []
    for name, each in values.items():
        density = np.histogram(each, edges)[0] / (SHOWN * (edges[1] - edges[0]))
        seen = density > 0
        series.append(Series(name, tuple(middles[seen]), tuple(density[seen])))
    return Figure(
        "histogram",
        x=Axis("value of one sample / true KL"),
        y=Axis("density", scale="log"),
        series=tuple(series),
        marks=(Mark("x", 1.0, "KL"),),
        title=f"From the first {SHOWN:,} samples",
    )


def _figure(found: Estimate, quantity: str, words: str) -> Figure:
    names = tuple(found.measured)
    measured, errors, exact, _ = zip(*_rows(found, quantity), strict=True)
    scale: Scale = "linear"
    if quantity == "stdev" and max(exact) > LOG_FROM * min(exact):
        scale = "log"
        # A bar that could as well be nothing needs no error bar off the page.
        errors = tuple(map(min, errors, measured))
    return Figure(
        quantity,
        x="estimator",
        y=Axis(words, scale=scale),
        series=(
            Series("measured", names, measured, kind="bars", error=errors),
            Series("exact", names, exact, kind="bars"),
        ),
        title=f"True KL = {found.kl:.4g} nats",
    )
