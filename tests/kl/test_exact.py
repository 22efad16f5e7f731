"""The exact laws of the estimators, against closed forms and independent quadrature."""

from __future__ import annotations

import math

import numpy as np
import pytest

from labbook.kl import Normal, NormalPair, k3, laws
from tests.kl.test_normal import PAIRS, integral


def shifted(shift: float) -> NormalPair:
    return NormalPair(Normal(0, 1), Normal(shift, 1))


def closed_forms(shift: float) -> dict[str, float]:
    """For q = N(0, 1) and p = N(shift, 1), with u = shift²: L is normal with mean −u/2 and
    variance u, and every moment of r = exp L is a moment of a log-normal law.
    """
    u = shift * shift
    return {
        "kl": u / 2,
        "mean k2": u / 2 + u * u / 8,
        "sd k1": math.sqrt(u),
        "sd k2": math.sqrt(u * u / 2 + u**3 / 4),
        "sd k3": math.sqrt(math.fsum(u**k / math.factorial(k) for k in range(2, 40))),
    }


# Seven digits as they are printed in tables of these estimators; each is first derived here.
SEVEN_DIGITS = {
    0.01: (5.000000e-5, 5.000125e-5, 0.01, 7.071245e-5, 7.071186e-5),
    0.1: (0.005, 0.0050125, 0.1, 0.007088723, 0.007082873),
    0.5: (0.125, 0.1328125, 0.5, 0.1875, 0.1844598),
    1.0: (0.5, 0.625, 1.0, 0.8660254, 0.8475151),
    2.0: (2.0, 4.0, 2.0, 4.898979, 7.042595),
}


@pytest.mark.parametrize(("shift", "digits"), SEVEN_DIGITS.items())
def test_the_laws_of_a_shift_are_the_closed_forms(shift: float, digits: tuple[float, ...]) -> None:
    expected = closed_forms(shift)
    assert tuple(expected.values()) == pytest.approx(digits, rel=2e-7)
    found = laws(shifted(shift))
    assert shifted(shift).kl == pytest.approx(expected["kl"], rel=1e-14)
    assert found["k1"].mean == pytest.approx(expected["kl"], rel=1e-14)
    assert found["k3"].mean == pytest.approx(expected["kl"], rel=1e-14)
    assert found["k2"].mean == pytest.approx(expected["mean k2"], rel=1e-14)
    for name in ("k1", "k2", "k3"):
        assert found[name].sd == pytest.approx(expected[f"sd {name}"], rel=1e-11)


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
@pytest.mark.parametrize(
    ("name", "estimator"), [("k1", np.negative), ("k2", lambda x: x * x / 2), ("k3", k3)]
)
def test_laws_are_the_integrals(pair: NormalPair, name: str, estimator) -> None:  # type: ignore[no-untyped-def]
    found = laws(pair)[name]

    def central(order: int) -> float:
        return integral(
            pair, lambda x: (float(estimator(pair.log_ratio(np.array(x)))) - found.mean) ** order
        )

    mean = integral(pair, lambda x: float(estimator(pair.log_ratio(np.array(x)))))
    assert found.mean == pytest.approx(mean, rel=1e-8)
    has_variance = name != "k3" or not math.isinf(pair.log_moment(2))
    has_fourth = name != "k3" or not math.isinf(pair.log_moment(4))
    assert math.isfinite(found.sd) == has_variance
    assert math.isfinite(found.kurtosis) == has_fourth
    # At N(0, 1.4) the squared ratio overflows in the tail; the next test has its variance.
    if has_variance and pair is not PAIRS["N(0,1) N(0,1.4)"]:
        variance = central(2)
        assert found.sd**2 == pytest.approx(variance, rel=1e-7)
        if has_fourth:
            assert found.kurtosis == pytest.approx(central(4) / variance**2, rel=1e-6)


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_the_variance_of_k3_follows_from_the_generating_function(pair: NormalPair) -> None:
    """Var k3 = M(2) − 1 + Var k1 − 2 (KL(q‖p) + KL(p‖q))."""
    found = laws(pair)
    jeffreys = pair.kl + NormalPair(pair.p, pair.q).kl
    if math.isinf(pair.log_moment(2)):
        assert math.isinf(found["k3"].sd)
        return
    variance = math.expm1(pair.log_moment(2)) + found["k1"].sd ** 2 - 2 * jeffreys
    # The difference loses digits to its terms, the largest of which is 2 J.
    assert found["k3"].sd ** 2 == pytest.approx(variance, rel=1e-9, abs=1e-14 * (1 + jeffreys))


def test_the_kurtosis_of_k3_at_a_shift_of_one() -> None:
    """From E r^a L^b by hand: L is normal with mean −1/2 and variance 1, and the weight r^a
    moves its mean to a − 1/2 and has the total exp((a² − a)/2).
    """

    def moment(a: int, b: int) -> float:
        tilted = a - 0.5
        normal = {0: 1.0, 1: 0.0, 2: 1.0, 3: 0.0, 4: 3.0}
        powers = (math.comb(b, j) * tilted ** (b - j) * normal[j] for j in range(b + 1))
        return math.exp((a * a - a) / 2) * sum(powers)

    # k3 − KL = r − L − 3/2; its powers by the multinomial theorem.
    def central(order: int) -> float:
        return sum(
            math.factorial(order)
            / (math.factorial(a) * math.factorial(b) * math.factorial(order - a - b))
            * (-1) ** b
            * (-1.5) ** (order - a - b)
            * moment(a, b)
            for a in range(order + 1)
            for b in range(order + 1 - a)
        )

    expected = central(4) / central(2) ** 2
    assert expected == pytest.approx(386.01667, rel=1e-7)
    assert laws(shifted(1.0))["k3"].kurtosis == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("shift", [1e-9, 1e-6, 1e-3])
def test_close_distributions_have_the_limits_of_the_theory(shift: float) -> None:
    """For small shifts k2 and k3 are half a squared normal: sd/KL → √2, kurtosis → 15."""
    found = laws(shifted(shift))
    for name in ("k2", "k3"):
        assert found[name].sd / shifted(shift).kl == pytest.approx(math.sqrt(2), rel=shift + 1e-9)
        assert found[name].kurtosis == pytest.approx(15, rel=100 * shift**2 + 1e-6)


@pytest.mark.parametrize("shift", [12.0, 100.0])
def test_a_law_beyond_double_precision_is_infinite_and_no_error(shift: float) -> None:
    found = laws(shifted(shift))["k3"]
    assert math.isinf(found.kurtosis) or found.kurtosis > 1e100
    assert found.sd > 1e30


def test_equal_distributions_have_no_spread() -> None:
    found = laws(NormalPair(Normal(2, 3), Normal(2, 3)))
    assert [found[name].sd for name in ("k1", "k2", "k3")] == [0.0, 0.0, 0.0]
