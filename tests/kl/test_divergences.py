"""The f-divergences against closed forms, 60-digit arithmetic and scipy's integrals."""

from __future__ import annotations

import itertools
import math
from decimal import Decimal, localcontext

import numpy as np
import pytest
from scipy import integrate

from labbook.errors import UsageError
from labbook.kl import Normal, NormalPair
from labbook.kl.divergences import DIVERGENCES, exact_sd, exact_value

# For q = N(0, 1) and p = N(shift, 1): the value, and the standard deviations of the plain and
# of the tangent form, from published closed forms and independent integration.
PRINTED = {
    0.1: {
        "kl": (0.005, 0.1, 0.007082873),
        "reverse_kl": (0.005, 0.1015025, 0.007171125),
        "jeffreys": (0.01, 0.01423949, 0.01423949),
        "chi2": (0.0100501671, 0.01477861, 0.01477861),
        "reverse_chi2": (0.0100501671, 0.01424875, 0.01424875),
        "hellinger": (0.00124921908, 0.04996877, 0.001777709),
        "jensen_shannon": (0.0012484401, 0.001775492, 0.001775492),
        "le_cam": (0.00249377587, 0.003542172, 0.003542172),
        "total_variation": (0.0398776117, 0.03036969, 0.03036969),
    },
    1.0: {
        "kl": (0.5, 1, 0.8475151),
        "reverse_kl": (0.5, 2.929917, 1.774219),
        "jeffreys": (1, 2.566012, 2.566012),
        "chi2": (1.71828183, 18.26044, 18.26044),
        "reverse_chi2": (1.71828183, 3.313337, 3.313337),
        "hellinger": (0.117503097, 0.4703182, 0.279777),
        "jensen_shannon": (0.111421482, 0.2515463, 0.2515463),
        "le_cam": (0.204054266, 0.42881, 0.42881),
        "total_variation": (0.382924923, 0.5319201, 0.5319201),
    },
}
# Of the tail-safe form, by shift and scale of p.
TAIL_SAFE = {
    (0.1, 1.0): {
        "total_variation": (0.0398776117, 0.05508554),
        "le_cam": (0.00249377587, 0.04987541),
        "jensen_shannon": (0.0012484401, 0.03460168),
    },
    (1.0, 1.0): {
        "total_variation": (0.382924923, 0.3306912),
        "le_cam": (0.204054266, 0.4030088),
        "jensen_shannon": (0.111421482, 0.298083),
    },
    (0.0, 2.0): {
        "total_variation": (0.322674569, 0.1861593),
        "le_cam": (0.159982246, 0.2311629),
        "jensen_shannon": (0.0927333817, 0.1981925),
        "hellinger": (0.105572809, 0.4472136),
        "kl": (0.3181472, 0.5303301),
    },
}
FORMS = [(key, name) for key, each in DIVERGENCES.items() for name in each.forms]


def pair_of(shift: float, scale: float = 1.0) -> NormalPair:
    return NormalPair(Normal(0, 1), Normal(shift, scale))


def decimal_f(key: str, r: Decimal) -> Decimal:
    """f as the textbooks have it."""
    one, two = Decimal(1), Decimal(2)
    return {
        "kl": lambda: -r.ln(),
        "reverse_kl": lambda: r * r.ln(),
        "jeffreys": lambda: (r - one) * r.ln(),
        "chi2": lambda: (r - one) ** 2,
        "reverse_chi2": lambda: (r - one) ** 2 / r,
        "hellinger": lambda: one - r.sqrt(),
        "jensen_shannon": lambda: (r * (two * r / (one + r)).ln() + (two / (one + r)).ln()) / two,
        "le_cam": lambda: (r - one) ** 2 / (two * (r + one)),
        "total_variation": lambda: abs(r - one) / two,
    }[key]()


def decimal_form(key: str, name: str, log_ratio: float) -> float:
    half, at_infinity = Decimal("0.5"), {"reverse_chi2": Decimal(1), "kl": Decimal(0)}
    at_infinity |= {"hellinger": Decimal(0), "le_cam": half, "total_variation": half}
    at_infinity["jensen_shannon"] = Decimal(2).ln() / 2
    at_one = {"kl": Decimal(-1), "reverse_kl": Decimal(1), "hellinger": -half}.get(key, Decimal(0))
    slope = {"plain": Decimal(0), "tangent": at_one}.get(name, at_infinity.get(key, Decimal(0)))
    r = Decimal(log_ratio).exp()
    return float(decimal_f(key, r) - slope * (r - 1))


