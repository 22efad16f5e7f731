"""Normal vectors: one coordinate as on the line, equal ones by χ² laws, others by samples."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad, solve_ivp

from labbook.channel.line.diagonal import DiagonalPair
from labbook.channel.line.gaussian import GaussianPair
from labbook.channel.line.gaussian_laws import greedy_law, greedy_poisson_law, poisson_law
from labbook.errors import UsageError

LAWS = {"poisson": poisson_law, "greedy": greedy_law, "greedy_poisson": greedy_poisson_law}
MIXED = DiagonalPair((0.9, -0.4, 1.3, 0.1), (0.4, 0.7, 0.5, 0.95))
SMALL = DiagonalPair((0.8, -0.3, 0.2), (0.5, 0.8, 0.9))
UNEQUAL = DiagonalPair((2.0, 0.3, 0.0), (0.02, 0.95, 0.5))


class Equal:
    """All coordinates N(m, s²), as χ² laws have it."""

    def __init__(self, count: int, m: float, s: float) -> None:
        self.pair = DiagonalPair((m,) * count, (s,) * count)
        left = 1 - s * s
        self.log_m = count * (-math.log(s) + m * m / (2 * left))
        self._p, self._a = stats.ncx2(count, count * (m / left) ** 2), left / s**2
        self._q, self._b = stats.ncx2(count, count * (m * s / left) ** 2), left

    def widths(self, fall: float) -> tuple[float, float]:
        """P_p and P_q of ln r ≥ ln M − fall."""
        return float(self._p.cdf(2 * fall / self._a)), float(self._q.cdf(2 * fall / self._b))


EQUAL = {"3 near": Equal(3, 0.4, 0.8), "4 narrow": Equal(4, 0.5, 0.5), "8 near": Equal(8, 0.2, 0.9)}
each_equal = pytest.mark.parametrize("truth", EQUAL.values(), ids=EQUAL)


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize(
    ("m", "s"), [(0.0, 0.5), (2.0, 0.02), (4.0, 0.1), (0.3, 0.95), (1.0, 0.99)]
)
def test_one_coordinate_is_a_pair_on_the_line(m: float, s: float, law: str) -> None:
    vector, line = DiagonalPair((0.0, m), (1.0, s)), GaussianPair(m, s)
    for name in ("kl_bits", "log2_m", "variance", "dcs_bits"):
        assert getattr(vector, name) == pytest.approx(getattr(line, name), rel=1e-10)
    found, expected = LAWS[law](vector), LAWS[law](line)
    assert found.mean_log2 == pytest.approx(expected.mean_log2, rel=1e-7)
    assert found.entropy == pytest.approx(expected.entropy, rel=1e-7)


@each_equal
def test_widths_of_equal_coordinates_are_chi_squared(truth: Equal) -> None:
    for fall in (0.01, 0.3, 1.0, 4.0, 20.0):
        h = math.exp(truth.log_m - fall)
        p, q = truth.widths(fall)
        assert truth.pair.prior_width(h) == pytest.approx(p, rel=1e-8)
        assert truth.pair.target_width(h) == pytest.approx(q, rel=1e-8)


@each_equal
def test_the_channel_simulation_divergence_is_the_integral_of_the_width(truth: Equal) -> None:
    def integrand(fall: float) -> float:
        width = truth.widths(fall)[0]
        return -width * math.log2(width) * math.exp(truth.log_m - fall) if width > 0 else 0.0

    value = quad(integrand, 0, 60, points=[0.1, 1, 2, 5, 10, 25], epsabs=1e-10, limit=300)[0]
    assert truth.pair.dcs_bits == pytest.approx(value, rel=1e-7)


@each_equal
def test_the_law_of_greedy_rejection_is_the_recursion(truth: Equal) -> None:
    level, left = 0.0, [1.0]
    for _ in range(300):
        level += left[-1]
        p, q = truth.widths(truth.log_m - math.log(level))
        left.append(q - level * p)
    law = greedy_law(truth.pair)
    assert law.pmf[:300] == pytest.approx(-np.diff(left), rel=1e-6, abs=1e-12)
    assert law.masses.sum() == pytest.approx(1, abs=1e-9)


@each_equal
def test_the_law_of_greedy_poisson_rejection_solves_its_equation(truth: Equal) -> None:
    terms = 6

    def slope(level: float, state: np.ndarray) -> list[float]:
        wide, reached = truth.widths(truth.log_m - math.log(level))
        left = max(reached - level * wide, 1e-14)
        pmf = stats.poisson.pmf(np.arange(terms), state[0])
        return [(1 - wide) / left, *(wide * pmf)]

    top = math.exp(truth.log_m) * (1 - 1e-3)
    found = solve_ivp(
        slope, (1e-9, top), [0.0] * (terms + 1), rtol=1e-8, atol=1e-11, method="LSODA"
    )
    law = greedy_poisson_law(truth.pair)
    assert law.pmf[:terms] == pytest.approx(found.y[1:, -1], abs=2e-6)
    assert law.masses.sum() == pytest.approx(1, abs=1e-8)


@pytest.mark.parametrize("pair", [MIXED, UNEQUAL], ids=["mixed", "unequal"])
def test_divergences_are_means_over_samples(pair: DiagonalPair) -> None:
    size = 400_000
    rng = np.random.default_rng(8)
    z = np.array(pair.means) + np.array(pair.sds) * rng.standard_normal((size, len(pair.means)))
    log2_ratio = pair.log2_ratio(z)
    by_density = (stats.norm.logpdf(z, pair.means, pair.sds) - stats.norm.logpdf(z)).sum(axis=1)
    assert log2_ratio * math.log(2) == pytest.approx(by_density, abs=1e-9)
    error = log2_ratio.std() / math.sqrt(size)
    assert abs(log2_ratio.mean() - pair.kl_bits) < 4 * error
    square = (log2_ratio - pair.kl_bits) ** 2
    assert abs(square.mean() - pair.variance) < 4 * square.std() / math.sqrt(size)
    assert log2_ratio.max() <= pair.log2_m
    # D_CS is the mean of −log2 w_P at a level that is uniform below the ratio.
    levels = np.exp2(log2_ratio[:20_000]) * rng.uniform(size=20_000)
    bits = -np.log2(pair.prior_width(levels))
    assert abs(bits.mean() - pair.dcs_bits) < 4 * bits.std() / math.sqrt(len(bits))


def test_the_law_of_the_poisson_representation_is_that_of_a_simulation() -> None:
    """argmin T_i / r(z_i), by the definition."""
    blocks, rng = 6000, np.random.default_rng(7)
    length = int(40 * 2**SMALL.log2_m) + 60
    times = np.cumsum(rng.exponential(size=(blocks, length)), axis=1)
    z = rng.standard_normal((blocks, length, 3))
    log_ratio = (stats.norm.logpdf(z, SMALL.means, SMALL.sds) - stats.norm.logpdf(z)).sum(axis=-1)
    score = times / np.exp(log_ratio)
    assert (times[:, -1] >= 2**SMALL.log2_m * score.min(axis=1)).all()
    index, law = score.argmin(axis=1) + 1, poisson_law(SMALL)
    for k in (1, 2, 3, 5):
        p = float(law.pmf(k))
        assert abs(np.mean(index == k) - p) < 4 * math.sqrt(p * (1 - p) / blocks)
    logs = np.log2(index)
    assert abs(logs.mean() - law.mean_log2) < 4 * logs.std() / math.sqrt(blocks)


@pytest.mark.parametrize("pair", [MIXED, SMALL, UNEQUAL], ids=["mixed", "small", "unequal"])
def test_lengths_keep_the_published_bounds(pair: DiagonalPair) -> None:
    kl, dcs = pair.kl_bits, pair.dcs_bits
    assert kl <= dcs <= kl + math.log2(kl + 1) + 1
    assert 0 <= poisson_law(pair).mean_log2 <= kl + math.log2(math.e) / math.e
    # D. Goc, G. Flamich, "On channel simulation with causal rejection samplers", 2024.
    assert dcs <= greedy_law(pair).entropy <= dcs + math.log2(math.e + 1)
    assert dcs <= greedy_poisson_law(pair).entropy


def test_many_coordinates_have_laws_too() -> None:
    """64 coordinates of 30 bits in all; the overhead per coordinate is next to nothing."""
    pair = DiagonalPair((0.3,) * 64, tuple(np.linspace(0.55, 0.95, 64).tolist()))
    for law in LAWS.values():
        assert pair.dcs_bits <= law(pair).entropy <= pair.kl_bits + math.log2(pair.kl_bits + 1) + 4


EXTREME = {
    "far and wide": ((4.9, 4.9), (0.99, 0.9)),
    "far and narrow": ((6.0,) * 12, (0.05,) * 12),
    "one is all": ((0.0, 0.0, 8.0), (1e-5, 0.999, 0.5)),
    "next to the prior": ((0.02, -0.01, 0.0, 0.03), (0.99, 0.97, 0.999, 0.98)),
}


@pytest.mark.parametrize(("means", "sds"), EXTREME.values(), ids=EXTREME)
def test_extreme_targets_have_laws_too(means: tuple[float, ...], sds: tuple[float, ...]) -> None:
    pair = DiagonalPair(means, sds)
    assert pair.kl_bits <= pair.dcs_bits <= pair.kl_bits + math.log2(pair.kl_bits + 1) + 1
    for law in (greedy_law(pair), greedy_poisson_law(pair)):
        assert law.masses.sum() == pytest.approx(1, abs=1e-8)
        assert pair.dcs_bits <= law.entropy <= pair.dcs_bits + math.log2(math.e + 1) + 0.1
    assert poisson_law(pair).mean_log2 <= pair.kl_bits + math.log2(math.e) / math.e


@pytest.mark.parametrize(
    ("means", "sds", "words"),
    [
        ((0.0, 1.0), (0.5,), "2 means cannot have 1 standard"),
        ((0.0, 0.0), (1.0, 1.0), "nothing need be sent"),
        ((), (), "nothing need be sent"),
        ((0.0, 0.1), (0.5, 1.0), "Coordinate 2: .* not below the prior's"),
        ((0.0, 0.1), (-0.5, 0.5), "Coordinate 1: .* above 0"),
        ((math.nan,), (0.5,), "Coordinate 1: .* finite"),
    ],
)
def test_bad_targets_are_refused(
    means: tuple[float, ...], sds: tuple[float, ...], words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        DiagonalPair(means, sds)
