"""k̂, against laws whose tail is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import genpareto

from labbook.compute import generator
from labbook.kl.pareto import pareto_k, pareto_shape, reliable_below, tail_length

SEEDS = range(10)


@pytest.mark.parametrize("shape", [-0.3, 0.2, 0.5, 0.7, 1.0])
def test_the_shape_of_a_pareto_law_is_found_as_well_as_the_best_estimate_could(
    shape: float,
) -> None:
    """The maximum-likelihood estimate has a standard deviation of (1 + k) / √n."""
    uniform = generator(1, "uniform").random((100, 3000))
    found = [pareto_shape(np.sort(row)) for row in genpareto.ppf(uniform, shape)]
    least = (1 + shape) / math.sqrt(3000)
    assert np.mean(found) == pytest.approx(shape, abs=5 * least / 10 + 0.003)
    assert np.std(found, ddof=1) == pytest.approx(least, rel=5 / math.sqrt(200))


# For q = N(0, 1), p = N(0, s): the mean of k̂ over ten samples of 10^6, as published. It stays
# a little below the exact 1 − 1/s², since the tail is a power of r only up to a logarithm.
PUBLISHED = {1.2: 0.304, 1.3: 0.396, 1.5: 0.530, 2.0: 0.724, 3.0: 0.842}


@pytest.mark.parametrize(("s", "published"), PUBLISHED.items())
def test_normal_laws_of_two_widths_have_the_exact_tail_but_for_a_known_bias(
    s: float, published: float
) -> None:
    exact = 1 - 1 / s**2
    found = []
    for seed in SEEDS:
        z = generator(seed, "normal").standard_normal(1_000_000)
        found.append(pareto_k(exact * np.square(z) / 2 - math.log(s)))
    spread = (1 + exact) / math.sqrt(3 * 1000)
    # Both are means of ten.
    assert np.mean(found) == pytest.approx(published, abs=5 * spread * math.sqrt(2 / len(SEEDS)))
    assert exact - 0.08 < np.mean(found) < exact + 5 * spread / math.sqrt(len(SEEDS))


def test_a_bounded_ratio_has_no_heavy_tail() -> None:
    uniform = generator(3, "uniform").random(100_000)
    assert pareto_k(np.log(uniform)) < 0


def test_a_constant_factor_changes_nothing_however_large() -> None:
    log_ratio = generator(4, "normal").standard_normal(10_000)
    shape = pareto_k(log_ratio)
    assert pareto_k(log_ratio + 5000) == pytest.approx(shape, abs=1e-9)
    assert pareto_k(log_ratio[::-1].reshape(100, 100)) == pytest.approx(shape, abs=1e-12)


def test_ratios_of_nothing_are_the_lower_end_and_one_beyond_float64_is_the_worst() -> None:
    log_ratio = generator(5, "normal").standard_normal(1000)
    log_ratio[:100] = -math.inf
    assert math.isfinite(pareto_k(log_ratio))
    log_ratio[0] = math.inf
    assert pareto_k(log_ratio) == math.inf


@pytest.mark.parametrize("count", [0, 1, 20])
def test_too_few_or_equal_ratios_tell_nothing(count: int) -> None:
    assert math.isnan(pareto_k(np.arange(count, dtype=np.float64)))
    assert math.isnan(pareto_k(np.zeros(1000)))


def test_tail_and_threshold_are_those_of_psis() -> None:
    assert [tail_length(count) for count in (100, 225, 10_000, 1_000_000)] == [20, 45, 300, 3000]
    assert reliable_below(100) == pytest.approx(0.5)
    assert reliable_below(1000) == pytest.approx(2 / 3)
    assert reliable_below(10**6) == 0.7


def test_evenly_spaced_ratios_divide_nothing_by_nothing() -> None:
    """A largest value of three times the quartile puts a shape of exactly 0 on the grid."""
    assert math.isfinite(pareto_shape(np.repeat([1.0, 2.0, 3.0], [6, 7, 7])))
