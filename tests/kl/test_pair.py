"""Any pair: the exact values are the published ones, and infinite where they are infinite."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import integrate, stats
from scipy.special import rel_entr, softmax

from labbook.errors import UsageError
from labbook.kl.families.counts import Categorical
from labbook.kl.families.frozen import Frozen
from labbook.kl.families.mixture import Mixture
from labbook.kl.measure import measure
from labbook.kl.normal import Normal
from labbook.kl.pair import Pair
from labbook.kl.pair_laws import Exact, exact, law
from labbook.kl.report import rows
from labbook.kl.statistics import K1, K2, K3, REVERSE, Statistic, control
from labbook.kl.syntax import distribution
from labbook.kl.tails import Tail
from tests.kl.cases import CASES, Case

DIGITS = 6e-7
"""The published values have seven digits."""


def pair_of(case: Case) -> Pair:
    return Pair(distribution(case.q), distribution(case.p))


def same(found: float, expected: float) -> bool:
    if math.isnan(expected):
        return True
    return found == expected or found == pytest.approx(expected, rel=DIGITS, abs=1e-13)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_divergences_are_the_published_ones(case: Case) -> None:
    found = exact(pair_of(case))
    assert same(found.kl, case.kl)
    assert same(found.reverse_kl, case.reverse_kl)
    assert same(found.chi2, case.chi2)
    assert same(found.lambda_star, case.lambda_star)
    assert same(found.tail_index, case.tail_index)
    assert found.missing_mass == 0


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_spreads_are_the_published_ones(case: Case) -> None:
    pair = pair_of(case)
    best = control(exact(pair).lambda_star)
    assert same(law(pair, K2).mean, case.k2_mean)
    for statistic, expected in (
        (K1, case.k1_sd),
        (K2, case.k2_sd),
        (K3, case.k3_sd),
        (REVERSE, case.reverse_sd),
        (best, case.lambda_sd),
    ):
        assert same(law(pair, statistic).sd, expected)


@pytest.mark.parametrize(
    ("df", "spreads"), [(2.0, (math.inf, math.inf)), (4.5, (None, math.inf)), (8.5, (None, None))]
)
def test_a_heavy_tail_of_q_breaks_k1_and_k2(df: float, spreads: tuple[float | None, ...]) -> None:
    """E_q|L|^j needs more than 2j degrees of freedom."""
    pair = Pair(distribution(f"t({df})"), distribution("normal(0,1)"))
    for statistic, expected in zip((K1, K2), spreads, strict=True):
        assert math.isinf(law(pair, statistic).sd) == (expected is not None)
    assert math.isinf(exact(pair).kl) == (df <= 2)


@pytest.mark.parametrize("statistic", [K1, K2, K3, REVERSE])
def test_a_pair_of_itself_has_no_divergence(statistic: Statistic) -> None:
    pair = Pair(distribution("gamma(2,3)"), distribution("gamma(2,3)"))
    assert law(pair, statistic).mean == pytest.approx(0, abs=1e-15)
    assert law(pair, statistic).sd == pytest.approx(0, abs=1e-15)


def test_mass_that_q_lacks_is_said_and_k3_misses_it() -> None:
    pair = Pair(distribution("categorical(.5,.5,0)"), distribution("categorical(.4,.4,.2)"))
    found = exact(pair)
    assert found.missing_mass == pytest.approx(0.2)
    assert found.kl == pytest.approx(math.log(1.25))
    assert math.isinf(found.reverse_kl)
    assert law(pair, K3).mean == pytest.approx(math.log(1.25) - 0.2)


def test_mass_that_p_lacks_makes_the_divergence_infinite_and_nothing_else() -> None:
    pair = Pair(distribution("normal(0,1)"), distribution("exponential(1)"))
    found = exact(pair)
    assert math.isinf(found.kl)
    assert found.reverse_kl == pytest.approx(math.log(math.sqrt(2 * math.pi)), rel=1e-9)
    assert pair.lost == pytest.approx(0.5)


SCIPY = {
    "laplace(0.5,2)": stats.laplace(0.5, 2),
    "cauchy(1,3)": stats.cauchy(1, 3),
    "t(3.5)": stats.t(3.5),
    "exponential(2)": stats.expon(scale=0.5),
    "gamma(0.4,2)": stats.gamma(0.4, scale=0.5),
    "gamma(30,0.1)": stats.gamma(30, scale=10),
    "beta(0.5,3)": stats.beta(0.5, 3),
    "beta(20,2)": stats.beta(20, 2),
    "vonmises(0.3,2)": stats.vonmises(2, loc=0.3),
    "normal(1,2)": stats.norm(1, 2),
    "poisson(4)": stats.poisson(4),
    "poisson(20000)": stats.poisson(20000),
    "geometric(0.3)": stats.geom(0.3),
    "bernoulli(0.3)": stats.bernoulli(0.3),
}


@pytest.mark.parametrize("text", SCIPY)
def test_densities_are_those_of_scipy(text: str) -> None:
    ours, theirs = distribution(text), SCIPY[text]
    if ours.support.discrete:
        x = np.unique(theirs.ppf(np.linspace(1e-6, 1 - 1e-6, 101)))
        expected = theirs.logpmf(x)
    elif text.startswith("vonmises"):
        x = np.linspace(-math.pi, math.pi, 101)
        expected = theirs.logpdf(x)
    else:
        x = theirs.ppf(np.linspace(1e-6, 1 - 1e-6, 101))
        expected = theirs.logpdf(x)
    assert ours.log_density(x) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("text", SCIPY)
def test_quantiles_leave_the_share_below_that_they_should(text: str) -> None:
    ours, theirs = distribution(text), SCIPY[text]
    u = np.concatenate((np.logspace(-14, -3, 50), np.linspace(1e-3, 1 - 1e-3, 500)))
    x = ours.quantile(u)
    if ours.support.discrete:
        assert np.all(theirs.cdf(x) >= u * (1 - 1e-9))
        assert np.all(theirs.cdf(x - 1) <= u * (1 + 1e-9))
    elif text.startswith("vonmises"):
        whole = theirs.cdf(x) - theirs.cdf(-math.pi)
        assert whole == pytest.approx(u, rel=1e-6, abs=1e-12)
    else:
        assert theirs.cdf(x) == pytest.approx(u, rel=1e-6)


BUMPS = Mixture((0.3, 0.7), (Normal(-2, 0.5), Normal(3, 1)))


def test_a_mixtures_divergence_is_that_of_another_quadrature() -> None:
    p = distribution("normal(1,3)")

    def integrand(x: float) -> float:
        at = np.array([x])
        log_q = float(BUMPS.log_density(at)[0])
        return math.exp(log_q) * (log_q - float(p.log_density(at)[0]))

    expected, error = integrate.quad(integrand, -15, 20, points=[-2, 3], epsabs=1e-12, limit=200)
    assert exact(Pair(BUMPS, p)).kl == pytest.approx(expected, abs=1e-9 + error)
    density = 0.3 * stats.norm(-2, 0.5).pdf(1.7) + 0.7 * stats.norm(3, 1).pdf(1.7)
    assert math.exp(BUMPS.log_density(np.array([1.7]))[0]) == pytest.approx(density)


def test_a_mixture_is_sampled_as_it_is_weighted() -> None:
    found = measure(Pair(BUMPS, distribution("normal(1,3)")), 200_000, seed=2)
    for row in rows(found).values():
        if math.isfinite(row.z):
            assert abs(row.z) < 5, row


def test_the_widest_component_decides_what_is_finite() -> None:
    wide = Mixture((0.99, 0.01), (Normal(0, 1), Normal(0, 2)))
    assert exact(Pair(Normal(0, 1), wide)).tail_index == pytest.approx(4 / 3)
    assert math.isinf(exact(Pair(wide, Normal(0, 1))).tail_index)


def test_a_frozen_distribution_of_scipy_does_as_our_own() -> None:
    frozen = Frozen(
        stats.norm(1, 2), low_tail=Normal(1, 2).low_tail, high_tail=Normal(1, 2).high_tail
    )
    theirs, ours = exact(Pair(frozen, Normal(0, 1))), exact(Pair(Normal(1, 2), Normal(0, 1)))
    assert theirs.kl == pytest.approx(ours.kl, rel=1e-9)
    assert theirs.chi2 == pytest.approx(ours.chi2, rel=1e-9)
    assert theirs.tail_index == ours.tail_index


def test_a_logistic_law_against_a_normal_is_that_of_another_quadrature() -> None:
    logistic = stats.logistic(0, 1)
    q = Frozen(logistic, low_tail=Tail(x=-1), high_tail=Tail(x=-1))
    p = stats.norm(0, 2)
    pair = Pair(q, Normal(0, 2))
    expected, error = integrate.quad(
        lambda x: logistic.pdf(x) * (logistic.logpdf(x) - p.logpdf(x)), -300, 300, points=[0]
    )
    assert exact(pair).kl == pytest.approx(expected, abs=1e-9 + error)
    found = measure(pair, 50_000, seed=1)
    assert abs(rows(found)["k1"].z) < 5
    # The normal falls off faster: its ratio to the logistic is bounded, the other way it is not.
    assert math.isinf(exact(pair).tail_index)
    assert exact(Pair(Normal(0, 2), q)).tail_index == 1


def test_what_is_no_frozen_distribution_is_refused() -> None:
    with pytest.raises(UsageError, match="no frozen SciPy distribution"):
        Frozen(stats.norm, low_tail=Tail(), high_tail=Tail())


@pytest.mark.parametrize("weights", [(0.5, 0.4), (1.2, -0.2), (1.0,)])
def test_weights_that_are_none_are_refused(weights: tuple[float, ...]) -> None:
    with pytest.raises(UsageError, match="weights"):
        Mixture(weights, (Normal(0, 1), Normal(1, 1)))


def test_integers_and_the_line_cannot_be_compared() -> None:
    with pytest.raises(UsageError, match="one lives on the integers"):
        Pair(distribution("poisson(3)"), distribution("normal(3,1)"))


def test_a_sum_over_too_many_integers_is_left_unknown() -> None:
    pair = Pair(distribution("geometric(1e-9)"), distribution("geometric(2e-9)"))
    assert not pair.is_known
    assert isinstance(exact(pair), Exact)
    assert math.isnan(exact(pair).kl)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("gaussian(0,1)", "names no distribution"),
        ("normal", "names no distribution"),
        ("normal(0)", "number of their parameters: 1 and 2"),
        ("normal(0,x)", "is no number"),
        ("normal(0,-1)", "above 0"),
        ("gamma(0,1)", "above 0"),
        ("laplace(inf,1)", "cannot be inf"),
        ("vonmises(0,-1)", "above 0"),
        ("bernoulli(1.2)", "from 0 to 1"),
        ("geometric(0)", "between 0 and 1"),
        ("categorical(0.5,0.4)", "sum to 0.9"),
        ("categorical(1.5,-0.5)", "cannot be -0.5"),
        ("categorical()", "needs a list"),
        ("poisson(nan)", "above 0"),
    ],
)
def test_a_distribution_that_there_is_not_is_refused_in_a_sentence(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        distribution(text)


@pytest.mark.parametrize("count", [1e5, pytest.param(1e6, marks=pytest.mark.slow)])
def test_logits_make_a_categorical_law(count: float) -> None:
    logits = np.append(-1.5 * np.log1p(np.arange(count)), -np.inf)
    found = Categorical.from_logits(logits)
    assert found.probabilities == pytest.approx(softmax(logits), rel=1e-12, abs=1e-300)
    flat = Categorical.from_logits(logits / 1.5)
    expected = float(rel_entr(found.probabilities, flat.probabilities).sum())
    assert exact(Pair(found, flat)).kl == pytest.approx(expected, rel=1e-9)
