"""Pairs of normal laws, and the exact laws of their indices."""

from __future__ import annotations

import functools
import math

import numpy as np
import pytest
from scipy import optimize, stats
from scipy.integrate import dblquad, quad, solve_ivp

from labbook.channel.codes.integers import (
    elias_delta,
    elias_gamma,
    expected_elias_delta,
    expected_elias_gamma,
)
from labbook.channel.laws.greedy import greedy_law as discrete_greedy_law
from labbook.channel.line.gaussian import GaussianPair
from labbook.channel.line.gaussian_laws import greedy_law, greedy_poisson_law, poisson_law
from labbook.channel.spectrum import Spectrum
from labbook.errors import UsageError

PAIRS = {
    "centred": (0.0, 0.5),
    "shifted": (1.0, 0.5),
    "narrow": (2.0, 0.02),
    "far": (4.0, 0.1),
    "near": (0.3, 0.95),
    "wide and shifted": (1.0, 0.99),
}
MODERATE = {name: PAIRS[name] for name in ("centred", "shifted", "near")}

each_pair = pytest.mark.parametrize(("m", "s"), PAIRS.values(), ids=PAIRS)
each_moderate = pytest.mark.parametrize(("m", "s"), MODERATE.values(), ids=MODERATE)


class Truth:
    """q = N(m, s²) and p = N(0, 1) by their densities, with roots found by search."""

    def __init__(self, m: float, s: float) -> None:
        self.p, self.q = stats.norm(), stats.norm(m, s)
        self.m, self.s = m, s
        self.top = float(optimize.minimize_scalar(lambda z: -self.log_ratio(z)).x)
        self.log_m = self.log_ratio(self.top)

    def log_ratio(self, z: float) -> float:
        return z * z / 2 - ((z - self.m) / self.s) ** 2 / 2 - math.log(self.s)

    def interval(self, fall: float) -> tuple[float, float]:
        """Where ln r is at least ln M − fall, by finding its ends."""
        far = 10 * (1 + math.sqrt(fall)) * self.s / math.sqrt(1 - self.s**2)

        def excess(z: float) -> float:
            return self.log_ratio(z) - self.log_m + fall

        if excess(self.top) <= 0:
            return self.top, self.top
        low = optimize.brentq(excess, self.top - far, self.top, xtol=1e-14, rtol=1e-14)
        return low, optimize.brentq(excess, self.top, self.top + far, xtol=1e-14, rtol=1e-14)

    def width(self, law: str, fall: float) -> float:
        low, high = self.interval(fall)
        if law == "q":
            low, high = (low - self.m) / self.s, (high - self.m) / self.s
        root = math.sqrt(0.5)
        return (math.erfc(low * root) - math.erfc(high * root)) / 2


@each_pair
def test_the_divergences_are_integrals_of_the_densities(m: float, s: float) -> None:
    pair, truth = GaussianPair(m, s), Truth(m, s)
    ends = (m - 12 * s, m + 12 * s)

    def mean(function) -> float:  # type: ignore[no-untyped-def]
        return quad(lambda z: truth.q.pdf(z) * function(z), *ends, epsabs=1e-13, limit=200)[0]

    kl = mean(truth.log_ratio) / math.log(2)
    assert pair.kl_bits == pytest.approx(kl, rel=1e-8, abs=1e-11)
    variance = mean(lambda z: (truth.log_ratio(z) / math.log(2) - kl) ** 2)
    assert pair.variance == pytest.approx(variance, rel=1e-7)
    assert pair.log2_m == pytest.approx(truth.log_m / math.log(2), rel=1e-9)
    assert pair.mode == pytest.approx(truth.top, abs=1e-5)
    assert pair.log2_ratio([m, m + s]) * math.log(2) == pytest.approx(
        [truth.log_ratio(m), truth.log_ratio(m + s)], rel=1e-9
    )


