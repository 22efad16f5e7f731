"""`kl.f-divergences`: its numbers against closed forms, its figure, and its words."""

from __future__ import annotations

import math

import pytest

from labbook.errors import UsageError
from labbook.experiments.builtin.kl_f_divergences import kl_f_divergences
from tests.support.impatient import cancelled_at

NAMES = {
    "kl": "KL(q‖p)",
    "reverse_kl": "KL(p‖q)",
    "jeffreys": "Jeffreys",
    "chi2": "χ²(p‖q)",
    "reverse_chi2": "χ²(q‖p)",
    "hellinger": "Hellinger²",
    "jensen_shannon": "Jensen–Shannon",
    "le_cam": "Le Cam",
    "total_variation": "total variation",
}
# Of q = N(0, 1) and p = N(1, 1): value, and the standard deviation of each form.
AT_ONE: dict[tuple[str, str], tuple[float, float]] = {
    ("kl", "plain = tail-safe"): (0.5, 1),
    ("kl", "tangent"): (0.5, 0.8475151),
    ("reverse_kl", "plain"): (0.5, 2.929917),
    ("reverse_kl", "tangent"): (0.5, 1.774219),
    ("jeffreys", "plain = tangent"): (1, 2.566012),
    ("chi2", "plain = tangent"): (1.71828183, 18.26044),
    ("reverse_chi2", "plain = tangent"): (1.71828183, 3.313337),
    ("reverse_chi2", "tail-safe"): (1.71828183, math.sqrt(math.exp(3) - math.exp(2))),
    ("hellinger", "plain = tail-safe"): (0.117503097, 0.4703182),
    ("hellinger", "tangent"): (0.117503097, 0.279777),
    ("jensen_shannon", "plain = tangent"): (0.111421482, 0.2515463),
    ("jensen_shannon", "tail-safe"): (0.111421482, 0.298083),
    ("le_cam", "plain = tangent"): (0.204054266, 0.42881),
    ("le_cam", "tail-safe"): (0.204054266, 0.4030088),
    ("total_variation", "plain = tangent"): (0.382924923, 0.5319201),
    ("total_variation", "tail-safe"): (0.382924923, 0.3306912),
}


@pytest.mark.parametrize("seed", [1, 2**53 - 1])
def test_every_row_is_exact_and_measured_within_five_standard_errors(seed: int) -> None:
    trial = kl_f_divergences(shift=1, samples=1_000_000, seed=seed)
    rows = {row[:2]: row[2:] for row in trial.tables["divergences"].rows}
    assert list(rows) == [(NAMES[key], form) for key, form in AT_ONE]
    for (key, form), (value, stdev) in AT_ONE.items():
        measured, se, exact, z, spread, exact_spread = rows[NAMES[key], form]
        assert isinstance(measured, float)
        assert isinstance(se, float)
        assert isinstance(z, float)
        assert isinstance(spread, float)
        assert exact == pytest.approx(value, rel=6e-9)
        assert exact_spread == pytest.approx(stdev, rel=3e-7)
        assert se == pytest.approx(stdev / 1000, rel=3e-7)
        assert z == pytest.approx((measured - value) / se, abs=1e-3)
        assert abs(z) < 5
        metric = f"{key}.{form.split(' ')[0].replace('-', '_')}"
        assert trial.metrics[f"{metric}.value"] == measured
        assert trial.metrics[f"{metric}.stdev"] == spread
        assert trial.metrics[f"{key}.exact"] == exact
    assert len(trial.metrics) == len(NAMES) + 2 * len(AT_ONE)


def test_spreads_with_a_fourth_moment_come_out_measured_too() -> None:
    """k1 and 1 − r below 1 are light-tailed: their kurtosis is at most 3."""
    samples = 1_000_000
    metrics = kl_f_divergences(shift=1, samples=samples, seed=4).metrics
    for name, stdev in (("kl.plain", 1.0), ("total_variation.tail_safe", 0.3306912)):
        assert metrics[f"{name}.stdev"] == pytest.approx(stdev, rel=5 / math.sqrt(2 * samples))


