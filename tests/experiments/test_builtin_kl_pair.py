"""`kl.pair`: exact beside measured, warnings where they belong, one sentence for bad input."""

from __future__ import annotations

import math

import pytest

from labbook.errors import UsageError
from labbook.experiments.builtin.kl_pair import kl_pair
from tests.kl.cases import CASES

NAMES = ("k1", "k2", "k3", "reverse", "lambda_star")


@pytest.mark.parametrize("name", ["G02", "G12", "E01", "L03", "B01", "P01", "C03", "Y01"])
def test_the_metrics_stand_beside_the_published_values(name: str) -> None:
    case = CASES[name]
    found = kl_pair(seed=3, q=case.q, p=case.p, samples=200_000).metrics
    assert found["true_kl"] == pytest.approx(case.kl, rel=6e-7)
    assert found["reverse_kl"] == pytest.approx(case.reverse_kl, rel=6e-7)
    assert found["k3.exact_sd"] == pytest.approx(case.k3_sd, rel=6e-7)
    assert found["tail_index"] == pytest.approx(case.tail_index, rel=6e-7)
    for each in NAMES:
        exact, spread = found[f"{each}.exact_mean"], found[f"{each}.exact_sd"]
        if math.isfinite(spread):
            assert abs(found[f"{each}.mean"] - exact) < 5 * found[f"{each}.se"]


def test_an_infinite_variance_is_warned_of_and_shown() -> None:
    trial = kl_pair(seed=1, q="normal(0,1)", p="normal(0,2)", samples=100_000)
    assert any("variance of k3 is infinite" in each for each in trial.warnings)
    assert any("Pareto shape" in each for each in trial.warnings)
    assert math.isinf(trial.metrics["k3.exact_sd"])
    # The exact shape is 1 − 1/4; the fit of this many samples scatters by about 0.07.
    assert trial.metrics["pareto_k"] == pytest.approx(0.75, abs=0.25)


def test_an_infinite_divergence_leaves_what_is_finite() -> None:
    trial = kl_pair(seed=1, q="normal(0,1)", p="exponential(1)", samples=10_000)
    assert math.isinf(trial.metrics["true_kl"])
    assert trial.metrics["reverse_kl"] == pytest.approx(0.9189385, rel=1e-6)
    assert any("KL(q‖p) is infinite" in each for each in trial.warnings)
    assert set(trial.tables) == {"divergences", "estimators"}


def test_a_light_pair_is_not_warned_of() -> None:
    assert kl_pair(seed=1, q="normal(0,1)", p="normal(0.1,1)", samples=50_000).warnings == []


def test_a_seed_gives_the_same_metrics_to_the_last_bit() -> None:
    params = {"q": "gamma(3,1)", "p": "gamma(2,1)", "samples": 70_000}
    assert kl_pair(seed=4, **params).metrics == kl_pair(seed=4, **params).metrics
    assert kl_pair(seed=4, **params).metrics != kl_pair(seed=5, **params).metrics


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"q": "gauss(0,1)"}, "names no distribution"),
        ({"p": "normal(0,-1)"}, "above 0"),
        ({"p": "categorical(0.5,0.4)"}, "sum to 0.9"),
        ({"q": "poisson(3)"}, "one lives on the integers"),
        ({"samples": 0}, "at least 2"),
        ({"samples": 10**13}, "hours"),
    ],
)
def test_bad_input_gets_a_sentence(params: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        kl_pair(seed=1, **params)


def test_bias_and_spread_stand_beside_the_exact_ones_over_the_true_kl() -> None:
    """E k2 / KL − 1 = KL/2 and sd k2 / KL = sqrt(2 + 2 KL) for a shift of 1."""
    trial = kl_pair(q="normal(0,1)", p="normal(1,1)", samples=100_000, seed=1)
    rows = {row[0]: row[1:] for row in trial.tables["relative"].rows}
    assert "reverse, for KL(p‖q)" not in rows
    bias, bias_se, exact_bias, stdev, stdev_se, exact_stdev = map(float, rows["k2"])  # type: ignore[arg-type]
    assert (exact_bias, exact_stdev) == pytest.approx((0.25, math.sqrt(3)))
    assert abs(bias - 0.25) < 5 * bias_se
    assert abs(stdev - math.sqrt(3)) < 5 * stdev_se
    assert bias_se == pytest.approx(math.sqrt(3) / math.sqrt(100_000))


def test_without_a_finite_kl_there_is_nothing_to_divide_by() -> None:
    trial = kl_pair(q="exponential(1)", p="beta(2,5)", samples=1000, seed=1)
    assert "relative" not in trial.tables
