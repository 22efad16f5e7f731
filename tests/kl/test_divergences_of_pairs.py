"""f-divergences of any pair: against closed forms, distribution functions and other integrals."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import integrate, optimize, special, stats

from labbook.kl.divergences import DIVERGENCES, exact_sd, exact_value
from tests.kl.textbook import pair_of, textbook

Moment = Callable[[float], float]


# Closed forms of M(t) = E_q[r^t]


def gammas(a: float, rate: float, b: float, other: float) -> Moment:
    def moment(t: float) -> float:
        shape, scale = (1 - t) * a + t * b, (1 - t) * rate + t * other
        if shape <= 0 or scale <= 0:
            return math.inf
        log = [math.lgamma(x) - x * math.log(y) for x, y in ((shape, scale), (a, rate), (b, other))]
        return math.exp(log[0] - (1 - t) * log[1] - t * log[2])

    return moment


def betas(a: float, b: float, c: float, d: float) -> Moment:
    def moment(t: float) -> float:
        x, y = (1 - t) * a + t * c, (1 - t) * b + t * d
        if x <= 0 or y <= 0:
            return math.inf
        log = special.betaln([x, a, c], [y, b, d])
        return math.exp(log[0] - (1 - t) * log[1] - t * log[2])

    return moment


def poissons(a: float, b: float) -> Moment:
    def moment(t: float) -> float:
        return math.exp(a ** (1 - t) * b**t - (1 - t) * a - t * b)

    return moment


def geometrics(a: float, b: float) -> Moment:
    def moment(t: float) -> float:
        both = (1 - a) ** (1 - t) * (1 - b) ** t
        return math.inf if both >= 1 else a ** (1 - t) * b**t / (1 - both)

    return moment


def circles(a: float, b: float) -> Moment:
    def moment(t: float) -> float:
        above, below = (
            special.i0((1 - t) * a + t * b),
            special.i0(a) ** (1 - t) * special.i0(b) ** t,
        )
        return float(above / below)

    return moment


MOMENTS: dict[tuple[str, str], Moment] = {
    ("exponential(1)", "exponential(0.6)"): gammas(1, 1, 1, 0.6),
    ("exponential(1)", "exponential(0.4)"): gammas(1, 1, 1, 0.4),
    ("exponential(1)", "exponential(3)"): gammas(1, 1, 1, 3),
    ("laplace(2,1)", "laplace(2,1.7)"): gammas(1, 1, 1, 1 / 1.7),
    ("laplace(2,1)", "laplace(2,0.55)"): gammas(1, 1, 1, 1 / 0.55),
    ("gamma(2,3)", "gamma(2.5,2)"): gammas(2, 3, 2.5, 2),
    ("gamma(0.3,1)", "gamma(0.5,1)"): gammas(0.3, 1, 0.5, 1),
    ("gamma(50,1)", "gamma(60,1.1)"): gammas(50, 1, 60, 1.1),
    ("beta(3,4)", "beta(2.6,3.7)"): betas(3, 4, 2.6, 3.7),
    ("beta(0.5,1)", "beta(0.7,1.2)"): betas(0.5, 1, 0.7, 1.2),
    ("beta(0.5,0.5)", "beta(0.6,0.4)"): betas(0.5, 0.5, 0.6, 0.4),
    ("beta(2,3)", "beta(0.5,0.5)"): betas(2, 3, 0.5, 0.5),
    ("poisson(3)", "poisson(4)"): poissons(3, 4),
    ("poisson(0.7)", "poisson(3)"): poissons(0.7, 3),
    ("poisson(10)", "poisson(1.5)"): poissons(10, 1.5),
    ("poisson(2000)", "poisson(1900)"): poissons(2000, 1900),
    ("geometric(0.3)", "geometric(0.2)"): geometrics(0.3, 0.2),
    ("geometric(0.3)", "geometric(0.5)"): geometrics(0.3, 0.5),
    ("vonmises(0.3,2)", "vonmises(0.3,3)"): circles(2, 3),
    ("vonmises(0.3,2)", "vonmises(0.3,0)"): circles(2, 0),
}


def root(value: float) -> float:
    return math.sqrt(value) if math.isfinite(value) else math.inf


@pytest.mark.parametrize(("texts", "moment"), MOMENTS.items())
def test_what_has_a_closed_form_is_that(texts: tuple[str, str], moment: Moment) -> None:
    pair, m = pair_of(*texts), moment
    hellinger, chi2 = DIVERGENCES["hellinger"], DIVERGENCES["chi2"]
    reverse = DIVERGENCES["reverse_chi2"]
    assert reverse.tail_safe is not None
    fourth = m(4) - 4 * m(3) + 6 * m(2) - 3 - (m(2) - 1) ** 2 if m(4) < math.inf else math.inf
    second = m(-2) - m(-1) ** 2 if m(-2) < math.inf else math.inf
    for found, expected in (
        (exact_value(hellinger, pair), 1 - m(1 / 2)),
        (exact_sd(hellinger, hellinger.plain, pair), math.sqrt(1 - m(1 / 2) ** 2)),
        (exact_value(chi2, pair), m(2) - 1),
        (exact_sd(chi2, chi2.plain, pair), root(fourth)),
        (exact_value(reverse, pair), m(-1) - 1),
        (exact_sd(reverse, reverse.tail_safe, pair), root(second)),
    ):
        assert found == expected or found == pytest.approx(expected, rel=2e-11)


SCIPY = {
    ("normal(0,1)", "normal(0.7,1.3)"): (stats.norm(0, 1), stats.norm(0.7, 1.3)),
    ("normal(0,1)", "laplace(0.5,2)"): (stats.norm(0, 1), stats.laplace(0.5, 2)),
    ("normal(0,1)", "t(3)"): (stats.norm(0, 1), stats.t(3)),
    ("t(3)", "cauchy(0,1)"): (stats.t(3), stats.cauchy(0, 1)),
    ("cauchy(0,1)", "cauchy(40,0.3)"): (stats.cauchy(0, 1), stats.cauchy(40, 0.3)),
    ("exponential(1)", "exponential(0.4)"): (stats.expon(), stats.expon(scale=2.5)),
    ("laplace(0,1)", "laplace(0.001,1)"): (stats.laplace(), stats.laplace(0.001, 1)),
    ("gamma(2,3)", "exponential(1)"): (stats.gamma(2, scale=1 / 3), stats.expon()),
    ("gamma(30,0.1)", "gamma(40,0.13)"): (
        stats.gamma(30, scale=10),
        stats.gamma(40, scale=1 / 0.13),
    ),
    ("beta(2,3)", "beta(0.5,1)"): (stats.beta(2, 3), stats.beta(0.5, 1)),
    ("beta(20,2)", "beta(2,2)"): (stats.beta(20, 2), stats.beta(2, 2)),
    ("normal(0,1)", "beta(2,2)"): (stats.norm(0, 1), stats.beta(2, 2)),
    ("beta(2,2)", "normal(0,1)"): (stats.beta(2, 2), stats.norm(0, 1)),
    ("exponential(1)", "normal(1,1)"): (stats.expon(), stats.norm(1, 1)),
    ("beta(1,1)", "exponential(1)"): (stats.beta(1, 1), stats.expon()),
}


def crossings(q: stats.rv_continuous, p: stats.rv_continuous) -> list[float]:
    """Where the densities cross, and the ends of what both support, by a fine grid."""
    low = max(q.support()[0], p.support()[0])
    high = min(q.support()[1], p.support()[1])
    grid = np.unique(
        np.concatenate([each.ppf(np.linspace(1e-9, 1 - 1e-9, 20011)) for each in (q, p)])
    )
    grid = grid[(grid > low) & (grid < high)]
    apart = p.logpdf(grid) - q.logpdf(grid)
    at = np.flatnonzero(apart[:-1] * apart[1:] < 0)
    places = [
        optimize.brentq(lambda x: p.logpdf(x) - q.logpdf(x), grid[i], grid[i + 1], xtol=1e-15)
        for i in at
    ]
    return [low, *places, high]


@pytest.mark.parametrize(("texts", "laws"), SCIPY.items())
def test_the_total_variation_is_that_of_the_distribution_functions(
    texts: tuple[str, str], laws: tuple[stats.rv_continuous, stats.rv_continuous]
) -> None:
    """Half of Σ |Q − P| over the intervals between crossings, and outside of the supports."""
    q, p = laws
    edges = [-math.inf, *crossings(q, p), math.inf]
    gaps = [
        abs((q.cdf(b) - q.cdf(a)) - (p.cdf(b) - p.cdf(a))) for a, b in itertools.pairwise(edges)
    ]
    found = exact_value(DIVERGENCES["total_variation"], pair_of(*texts))
    assert found == pytest.approx(math.fsum(gaps) / 2, rel=1e-11)


def integral(key: str, laws: tuple[stats.rv_continuous, stats.rv_continuous]) -> float:
    """∫ q f(p/q) dx by adaptive quadrature, and what lies outside of the other's support."""
    q, p = laws

    def integrand(x: float) -> float:
        log_q, log_p = float(q.logpdf(x)), float(p.logpdf(x))
        return math.exp(log_q) * textbook(key, math.exp(log_p - log_q))

    low, *inner, high = crossings(q, p)
    spread = [float(each.ppf(u)) for each in laws for u in (1e-4, 0.1, 0.5, 0.9, 1 - 1e-4)]
    inner = sorted({*inner, *(x for x in spread if low < x < high)})
    edges = [max(low, inner[0] - 30), *inner, min(high, inner[-1] + 30)]
    parts = [
        integrate.quad(integrand, a, b, epsabs=0, epsrel=1e-11, limit=400)[0]
        for a, b in itertools.pairwise(edges)
    ]
    return math.fsum(parts)


