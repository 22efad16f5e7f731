"""How far k1, k2 and k3 are off, and how much they scatter, at one divergence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from labbook.experiments import AtLeast, Trial, experiment
from labbook.model import Axis, Column, Figure, Series, Table

if TYPE_CHECKING:
    from labbook.kl import Estimate, Measured
    from labbook.model.figure import Scale

SMALLEST_SHIFT, LARGEST_SHIFT = 1e-9, 12.0
QUANTITIES = {"bias": "Bias / true KL", "stdev": "Standard deviation / true KL"}
LOG_FROM = 10
"""Bars whose lengths differ by more are drawn on a logarithmic axis."""

RARE = 0.1
"""Relative standard error of a standard deviation from which the reader is warned."""


def check(shift: float) -> None:
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


@experiment(
    "kl.bias-table",
    title="Bias and spread of the KL estimators k1, k2, k3",
    check=check,
    references=(
        "J. Schulman, Approximating KL divergence, 2020, http://joschu.net/blog/kl-approx.html",
    ),
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
    this size has, and the distance between the two in standard errors (z).

    shift: the mean of p, in standard deviations
    samples: how many samples to draw
    """
    from labbook.kl import Normal, NormalPair, estimate

    pair = NormalPair(q=Normal(0, 1), p=Normal(shift, 1))
    found = estimate(
        pair,
        samples,
        seed=trial.seed,
        progress=lambda done, of: trial.progress(done, of=of),
    )
    trial.metric("true_kl", found.kl)
    for name, measured in found.measured.items():
        _record(trial, name, measured, found.kl)
    for quantity, words in QUANTITIES.items():
        trial.table(_table(found, quantity, words))
    for quantity, words in QUANTITIES.items():
        trial.figure(_figure(found, quantity, words))


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


def _table(found: Estimate, quantity: str, words: str) -> Table:
    columns = ("estimator", "measured", "standard error", "exact", "z")
    rows = zip(found.measured, _rows(found, quantity), strict=True)
    return Table(
        quantity,
        tuple(Column(name) for name in columns),
        tuple((name, *row) for name, row in rows),
        title=f"{words}; true KL = {found.kl:.7g} nats, {found.samples:,} samples",
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
