"""`kl.f-divergences`: its numbers against closed forms, its figure, and its words."""

from __future__ import annotations

import math

import pytest

from labbook.errors import UsageError
from labbook.experiments.builtin.kl_f_divergences import kl_f_divergences
from tests.support.impatient import cancelled_at
from tests.support.memory import peak_growth_mb

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
    trial = kl_f_divergences(p="normal(1,1)", samples=1_000_000, seed=seed)
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
    metrics = kl_f_divergences(p="normal(1,1)", samples=samples, seed=4).metrics
    for name, stdev in (("kl.plain", 1.0), ("total_variation.tail_safe", 0.3306912)):
        assert metrics[f"{name}.stdev"] == pytest.approx(stdev, rel=5 / math.sqrt(2 * samples))


@pytest.mark.parametrize(
    ("q", "p", "kl", "total_variation"),
    [
        # Exponentials of rates 1 and b: log 1/b + b − 1, and |F − G| where they cross.
        ("exponential(1)", "exponential(0.6)", -math.log(0.6) - 0.4, 0.6**1.5 - 0.6**2.5),
        ("poisson(3)", "poisson(4)", 3 * math.log(3 / 4) + 1, None),
        ("bernoulli(0.5)", "bernoulli(0.2)", math.log(5 / 4), 0.3),
        ("cauchy(0,1)", "cauchy(1,1)", math.log(5 / 4), 2 * math.atan(1 / 2) / math.pi),
    ],
)
def test_any_family_is_exact_and_measured(
    q: str, p: str, kl: float, total_variation: float | None
) -> None:
    trial = kl_f_divergences(q=q, p=p, samples=300_000, seed=2)
    assert trial.metrics["kl.exact"] == pytest.approx(kl, rel=1e-9)
    if total_variation is not None:
        assert trial.metrics["total_variation.exact"] == pytest.approx(total_variation, rel=1e-9)
    rows = trial.tables["divergences"].rows
    assert len(rows) == len(AT_ONE)
    assert "exact divergence" not in [each.name for each in trial.tables["divergences"].columns]
    for row in rows:
        if row[5] is not None:
            assert abs(float(row[5])) < 5, row


def test_where_the_variance_is_infinite_it_says_so_and_gives_no_z() -> None:
    trial = kl_f_divergences(p="normal(0,2)", samples=200_000, seed=1)
    rows = {row[:2]: row for row in trial.tables["divergences"].rows}
    tangent, safe = rows["KL(q‖p)", "tangent"], rows["Le Cam", "tail-safe"]
    assert tangent[5] is None
    assert tangent[7] == math.inf
    assert isinstance(safe[5], float)
    assert abs(safe[5]) < 5
    assert safe[7] == pytest.approx(0.2311629, rel=1e-6)
    assert rows["χ²(p‖q)", "plain = tangent"][4] == math.inf
    mean, warning = trial.warnings
    assert mean == "The mean is infinite, whatever the samples show: χ²(p‖q)."
    assert "KL(q‖p) tangent" in warning
    assert "KL(q‖p) plain" not in warning
    assert "tail-safe" not in warning


def test_a_spread_that_samples_cannot_see_is_warned_of() -> None:
    trial = kl_f_divergences(p="normal(3,1)", samples=10_000, seed=1)
    (warning,) = trial.warnings
    assert "show less of it than there is" in warning
    assert "χ²(p‖q) plain" in warning
    assert kl_f_divergences(samples=100_000, seed=1).warnings == []


def test_mass_that_q_lacks_parts_the_means_and_is_said() -> None:
    """By hand: m = 1/2, KL = log(25/6) / 2, and the total variation is 1/2."""
    trial = kl_f_divergences(
        q="categorical(0.5,0.5)", p="categorical(0.2,0.3,0.5)", samples=100_000, seed=1
    )
    rows = {row[:2]: row for row in trial.tables["divergences"].rows}
    assert trial.tables["divergences"].columns[-1].name == "exact divergence"
    kl, total = math.log(25 / 6) / 2, 1 / 2
    for form, mean in (("plain = tail-safe", kl), ("tangent", kl - 1 / 2)):
        assert rows["KL(q‖p)", form][4] == pytest.approx(mean)
        assert rows["KL(q‖p)", form][-1] == pytest.approx(kl)
    for form, mean in (("plain = tangent", total / 2), ("tail-safe", total)):
        assert rows["total variation", form][4] == pytest.approx(mean)
        assert rows["total variation", form][-1] == pytest.approx(total)
    assert rows["KL(p‖q)", "plain"][-1] == math.inf
    assert all(abs(float(row[5])) < 5 for row in rows.values())  # type: ignore[arg-type]
    (warning,) = trial.warnings
    assert warning == (
        "p has a mass of 0.5 where q has none, and no sample shows it: only the mean of a "
        "tail-safe form is the divergence. Infinite are KL(p‖q), Jeffreys, χ²(p‖q)."
    )
    figure = trial.figures["collapse"]
    assert "χ²(p‖q)" not in [each.name for each in figure.series]
    assert "no common line" in figure.title


