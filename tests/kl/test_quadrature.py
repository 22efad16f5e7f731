"""The nodes of expectations: exact to the ends and at crossings, or else said to be unknown."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import integrate, stats

from labbook.kl.normal import Normal
from labbook.kl.pair import Pair
from labbook.kl.pair_laws import exact, has_moment, law
from labbook.kl.quadrature import crossings
from labbook.kl.statistics import K1, K2, K3, REVERSE_RATIO
from tests.kl.textbook import pair_of


def found(of: np.polynomial.Polynomial, x: np.ndarray) -> list[float]:
    return sorted(crossings(of, x, np.ones_like(x)).tolist())


def test_crossings_are_found_where_there_are_two_between_neighbours() -> None:
    x = np.linspace(-3.0, 3.0, 61) + 0.013
    roots = [-2.0, 0.3, 0.3004, 2.5, 2.59]
    assert found(np.polynomial.Polynomial.fromroots(roots), x) == pytest.approx(roots, abs=1e-12)
    assert found(np.polynomial.Polynomial([1e-9, 0, 1]), x) == []
    assert found(np.polynomial.Polynomial([0.0]), x) == []


@pytest.mark.parametrize("sd", [0.72, 0.71, 0.70711])
def test_what_small_ratios_weigh_is_summed_too(sd: float) -> None:
    """χ²(q‖p) = s² / √(2s² − 1) − 1, infinite from s = √½ down."""
    pair = Pair(Normal(0, 1), Normal(0, sd))
    expected = sd**2 / math.sqrt(2 * sd**2 - 1) - 1
    assert exact(pair).reverse_chi2 == pytest.approx(expected, rel=1e-9)


def test_powers_of_a_log_ratio_are_summed_as_far_as_they_reach() -> None:
    """Under Student's t with 8.5 degrees of freedom, x⁸ has a mean, but a slow one."""
    pair = pair_of("t(8.5)", "normal(0,1)")

    def integrand(s: float) -> float:
        x = np.array([math.exp(s)])
        log_ratio = float(pair.log_ratio(x)[0])
        return 2 * math.exp(float(pair.q.log_density(x)[0]) + s) * log_ratio**4 / 4

    second = sum(
        integrate.quad(integrand, s, s + 5, epsabs=0, epsrel=1e-10, limit=200)[0]
        for s in range(-40, 75, 5)
    )
    mean = law(pair, K2).mean
    assert law(pair, K2).sd == pytest.approx(math.sqrt(second - mean**2), rel=1e-9)


def test_a_sum_that_goes_on_beyond_double_precision_is_unknown() -> None:
    slow = pair_of("t(8.02)", "normal(0,1)")
    assert has_moment(slow, K2, 2)
    assert math.isnan(law(slow, K2).sd)
    assert math.isfinite(law(slow, K2).mean)
    # χ²(q‖p) needs a sum over billions of integers, KL(q‖p) one over dozens.
    far = pair_of("geometric(0.3)", "geometric(0.50999995)")
    assert has_moment(far, REVERSE_RATIO, 1)
    assert math.isnan(law(far, REVERSE_RATIO).mean)
    kl = math.log(0.3 / 0.50999995) + (0.7 / 0.3) * math.log(0.7 / 0.49000005)
    assert exact(far).kl == pytest.approx(kl, rel=1e-12)


@pytest.mark.parametrize(
    ("a", "b", "c", "d"), [(0.5, 0.5, 0.6, 0.4), (1, 0.1, 1, 0.15), (2, 0.05, 3, 2)]
)
def test_mass_beside_an_end_that_x_is_rounded_to_counts(
    a: float, b: float, c: float, d: float
) -> None:
    """KL of two beta laws, by the digamma function; a twentieth and more lies beyond 1 − 2^−53."""
    from scipy.special import betaln, digamma

    pair = pair_of(f"beta({a},{b})", f"beta({c},{d})")
    both = (a - c) * digamma(a) + (b - d) * digamma(b) + (c - a + d - b) * digamma(a + b)
    expected = betaln(c, d) - betaln(a, b) + both
    assert law(pair, K1).mean == pytest.approx(expected, rel=1e-9)


def test_a_pole_of_p_within_the_support_of_q_decides_what_is_finite() -> None:
    """Where p goes as δ^e, E_q[r²] needs 2e > −1."""
    for exponent, finite in ((0.5, False), (0.49, False), (0.51, True), (2.0, True)):
        assert pair_of("normal(0,1)", f"beta({exponent},2)").is_finite(2) == finite
        assert pair_of("normal(0,1)", f"beta(2,{exponent})").is_finite(2) == finite
    assert pair_of("normal(0,1)", "beta(0.5,0.5)").tail_index == pytest.approx(2)


@pytest.mark.parametrize("mean", [1.0, 6.0, 20.0])
def test_missing_mass_keeps_its_digits_where_it_is_small(mean: float) -> None:
    pair = pair_of("exponential(1)", f"normal({mean},1)")
    assert pair.missing_mass == pytest.approx(stats.norm.cdf(-mean), rel=1e-11)
    assert pair_of(f"normal({mean},1)", "exponential(1)").lost == pair.missing_mass


def test_sums_reach_as_far_as_large_ratios_weigh() -> None:
    """E_q[r²] = exp((b − a)²/a) for Poisson laws: most of it lies around b²/a."""
    pair = pair_of("poisson(0.3)", "poisson(10)")
    kl = 9.7 - 0.3 * math.log(100 / 3)
    assert exact(pair).chi2 == pytest.approx(math.exp(9.7**2 / 0.3), rel=1e-11)
    assert law(pair, K3).mean == pytest.approx(kl, rel=1e-12)