@each_pair
def test_the_width_functions_are_masses_of_intervals(m: float, s: float) -> None:
    pair, truth = GaussianPair(m, s), Truth(m, s)
    for fall in (0.01, 0.3, 1.0, 4.0, 20.0):
        h = math.exp(truth.log_m - fall)
        assert pair.prior_width(h) == pytest.approx(truth.width("p", fall), rel=1e-6)
        assert pair.target_width(h) == pytest.approx(truth.width("q", fall), rel=1e-6, abs=1e-15)
    assert pair.prior_width(0.0) == pair.target_width(0.0) == 1
    assert pair.prior_width(2.0 * math.exp(truth.log_m)) == 0


@each_pair
def test_the_channel_simulation_divergence_is_the_integral_of_the_width(m: float, s: float) -> None:
    truth = Truth(m, s)

    def integrand(fall: float) -> float:
        width = truth.width("p", fall)
        return -width * math.log2(width) * math.exp(truth.log_m - fall) if width > 0 else 0.0

    value = quad(integrand, 0, 50, points=[0.1, 1, 2, 5, 10, 25], epsabs=1e-10, limit=300)[0]
    pair = GaussianPair(m, s)
    assert pair.dcs_bits == pytest.approx(value, rel=1e-7)
    assert pair.kl_bits <= pair.dcs_bits <= pair.kl_bits + math.log2(pair.kl_bits + 1) + 1


def test_only_the_place_seen_from_the_prior_matters() -> None:
    here, there = GaussianPair(1.0, 0.5), GaussianPair(3 - 2.0, 1.0, prior_mean=3, prior_sd=2)
    assert there.kl_bits == pytest.approx(here.kl_bits, rel=1e-14)
    assert there.dcs_bits == pytest.approx(here.dcs_bits, rel=1e-14)
    assert there.mode == pytest.approx(3 - 2 * here.mode, rel=1e-14)
    assert there.log2_ratio(3 - 2 * 0.7) == pytest.approx(here.log2_ratio(0.7), rel=1e-13)


@pytest.mark.parametrize("law", [poisson_law, greedy_law, greedy_poisson_law])
def test_laws_are_the_same_from_either_side(law) -> None:  # type: ignore[no-untyped-def]
    assert law(GaussianPair(-1.0, 0.5)).entropy == law(GaussianPair(1.0, 0.5)).entropy


@each_moderate
def test_the_mean_index_of_the_poisson_representation_is_a_double_integral(
    m: float, s: float
) -> None:
    """1 + E (r(Z) − r(Z'))_+, Z of law q and Z' of law p, in both drawn coordinates."""
    truth = Truth(m, s)
    centre, low, high = truth.top, m - 9 * s, m + 9 * s

    def passed(z: float) -> float:
        """∫ (r(z) − r) dp where r is less: outside the interval around the top."""
        ends = sorted((z, 2 * centre - z))
        outside = truth.p.cdf(ends[0]) + truth.p.sf(ends[1])
        outside_q = truth.q.cdf(ends[0]) + truth.q.sf(ends[1])
        return float(math.exp(truth.log_ratio(z)) * outside - outside_q)

    mean = 1 + quad(lambda z: truth.q.pdf(z) * passed(z), low, high, points=[centre], limit=200)[0]
    assert poisson_law(GaussianPair(m, s)).mean == pytest.approx(mean, rel=1e-8)
    if m:
        return

    def rise(other: float, z: float) -> float:
        gap = math.exp(truth.log_ratio(z)) - math.exp(truth.log_ratio(other))
        return float(truth.q.pdf(z) * truth.p.pdf(other)) * max(gap, 0.0)

    # For a centred target r falls with |z|: the part of it above |z|, four times.
    double = 1 + 4 * dblquad(rise, 0, high, lambda z: z, 9, epsabs=1e-7)[0]
    assert mean == pytest.approx(double, rel=1e-5)


@functools.cache
def simulated(m: float, s: float, blocks: int) -> tuple[np.ndarray, np.ndarray]:
    """Indices by the definition, argmin T_i / r(z_i), and the candidates until it is known."""
    rng, truth = np.random.default_rng(7), Truth(m, s)
    largest = math.exp(truth.log_m)
    length = int(40 * largest) + 60
    times = np.cumsum(rng.exponential(size=(blocks, length)), axis=1)
    z = rng.standard_normal((blocks, length))
    score = times / np.exp(truth.q.logpdf(z) - truth.p.logpdf(z))
    best = score.min(axis=1, keepdims=True)
    ends = times >= largest * best
    assert ends.any(axis=1).all()
    return score.argmin(axis=1) + 1, ends.argmax(axis=1) + 1