def test_mass_that_p_lacks_is_infinite_where_it_should_be() -> None:
    trial = kl_f_divergences(q="normal(1,1)", p="exponential(1)", samples=50_000, seed=1)
    assert trial.warnings[0] == (
        "q has a mass of 0.158655 where p has none. Infinite are KL(q‖p), Jeffreys, χ²(q‖p)."
    )
    assert trial.warnings[1] == "The mean is infinite, whatever the samples show: χ²(p‖q)."
    for row in trial.tables["divergences"].rows:
        if row[0] in {"KL(q‖p)", "Jeffreys", "χ²(q‖p)"}:
            assert row[2] == row[4] == row[7] == math.inf
            assert row[3] is row[5] is row[6] is None
        elif row[5] is not None:
            assert abs(float(row[5])) < 5


def test_what_is_unknown_is_left_empty_and_samples_go_on() -> None:
    trial = kl_f_divergences(q="geometric(1e-9)", p="geometric(2e-9)", samples=1000, seed=1)
    assert "Not every exact value could be computed" in trial.warnings[-1]
    assert trial.figures == {}
    for row in trial.tables["divergences"].rows:
        assert isinstance(row[2], float)
        assert row[4] in {None, math.inf}
        assert row[5] is None


def test_the_figure_shows_every_smooth_divergence_fall_on_one_line() -> None:
    figure = kl_f_divergences(p="normal(1,1)", samples=1000, seed=1).figures["collapse"]
    assert [each.name for each in figure.series] == [
        name for key, name in NAMES.items() if key != "total_variation"
    ]
    assert figure.x.scale == figure.y.scale == "log"
    chi2 = math.expm1(1)
    for series in figure.series:
        shares = series.xs
        assert (shares[0], shares[-1]) == (1 / 64, 1)
        assert series.y[0] == pytest.approx(shares[0] ** 2 * chi2 / 2, rel=0.1), series.name
        assert list(series.y) == sorted(series.y)
    by_name = {each.name: each for each in figure.series}
    for share, value in zip(by_name["χ²(p‖q)"].xs, by_name["χ²(p‖q)"].y, strict=True):
        assert value == pytest.approx(share**2 * chi2 / 2, rel=1e-10)
    assert by_name["KL(q‖p)"].y[-1] == pytest.approx(1 / 2, rel=1e-10)


def test_a_seed_gives_the_same_metrics_to_the_last_bit() -> None:
    first = kl_f_divergences(samples=150_000, seed=11).metrics
    assert kl_f_divergences(samples=150_000, seed=11).metrics == first
    assert kl_f_divergences(samples=150_000, seed=12).metrics != first


@pytest.mark.parametrize(
    "p",
    ["normal(5,0.1)", "normal(-5,10)", "normal(1e-9,1)", "normal(0,1.4)", "normal(1e-200,1)"],
)
def test_the_ends_of_the_range_give_a_table(p: str) -> None:
    trial = kl_f_divergences(p=p, samples=10_000, seed=1)
    for row in trial.tables["divergences"].rows:
        assert isinstance(row[4], float)
        assert row[4] >= 0
        assert not any(isinstance(cell, float) and math.isnan(cell) for cell in row)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"p": "normal(0,1)"}, "are the same distribution"),
        ({"p": "normal(5,1.153)"}, "does not fit into double precision"),
        ({"p": "normal(0,0)"}, "above 0"),
        ({"q": "gauss(0,1)"}, "names no distribution"),
        ({"q": "poisson(3)"}, "one lives on the integers"),
        ({"p": "categorical(0.5,0.4)"}, "sum to 0.9"),
        ({"samples": "1"}, "at least 2"),
        ({"samples": "1e13"}, "hours"),
    ],
)
def test_bad_parameters_are_refused_in_a_sentence(given: dict[str, str], sentence: str) -> None:
    with pytest.raises(UsageError) as refused:
        kl_f_divergences.checked(kl_f_divergences.signature.read(given))
    assert sentence in refused.value.message
    assert refused.value.message.endswith(".")


def test_memory_does_not_grow_with_the_samples() -> None:
    before = (
        "from labbook.experiments.builtin.kl_f_divergences import kl_f_divergences\n"
        "kl_f_divergences(samples=300_000, seed=1)"
    )
    assert peak_growth_mb(before, "kl_f_divergences(samples=3_000_000, seed=1)") < 10


def test_a_cancelled_run_stops_at_the_next_chunk() -> None:
    params = {"q": "normal(0,1)", "p": "normal(0.1,1)", "samples": 10**12}
    seen = cancelled_at(kl_f_divergences, params)
    assert seen[0].done < 10**6
