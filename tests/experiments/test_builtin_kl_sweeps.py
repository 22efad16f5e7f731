"""The sweeps and galleries of the KL experiments, against closed forms."""

from __future__ import annotations

import math

import pytest

from labbook.errors import UsageError
from labbook.experiments.builtin.kl_lambda import kl_lambda
from labbook.experiments.builtin.kl_scale_sweep import kl_scale_sweep
from labbook.experiments.builtin.kl_shift_sweep import K3_AS_K1, K3_AS_K2, kl_shift_sweep
from labbook.experiments.builtin.kl_tails import kl_tails


def test_the_shift_sweeps_exact_columns_are_the_closed_forms() -> None:
    """With u = 2 KL: Var k1 = u, Var k2 = u²/2 + u³/4, Var k3 = e^u − 1 − u, bias k2 = KL²/2."""
    trial = kl_shift_sweep(seed=1, points=7, samples=2000)
    for row in trial.tables["shift-sweep"].rows:
        kl, _, bias, _, k1, _, k2, _, k3, _, best = map(float, row)  # type: ignore[arg-type]
        u = 2 * kl
        assert bias == pytest.approx(kl / 2, rel=1e-6)
        assert k1 * kl == pytest.approx(math.sqrt(u), rel=1e-9)
        assert k2 * kl == pytest.approx(math.sqrt(u * u / 2 + u**3 / 4), rel=1e-9)
        assert k3 * kl == pytest.approx(math.sqrt(math.expm1(u) - u), rel=1e-6)
        assert best * kl == pytest.approx(math.sqrt(u - u * u / math.expm1(u)), rel=1e-6)


def test_the_marked_crossings_are_where_the_variances_meet() -> None:
    u = 2 * K3_AS_K1
    assert math.expm1(u) - u == pytest.approx(u, rel=1e-9)
    u = 2 * K3_AS_K2
    assert math.expm1(u) - u == pytest.approx(u * u / 2 + u**3 / 4, rel=1e-9)


def test_the_scale_sweep_has_no_variance_of_k3_from_the_root_of_two_on() -> None:
    trial = kl_scale_sweep(seed=1, points=9, samples=20_000)
    assert any("variance of k3 is infinite" in each for each in trial.warnings)
    for row in trial.tables["scale-sweep"].rows:
        scale, exact_k3 = float(row[0]), float(row[7])  # type: ignore[arg-type]
        assert math.isinf(exact_k3) == (scale >= math.sqrt(2))


def test_the_pareto_shape_follows_the_exact_one() -> None:
    """The fit of the largest 1,900 ratios scatters by 0.03 to 0.05 and reads a little low."""
    trial = kl_scale_sweep(seed=2, narrowest=1.3, widest=2.5, points=4, samples=400_000)
    for row in trial.tables["scale-sweep"].rows:
        assert float(row[-2]) == pytest.approx(float(row[-1]), abs=0.15)  # type: ignore[arg-type]


def test_the_parabola_has_its_least_value_at_lambda_star() -> None:
    trial = kl_lambda(seed=1, samples=400_000)
    assert trial.metrics["lambda_star"] == pytest.approx(1 / math.expm1(1), rel=1e-6)
    assert trial.metrics["lambda_hat"] == pytest.approx(trial.metrics["lambda_star"], abs=0.01)
    exact, measured = trial.figures["parabola"].series
    # The nearest of the drawn points lies within half a step of 0.05 of the least one.
    assert 0 <= min(exact.y) - 0.6465472**2 <= math.expm1(1) * 0.025**2
    assert measured.y == pytest.approx(exact.y[::4], rel=0.1)


def test_a_parabola_of_infinite_variance_is_said_to_be_one() -> None:
    trial = kl_lambda(seed=1, q="normal(0,1)", p="normal(0,2)", samples=10_000)
    assert any("infinite" in each for each in trial.warnings)
    assert len(trial.figures["parabola"].series) == 1


def test_k3_reads_low_where_it_has_no_variance_and_k1_does_not() -> None:
    trial = kl_tails(seed=1, sizes=[1000, 10_000], repeats=100)
    for row in trial.tables["tails"].rows:
        _, index, _, _, k1_error, k3_error, low = row
        assert float(index) <= 2  # type: ignore[arg-type]
        assert float(k3_error) < 0  # type: ignore[arg-type]
        assert abs(float(k1_error)) < 0.1  # type: ignore[arg-type]
        assert float(low) > 0.5  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: kl_shift_sweep(smallest=2.0, largest=1.0), "must lie below"),
        (lambda: kl_scale_sweep(narrowest=2.0, widest=1.0), "must lie below"),
        (lambda: kl_lambda(lowest=1.0, highest=0.0), "must lie below"),
        (lambda: kl_lambda(q="normal(0,1)", p="exponential(1)"), "no parabola"),
        (lambda: kl_lambda(q="normal(0,1)", p="gauss"), "names no distribution"),
        (lambda: kl_tails(sizes=[1]), "at least 10"),
        (lambda: kl_shift_sweep(points=1), "at least 2"),
    ],
)
def test_bad_input_gets_a_sentence(call: object, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        call()  # type: ignore[operator]
