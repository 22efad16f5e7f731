"""`kl.rounding`: its numbers against the theory of rounding, and its words."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext

import numpy as np
import pytest

from labbook.compute import generator
from labbook.errors import UsageError
from labbook.experiments import Trial
from labbook.experiments.builtin.kl_rounding import evaluate, kl_rounding, rounding_to
from tests.support.impatient import cancelled_at

# Two workers would each draw the samples that most tests look at.
pytestmark = pytest.mark.xdist_group("kl rounding")

EXP, NEAREST, EXPM1, SERIES = (
    "exp(L) - 1 - L",
    "exp(L) rounded to nearest, - 1 - L",
    "expm1(L) - L",
    "L² (1/2 + L/6 + …)",
)
Row = tuple[float, float, float]


@pytest.fixture(scope="module")
def trial() -> Trial:
    return kl_rounding(samples=1 << 19, seed=3)


def rows(trial: Trial, name: str) -> dict[tuple[float, str], Row]:
    """Bias, standard error and root mean square by KL and evaluation."""
    found = {}
    for kl, evaluation, *numbers in trial.tables[name].rows:
        assert isinstance(kl, float)
        assert isinstance(evaluation, str)
        bias, se, rms = numbers
        assert isinstance(bias, float)
        assert isinstance(se, float)
        assert isinstance(rms, float)
        found[kl, evaluation] = bias, se, rms
    return found


def test_one_samples_error_is_that_of_rounding_exp_to_the_next_number(trial: Trial) -> None:
    """Errors spread evenly over a spacing h have variance h²/12; it is 2^-23 above 1, and half
    of that below, where each lies in half of the cases."""
    spacing = 2.0**-23
    expected = spacing * math.sqrt((1 + 1 / 4) / 2 / 12)
    found = rows(trial, "float32")
    for kl in (5e-5, 5e-6, 5e-7, 4.5e-8, 5e-9):
        bias, se, rms = found[kl, NEAREST]
        assert rms * kl == pytest.approx(expected, rel=0.02)
        assert abs(bias) < 5 * se


def test_the_plain_evaluation_is_lost_as_others_have_measured(trial: Trial) -> None:
    """The error of one sample, relative to the KL; that of the library's exp comes in."""
    found = rows(trial, "float32")
    for kl, rms in ((5e-5, 9e-4), (5e-7, 9e-2), (4.5e-8, 1.1), (5e-9, 9.6)):
        assert found[kl, EXP][2] == pytest.approx(rms, rel=0.6)
        assert found[kl, EXP][2] > 0.99 * found[kl, NEAREST][2]


def test_expm1_and_the_series_keep_their_digits_in_float32(trial: Trial) -> None:
    found = rows(trial, "float32")
    for kl in (5e-1, 5e-3, 5e-5, 5e-7, 4.5e-8, 5e-9):
        assert abs(found[kl, EXPM1][0]) < 1e-4
        assert abs(found[kl, SERIES][0]) < 2e-8
        assert found[kl, SERIES][2] < 3e-7
    # expm1(L) − L leaves of L's last digit what is L²/2 times larger: 2^-24 / (L/2).
    assert 1e-4 < found[5e-9, EXPM1][2] < 1e-3


def test_short_formats_lose_a_small_divergence_whole(trial: Trial) -> None:
    """expm1(L) rounds to L itself: nothing is left, and the bias is −1."""
    assert rows(trial, "bfloat16")[5e-9, EXPM1][0] == pytest.approx(-1)
    assert rows(trial, "float16")[5e-9, EXPM1][0] == pytest.approx(-1)
    # bfloat16 has float32's exponents, and the series needs no more; float16's end at 6e-8.
    assert abs(rows(trial, "bfloat16")[5e-9, SERIES][0]) < 2.0**-8
    assert rows(trial, "float16")[5e-9, SERIES][0] < -0.5


@pytest.mark.parametrize(("name", "digits"), [("float32", 24), ("float16", 11), ("bfloat16", 8)])
def test_the_series_is_as_good_as_the_format_where_k3_is_of_its_range(
    trial: Trial, name: str, digits: int
) -> None:
    bias, _, rms = rows(trial, name)[5e-3, SERIES]
    assert abs(bias) < 2.0**-digits
    assert rms < 3 * 2.0**-digits