@pytest.mark.parametrize("shift", PRINTED)
@pytest.mark.parametrize("key", DIVERGENCES)
def test_values_and_spreads_are_the_printed_ones(shift: float, key: str) -> None:
    divergence, pair = DIVERGENCES[key], pair_of(shift)
    value, plain, tangent = PRINTED[shift][key]
    assert exact_value(divergence, pair) == pytest.approx(value, rel=6e-9)
    assert exact_sd(divergence, divergence.plain, pair) == pytest.approx(plain, rel=3e-7)
    assert exact_sd(divergence, divergence.tangent, pair) == pytest.approx(tangent, rel=3e-7)


@pytest.mark.parametrize("p", TAIL_SAFE)
def test_tail_safe_forms_vary_as_printed_also_where_the_ratio_has_no_variance(
    p: tuple[float, float],
) -> None:
    for key, (value, sd) in TAIL_SAFE[p].items():
        divergence, pair = DIVERGENCES[key], pair_of(*p)
        assert divergence.tail_safe is not None
        assert exact_value(divergence, pair) == pytest.approx(value, rel=1e-7)
        assert exact_sd(divergence, divergence.tail_safe, pair) == pytest.approx(sd, rel=3e-7)


@pytest.mark.parametrize(("key", "name"), FORMS)
def test_every_form_keeps_its_digits_near_one_and_far_from_it(key: str, name: str) -> None:
    sizes = [10.0**power for power in range(-12, 0)] + [0.03, 0.3, 0.49, 0.51, 0.7, 1, 1.01]
    sizes += [3, 20, 40, 100, 340]
    log_ratios = np.array([sign * size for size in sizes for sign in (-1, 1)])
    with localcontext() as context:
        context.prec = 400
        expected = [decimal_form(key, name, log_ratio) for log_ratio in log_ratios]
    found = DIVERGENCES[key].forms[name].of(log_ratios)
    np.testing.assert_allclose(found, expected, rtol=4e-15, atol=0)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("key", ["kl", "hellinger", "jensen_shannon", "le_cam", "total_variation"])
def test_tail_safe_forms_do_not_overflow(key: str) -> None:
    form = DIVERGENCES[key].tail_safe
    assert form is not None
    log_ratios = np.array([-1e4, -800.0, 700.0, 800.0, 1400.0])
    found = form.of(log_ratios)
    assert np.isfinite(found).all()
    at_infinity = {"le_cam": -1.0, "total_variation": 0.0}
    at_infinity["jensen_shannon"] = (2 * math.log(2) - 1 - 1400) / 2
    at_infinity |= {"kl": -1400.0, "hellinger": -math.expm1(700)}
    assert found[-1] == pytest.approx(at_infinity[key], rel=1e-15)
    at_nothing = {"le_cam": 1.0, "total_variation": 1.0, "jensen_shannon": math.log(2)}
    at_nothing |= {"kl": 1e4, "hellinger": 1.0}
    assert found[0] == pytest.approx(at_nothing[key], rel=1e-15)


@pytest.mark.filterwarnings("error")
def test_plain_forms_are_finite_up_to_the_last_double() -> None:
    last = np.array([math.log(np.finfo(float).max) + 0.6])  # r is infinite there, r/2 is not
    for key in ("jensen_shannon", "le_cam", "total_variation", "hellinger"):
        assert np.isfinite(DIVERGENCES[key].plain.of(last)).all(), key
    lost = np.array([-800.0, -1e5])  # r is 0 there
    for key, at_nothing in (("reverse_kl", 0), ("jensen_shannon", math.log(2) / 2), ("chi2", 1)):
        assert DIVERGENCES[key].plain.of(lost) == pytest.approx([at_nothing] * 2), key


@pytest.mark.parametrize("key", DIVERGENCES)
def test_tangents_are_never_negative(key: str) -> None:
    log_ratios = np.concatenate([sign * np.geomspace(1e-15, 300, 5000) for sign in (-1, 1)])
    assert (DIVERGENCES[key].tangent.of(log_ratios) >= 0).all()


