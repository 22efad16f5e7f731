"""f-divergences of sums, of supports that differ, of mixtures, and of samples."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labbook.compute import Stream
from labbook.errors import UsageError
from labbook.kl.divergences import DIVERGENCES, exact_mean, exact_sd, exact_value
from labbook.kl.families.mixture import Mixture
from labbook.kl.forms import mixed
from labbook.kl.measure import gather
from labbook.kl.pair import Pair
from labbook.kl.pair_laws import has_moment
from labbook.kl.statistics import K1, K3
from tests.kl.textbook import (
    AT_NOTHING,
    FORMS,
    SLOPE_AT_INFINITY,
    by_hand,
    categorical,
    pair_of,
    textbook,
)

MASSES: list[tuple[list[float], list[float]]] = [
    ([0.2, 0.3, 0.5], [0.1, 0.5, 0.4]),
    ([0.5, 0.5, 0.0], [0.2, 0.3, 0.5]),
    ([0.2, 0.3, 0.5], [0.5, 0.5, 0.0]),
    ([0.5, 0.0, 0.5, 0.0], [0.0, 0.5, 0.25, 0.25]),
    ([1.0, 0.0], [0.0, 1.0]),
    ([0.999, 0.001], [0.001, 0.999]),
]


@pytest.mark.parametrize("key", DIVERGENCES)
@pytest.mark.parametrize(("q", "p"), MASSES)
def test_sums_are_those_by_hand(q: list[float], p: list[float], key: str) -> None:
    found = exact_value(DIVERGENCES[key], pair_of(categorical(q), categorical(p)))
    assert found == pytest.approx(by_hand(key, q, p), rel=1e-13)


@pytest.mark.parametrize(("key", "name"), FORMS)
@pytest.mark.parametrize(("q", "p"), MASSES)
def test_means_and_spreads_of_sums_are_those_by_hand(
    q: list[float], p: list[float], key: str, name: str
) -> None:
    divergence, pair = DIVERGENCES[key], pair_of(categorical(q), categorical(p))
    form = divergence.forms[name]
    slope = {"plain": 0.0, "tangent": divergence.slope, "tail-safe": SLOPE_AT_INFINITY[key]}[name]
    values = [
        (a, (textbook(key, b / a) if b else AT_NOTHING[key]) - slope * (b / a - 1))
        for a, b in zip(q, p, strict=True)
        if a
    ]
    mean = math.fsum(a * value for a, value in values)
    assert exact_mean(divergence, form, pair) == pytest.approx(mean, rel=1e-13, abs=1e-15)
    if math.isinf(mean):
        assert math.isinf(exact_sd(divergence, form, pair))
        return
    sd = math.sqrt(math.fsum(a * (value - mean) ** 2 for a, value in values))
    assert exact_sd(divergence, form, pair) == pytest.approx(sd, rel=1e-12, abs=1e-14)


def test_a_sum_without_end_meets_symbols() -> None:
    """Of poisson(3), only 0 and 2 can be drawn from the other; 1 is a hole."""
    masses = [math.exp(-3) * 3**k / math.factorial(k) for k in range(60)]
    others = [0.5, 0.0, 0.5] + [0.0] * 57
    there = pair_of("poisson(3)", "categorical(0.5,0,0.5)")
    back = pair_of("categorical(0.5,0,0.5)", "poisson(3)")
    assert there.lost == pytest.approx(1 - masses[0] - masses[2], rel=1e-12)
    assert back.missing_mass == pytest.approx(1 - masses[0] - masses[2], rel=1e-12)
    for key, each in DIVERGENCES.items():
        assert exact_value(each, there) == pytest.approx(by_hand(key, masses, others), rel=1e-12)
        assert exact_value(each, back) == pytest.approx(by_hand(key, others, masses), rel=1e-12)


@given(st.floats(0.001, 0.999), st.floats(0.001, 0.999))
def test_two_coins_differ_by_the_sum_of_two_terms(q: float, p: float) -> None:
    pair = pair_of(f"bernoulli({q!r})", f"bernoulli({p!r})")
    for key, each in DIVERGENCES.items():
        expected = by_hand(key, [1 - q, q], [1 - p, p])
        assert exact_value(each, pair) == pytest.approx(expected, rel=1e-9, abs=1e-15)


# Supports that differ


@pytest.mark.parametrize(
    ("q", "p"),
    [
        ("exponential(1)", "normal(1,1)"),
        ("beta(0.5,0.5)", "normal(0,1)"),
        ("beta(2,2)", "exponential(1)"),
        ("vonmises(0,1)", "cauchy(1,1)"),
        ("categorical(1)", "geometric(0.5)"),
        ("normal(0,1)", "laplace(0.5,2)"),
        ("geometric(0.2)", "poisson(4)"),
    ],
)
def test_exchanging_the_two_gives_the_reverse_divergence(q: str, p: str) -> None:
    reverses = {"kl": "reverse_kl", "reverse_kl": "kl"}
    reverses |= {"chi2": "reverse_chi2", "reverse_chi2": "chi2"}
    there, back = pair_of(q, p), pair_of(p, q)
    assert there.missing_mass == back.lost
    for key, each in DIVERGENCES.items():
        reverse = exact_value(DIVERGENCES[reverses.get(key, key)], back)
        assert exact_value(each, there) == pytest.approx(reverse, rel=1e-11), key


def test_the_tail_safe_form_alone_keeps_the_divergence_where_q_lacks_mass() -> None:
    """Of exponential(1), the mass beyond 1 is 1/e; p/q is e^−x below."""
    pair, missing = pair_of("beta(1,1)", "exponential(1)"), math.exp(-1)
    assert pair.missing_mass == pytest.approx(missing, rel=1e-12)
    kl, hellinger = DIVERGENCES["kl"], DIVERGENCES["hellinger"]
    assert exact_value(kl, pair) == pytest.approx(1 / 2, rel=1e-12)
    assert exact_mean(kl, K1, pair) == pytest.approx(1 / 2, rel=1e-12)
    assert exact_mean(kl, K3, pair) == pytest.approx(1 / 2 - missing, rel=1e-12)
    assert exact_value(hellinger, pair) == pytest.approx(2 * math.exp(-1 / 2) - 1, rel=1e-12)
    total = DIVERGENCES["total_variation"]
    assert total.tail_safe is not None
    assert exact_value(total, pair) == pytest.approx(missing, rel=1e-12)
    assert exact_mean(total, total.plain, pair) == pytest.approx(missing / 2, rel=1e-12)
    assert exact_mean(total, total.tail_safe, pair) == pytest.approx(missing, rel=1e-12)
    for key in ("reverse_kl", "jeffreys", "chi2"):
        each = DIVERGENCES[key]
        assert math.isinf(exact_value(each, pair))
        assert math.isfinite(exact_mean(each, each.plain, pair))
        assert math.isfinite(exact_sd(each, each.plain, pair))


# What is infinite


@pytest.mark.parametrize(
    ("q", "p"),
    [
        ("normal(0,1)", "t(3)"),
        ("exponential(1)", "exponential(0.4)"),
        ("geometric(0.6)", "geometric(0.3)"),
    ],
)
def test_tail_safe_forms_vary_finitely_where_nothing_else_does(q: str, p: str) -> None:
    pair = pair_of(q, p)
    for each in DIVERGENCES.values():
        assert math.isinf(exact_sd(each, each.tangent, pair))
        if each.tail_safe is not None:
            assert math.isfinite(exact_sd(each, each.tail_safe, pair))
    assert math.isinf(exact_value(DIVERGENCES["chi2"], pair))
    assert math.isfinite(exact_value(DIVERGENCES["reverse_kl"], pair))


@pytest.mark.parametrize(
    ("q", "p", "infinite"),
    [
        # E_q[x²] is infinite, and so are KL(q‖p) and all with it.
        ("t(2)", "normal(0,1)", {"kl", "jeffreys", "reverse_chi2"}),
        ("t(2.5)", "normal(0,1)", {"reverse_chi2"}),
        # p falls off as x^−2 where q does as exp(−x²/2): E_p[x²] is infinite.
        ("normal(0,1)", "cauchy(0,1)", {"reverse_kl", "jeffreys", "chi2"}),
        # At the ends of p, within the support of q, p² goes as 1/δ, and q has mass beyond.
        ("normal(0,1)", "beta(0.5,0.5)", {"kl", "jeffreys", "chi2", "reverse_chi2"}),
        ("normal(0,1)", "gamma(0.51,1)", {"kl", "jeffreys", "chi2", "reverse_chi2"}),
        ("poisson(3)", "geometric(0.5)", {"kl", "jeffreys", "chi2", "reverse_chi2"}),
    ],
)
def test_a_divergence_is_infinite_where_the_tails_say_so(
    q: str, p: str, infinite: set[str]
) -> None:
    pair = pair_of(q, p)
    found = {key: exact_value(each, pair) for key, each in DIVERGENCES.items()}
    assert {key for key, value in found.items() if math.isinf(value)} == infinite
    assert all(value > 0 for value in found.values())


def test_what_cannot_be_summed_is_unknown_but_for_what_is_infinite() -> None:
    pair = pair_of("geometric(1e-9)", "geometric(2e-9)")
    for key, each in DIVERGENCES.items():
        value, sd = exact_value(each, pair), exact_sd(each, each.plain, pair)
        if key == "reverse_chi2":
            assert value == sd == math.inf
        else:
            assert math.isnan(value)
            assert math.isnan(sd)


def test_finite_values_beyond_double_precision_are_refused_in_a_sentence() -> None:
    """χ² is exp(10⁴/3 · …) here: finite, and no double."""
    pair, chi2 = pair_of("poisson(0.3)", "poisson(20)"), DIVERGENCES["chi2"]
    with pytest.raises(UsageError, match=r"poisson\(0.3\) and poisson\(20\) lie too far apart"):
        exact_value(chi2, pair)
    near = pair_of("poisson(0.3)", "poisson(10)")
    assert exact_value(chi2, near) == pytest.approx(math.exp(9.7**2 / 0.3), rel=1e-11)


# The mixtures (1 − ε) q + ε p


@pytest.mark.parametrize("share", [1 / 64, 0.3, 0.9])
@pytest.mark.parametrize(
    ("q", "p"),
    [
        ("normal(0,1)", "normal(1,0.7)"),
        ("gamma(2,3)", "exponential(1)"),
        ("poisson(3)", "poisson(4)"),
    ],
)
def test_a_share_of_p_is_the_divergence_of_that_mixture(q: str, p: str, share: float) -> None:
    pair = pair_of(q, p)
    whole = Pair(pair.q, Mixture((1 - share, share), (pair.q, pair.p)))
    for key, each in DIVERGENCES.items():
        expected = exact_value(each, whole)
        assert exact_value(each, pair, share) == pytest.approx(expected, rel=1e-9), key


def test_smooth_divergences_collapse_where_chi2_is_finite() -> None:
    pair = pair_of("gamma(3,1)", "gamma(2,0.9)")
    chi2 = exact_value(DIVERGENCES["chi2"], pair)
    for key, each in DIVERGENCES.items():
        if key == "total_variation":
            continue
        for share in (1e-3, 1e-6):
            found = exact_value(each, pair, share) / each.curvature
            assert found == pytest.approx(share**2 * chi2 / 2, rel=20 * share), key


def test_in_a_mixture_nothing_is_lost_but_mass_is_still_missing() -> None:
    q, p, share = [0.5, 0.5, 0.0], [0.0, 0.3, 0.7], 0.25
    pair = pair_of(categorical(q), categorical(p))
    both = [(1 - share) * a + share * b for a, b in zip(q, p, strict=True)]
    for key, each in DIVERGENCES.items():
        expected = by_hand(key, q, both)
        assert exact_value(each, pair, share) == pytest.approx(expected, rel=1e-12), key


def test_what_a_mixture_needs_is_only_what_large_ratios_need() -> None:
    pair = pair_of("cauchy(0,1)", "normal(0,1)")
    assert not has_moment(pair, K3, 1)
    assert has_moment(pair, mixed(K3, 0.5), 1)
    assert 0 < exact_value(DIVERGENCES["kl"], pair, 0.5) < -math.log(0.5)


# Samples


@given(st.floats(max_value=1e300, allow_nan=False))
def test_tangents_are_never_negative(log_ratio: float) -> None:
    at = np.array([log_ratio])
    with np.errstate(over="ignore"):
        assert all(each.tangent.of(at)[0] >= 0 for each in DIVERGENCES.values())


@pytest.mark.parametrize(("key", "name"), FORMS)
def test_a_form_at_nothing_is_its_limit(key: str, name: str) -> None:
    form = DIVERGENCES[key].forms[name]
    with np.errstate(over="ignore"):
        assert form.of(np.array([-np.inf]))[0] == pytest.approx(form.at_nothing, rel=1e-15)


@pytest.mark.parametrize(
    ("q", "p"),
    [
        ("normal(0,1)", "laplace(0.5,2)"),
        ("gamma(3,1)", "gamma(2,1)"),
        ("t(3)", "cauchy(0,1)"),
        ("poisson(3)", "geometric(0.3)"),
        ("exponential(1)", "normal(1,1)"),
        ("normal(1,1)", "exponential(1)"),
        ("categorical(0.5,0.5,0)", "categorical(0.2,0.3,0.5)"),
    ],
)
def test_samples_of_every_form_have_its_exact_mean_within_five_standard_errors(
    q: str, p: str
) -> None:
    pair, samples = pair_of(q, p), 400_000
    every = {(key, name): DIVERGENCES[key].forms[name] for key, name in FORMS}
    named = {f"{key} {name}": form for (key, name), form in every.items()}
    tally = gather(pair, Stream(7), samples, named, keep=1)
    for key, name in FORMS:
        divergence, form = DIVERGENCES[key], every[key, name]
        sd = exact_sd(divergence, form, pair)
        if math.isfinite(sd):
            gap = tally.moments[f"{key} {name}"].mean - exact_mean(divergence, form, pair)
            assert abs(gap) < 5 * sd / math.sqrt(samples), (key, name)
