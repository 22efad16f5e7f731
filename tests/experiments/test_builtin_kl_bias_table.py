"""`kl.bias-table`: its numbers against closed forms, and its words."""

from __future__ import annotations

import math
import sys

import pytest

from labbook.errors import BackendUnavailable, UsageError
from labbook.experiments.backends import choose
from labbook.experiments.builtin.kl_bias_table import kl_bias_table
from labbook.model.published import published_table
from tests.support.impatient import cancelled_at

ESTIMATORS = ("k1", "k2", "k3")
CONTROLS = ("lambda_star", "lambda_hat")


def exact(shift: float) -> dict[str, float]:
    """Relative bias and spread for q = N(0, 1) and p = N(shift, 1), with u = shift²."""
    u = shift * shift
    variance_k3 = math.fsum(u**k / math.factorial(k) for k in range(2, 60))
    return {
        "k1.bias": 0.0,
        "k2.bias": u / 4,
        "k3.bias": 0.0,
        "k1.stdev": 2 / math.sqrt(u),
        "k2.stdev": math.sqrt(2 + u),
        "k3.stdev": 2 * math.sqrt(variance_k3) / u,
    }


@pytest.mark.parametrize("shift", [1e-4, 0.1, -0.5, 1.0])
@pytest.mark.parametrize("seed", [1, 2**53 - 1])
def test_metrics_are_the_exact_ones_within_five_of_their_standard_errors(
    shift: float, seed: int
) -> None:
    metrics = kl_bias_table(shift=shift, samples=2_000_000, seed=seed).metrics
    assert metrics["true_kl"] == pytest.approx(shift**2 / 2, rel=1e-12)
    for name, value in exact(shift).items():
        assert metrics[name] == pytest.approx(value, abs=5 * metrics[f"{name}_se"]), name
        assert metrics[f"{name}_se"] > 0
    controls = {f"{name}.{kind}" for name in CONTROLS for kind in ("bias", "stdev")}
    assert len(metrics) == 1 + 4 * len(ESTIMATORS) + len(controls)
    u = shift * shift
    # Var = u − u²/(e^u − 1), which tends to u²/2 for small u; the sample is off by less than 2 %.
    best = 2 * math.sqrt(u - u * u / math.expm1(u)) / u if u > 1e-3 else math.sqrt(2)
    for name in CONTROLS:
        assert metrics[f"{name}.bias"] == pytest.approx(0, abs=5 * best / math.sqrt(2e6))
        assert metrics[f"{name}.stdev"] == pytest.approx(best, rel=0.02)


def test_the_printed_values_of_the_source_come_out() -> None:
    """bias/true and stdev/true as they are printed there, but for its 0.002, which is 0.0025."""
    printed = {
        0.1: {"k1": (0, 20), "k2": (0.0025, 1.42), "k3": (0, 1.42)},
        1.0: {"k1": (0, 2), "k2": (0.25, 1.73), "k3": (0, 1.7)},
    }
    for shift, rows in printed.items():
        metrics = kl_bias_table(shift=shift, seed=3).metrics
        for name, (bias, stdev) in rows.items():
            assert metrics[f"{name}.bias"] == pytest.approx(
                bias, abs=5 * metrics[f"{name}.bias_se"]
            )
            assert metrics[f"{name}.stdev"] == pytest.approx(stdev, rel=0.01)


@pytest.mark.parametrize("quantity", ["bias", "stdev"])
def test_each_table_has_measured_and_exact_side_by_side(quantity: str) -> None:
    trial = kl_bias_table(shift=0.5, samples=100_000, seed=1)
    table = trial.tables[quantity]
    names = [column.name for column in table.columns]
    assert names == ["estimator", "measured", "standard error", "exact", "z"]
    assert [row[0] for row in table.rows] == [*ESTIMATORS, "λ*", "λ fitted"]
    for name, measured, se, expected, z in table.rows[:3]:
        assert isinstance(measured, float)
        assert isinstance(se, float)
        assert isinstance(expected, float)
        assert isinstance(z, float)
        key = f"{name}.{quantity}"
        assert measured == trial.metrics[key]
        assert expected == pytest.approx(exact(0.5)[key], abs=1e-12)
        assert z == pytest.approx((measured - expected) / se, abs=1e-6)
        assert abs(z) < 5