@each_moderate
def test_the_law_of_the_poisson_representation_is_that_of_a_simulation(m: float, s: float) -> None:
    blocks = 8000
    index, examined = simulated(m, s, blocks)
    law = poisson_law(GaussianPair(m, s))
    for k in (1, 2, 3, 5):
        p = float(law.pmf(k))
        assert abs(np.mean(index == k) - p) < 4 * math.sqrt(p * (1 - p) / blocks)
    logs = np.log2(index)
    assert abs(logs.mean() - law.mean_log2) < 4 * logs.std() / math.sqrt(blocks)
    ideal = -law.log2_pmf(index)
    assert abs(ideal.mean() - law.entropy) < 4 * ideal.std() / math.sqrt(blocks)
    # On average M points arrive before M min T/r, and one more ends the search.
    expected = 2 ** GaussianPair(m, s).log2_m + 1
    assert abs(examined.mean() - expected) < 4 * examined.std() / math.sqrt(blocks)


@each_pair
def test_lengths_keep_the_published_bounds(m: float, s: float) -> None:
    pair = GaussianPair(m, s)
    kl, dcs = pair.kl_bits, pair.dcs_bits
    assert 0 <= poisson_law(pair).mean_log2 <= kl + math.log2(math.e) / math.e
    # D. Goc, G. Flamich, "On channel simulation with causal rejection samplers", 2024.
    assert dcs <= greedy_law(pair).entropy <= dcs + math.log2(math.e + 1)
    assert dcs <= greedy_poisson_law(pair).entropy


def greedy_trials(m: float, s: float, trials: int) -> np.ndarray:
    """P(K > k) for k = 0, 1, … by the recursion, with erfc alone."""
    c, log_m = m / (1 - s * s), -math.log(s) + m * m / (2 * (1 - s * s))
    scale, root = s / math.sqrt(1 - s * s), math.sqrt(0.5)
    level, left = 0.0, [1.0]
    for _ in range(trials):
        level += left[-1]
        half = scale * math.sqrt(2 * max(log_m - math.log(level), 0.0))
        low, high = (c - half) * root, (c + half) * root
        wide = (math.erfc(low) - math.erfc(high)) / 2
        reached = (math.erfc((low - m * root) / s) - math.erfc((high - m * root) / s)) / 2
        left.append(reached - level * wide)
    return np.array(left)


@pytest.mark.parametrize(
    ("name", "trials"), [("centred", 20_000), ("shifted", 20_000), ("narrow", 300_000)]
)
def test_the_law_of_greedy_rejection_is_the_recursion(name: str, trials: int) -> None:
    m, s = PAIRS[name]
    left = greedy_trials(m, s, trials)
    pmf, k = -np.diff(left), np.arange(1.0, trials + 1)
    law = greedy_law(GaussianPair(m, s))
    assert law.pmf[:200] == pytest.approx(pmf[:200], rel=1e-9)
    # The trials that are left take more bits than this and, where they are so few, not many.
    rest, there = left[-1], pmf > 0
    for found, summed in (
        (law.mean_log2, float((pmf * np.log2(k)).sum())),
        (law.entropy, float(-(pmf[there] * np.log2(pmf[there])).sum())),
    ):
        assert rest * math.log2(trials) <= found - summed + 1e-10 <= 60 * rest + 2e-10
    assert law.masses.sum() == pytest.approx(1, abs=1e-9)
    assert law.mean == pytest.approx(float((law.masses * law.k).sum()), rel=1e-6)
    digits = 2.0 ** np.arange(18)
    assert law.exceeds(digits - 1) == pytest.approx(
        left[np.minimum(digits - 1, trials).astype(int)], rel=2e-6, abs=2 * rest + 1e-12
    )