TO_INTEGRATE = {
    ("gamma(2,3)", "gamma(2.4,2)"): (stats.gamma(2, scale=1 / 3), stats.gamma(2.4, scale=1 / 2)),
    ("beta(2,3)", "beta(2.5,2)"): (stats.beta(2, 3), stats.beta(2.5, 2)),
    ("t(30)", "t(40)"): (stats.t(30), stats.t(40)),
    ("normal(0,1)", "laplace(0.5,0.6)"): (stats.norm(0, 1), stats.laplace(0.5, 0.6)),
}
BOUNDED = ("kl", "reverse_kl", "jeffreys", "hellinger", "jensen_shannon", "le_cam")


@pytest.mark.filterwarnings("ignore::scipy.integrate.IntegrationWarning")
@pytest.mark.parametrize("key", BOUNDED)
@pytest.mark.parametrize(("texts", "laws"), TO_INTEGRATE.items())
def test_other_divergences_are_those_of_another_quadrature(
    texts: tuple[str, str], laws: tuple[stats.rv_continuous, stats.rv_continuous], key: str
) -> None:
    found = exact_value(DIVERGENCES[key], pair_of(*texts))
    assert found == pytest.approx(integral(key, laws), rel=1e-9, abs=1e-12)


def test_two_cauchy_laws_have_the_published_divergence() -> None:
    """F. Chyzak, F. Nielsen, "A closed-form formula for the KL divergence between Cauchy
    distributions", 2019, arXiv:1905.10965: log [(s + t)² + d²] / (4 s t), in both directions.
    """
    pair, expected = pair_of("cauchy(1,2)", "cauchy(-3,0.5)"), math.log((2.5**2 + 16) / 4)
    for key in ("kl", "reverse_kl"):
        assert exact_value(DIVERGENCES[key], pair) == pytest.approx(expected, rel=1e-12)
