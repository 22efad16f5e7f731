"""Gradient estimators of the KL divergence: whose mean is right, and at what variance."""

from __future__ import annotations

import math
from itertools import repeat
from typing import TYPE_CHECKING, Annotated, Literal

from labbook.experiments import AtLeast, Trial, experiment
from labbook.model import Axis, Column, Figure, Mark, Series, Table

if TYPE_CHECKING:
    from labbook.kl import Measured, NormalPair
    from labbook.kl.gradient import Gradients, Parameter

LARGEST_SHIFT, SMALLEST_SCALE, LARGEST_SCALE = 10.0, 0.05, 20.0
SMALLEST_GAP = 1e-3
"""Between q and p, in θ; below, too few digits of k3's fourth moment are left."""

LABELS = {
    "k1_loss": "k1 loss",
    "k2_loss": "k2 loss",
    "centred": "centred",
    "k3_loss": "k3 loss",
    "weighted_k1": "weighted k1",
    "pathwise": "pathwise",
}

RARE = 0.1
"""Relative standard error of a standard deviation from which the reader is warned."""

ROUNDING = 1e-12

POINTS = 60
"""Of each line, which is an even number: there is none in the middle, where variances vanish."""


def check(family: str, theta: float) -> None:
    if family == "scale":
        allowed = SMALLEST_SCALE <= theta <= LARGEST_SCALE
        limits = f"from {SMALLEST_SCALE:g} to {LARGEST_SCALE:g}"
    else:
        allowed = abs(theta) <= LARGEST_SHIFT
        limits = f"of a size up to {LARGEST_SHIFT:g}"
    if not allowed:
        raise ValueError(
            f"theta={theta:g} is out of range: with family={family} it must be {limits}."
        )
    gap = abs(math.log(theta)) if family == "scale" else abs(theta)
    if gap < SMALLEST_GAP:
        same = 1 if family == "scale" else 0
        raise ValueError(
            f"theta={theta:g} makes q and p the same, or nearly so: take one that is at least "
            f"{SMALLEST_GAP:g} away from {same}."
        )


@experiment(
    "kl.gradient",
    title="Gradient estimators of the KL divergence",
    check=check,
    references=(
        "K. Liu et al., Rethinking KL regularization in RLHF, https://arxiv.org/abs/2510.01555",
        "Y. Tang, R. Munos, Pitfalls in KL gradient estimation, https://arxiv.org/abs/2506.09477",
        "J. Schulman, Approximating KL divergence, 2020, http://joschu.net/blog/kl-approx.html",
    ),
)
def kl_gradient(
    trial: Trial,
    *,
    family: Literal["shift", "scale"] = "scale",
    theta: float = 1.5,
    samples: Annotated[int, AtLeast(2)] = 1_000_000,
) -> None:
    """Mean and variance of six estimators of the gradient of KL(q‖p), p = N(0, 1).

    With family=shift, q = N(θ, 1) and the gradient is by θ; with family=scale, q = N(0, θ), θ
    being the standard deviation, and the gradient is by log θ. With g that derivative of
    log q(x), and r = p/q: k1 as a loss gives g, which is 0 on average; k2 as a loss, which is
    k1 in the reward, gives -log r · g; centred takes the exact KL for its baseline; k3 as a
    loss gives (1 - r) g, which is the gradient of KL(p‖q), not of KL(q‖p); weighted k1 gives
    (1 - log r) g; pathwise differentiates along x. The two divergences have the same gradient
    for a shift, so that only family=scale shows what k3 as a loss does.

    family: what θ does to q
    theta: the mean of q, or its standard deviation
    samples: how many samples to draw
    """
    from labbook.kl.gradient import gradients

    pair, wrt = _pair(family, theta)
    found = gradients(
        pair,
        wrt,
        samples,
        seed=trial.seed,
        progress=lambda done, of: trial.progress(done, of=of),
    )
    trial.metric("true_gradient", found.true)
    trial.metric("reverse_gradient", found.reverse)
    for name, measured in found.measured.items():
        _record(trial, name, measured)
    trial.table(_table(found))
    trial.figure(_bias(found))
    trial.figure(_variance(found, family, theta))


def _pair(family: str, theta: float) -> tuple[NormalPair, Parameter]:
    from labbook.kl import Normal, NormalPair

    if family == "shift":
        return NormalPair(q=Normal(theta, 1), p=Normal(0, 1)), "mean"
    return NormalPair(q=Normal(0, theta), p=Normal(0, 1)), "log_sd"


