"""`kl.gradient`: means and variances against the closed forms of two families."""

from __future__ import annotations

import math

import pytest

from labbook.errors import UsageError
from labbook.experiments.builtin.kl_gradient import kl_gradient
from tests.support.impatient import cancelled_at

# True gradient of KL(q‖p), mean of the k3 loss and its variance, for q = N(0, σ), p = N(0, 1),
# by log σ: σ² − 1, 1 − 1/σ², and the fourth-order moments worked out by hand.
SCALES = {
    0.8: (-0.36, -0.5625, 30.13682),
    1.25: (0.5625, 0.36, 0.7479558),
    1.5: (1.25, 0.5555556, 1.093916),
    2.0: (3.0, 0.75, 1.234961),
}


@pytest.mark.parametrize(("theta", "expected"), SCALES.items())
def test_the_k3_loss_has_the_gradient_of_the_other_divergence(
    theta: float, expected: tuple[float, float, float]
) -> None:
    true, k3_mean, k3_variance = expected
    metrics = kl_gradient(seed=1, family="scale", theta=theta, samples=400_000).metrics
    assert metrics["true_gradient"] == pytest.approx(true, rel=1e-6)
    assert metrics["reverse_gradient"] == pytest.approx(k3_mean, rel=1e-6)
    assert metrics["k3_loss.exact_mean"] == pytest.approx(k3_mean, rel=1e-6)
    assert metrics["k3_loss.exact_variance"] == pytest.approx(k3_variance, rel=1e-6)
    assert metrics["k2_loss.exact_mean"] == pytest.approx(true, rel=1e-6)
    assert metrics["k1_loss.exact_mean"] == 0


@pytest.mark.parametrize("theta", [0.1, 0.5, 1.0, 2.0])
def test_variances_of_a_shift_are_the_closed_forms(theta: float) -> None:
    """k1 loss 1, k2 loss 2θ² + θ⁴/4, centred 2θ², k3 loss e^θ²(1 + 4θ²) − 1 − 3θ²."""
    metrics = kl_gradient(seed=1, family="shift", theta=theta, samples=10_000).metrics
    u = theta * theta
    assert metrics["k1_loss.exact_variance"] == pytest.approx(1)
    assert metrics["k2_loss.exact_variance"] == pytest.approx(2 * u + u * u / 4)
    assert metrics["centred.exact_variance"] == pytest.approx(2 * u)
    assert metrics["k3_loss.exact_variance"] == pytest.approx(
        math.exp(u) * (1 + 4 * u) - 1 - 3 * u, rel=1e-6
    )


@pytest.mark.parametrize(("family", "theta"), [("shift", 0.5), ("scale", 1.25)])
def test_means_are_exact_within_five_standard_errors(family: str, theta: float) -> None:
    metrics = kl_gradient(seed=3, family=family, theta=theta, samples=500_000).metrics
    names = [name.removesuffix(".mean") for name in metrics if name.endswith(".mean")]
    assert len(names) >= 5
    for name in names:
        gap = metrics[f"{name}.mean"] - metrics[f"{name}.exact_mean"]
        assert abs(gap) < 5 * metrics[f"{name}.se"], name


def test_it_draws_bias_and_variance() -> None:
    trial = kl_gradient(seed=1, samples=10_000)
    assert list(trial.figures) == ["bias", "variance"]
    assert trial.figures["variance"].y.scale == "log"


def test_bad_parameters_are_refused_in_a_sentence() -> None:
    with pytest.raises(UsageError):
        kl_gradient(family="scale", theta=-1.0)
    with pytest.raises(UsageError, match="at least 2"):
        kl_gradient(samples=1)


def test_a_cancelled_run_stops_at_the_next_chunk() -> None:
    seen = cancelled_at(kl_gradient, kl_gradient.signature.read({"samples": "1e12"}))
    assert seen[0].done < 10**7