@pytest.mark.parametrize("p", [(0.3, 1.0), (-0.4, 0.9), (0.5, 1.12)])
@pytest.mark.parametrize(("key", "name"), FORMS)
def test_each_form_has_the_divergence_as_mean_and_its_spread_by_scipys_integrals(
    p: tuple[float, float], key: str, name: str
) -> None:
    divergence, pair = DIVERGENCES[key], pair_of(*p)
    form, (mean, scale) = divergence.forms[name], p

    def integral(power: int) -> float:
        def integrand(x: float) -> float:
            log_ratio = x * x / 2 - ((x - mean) / scale) ** 2 / 2 - math.log(scale)
            density = math.exp(-x * x / 2) / math.sqrt(2 * math.pi)
            return float(form.of(np.array([log_ratio]))[0]) ** power * density

        roots = np.roots(np.polynomial.Polynomial(pair.coefficients).coef[::-1]).real
        edges = [-38.0, *sorted({*roots, -6.0, 0.0, 6.0, 12.0}), 38.0]
        parts = [
            integrate.quad(integrand, low, high, epsabs=1e-14, epsrel=1e-11, limit=200)[0]
            for low, high in itertools.pairwise(edges)
        ]
        return math.fsum(parts)

    value, sd = exact_value(divergence, pair), exact_sd(divergence, form, pair)
    assert integral(1) == pytest.approx(value, rel=1e-9, abs=1e-13)
    if math.isfinite(sd):
        assert math.sqrt(integral(2) - value**2) == pytest.approx(sd, rel=1e-8)


def test_a_spread_is_infinite_just_where_the_forms_growth_has_no_second_moment() -> None:
    """M(t) is finite where (1 − t) s² + t > 0: M(2) below s = √2, M(4) below √(4/3)."""
    infinite = {
        1.1: set(),
        1.2: {("chi2", "plain"), ("chi2", "tangent")},
        2.0: {
            (key, name)
            for key, name in FORMS
            if name != "tail-safe" and (key, name) not in {("kl", "plain"), ("hellinger", "plain")}
        },
        0.85: set(),
        # 1/r: M(−2) is infinite below s = √(2/3).
        0.8: {("reverse_chi2", name) for name in ("plain", "tangent", "tail-safe")},
    }
    for scale, expected in infinite.items():
        pair = pair_of(0, scale)
        found = {
            (key, name)
            for key, name in FORMS
            if math.isinf(exact_sd(DIVERGENCES[key], DIVERGENCES[key].forms[name], pair))
        }
        assert found == expected, scale


def test_only_the_two_chi2_can_be_infinite_themselves() -> None:
    for scale, expected in ((1.5, {"chi2"}), (0.7, {"reverse_chi2"}), (1.4, set()), (0.72, set())):
        pair = pair_of(0.2, scale)
        assert {
            key for key, each in DIVERGENCES.items() if math.isinf(exact_value(each, pair))
        } == expected


@pytest.mark.parametrize("scale", [0.01, 0.3, 1.0, 1.3, 3.0, 100.0])
def test_values_have_their_closed_forms_at_every_scale(scale: float) -> None:
    shift = 0.7
    pair = pair_of(shift, scale)
    kl = math.log(scale) + (1 + shift**2) / (2 * scale**2) - 1 / 2
    reverse_kl = -math.log(scale) + (scale**2 + shift**2) / 2 - 1 / 2
    squares = 1 + scale**2
    overlap = math.sqrt(2 * scale / squares) * math.exp(-(shift**2) / (4 * squares))
    for key, expected in (
        ("kl", kl),
        ("reverse_kl", reverse_kl),
        ("jeffreys", kl + reverse_kl),
        ("hellinger", 1 - overlap),
    ):
        assert exact_value(DIVERGENCES[key], pair) == pytest.approx(expected, rel=1e-11), key


@pytest.mark.parametrize("shift", [1e-9, 1e-4, 0.1, 1.0, 6.0])
def test_values_have_their_closed_forms_at_every_shift(shift: float) -> None:
    u = shift * shift
    for key, expected in (
        ("kl", u / 2),
        ("reverse_kl", u / 2),
        ("jeffreys", u),
        ("chi2", math.expm1(u)),
        ("reverse_chi2", math.expm1(u)),
        ("hellinger", -math.expm1(-u / 8)),
        ("total_variation", math.erf(shift / math.sqrt(8))),
    ):
        assert exact_value(DIVERGENCES[key], pair_of(shift)) == pytest.approx(
            expected, rel=1e-12
        ), key


