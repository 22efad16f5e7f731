"""Exact laws of indices, against recursions, sums, integrals, and simulations written plainly."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import binom

from labbook.channel import DiscretePair, Geometric
from labbook.channel.laws.finite import decoded_law, ordered_law, total_variation
from labbook.channel.laws.greedy import greedy_law
from labbook.channel.laws.greedy_poisson import greedy_poisson_law
from labbook.channel.laws.mixture import GeometricMixture
from labbook.channel.laws.poisson import BOUND, passed_over, poisson_law
from labbook.channel.laws.sums import index_nodes
from labbook.channel.spectrum import Spectrum, spectrum
from labbook.errors import UsageError

PAIRS = {
    "coin": ((0.5, 0.5), (0.9, 0.1)),
    "four": ((0.4, 0.3, 0.2, 0.1), (0.1, 0.1, 0.2, 0.6)),
    "same": ((0.5, 0.5), (0.5, 0.5)),
    "holes": ((0.25, 0.25, 0.5), (0.5, 0.5, 0.0)),
    "far": ((0.999, 0.001), (0.1, 0.9)),
    "indicator": ((0.125,) * 8, (1.0, *[0.0] * 7)),
}
each_pair = pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
LAWS = {"greedy": greedy_law, "poisson": poisson_law, "greedy Poisson": greedy_poisson_law}
each_law = pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
K = np.arange(1, 60_001)

Reals = NDArray[np.float64]
Pair = tuple[tuple[float, ...], tuple[float, ...]]


def spectrum_of(pair: Pair, n: int = 1) -> Spectrum:
    return spectrum(DiscretePair(*pair), n)


@each_law
@each_pair
def test_mean_entropy_and_logarithm_are_sums_over_the_probabilities(
    law: Callable[[Spectrum], GeometricMixture], pair: Pair
) -> None:
    found = law(spectrum_of(pair))
    pmf = np.exp2(found.log2_pmf(K))
    assert pmf.sum() == pytest.approx(1, abs=1e-10)
    assert found.exceeds(K) == pytest.approx(np.maximum(1 - np.cumsum(pmf), 0), abs=1e-11)
    assert found.exceeds(0) == pytest.approx(1)
    logs = np.log2(np.where(pmf > 0, pmf, 1))
    assert found.entropy == pytest.approx(float(-(pmf * logs).sum()), rel=2e-8, abs=1e-12)
    assert found.mean_log2 == pytest.approx(float((pmf * np.log2(K)).sum()), rel=2e-8, abs=1e-12)
    assert found.mean == pytest.approx(float((pmf * K).sum()), rel=1e-9)


@each_pair
def test_greedy_rejection_survives_as_its_recursion_says(pair: Pair) -> None:
    p, q = (np.array(each) for each in pair)
    low, left, survival = 0.0, 1.0, [1.0]
    for _ in range(3000):
        low += left
        left = float((p * np.maximum(q / p - low, 0)).sum())
        survival.append(left)
    found = greedy_law(spectrum_of(pair)).exceeds(np.arange(3001))
    assert found == pytest.approx(np.array(survival), abs=1e-12)


@each_pair
def test_greedy_indices_have_the_mean_m(pair: Pair) -> None:
    found = spectrum_of(pair)
    for law in (greedy_law, greedy_poisson_law):
        assert law(found).mean == pytest.approx(2**found.log2_m, rel=1e-12)


def test_with_two_outcomes_both_greedy_laws_are_one() -> None:
    for p, q in ((0.5, 0.9), (0.3, 0.31), (0.999, 0.1)):
        found = spectrum_of(((p, 1 - p), (q, 1 - q)))
        one, other = greedy_law(found), greedy_poisson_law(found)
        assert one.exceeds(K) == pytest.approx(other.exceeds(K), abs=1e-12)
    assert greedy_law(spectrum_of(PAIRS["coin"])).entropy == pytest.approx(1.7710, abs=5e-5)


@pytest.mark.parametrize("n", [16, 64, 256])
def test_greedy_entropies_lie_between_the_divergence_and_its_published_bound(n: int) -> None:
    found = spectrum_of(PAIRS["coin"], n)
    law = greedy_law(found)
    assert law.mean == pytest.approx(2**found.log2_m, rel=1e-10)
    assert found.dcs_bits <= law.entropy <= found.dcs_bits + math.log2(math.e + 1)


@each_pair
def test_the_points_passed_over_are_an_expected_gap(pair: Pair) -> None:
    p, q = (np.array(each) for each in pair)
    ratio = np.unique(q / p)
    expected = [float((p * np.maximum(each - q / p, 0)).sum()) for each in ratio]
    assert passed_over(spectrum_of(pair)) == pytest.approx(np.array(expected), rel=1e-13, abs=1e-14)


@pytest.mark.parametrize("n", [1, 10, 100, 1024])
def test_the_functional_representation_costs_kl_and_half_a_bit_at_most(n: int) -> None:
    for pair in PAIRS.values():
        if (
            n * math.log2(max(q / p for p, q in zip(*pair, strict=True))) < 1000
            and len(pair[0]) == 2
        ):
            found = spectrum_of(pair, n)
            assert poisson_law(found).mean_log2 <= found.kl_bits + BOUND


def test_a_mixture_of_one_part_is_geometric() -> None:
    for success in (1.0, 0.3, 1e-3, 1e-9, 1e-60):
        mixture = GeometricMixture(np.array([1.0]), np.array([success]))
        law = Geometric(success)
        assert mixture.mean == law.mean
        assert mixture.entropy == pytest.approx(law.entropy, rel=1e-9, abs=1e-12)
        assert mixture.mean_log2 == pytest.approx(law.mean_log2, rel=1e-9, abs=1e-12)


@given(st.integers(1, 10**6), st.integers(0, 10**5), st.floats(1, 1e5))
def test_sums_over_indices_are_what_adding_up_gives(first: int, count: int, scale: float) -> None:
    k = np.arange(first, first + count, dtype=np.float64)
    x, weight = index_nodes(first, first + count - 1, scale)

    def terms(at: Reals) -> Reals:
        return np.exp(-(at - first) / scale) * np.log2(at + 1)

    assert float((weight * terms(x)).sum()) == pytest.approx(float(terms(k).sum()), rel=2e-8)


# A choice among N candidates


def choices(pair: Pair, candidates: int, rounds: int) -> tuple[Reals, Reals]:
    """Indices of ordered random coding, and the symbols chosen."""
    p, q = (np.array(each) for each in pair)
    rng = np.random.default_rng(7)
    z = rng.choice(len(p), size=(rounds, candidates), p=p)
    arrivals = np.sort(rng.exponential(size=(rounds, candidates)), axis=1)
    with np.errstate(divide="ignore"):
        chosen = (arrivals / (q / p)[z]).argmin(axis=1)
    return chosen + 1, z[np.arange(rounds), chosen]


@pytest.mark.parametrize("candidates", [2, 8, 64])
def test_ordered_random_coding_as_simulated(candidates: int) -> None:
    rounds = 40_000
    found = spectrum_of(PAIRS["four"])
    index, symbols = choices(PAIRS["four"], candidates, rounds)
    law, decoded = ordered_law(found, candidates), decoded_law(found, candidates)
    assert decoded.sum() == pytest.approx(1, abs=1e-12)
    logs = np.log2(index)
    assert abs(logs.mean() - law.mean_log2) < 5 * logs.std() / math.sqrt(rounds)
    p, q = (np.array(each) for each in PAIRS["four"])
    order = np.argsort(q / p)
    shares = np.bincount(symbols, minlength=4)[order] / rounds
    assert (np.abs(shares - decoded) < 5 * np.sqrt(decoded * (1 - decoded) / rounds)).all()
    counts = np.bincount(index, minlength=candidates + 1)[1:]
    expected = rounds * law.probabilities
    chi2 = float(((counts - expected) ** 2 / expected).sum())
    assert chi2 < candidates + 5 * math.sqrt(2 * candidates)


@pytest.mark.parametrize("candidates", [2, 5, 40])
def test_two_outcomes_are_a_binomial_number_of_good_candidates(candidates: int) -> None:
    """With m candidates of ratio a and the rest of ratio b, the choice is proportional."""
    p, q = PAIRS["coin"]
    a, b = q[0] / p[0], q[1] / p[1]
    m = np.arange(candidates + 1)
    share = float((binom.pmf(m, candidates, p[0]) * m * a / (m * a + (candidates - m) * b)).sum())
    assert decoded_law(spectrum_of(PAIRS["coin"]), candidates)[1] == pytest.approx(share, rel=1e-12)


def test_many_candidates_decode_the_target() -> None:
    found = spectrum_of(PAIRS["four"])
    distances = [total_variation(found, 2**k) for k in range(1, 15)]
    assert distances == sorted(distances, reverse=True)
    assert distances[-1] < 1e-4


def test_many_candidates_are_ordered_as_the_functional_representation_orders() -> None:
    """T_i = Σ E_j N/(N − j + 1) tends to a Poisson process."""
    found = spectrum_of(PAIRS["four"])
    k = np.arange(1, 30)
    law = ordered_law(found, 1 << 14).log2_pmf(k)
    assert np.exp2(law) == pytest.approx(np.exp2(poisson_law(found).log2_pmf(k)), abs=2e-4)


def test_one_candidate_is_taken_whatever_it_is() -> None:
    found = spectrum_of(PAIRS["four"])
    assert ordered_law(found, 1).entropy == 0
    assert decoded_law(found, 1) == pytest.approx(found.p)


def test_what_is_too_large_is_refused() -> None:
    with pytest.raises(UsageError, match="does not fit into double precision"):
        greedy_law(spectrum_of(PAIRS["coin"], 1200))
    with pytest.raises(UsageError, match="M up to 1e\\+07"):
        greedy_poisson_law(spectrum_of(PAIRS["coin"], 64))
    with pytest.raises(UsageError, match="choice among 0 candidates"):
        decoded_law(spectrum_of(PAIRS["coin"]), 0)