@each_moderate
def test_greedy_rejection_is_the_limit_of_discrete_pairs(m: float, s: float) -> None:
    """The line cut into cells, around 200 and 400 of them."""
    pair, truth = GaussianPair(m, s), Truth(m, s)
    errors = []
    for cells in (200, 400):
        falls = np.linspace(0, 9, cells) ** 2 / 2
        p, q = (np.array([truth.width(law, fall) for fall in falls]) for law in "pq")
        masses = [np.diff(np.append(each, 1.0)) for each in (p, q)]
        masses = [each[masses[0] > 1e-14] for each in masses]
        with np.errstate(divide="ignore"):
            ratio = np.log2(np.maximum(masses[1], 1e-300) / masses[0])
        law = discrete_greedy_law(Spectrum.of(ratio, np.log2(masses[0])))
        errors.append(law.entropy - greedy_law(pair).entropy)
    assert abs(errors[1]) < min(3e-4, abs(errors[0]) / 2)


@each_moderate
def test_the_law_of_greedy_poisson_rejection_solves_its_equation(m: float, s: float) -> None:
    """R, P(K = k), P(K > k) as L goes from 0 to M, by an integrator of differential equations."""
    pair, terms, far = GaussianPair(m, s), 6, np.array([7, 63, 1023, 4095, 8191])

    def slope(level: float, state: np.ndarray) -> list[float]:
        wide = float(pair.prior_width(level))
        left = max(float(pair.target_width(level)) - level * wide, 1e-16)
        pmf = stats.poisson.pmf(np.arange(terms), state[0])
        return [(1 - wide) / left, *(wide * pmf), *(wide * stats.poisson.sf(far - 1, state[0]))]

    top = 2**pair.log2_m * (1 - 1e-7)
    found = solve_ivp(
        slope, (1e-9, top), [0.0] * (terms + 1 + len(far)), rtol=1e-8, atol=1e-11, method="LSODA"
    )
    law = greedy_poisson_law(pair)
    assert law.pmf[:terms] == pytest.approx(found.y[1 : terms + 1, -1], abs=2e-6)
    assert law.masses.sum() == pytest.approx(1, abs=1e-8)
    assert law.mean == pytest.approx(float((law.masses * law.k).sum()), rel=1e-7)
    assert law.exceeds(far) == pytest.approx(found.y[terms + 1 :, -1], abs=2e-6)


@each_moderate
def test_lengths_in_codes_for_integers_are_sums_over_indices(m: float, s: float) -> None:
    """By the recursion, whose 20,000 trials leave next to nothing."""
    pair, trials = GaussianPair(m, s), 20_000
    pmf = -np.diff(greedy_trials(m, s, trials))
    k = np.arange(1, trials + 1)
    for lengths, expected in (
        (elias_gamma, expected_elias_gamma),
        (elias_delta, expected_elias_delta),
    ):
        summed = float((pmf * lengths(k)).sum())
        assert expected(greedy_law(pair)) == pytest.approx(summed, rel=1e-6)


@pytest.mark.parametrize(("m", "s"), [(0.0, 0.999), (30.0, 0.1), (0.0, 1e-6), (3.0, 0.01)])
def test_extreme_pairs_have_laws_too(m: float, s: float) -> None:
    pair = GaussianPair(m, s)
    for law in (greedy_law(pair), greedy_poisson_law(pair)):
        assert law.masses.sum() == pytest.approx(1, abs=1e-8)
        assert 0 < law.mean_log2 < law.entropy + 1e-3
    assert poisson_law(pair).mean <= 2**pair.log2_m


def test_indices_beyond_double_precision_are_refused() -> None:
    for law in (poisson_law, greedy_law, greedy_poisson_law):
        with pytest.raises(UsageError, match="do not fit into double precision"):
            law(GaussianPair(40.0, 0.1))
    assert GaussianPair(40.0, 0.1).dcs_bits > GaussianPair(40.0, 0.1).kl_bits


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ((0.0, 1.0), "not below the prior's"),
        ((0.0, 1.5), "not below the prior's"),
        ((0.0, 0.0), "above 0"),
        ((0.0, -1.0), "above 0"),
        ((math.nan, 0.5), "finite"),
        ((0.0, 0.5, 0.0, math.inf), "finite"),
    ],
)
def test_bad_pairs_are_refused(given: tuple[float, ...], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        GaussianPair(*given)
