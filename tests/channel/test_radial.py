"""The length of a normal vector, against closed forms, SciPy's laws, integrals and samples."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad

from labbook.channel.line.radial import Radial

SPREAD = Radial(np.array([3.0, -0.4, 20.0, 0.0, 0.1]), np.array([0.01, 0.3, 5.0, 50.0, 2000.0]))
"""Variances from 1e-4 to 4e6, where series in any one of them need a billion terms."""


def of(*coordinates: tuple[float, float]) -> Radial:
    means, sds = zip(*coordinates, strict=True)
    return Radial(np.array(means), np.array(sds))


@pytest.mark.parametrize(("mean", "sd"), [(0.0, 1.0), (1.0, 1.0), (5.0, 1.0), (3.0, 0.2)])
def test_one_coordinate_is_a_folded_normal_law(mean: float, sd: float) -> None:
    law, truth = of((mean, sd)), stats.foldnorm(mean / sd, scale=sd)
    d = mean + sd * np.array([-2.0, -1.0, -0.5, 0.1, 1.0, 2.5, 5.0])
    d = d[d > 0]
    assert np.exp(law.log_within(d)) == pytest.approx(truth.cdf(d), rel=1e-10)
    assert law.beyond(d) == pytest.approx(truth.sf(d), rel=1e-10)
    assert law.density(d) == pytest.approx(truth.pdf(d), rel=1e-10)


@pytest.mark.parametrize(("count", "square"), [(2, 0.0), (3, 5.0), (16, 40.0), (64, 300.0)])
def test_equal_spreads_are_a_noncentral_chi_squared_law(count: int, square: float) -> None:
    sd, rng = 0.7, np.random.default_rng(1)
    away = rng.standard_normal(count)
    means = sd * away * math.sqrt(square / (away @ away))
    law = Radial(means, np.full(count, sd))
    truth = stats.ncx2(count, square) if square else stats.chi2(count)
    x = (count + square) * np.array([0.2, 0.5, 0.9, 1.0, 1.1, 1.5, 2.5])
    d = sd * np.sqrt(x)
    assert np.exp(law.log_within(d)) == pytest.approx(truth.cdf(x), rel=1e-9)
    assert law.beyond(d) == pytest.approx(truth.sf(x), rel=1e-9)
    assert law.density(d) == pytest.approx(2 * np.sqrt(x) / sd * truth.pdf(x), rel=1e-9)


@pytest.mark.parametrize("second", [(-0.4, 0.6), (3.0, 0.05), (0.0, 40.0)])
def test_two_coordinates_are_a_convolution(second: tuple[float, float]) -> None:
    law, first, other = of((1.0, 0.8), second), stats.norm(1.0, 0.8), stats.norm(*second)
    centre = math.hypot(1.0, second[0])
    for d in (0.1, centre, centre + 1.0, centre + second[1]):

        def chord(x: float, d: float = d) -> float:
            half = math.sqrt(max(d * d - x * x, 0.0))
            return float(first.pdf(x) * (other.cdf(half) - other.cdf(-half)))

        # The chord turns sharply where it ends and where it meets the other coordinate's mean.
        turn = math.sqrt(max(d * d - second[0] ** 2, 0.0))
        inside = sorted({-turn, turn, 0.0, min(1.0, d / 2)})
        within = quad(chord, -d, d, points=inside, limit=500, epsabs=0, epsrel=1e-10)[0]
        found = math.exp(law.log_within(np.array(d)))
        assert found == pytest.approx(within, rel=1e-7)
        assert float(law.beyond(np.array(d))) == pytest.approx(1 - within, abs=1e-7)


def test_deep_in_the_lower_tail_it_is_the_volume_of_a_ball_times_a_density() -> None:
    """P(|X| ≤ d) = V_n d^n φ(0) (1 + O(d²)), e^-45090 here, to the last of its digits."""
    n, d = 5, 1e-7
    log_ball = n * math.log(d) + n / 2 * math.log(math.pi) - math.lgamma(n / 2 + 1)
    log_density = stats.norm.logpdf(0, SPREAD.means, SPREAD.sds).sum()
    assert float(SPREAD.log_within(np.array(d))) == pytest.approx(log_ball + log_density, abs=1e-6)


def test_far_in_the_upper_tail_the_widest_coordinate_decides() -> None:
    """With one wide coordinate, P(|X| > d) is 2 P(X > d) times what the others add, on average."""
    law = of((0.0, 1.0), (0.0, 0.01), (0.0, 0.02))
    d = np.array([20.0, 35.0])
    # E exp(Y²/2) of the others over the coordinate that must exceed √(d² − Y²).
    others = 1 / math.sqrt((1 - 0.01**2) * (1 - 0.02**2))
    assert law.beyond(d) == pytest.approx(2 * stats.norm.sf(d) * others, rel=1e-5)


def test_the_density_is_the_slope_of_the_law() -> None:
    for low, high in ((2.0, 3.0), (10.0, 21.0), (300.0, 2000.0)):
        slope = quad(lambda d: float(SPREAD.density(np.array(d))), low, high, epsrel=1e-10)[0]
        ends = np.exp(SPREAD.log_within(np.array([low, high])))
        assert slope == pytest.approx(ends[1] - ends[0], rel=1e-8)


def test_samples_are_as_often_within_as_the_law_says() -> None:
    size = 200_000
    rng = np.random.default_rng(4)
    length = np.linalg.norm(SPREAD.means + SPREAD.sds * rng.standard_normal((size, 5)), axis=1)
    for d in (30.0, 100.0, 500.0, 2000.0, 4000.0):
        expected = math.exp(SPREAD.log_within(np.array(d)))
        error = math.sqrt(expected * (1 - expected) / size)
        assert abs(np.mean(length <= d) - expected) < 4 * error


def test_at_the_ends_all_is_beyond_or_within() -> None:
    ends = np.array([0.0, np.inf])
    assert SPREAD.log_within(ends).tolist() == [-np.inf, 0.0]
    assert SPREAD.beyond(ends).tolist() == [1.0, 0.0]
    assert SPREAD.density(np.array([0.0])).tolist() == [0.0]
