"""Streaming moments against NumPy and SciPy over the whole array."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from labbook.kl import Moments
from labbook.kl.moments import relative_se_of_sd

DRAW = np.random.default_rng(1)
SAMPLES = {
    "normal": DRAW.standard_normal(5000),
    "skew": DRAW.exponential(size=5000) ** 2,
    "far from zero": 1e6 + DRAW.standard_normal(5000),
    "tiny": 1e-9 * DRAW.standard_normal(5000),
}


def assert_same(found: Moments, values: np.ndarray, tolerance: float = 1e-9) -> None:
    assert found.count == values.size
    spread = values.std()
    assert found.mean == pytest.approx(values.mean(), rel=1e-14, abs=tolerance * spread)
    for order, total in ((2, found.m2), (3, found.m3), (4, found.m4)):
        expected = stats.moment(values, order)
        assert total / found.count == pytest.approx(
            expected, rel=tolerance, abs=tolerance * spread**order
        )


@pytest.mark.parametrize("values", SAMPLES.values(), ids=SAMPLES)
def test_moments_are_those_of_the_array(values: np.ndarray) -> None:
    found = Moments.of(values)
    assert_same(found, values)
    assert found.sd == pytest.approx(values.std(ddof=1), rel=1e-9)
    assert found.kurtosis == pytest.approx(stats.kurtosis(values, fisher=False), rel=1e-9)
    assert found.mean_se == pytest.approx(stats.sem(values), rel=1e-9)


@pytest.mark.parametrize("values", SAMPLES.values(), ids=SAMPLES)
@pytest.mark.parametrize("cuts", [(1,), (2, 3, 4), (10, 4000), (2500,), (0, 5000)])
def test_parts_merge_into_the_whole(values: np.ndarray, cuts: tuple[int, ...]) -> None:
    parts = [Moments.of(part) for part in np.split(values, cuts) if part.size]
    forwards = backwards = Moments()
    for part in parts:
        forwards = forwards.merge(part)
    for part in reversed(parts):
        backwards = part.merge(backwards)
    assert_same(forwards, values)
    assert_same(backwards, values)


def test_nothing_merged_with_something_is_that() -> None:
    some = Moments.of(SAMPLES["skew"])
    assert Moments().merge(some) == some == some.merge(Moments())


def test_one_number_has_no_spread_to_speak_of() -> None:
    assert math.isnan(Moments.of(np.array([2.0])).sd)
    assert math.isnan(Moments.of(np.array([2.0])).mean_se)


@pytest.mark.parametrize(
    ("law", "kurtosis"), [(stats.norm, 3.0), (stats.uniform, 1.8), (stats.laplace, 6.0)]
)
def test_the_standard_error_of_a_spread_is_what_repetition_shows(law, kurtosis: float) -> None:  # type: ignore[no-untyped-def]
    n, repetitions = 2000, 3000
    spreads = law.rvs(size=(repetitions, n), random_state=5).std(axis=1, ddof=1)
    observed = spreads.std(ddof=1) / spreads.mean()
    expected = relative_se_of_sd(kurtosis, n)
    # The observed value has a relative standard error of 1/sqrt(2 · repetitions).
    assert observed == pytest.approx(expected, rel=5 / math.sqrt(2 * repetitions))