@pytest.mark.parametrize(
    ("p", "k3", "reverse"),
    [
        ((0, 1.1), 0.03770077, 0.05251782),
        ((0, 1.3), 0.4280318, 1.616052),
        ((0, 1.4), 1.490361, 37.86751),
        ((0.5, 1.2), 0.5911159, 1.869816),
        ((2, 1), 7.042595, 39.77872),
        ((0, 0.5), 1.661884, 0.2907221),
    ],
)
def test_spreads_are_exact_also_where_the_variance_is_almost_infinite(
    p: tuple[float, float], k3: float, reverse: float
) -> None:
    """Of k3 and of r log r − (r − 1), from derivatives of M(t) = E_q[r^t]."""
    for key, expected in (("kl", k3), ("reverse_kl", reverse)):
        divergence = DIVERGENCES[key]
        assert exact_sd(divergence, divergence.tangent, pair_of(*p)) == pytest.approx(
            expected, rel=5e-7
        )


def test_spreads_far_beyond_what_samples_see_are_still_numbers() -> None:
    """E_q[r^t] = exp(t (t − 1) u / 2), with u = shift²."""
    for shift in (8, 12):
        u, chi2 = shift**2, DIVERGENCES["chi2"]
        assert exact_value(chi2, pair_of(shift)) == pytest.approx(math.exp(u), rel=1e-11)
        sd = exact_sd(chi2, chi2.plain, pair_of(shift))
        assert sd == pytest.approx(math.exp(3 * u), rel=1e-11)


@pytest.mark.parametrize("key", DIVERGENCES)
def test_exchanging_the_two_gives_the_reverse_divergence(key: str) -> None:
    pair = pair_of(0.4, 1.25)
    back = NormalPair(pair.p, pair.q)
    reverses = {"kl": "reverse_kl", "chi2": "reverse_chi2"}
    reverses |= {there: here for here, there in reverses.items()}
    reverse = DIVERGENCES[reverses.get(key, key)]
    assert exact_value(DIVERGENCES[key], pair) == pytest.approx(
        exact_value(reverse, back), rel=1e-12
    )


@pytest.mark.parametrize("key", DIVERGENCES)
def test_slope_and_curvature_are_those_of_f(key: str) -> None:
    divergence, step = DIVERGENCES[key], Decimal("1e-12")
    with localcontext() as context:
        context.prec = 60
        left, right = decimal_f(key, 1 - step), decimal_f(key, 1 + step)
        far = decimal_f(key, Decimal(10) ** 50) / Decimal(10) ** 50
    assert float((right - left) / (2 * step)) == pytest.approx(divergence.slope, abs=1e-9)
    if key == "total_variation":
        assert math.isnan(divergence.curvature)
    else:
        assert float((right + left) / step**2) == pytest.approx(divergence.curvature, rel=1e-9)
    if math.isfinite(divergence.slope_at_infinity):
        assert float(far) == pytest.approx(divergence.slope_at_infinity, abs=1e-20)
    else:
        assert far > 100
        assert divergence.tail_safe is None


def test_the_forms_of_kl_are_k1_and_k3() -> None:
    kl = DIVERGENCES["kl"]
    log_ratios = np.array([-1.5, 0.2])
    assert kl.plain is kl.tail_safe
    assert kl.plain.of(log_ratios) == pytest.approx([1.5, -0.2])
    assert kl.tangent.of(log_ratios) == pytest.approx(np.exp(log_ratios) - 1 - log_ratios)


def test_equal_distributions_differ_by_nothing() -> None:
    pair = NormalPair(Normal(2, 3), Normal(2, 3))
    for divergence in DIVERGENCES.values():
        assert exact_value(divergence, pair) == 0
        assert all(exact_sd(divergence, form, pair) == 0 for form in divergence.forms.values())


def test_what_does_not_fit_into_double_precision_is_refused_in_a_sentence() -> None:
    chi2 = DIVERGENCES["chi2"]
    with pytest.raises(UsageError, match=r"normal\(0,1\) and normal\(40,1\) lie too far apart"):
        exact_value(chi2, pair_of(40))
    assert exact_value(DIVERGENCES["jensen_shannon"], pair_of(40)) == pytest.approx(math.log(2))