def test_figures_show_bias_and_spread_with_their_error_bars() -> None:
    trial = kl_bias_table(samples=100_000, seed=1)
    assert list(trial.figures) == ["bias", "stdev", "histogram"]
    for quantity in ("bias", "stdev"):
        figure = trial.figures[quantity]
        measured, expected = figure.series
        assert measured.categories == expected.categories == ESTIMATORS
        assert measured.y == tuple(trial.metrics[f"{name}.{quantity}"] for name in ESTIMATORS)
        assert measured.error == tuple(
            trial.metrics[f"{name}.{quantity}_se"] for name in ESTIMATORS
        )
    assert trial.figures["stdev"].y.scale == "log"


def test_the_histogram_shows_k1_on_both_sides_and_the_others_above_zero_only() -> None:
    k1, k2, k3 = kl_bias_table(samples=1000, seed=1).figures["histogram"].series
    assert min(k1.xs) < -10
    width = k1.xs[1] - k1.xs[0]
    assert min(k2.xs) > -width
    assert min(k3.xs) > -width


@pytest.mark.parametrize("shift", [0.1, -1.0])
def test_the_sources_own_values_stand_beside_ours(shift: float) -> None:
    trial = kl_bias_table(shift=shift, samples=1000, seed=1)
    known = exact(abs(shift))
    given = trial.published_values
    assert [each.metric for each in given] == [
        f"{name}.{quantity}" for name in ESTIMATORS for quantity in ("bias", "stdev")
    ]
    for each in given:
        assert each.metric in trial.metrics
        assert each.value == pytest.approx(known[each.metric], abs=each.uncertainty or 1e-12)
    table = published_table(trial.metrics, given)
    assert table is not None
    assert ("0.0025" in table.title) == (shift == 0.1)
    assert kl_bias_table(shift=0.2, samples=1000, seed=1).published_values == []


def test_spreads_of_one_size_are_drawn_on_a_linear_axis() -> None:
    trial = kl_bias_table(shift=1, samples=10_000, seed=1)
    assert trial.figures["stdev"].y.scale == "linear"


def test_a_seed_gives_the_same_metrics_to_the_last_bit() -> None:
    first = kl_bias_table(samples=300_000, seed=11).metrics
    assert kl_bias_table(samples=300_000, seed=11).metrics == first
    assert kl_bias_table(samples=300_000, seed=12).metrics != first


def test_a_spread_that_samples_cannot_see_is_warned_of() -> None:
    trial = kl_bias_table(shift=3, samples=100_000, seed=1)
    assert len(trial.warnings) == 1
    assert "standard deviation of k3 is carried by samples so rare" in trial.warnings[0]
    error = trial.figures["stdev"].series[0].error
    assert error is not None
    assert all(map(math.isfinite, error))
    assert kl_bias_table(shift=1, samples=100_000, seed=1).warnings == []


@pytest.mark.parametrize("shift", [12, -12, 1e-9])
def test_the_ends_of_the_range_give_finite_numbers(shift: float) -> None:
    trial = kl_bias_table(shift=shift, samples=10_000, seed=1)
    assert all(map(math.isfinite, trial.metrics.values()))


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"shift": "0"}, "a bias relative to it has no meaning"),
        ({"shift": "13"}, "shift=13 is out of range"),
        ({"shift": "1e-10"}, "shift=1e-10 is out of range"),
        ({"shift": "nan"}, "shift"),
        ({"samples": "1"}, "at least 2"),
        ({"samples": "1e18"}, "hours on the CPU"),
        ({"samples": "1.5"}, "samples"),
        ({"sample": "100"}, "no parameter sample"),
    ],
)
def test_bad_parameters_are_refused_in_a_sentence(given: dict[str, str], sentence: str) -> None:
    with pytest.raises(UsageError) as refused:
        kl_bias_table.checked(kl_bias_table.signature.read(given))
    assert sentence in refused.value.message
    assert refused.value.message.endswith(".")


def test_samples_can_be_typed_as_a_power_of_ten() -> None:
    params = kl_bias_table.signature.read({"samples": "1e7", "shift": "1"})
    assert params == {"samples": 10_000_000, "shift": 1.0}
    assert isinstance(params["samples"], int)


def test_without_cupy_it_says_why_numpy_was_taken_and_refuses_cupy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "cupy", None)
    chosen = choose(kl_bias_table.specification, "auto")
    assert (chosen.name, chosen.reason) == ("numpy", "CuPy is not installed")
    with pytest.raises(BackendUnavailable):
        choose(kl_bias_table.specification, "cupy")


def test_a_cancelled_run_stops_at_the_next_chunk() -> None:
    seen = cancelled_at(kl_bias_table, {"shift": 0.1, "samples": 5 * 10**11})
    assert len(seen) == 1
    assert 0 < (seen[0].fraction or 1) < 1e-5