def test_float16_is_rounded_as_ieee_does() -> None:
    values = generator(1, "half").standard_normal(10_000).astype(np.float32)
    expected = [float(np.float16(value)) for value in values]
    assert rounding_to("float16")(values).tolist() == expected


def test_bfloat16_is_rounded_to_the_nearest_of_eight_digits() -> None:
    rng = generator(2, "brain")
    values = (rng.standard_normal(2000) * 10.0 ** rng.integers(-30, 30, 2000)).astype(np.float32)
    found = rounding_to("bfloat16")(values)
    for value, rounded in zip(values.tolist(), found.tolist(), strict=True):
        fraction, exponent = math.frexp(value)
        assert rounded == math.ldexp(round(fraction * 256), exponent - 8)
    ties = np.array([1 + 2**-8, 1 + 3 * 2**-8, -(1 + 2**-8)], dtype=np.float32)
    assert rounding_to("bfloat16")(ties).tolist() == [1, 1 + 2**-6, -1]


@pytest.mark.parametrize("evaluation", ["plain", "rounded", "expm1", "series"])
def test_evaluations_are_k3_where_nothing_cancels(evaluation: str) -> None:
    log_ratios = np.array([-2.5, -0.49, 0.3, 1.5, 4.0], dtype=np.float32)
    with localcontext() as context:
        context.prec = 40
        expected = [float(Decimal(x).exp() - 1 - Decimal(x)) for x in log_ratios.tolist()]
    found = evaluate(evaluation, log_ratios, rounding_to("float32"))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=4e-6)


def test_each_format_has_a_table_and_two_figures(trial: Trial) -> None:
    formats = ["float32", "float16", "bfloat16"]
    assert list(trial.tables) == formats
    assert list(trial.figures) == [f"{what}-{name}" for name in formats for what in ("bias", "rms")]
    for name in formats:
        kls = list(dict.fromkeys(kl for kl, _ in rows(trial, name)))
        assert kls == [5e-1, 5e-2, 5e-3, 5e-4, 5e-5, 5e-6, 5e-7, 4.5e-8, 5e-9]
        for what, column in (("bias", 0), ("rms", 2)):
            figure = trial.figures[f"{what}-{name}"]
            assert figure.x.scale == figure.y.scale == "log"
            for series in figure.series:
                for kl, size in zip(series.xs, series.y, strict=True):
                    assert size == abs(rows(trial, name)[kl, series.name][column]) > 0


def test_metrics_are_the_largest_errors_of_each_evaluation(trial: Trial) -> None:
    for name in ("float32", "float16", "bfloat16"):
        found = rows(trial, name)
        for key, label in (("plain", EXP), ("expm1", EXPM1), ("series", SERIES)):
            here = [row for (_, evaluation), row in found.items() if evaluation == label]
            assert trial.metrics[f"{name}.{key}.largest_bias"] == max(abs(b) for b, _, _ in here)
            assert trial.metrics[f"{name}.{key}.largest_rms"] == max(rms for _, _, rms in here)
    assert len(trial.metrics) == 2 * (4 + 3 + 3)


def test_a_seed_gives_the_same_metrics_to_the_last_bit() -> None:
    first = kl_rounding(divergences=[5e-7], samples=200_000, seed=11).metrics
    assert kl_rounding(divergences=[5e-7], samples=200_000, seed=11).metrics == first
    assert kl_rounding(divergences=[5e-7], samples=200_000, seed=12).metrics != first


@pytest.mark.parametrize("kl", [1e-12, 1.0])
def test_the_ends_of_the_range_give_finite_numbers(kl: float) -> None:
    trial = kl_rounding(divergences=[kl], samples=300_000, seed=1)
    assert all(map(math.isfinite, trial.metrics.values()))


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"divergences": "[]"}, "divergences is empty"),
        ({"divergences": "0.1,0"}, "divergences"),
        ({"divergences": "2"}, "between 1e-12 and 1"),
        ({"samples": "1"}, "at least 2"),
    ],
)
def test_bad_parameters_are_refused_in_a_sentence(given: dict[str, str], sentence: str) -> None:
    with pytest.raises(UsageError) as refused:
        kl_rounding.checked(kl_rounding.signature.read(given))
    assert sentence in refused.value.message
    assert refused.value.message.endswith(".")


def test_a_cancelled_run_stops_at_the_next_chunk() -> None:
    seen = cancelled_at(kl_rounding, {"divergences": [0.1], "samples": 10**12})
    assert seen[0].done < 10**6
