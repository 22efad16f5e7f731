"""`kl.gradient`: its numbers against printed closed forms, and its words."""

from __future__ import annotations

import math

import pytest

from labbook.errors import UsageError
from labbook.experiments.builtin.kl_gradient import kl_gradient
from tests.support.impatient import cancelled_at

NAMES = ("k1_loss", "k2_loss", "centred", "k3_loss", "weighted_k1", "pathwise")

# Family and θ; the gradients of KL(q‖p) and KL(p‖q); variances of the k2 and of the k3 loss.
PRINTED = {
    ("shift", 0.5): (0.5, 0.5, 0.515625, 0.8180508),
    ("shift", 1.0): (1.0, 1.0, 2.25, 9.591409),
    ("scale", 0.8): (-0.36, -0.5625, 1.693869, 30.13682),
    ("scale", 1.25): (0.5625, 0.36, 4.697919, 0.7479558),
    ("scale", 1.5): (1.25, 0.5555556, 24.16674, 1.093916),
    ("scale", 2.0): (3.0, 0.75, 146.6665, 1.234961),
}


@pytest.mark.parametrize(("family", "theta"), PRINTED)
@pytest.mark.parametrize("seed", [1, 2**53 - 1])
def test_metrics_are_the_printed_ones_within_five_of_their_standard_errors(
    family: str, theta: float, seed: int
) -> None:
    true, reverse, k2, k3 = PRINTED[family, theta]
    metrics = kl_gradient(family=family, theta=theta, samples=1_000_000, seed=seed).metrics
    assert metrics["true_gradient"] == pytest.approx(true, rel=1e-6)
    assert metrics["reverse_gradient"] == pytest.approx(reverse, rel=1e-6)
    means = dict.fromkeys(NAMES, true) | {"k1_loss": 0.0, "k3_loss": reverse}
    for name, mean in means.items():
        assert metrics[f"{name}.exact_mean"] == pytest.approx(mean, rel=1e-6, abs=1e-12)
        assert metrics[f"{name}.mean"] == pytest.approx(mean, abs=5 * metrics[f"{name}.se"] + 1e-7)
    for name, variance in (("k2_loss", k2), ("k3_loss", k3)):
        assert metrics[f"{name}.exact_variance"] == pytest.approx(variance, rel=1e-6)
        se = metrics[f"{name}.variance_se"]
        assert metrics[f"{name}.variance"] == pytest.approx(variance, abs=5 * se)
        assert metrics[f"{name}.se"] == pytest.approx(math.sqrt(variance / 1e6), rel=1e-6)


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


def test_the_default_shows_k3_following_the_other_divergence() -> None:
    """By more than a hundred standard errors, and more quietly than k2."""
    metrics = kl_gradient(seed=1).metrics
    gap = metrics["true_gradient"] - metrics["k3_loss.mean"]
    assert gap > 100 * metrics["k3_loss.se"]
    assert metrics["k3_loss.variance"] < metrics["k2_loss.variance"] / 10


def test_the_table_has_measured_and_exact_side_by_side() -> None:
    trial = kl_gradient(samples=50_000, seed=1)
    table = trial.tables["gradients"]
    names = [column.name for column in table.columns]
    assert names == [
        *("estimator", "mean", "standard error", "exact mean", "true gradient", "z"),
        *("variance", "exact variance"),
    ]
    assert len(table.rows) == len(NAMES)
    for name, row in zip(NAMES, table.rows, strict=True):
        _, mean, se, expected, true, z, variance, _ = row
        assert isinstance(mean, float)
        assert isinstance(se, float)
        assert isinstance(expected, float)
        assert mean == trial.metrics[f"{name}.mean"]
        assert variance == trial.metrics[f"{name}.variance"]
        assert true == pytest.approx(1.25)
        assert z == pytest.approx((mean - expected) / se)


def test_bars_show_the_bias_with_error_bars_and_exactly_none_where_there_is_none() -> None:
    trial = kl_gradient(theta=0.6, samples=10_000, seed=1)
    measured, exact = trial.figures["bias"].series
    assert measured.kind == exact.kind == "bars"
    assert measured.categories == exact.categories
    assert measured.error == tuple(trial.metrics[f"{name}.se"] for name in NAMES)
    biased = [value != 0 for value in exact.y]
    assert biased == [name in ("k1_loss", "k3_loss") for name in NAMES]


@pytest.mark.parametrize(("family", "theta"), [("shift", -2.0), ("scale", 0.4), ("scale", 5.0)])
def test_variances_stand_against_theta_with_the_measured_ones_among_them(
    family: str, theta: float
) -> None:
    figure = kl_gradient(family=family, theta=theta, samples=1000, seed=1).figures["variance"]
    assert figure.y.scale == "log"
    assert len(figure.series) == len(NAMES) + 1
    for line in figure.series[:-1]:
        assert all(0 < value < math.inf for value in line.y)
    assert min(figure.series[0].xs) < theta < max(figure.series[0].xs)
    assert set(figure.series[-1].xs) == {theta}
    k3 = figure.series[3]
    if family == "scale":
        assert min(k3.xs) > math.sqrt(0.5)
        assert figure.marks[0].at == pytest.approx(math.sqrt(0.5))


def test_an_infinite_variance_and_one_that_samples_cannot_see_are_warned_of() -> None:
    assert kl_gradient(samples=100_000, seed=1).warnings == []
    (infinite,) = kl_gradient(theta=0.6, samples=100_000, seed=1).warnings
    assert "variance of k3 loss is infinite" in infinite
    (rare,) = kl_gradient(family="shift", theta=2.0, samples=100_000, seed=1).warnings
    assert "k3 loss is carried by samples so rare" in rare
    assert "915.2" in rare


def test_a_seed_gives_the_same_metrics_to_the_last_bit() -> None:
    first = kl_gradient(samples=100_000, seed=11).metrics
    assert kl_gradient(samples=100_000, seed=11).metrics == first
    assert kl_gradient(samples=100_000, seed=12).metrics != first


@pytest.mark.parametrize(
    ("family", "theta"),
    [("shift", 10), ("shift", -10), ("shift", 1e-3), ("scale", 0.05), ("scale", 20)],
)
def test_the_ends_of_the_range_give_finite_means(family: str, theta: float) -> None:
    trial = kl_gradient(family=family, theta=theta, samples=1000, seed=1)
    for name in NAMES:
        assert math.isfinite(trial.metrics[f"{name}.mean"])
        assert math.isfinite(trial.metrics[f"{name}.exact_mean"])
        assert trial.metrics[f"{name}.variance"] >= 0


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"theta": "0"}, "theta=0 is out of range: with family=scale"),
        ({"theta": "-1.5"}, "from 0.05 to 20"),
        ({"theta": "1"}, "makes q and p the same"),
        ({"theta": "11", "family": "shift"}, "of a size up to 10"),
        ({"theta": "0", "family": "shift"}, "away from 0"),
        ({"theta": "nan"}, "theta"),
        ({"family": "rotation"}, "one of shift, scale"),
        ({"samples": "1"}, "at least 2"),
    ],
)
def test_bad_parameters_are_refused_in_a_sentence(given: dict[str, str], sentence: str) -> None:
    with pytest.raises(UsageError) as refused:
        kl_gradient.checked(kl_gradient.signature.read(given))
    assert sentence in refused.value.message
    assert refused.value.message.endswith(".")


def test_a_cancelled_run_stops_at_the_next_chunk() -> None:
    seen = cancelled_at(kl_gradient, {"family": "shift", "theta": 0.5, "samples": 10**12})
    assert [each.total for each in seen] == [1e12]
    assert seen[0].done < 10**6
