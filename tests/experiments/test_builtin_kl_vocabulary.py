"""`kl.vocabulary`: sampled tokens beside exact sums, and its words."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import rel_entr, softmax

from labbook.errors import UsageError
from labbook.experiments.builtin.kl_vocabulary import kl_vocabulary

ESTIMATORS = ("k1", "k2", "k3")

# KL, then the standard deviations of k1, k2, k3; V = 50,000.
PUBLISHED = {
    (1.0, 1.1): (0.04402035, 0.2978364, 0.04117832, 0.03885647),
    (1.5, 1.5): (0.7433385, 0.9237339, 0.6450186, 2.263725),
    (1.5, 0.7): (0.4102776, 1.187658, 2.009047, 0.7149166),
}


@pytest.mark.parametrize(("s", "temperature"), PUBLISHED)
@pytest.mark.parametrize("seed", [1, 2**53 - 1])
def test_samples_agree_with_the_exact_moments_which_are_the_published_ones(
    s: float, temperature: float, seed: int
) -> None:
    metrics = kl_vocabulary(s=s, temperature=temperature, samples=300_000, seed=seed).metrics
    kl, *spreads = PUBLISHED[s, temperature]
    assert metrics["true_kl"] == pytest.approx(kl, rel=5e-7)
    assert metrics["rao_blackwell.mean"] == pytest.approx(kl, abs=1e-6)
    for name, spread in zip(ESTIMATORS, spreads, strict=True):
        assert metrics[f"{name}.exact_stdev"] == pytest.approx(spread, rel=5e-7)
        assert metrics[f"{name}.se"] == pytest.approx(spread / math.sqrt(300_000), rel=5e-7)
        expected = metrics[f"{name}.exact_mean"]
        assert metrics[f"{name}.mean"] == pytest.approx(expected, abs=5 * metrics[f"{name}.se"])
        assert metrics[f"{name}.stdev"] == pytest.approx(spread, rel=0.1)
    assert metrics["k1.exact_mean"] == metrics["true_kl"]
    assert metrics["k3.exact_mean"] == pytest.approx(metrics["true_kl"], rel=1e-12)


def test_the_error_falls_with_the_root_of_the_tokens() -> None:
    figure = kl_vocabulary(seed=3).figures["error"]
    assert (figure.x.scale, figure.y.scale) == ("log", "log")
    measured = {each.name: each for each in figure.series if each.kind == "points"}
    exact = {each.name: each for each in figure.series if each.kind == "line"}
    assert list(measured) == list(ESTIMATORS)
    for name, points in measured.items():
        line = exact[f"{name}: stdev / √n"]
        assert line.x == points.x
        assert line.y[0] / line.y[-1] == pytest.approx(math.sqrt(points.xs[-1] / points.xs[0]))
        # The error bar supposes means of normal law, which a mean of 16 values of k3 is not.
        assert points.error is not None
        for at, error, expected in zip(points.y, points.error, line.y, strict=True):
            assert at == pytest.approx(expected, abs=5 * error + 0.05 * expected)


def test_truncated_sampling_shows_what_k3_misses() -> None:
    """Against the own policy (a temperature of 1): KL = −log c, E k3 = −log c − (1 − c)."""
    trial = kl_vocabulary(temperature=1.0, top_p=0.9, samples=10_000, seed=1)
    kept = trial.metrics["kept_mass"]
    assert kept == pytest.approx(0.900318, abs=5e-7)
    assert trial.metrics["true_kl"] == pytest.approx(0.105007, abs=5e-7)
    assert trial.metrics["k3.mean"] == pytest.approx(0.005325, abs=5e-7)
    assert "too low" in trial.warnings[0]
    assert trial.figures == {}
    rows = trial.tables["kept-mass"].rows
    assert [row[0] for row in rows] == [f"top-p {each}" for each in (0.8, 0.9, 0.95, 0.99)]
    for _, share, kl, k3, *_ in rows:
        assert isinstance(share, float)
        assert kl == pytest.approx(-math.log(share))
        assert k3 == pytest.approx(-math.log(share) - (1 - share))


def test_the_chosen_truncation_stands_first_in_the_table_of_kept_masses() -> None:
    rows = kl_vocabulary(top_k=50, samples=100, seed=1).tables["kept-mass"].rows
    assert len(rows) == 5
    assert rows[0][0] == "top-k 50, top-p 1"


def test_with_another_reference_k3_misses_the_mass_of_that_one() -> None:
    metrics = kl_vocabulary(top_k=100, samples=100_000, seed=1).metrics
    logits = -1.5 * np.log1p(np.arange(50_000))
    q, p = softmax(logits[:100]), softmax(logits / 1.5)
    assert metrics["true_kl"] == pytest.approx(rel_entr(q, p[:100]).sum(), rel=1e-9)
    assert metrics["missing_mass"] == pytest.approx(1 - p[:100].sum())
    missed = metrics["true_kl"] - metrics["k3.exact_mean"]
    assert missed == pytest.approx(metrics["missing_mass"])
    for name in ESTIMATORS:
        assert metrics[f"{name}.mean"] == pytest.approx(
            metrics[f"{name}.exact_mean"], abs=5 * metrics[f"{name}.se"]
        )


def test_the_table_has_exact_and_sampled_side_by_side() -> None:
    trial = kl_vocabulary(samples=50_000, seed=1)
    table = trial.tables["estimators"]
    assert [row[0] for row in table.rows] == [*ESTIMATORS, "Rao-Blackwell"]
    for name, mean, se, expected, z, _, _ in table.rows[:3]:
        assert isinstance(mean, float)
        assert isinstance(expected, float)
        assert isinstance(se, float)
        assert mean == trial.metrics[f"{name}.mean"]
        assert z == pytest.approx((mean - expected) / se)
    assert table.rows[3][1] == pytest.approx(trial.metrics["true_kl"], abs=1e-6)


def test_a_k3_that_scatters_more_than_k1_is_warned_of() -> None:
    assert "k3 scatters more than k1" in kl_vocabulary(samples=100, seed=1).warnings[0]
    assert kl_vocabulary(s=1, temperature=0.9, samples=100, seed=1).warnings == []


@pytest.mark.parametrize(
    "params",
    [
        {"temperature": 1.0},
        {"vocabulary": 2},
        {"s": 5.0, "temperature": 0.1},
        {"top_k": 1},
        {"top_p": 1e-6},
        {"samples": 100},
    ],
)
def test_the_ends_of_the_range_give_numbers(params: dict[str, float]) -> None:
    trial = kl_vocabulary(**{"samples": 1000, "seed": 1, **params})  # type: ignore[arg-type]
    finite = {name for name, value in trial.metrics.items() if math.isfinite(value)}
    assert set(trial.metrics) - finite <= {"best_weight"}


def test_a_seed_gives_the_same_metrics_to_the_last_bit() -> None:
    first = kl_vocabulary(samples=10_000, seed=11).metrics
    assert kl_vocabulary(samples=10_000, seed=11).metrics == first
    assert kl_vocabulary(samples=10_000, seed=12).metrics != first


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"vocabulary": "1"}, "at least 2"),
        ({"vocabulary": "3e6"}, "too large"),
        ({"vocabulary": "10", "top_k": "11"}, "keeps more symbols"),
        ({"top_p": "0"}, "above 0"),
        ({"top_p": "1.1"}, "between 0 and 1"),
        ({"top_k": "-1"}, "at least 0"),
        ({"temperature": "0"}, "temperature"),
        ({"samples": "1e9"}, "samples"),
    ],
)
def test_bad_parameters_are_refused_in_a_sentence(given: dict[str, str], sentence: str) -> None:
    with pytest.raises(UsageError) as refused:
        kl_vocabulary.checked(kl_vocabulary.signature.read(given))
    assert sentence in refused.value.message
    assert refused.value.message.endswith(".")