def _record(trial: Trial, name: str, measured: Measured) -> None:
    moments, law = measured.moments, measured.law
    trial.metric(f"{name}.mean", moments.mean)
    trial.metric(f"{name}.se", measured.mean_se)
    trial.metric(f"{name}.exact_mean", law.mean)
    trial.metric(f"{name}.variance", moments.sd**2)
    trial.metric(f"{name}.variance_se", _variance_se(measured))
    trial.metric(f"{name}.exact_variance", law.sd**2)
    if math.isinf(law.sd):
        trial.warn(
            f"The variance of {LABELS[name]} is infinite: its measured value is an accident of "
            "this sample, and so is the standard error of its mean."
        )
    elif not measured.sd_se < RARE * law.sd:
        trial.warn(
            f"The variance of {LABELS[name]} is carried by samples so rare that "
            f"{moments.count:,} draws say little about it: its exact value is {law.sd**2:.4g}."
        )


def _variance_se(measured: Measured) -> float:
    return 2 * measured.law.sd * measured.sd_se


def _table(found: Gradients) -> Table:
    names = ("mean", "standard error", "exact mean", "true gradient", "z")
    columns = ("estimator", *names, "variance", "exact variance")
    rows = tuple(
        (
            LABELS[name],
            each.moments.mean,
            each.mean_se,
            each.law.mean,
            found.true,
            each.mean_z,
            each.moments.sd**2,
            each.law.sd**2,
        )
        for name, each in found.measured.items()
    )
    by = "the mean of q" if found.wrt == "mean" else "the logarithm of q's standard deviation"
    return Table(
        "gradients",
        tuple(Column(name) for name in columns),
        rows,
        title=f"Gradient by {by}, from {found.samples:,} samples; that of KL(p‖q) is "
        f"{found.reverse:.6g}",
    )


def _bias(found: Gradients) -> Figure:
    each = found.measured.values()
    names = tuple(LABELS[name] for name in found.measured)
    return Figure(
        "bias",
        x="estimator",
        y=Axis("mean − true gradient", "nats"),
        series=(
            Series(
                "measured",
                names,
                tuple(one.moments.mean - found.true for one in each),
                kind="bars",
                error=tuple(one.mean_se for one in each),
            ),
            Series("exact", names, tuple(map(_exact_bias, each, repeat(found.true))), kind="bars"),
        ),
        title=f"q = {found.pair.q}, p = {found.pair.p}: true gradient {found.true:.4g}",
    )


def _exact_bias(measured: Measured, true: float) -> float:
    bias = measured.law.mean - true
    return 0.0 if abs(bias) < ROUNDING * max(1.0, abs(true)) else bias


def _variance(found: Gradients, family: str, theta: float) -> Figure:
    from labbook.kl.gradient import gradient_laws

    laws = [(at, gradient_laws(*_pair(family, at))) for at in _grid(family, theta)]
    series = []
    for name, label in LABELS.items():
        points = [(at, law[name].sd ** 2) for at, law in laws]
        seen = [(at, value) for at, value in points if math.isfinite(value) and value > 0]
        xs, ys = zip(*seen, strict=True)
        series.append(Series(label, xs, ys))
    here = tuple(each.moments.sd**2 for each in found.measured.values())
    series.append(Series("measured", (theta,) * len(here), here, kind="points"))
    marks = (Mark("x", math.sqrt(0.5), "k3 loss: ∞ to the left"),) if family == "scale" else ()
    return Figure(
        "variance",
        x=Axis("θ", scale="log" if family == "scale" else "linear"),
        y=Axis("variance of one sample", scale="log"),
        series=tuple(series),
        marks=marks,
        title="Exact, and as measured at this θ",
    )


def _grid(family: str, theta: float) -> list[float]:
    """Values of θ around this one: for a scale from one side of p to the other."""
    if family == "scale":
        widest = max(math.log(2), 1.3 * abs(math.log(theta)))
        return [math.exp(widest * (2 * i / (POINTS - 1) - 1)) for i in range(POINTS)]
    widest = math.copysign(max(1.0, 1.3 * abs(theta)), theta)
    return [widest * (i + 1) / POINTS for i in range(POINTS)]