def test_where_the_variance_is_infinite_it_says_so_and_gives_no_z() -> None:
    trial = kl_f_divergences(shift=0, scale=2, samples=200_000, seed=1)
    rows = {row[:2]: row for row in trial.tables["divergences"].rows}
    tangent, safe = rows["KL(q‖p)", "tangent"], rows["Le Cam", "tail-safe"]
    assert tangent[5] is None
    assert tangent[7] == math.inf
    assert isinstance(safe[5], float)
    assert abs(safe[5]) < 5
    assert safe[7] == pytest.approx(0.2311629, rel=1e-6)
    assert rows["χ²(p‖q)", "plain = tangent"][4] == math.inf
    (warning,) = trial.warnings
    assert "KL(q‖p) tangent" in warning
    assert "KL(q‖p) plain" not in warning
    assert "tail-safe" not in warning


def test_a_spread_that_samples_cannot_see_is_warned_of() -> None:
    trial = kl_f_divergences(shift=3, samples=10_000, seed=1)
    (warning,) = trial.warnings
    assert "show less of it than there is" in warning
    assert "χ²(p‖q) plain" in warning
    assert kl_f_divergences(samples=100_000, seed=1).warnings == []


def test_the_figure_shows_every_smooth_divergence_fall_on_one_line() -> None:
    figure = kl_f_divergences(samples=1000, seed=1).figures["collapse"]
    assert [each.name for each in figure.series] == [
        name for key, name in NAMES.items() if key != "total_variation"
    ]
    assert figure.x.scale == figure.y.scale == "log"
    for series in figure.series:
        shifts = series.xs
        assert series.y[0] == pytest.approx(shifts[0] ** 2 / 2, rel=1e-3), series.name
        assert list(series.y) == sorted(series.y)
    by_name = {each.name: each for each in figure.series}
    for shift, chi2 in zip(by_name["χ²(p‖q)"].xs, by_name["χ²(p‖q)"].y, strict=True):
        assert chi2 == pytest.approx(math.expm1(shift**2) / 2, rel=1e-10)


def test_a_seed_gives_the_same_metrics_to_the_last_bit() -> None:
    first = kl_f_divergences(samples=150_000, seed=11).metrics
    assert kl_f_divergences(samples=150_000, seed=11).metrics == first
    assert kl_f_divergences(samples=150_000, seed=12).metrics != first


@pytest.mark.parametrize(("shift", "scale"), [(5, 0.1), (-5, 10), (1e-9, 1), (0, 1.4), (1e-200, 1)])
def test_the_ends_of_the_range_give_a_table(shift: float, scale: float) -> None:
    trial = kl_f_divergences(shift=shift, scale=scale, samples=10_000, seed=1)
    for row in trial.tables["divergences"].rows:
        assert isinstance(row[4], float)
        assert row[4] >= 0
        assert not any(isinstance(cell, float) and math.isnan(cell) for cell in row)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"shift": "0"}, "both distributions are the same"),
        ({"shift": "5", "scale": "1.153"}, "does not fit into double precision"),
        ({"shift": "6"}, "between -5 and 5"),
        ({"scale": "0"}, "between 0.1 and 10"),
        ({"samples": "1"}, "at least 2"),
    ],
)
def test_bad_parameters_are_refused_in_a_sentence(given: dict[str, str], sentence: str) -> None:
    with pytest.raises(UsageError) as refused:
        kl_f_divergences.checked(kl_f_divergences.signature.read(given))
    assert sentence in refused.value.message
    assert refused.value.message.endswith(".")


def test_a_cancelled_run_stops_at_the_next_chunk() -> None:
    seen = cancelled_at(kl_f_divergences, {"shift": 0.1, "scale": 1.0, "samples": 10**12})
    assert seen[0].done < 10**6
