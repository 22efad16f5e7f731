"""The gradient estimators: printed closed forms, quadrature, finite differences, and samples."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad

from labbook.errors import UsageError
from labbook.kl import Normal, NormalPair
from labbook.kl.gradient import (
    Parameter,
    gradient_laws,
    gradients,
    reverse_gradient,
    true_gradient,
)
from tests.support.memory import peak_growth_mb

NAMES = ("k1_loss", "k2_loss", "centred", "k3_loss", "weighted_k1", "pathwise")


def shift(theta: float) -> NormalPair:
    return NormalPair(Normal(theta, 1), Normal(0, 1))


def scale(sigma: float) -> NormalPair:
    return NormalPair(Normal(0, sigma), Normal(0, 1))


CASES: dict[str, tuple[NormalPair, Parameter]] = {
    "shift 0.5": (shift(0.5), "mean"),
    "shift -1": (shift(-1), "mean"),
    "scale 0.9": (scale(0.9), "log_sd"),
    "scale 1.5": (scale(1.5), "log_sd"),
    "both, by the mean": (NormalPair(Normal(0.3, 1.2), Normal(-0.2, 0.9)), "mean"),
    "both, by log sd": (NormalPair(Normal(0.3, 1.2), Normal(-0.2, 0.9)), "log_sd"),
}
each_case = pytest.mark.parametrize(("pair", "wrt"), CASES.values(), ids=CASES)


def moved(pair: NormalPair, wrt: Parameter, by: float) -> NormalPair:
    q = pair.q
    step = Normal(q.mean + by, q.sd) if wrt == "mean" else Normal(q.mean, q.sd * math.exp(by))
    return NormalPair(step, pair.p)


@pytest.mark.parametrize(
    ("theta", "k2", "centred", "k3"),
    [
        (0.1, 0.020025, 0.02, 0.02045217),
        (0.5, 0.515625, 0.5, 0.8180508),
        (1.0, 2.25, 2.0, 9.591409),
        (2.0, 12.0, 8.0, 915.1686),
    ],
)
def test_a_shift_has_the_known_means_and_variances(
    theta: float, k2: float, centred: float, k3: float
) -> None:
    laws = gradient_laws(shift(theta), "mean")
    for name in NAMES:
        assert laws[name].mean == pytest.approx(0 if name == "k1_loss" else theta, abs=1e-12)
    expected = (1, k2, centred, k3, (1 + theta**2 / 2) ** 2 + 2 * theta**2, 1)
    for name, variance in zip(NAMES, expected, strict=True):
        assert laws[name].sd ** 2 == pytest.approx(variance, rel=1e-6), name


@pytest.mark.parametrize(
    ("sigma", "true", "reverse", "k2", "k3"),
    [
        (0.8, -0.36, -0.5625, 1.693869, 30.13682),
        (1.25, 0.5625, 0.36, 4.697919, 0.7479558),
        (1.5, 1.25, 0.5555556, 24.16674, 1.093916),
        (2.0, 3.0, 0.75, 146.6665, 1.234961),
    ],
)
def test_of_a_scale_k3_follows_the_gradient_of_the_other_divergence(
    sigma: float, true: float, reverse: float, k2: float, k3: float
) -> None:
    pair = scale(sigma)
    assert true_gradient(pair, "log_sd") == pytest.approx(true)
    assert reverse_gradient(pair, "log_sd") == pytest.approx(reverse, rel=1e-6)
    laws = gradient_laws(pair, "log_sd")
    means = dict.fromkeys(NAMES, true) | {"k1_loss": 0.0, "k3_loss": reverse}
    for name, mean in means.items():
        assert laws[name].mean == pytest.approx(mean, rel=1e-6, abs=1e-12), name
    variances = {
        "k1_loss": 2.0,
        "k2_loss": k2,
        "centred": 14 * (1 - sigma**2) ** 2,
        "k3_loss": k3,
        "pathwise": 2 * sigma**4,
    }
    for name, variance in variances.items():
        assert laws[name].sd ** 2 == pytest.approx(variance, rel=1e-6), name


@each_case
def test_true_gradients_are_the_finite_differences_of_both_divergences(
    pair: NormalPair, wrt: Parameter
) -> None:
    by = 1e-5
    up, down = moved(pair, wrt, by), moved(pair, wrt, -by)
    assert true_gradient(pair, wrt) == pytest.approx((up.kl - down.kl) / (2 * by), rel=1e-8)
    one, two = NormalPair(up.p, up.q).kl, NormalPair(down.p, down.q).kl
    assert reverse_gradient(pair, wrt) == pytest.approx((one - two) / (2 * by), rel=1e-8)


def by_definition(name: str, pair: NormalPair, wrt: Parameter, z: float) -> float:
    """The estimator at x = μ + σ z, by finite differences of log densities in θ."""
    by = 1e-5
    x = pair.q.mean + pair.q.sd * z

    def log_q(at: float, near: NormalPair) -> float:
        return float(near.q.log_density(np.asarray(at)))

    def log_p(at: float) -> float:
        return float(pair.p.log_density(np.asarray(at)))

    up, down = moved(pair, wrt, by), moved(pair, wrt, -by)
    if name == "pathwise":
        above, below = (near.q.mean + near.q.sd * z for near in (up, down))
        rise = (log_q(above, up) - log_p(above)) - (log_q(below, down) - log_p(below))
        return rise / (2 * by)
    base = log_q(x, pair)

    def loss(near: NormalPair) -> float:
        log_ratio = log_p(x) - log_q(x, near)
        weight = math.exp(log_q(x, near) - base)
        return {
            "k1_loss": -log_ratio,
            "k2_loss": log_ratio**2 / 2,
            "k3_loss": math.exp(log_ratio) - 1 - log_ratio,
            "weighted_k1": weight * -log_ratio,
            "weighted_k3": weight * (math.exp(log_ratio) - 1 - log_ratio),
        }[name]

    return (loss(up) - loss(down)) / (2 * by)


@each_case
@pytest.mark.parametrize("name", ["k1_loss", "k2_loss", "k3_loss", "weighted_k1", "pathwise"])
def test_laws_are_the_integrals_of_differentiated_losses(
    pair: NormalPair, wrt: Parameter, name: str
) -> None:
    law = gradient_laws(pair, wrt)[name]

    def integral(power: int, about: float) -> float:
        found = quad(
            lambda z: (
                (by_definition(name, pair, wrt, z) - about) ** power
                * math.exp(-z * z / 2 - math.log(2 * math.pi) / 2)
            ),
            -14,
            14,
            limit=200,
            epsabs=1e-7,
        )
        return float(found[0])

    mean = integral(1, 0)
    assert law.mean == pytest.approx(mean, rel=1e-6, abs=1e-6)
    assert law.sd**2 == pytest.approx(integral(2, mean), rel=1e-5)


@each_case
def test_weighted_k3_has_the_gradient_of_k2_sample_by_sample(
    pair: NormalPair, wrt: Parameter
) -> None:
    for z in (-2.0, -0.3, 0.0, 1.1, 2.5):
        one = by_definition("weighted_k3", pair, wrt, z)
        assert one == pytest.approx(by_definition("k2_loss", pair, wrt, z), abs=1e-8)


@each_case
@pytest.mark.parametrize("seed", [1, 2])
def test_samples_agree_within_five_standard_errors(
    pair: NormalPair, wrt: Parameter, seed: int
) -> None:
    found = gradients(pair, wrt, 400_000, seed=seed)
    assert tuple(found.measured) == NAMES
    for name, measured in found.measured.items():
        assert abs(measured.mean_z) < 5, name
        if measured.sd_se < 0.1 * measured.law.sd:
            assert abs(measured.sd_z) < 5, name


def test_kurtoses_are_those_of_the_samples() -> None:
    found = gradients(shift(0.3), "mean", 2_000_000, seed=3)
    for name, measured in found.measured.items():
        assert measured.moments.kurtosis == pytest.approx(measured.law.kurtosis, rel=0.05), name


def test_a_narrow_q_gives_k3_no_variance() -> None:
    """E r² is finite for 2σ² > 1 only, and E r⁴ for 4σ² > 3."""
    assert math.isinf(gradient_laws(scale(0.7), "log_sd")["k3_loss"].sd)
    assert math.isfinite(gradient_laws(scale(0.71), "log_sd")["k3_loss"].sd)
    assert math.isinf(gradient_laws(scale(0.86), "log_sd")["k3_loss"].kurtosis)
    assert math.isfinite(gradient_laws(scale(0.87), "log_sd")["k3_loss"].kurtosis)


@pytest.mark.parametrize("theta", [1e-3, 1e-2])
def test_close_distributions_keep_their_digits(theta: float) -> None:
    u = theta * theta
    law = gradient_laws(shift(theta), "mean")["k3_loss"]
    assert law.sd**2 == pytest.approx(math.expm1(u) * (1 + 4 * u) + u, rel=1e-8)


def test_a_seed_gives_the_same_to_the_last_bit_and_the_chunk_but_rounding() -> None:
    first = gradients(shift(0.5), "mean", 50_001, seed=4)
    assert gradients(shift(0.5), "mean", 50_001, seed=4) == first
    other = gradients(shift(0.5), "mean", 50_001, seed=4, chunk=1000)
    for name, measured in first.measured.items():
        assert other[name].moments.mean == pytest.approx(measured.moments.mean, rel=1e-9)
        assert other[name].moments.m2 == pytest.approx(measured.moments.m2, rel=1e-9)


def test_progress_counts_up_to_the_samples() -> None:
    seen: list[tuple[int, int]] = []
    gradients(shift(1), "mean", 2500, seed=1, chunk=1000, progress=lambda *each: seen.append(each))
    assert seen == [(1000, 2500), (2000, 2500), (2500, 2500)]


def test_one_sample_is_refused() -> None:
    with pytest.raises(UsageError, match="at least 2 samples"):
        gradients(shift(1), "mean", 1, seed=1)


def test_memory_does_not_grow_with_the_samples() -> None:
    before = (
        "from labbook.kl import Normal, NormalPair\nfrom labbook.kl.gradient import gradients\n"
        "pair = NormalPair(Normal(1, 1), Normal(0, 1))"
    )
    few = peak_growth_mb(before, "gradients(pair, 'mean', 100_000, seed=1)")
    many = peak_growth_mb(before, "gradients(pair, 'mean', 2_000_000, seed=1)")
    assert many < few + 1.5
