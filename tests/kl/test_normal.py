"""Normal pairs against SciPy's densities and independent quadrature."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import integrate, stats

from labbook.errors import UsageError
from labbook.kl import Normal, NormalPair

PAIRS = {
    f"N({a},{b}) N({c},{d})": NormalPair(Normal(a, b), Normal(c, d))
    for a, b, c, d in [
        (0, 1, 0.01, 1), (0, 1, 0.1, 1), (0, 1, 0.5, 1), (0, 1, 1, 1), (0, 1, 2, 1),
        (0, 1, 0, 0.5), (0, 1, 0, 1.1), (0, 1, 0, 1.4), (0, 1, 0, 2),
        (0, 1, 0.5, 1.2), (1, 2, 0, 1), (-3, 0.2, -3.1, 0.25),
    ]
}  # fmt: skip


def integral(pair: NormalPair, function, tilt: float = 0.0) -> float:  # type: ignore[no-untyped-def]
    """E_q r^tilt f(x), by adaptive quadrature; a tilt may widen the weight sevenfold."""
    reach = pair.q.sd * (100 if tilt else 40)
    q, p = stats.norm(pair.q.mean, pair.q.sd), stats.norm(pair.p.mean, pair.p.sd)
    value, _ = integrate.quad(
        lambda x: function(x) * math.exp(tilt * p.logpdf(x) + (1 - tilt) * q.logpdf(x)),
        pair.q.mean - reach,
        pair.q.mean + reach,
        points=[pair.q.mean + k * pair.q.sd for k in (-8, -3, 0, 3, 8)],
        epsabs=1e-13,
        epsrel=1e-10,
        limit=500,
    )
    return float(value)


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_the_log_ratio_is_the_difference_of_the_log_densities(pair: NormalPair) -> None:
    x = pair.q.mean + pair.q.sd * np.linspace(-6, 6, 301)
    expected = stats.norm.logpdf(x, pair.p.mean, pair.p.sd) - stats.norm.logpdf(
        x, pair.q.mean, pair.q.sd
    )
    assert pair.log_ratio(x) == pytest.approx(expected, rel=1e-9, abs=1e-12)
    z = ((x - pair.q.mean) / pair.q.sd).astype(np.float32)
    out = np.empty_like(z)
    pair.log_ratio_at(z, out)
    assert out == pytest.approx(expected, rel=1e-5, abs=2e-6 * np.abs(expected).max())


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_the_divergence_is_the_integral(pair: NormalPair) -> None:
    assert pair.kl == pytest.approx(integral(pair, lambda x: -pair.log_ratio(x)), rel=1e-9)


@pytest.mark.parametrize("t", [-1.0, 0.0, 0.5, 1.0, 1.5, 2.0])
@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_moments_of_the_ratio_are_integrals_or_infinite(pair: NormalPair, t: float) -> None:
    if math.isinf(pair.log_moment(t)):
        # The integrand p^t q^(1 - t) itself grows without bound.
        far = pair.q.mean + 40 * pair.q.sd
        q = stats.norm(pair.q.mean, pair.q.sd)
        assert t * float(pair.log_ratio(np.array(far))) + q.logpdf(far) > -1
    else:
        value = integral(pair, lambda _: 1.0, tilt=t)
        assert math.exp(pair.log_moment(t)) == pytest.approx(value, rel=1e-8)


@pytest.mark.parametrize("widening", [1e-4, -1e-4, 1e-7])
def test_two_almost_equal_distributions_keep_their_small_divergence(widening: float) -> None:
    pair = NormalPair(Normal(0, 1), Normal(0, 1 + widening))
    # KL = w² − 5/3 w³ + …, from log(1 + w) + 1/(2 (1 + w)²) − 1/2.
    assert pair.kl == pytest.approx(widening**2 * (1 - 5 / 3 * widening), rel=1e-6)


@pytest.mark.parametrize(("mean", "sd"), [(0, 0), (0, -1), (0, math.nan), (0, math.inf)])
def test_a_normal_needs_a_positive_spread(mean: float, sd: float) -> None:
    with pytest.raises(UsageError, match="standard deviation"):
        Normal(mean, sd)


@pytest.mark.parametrize("mean", [math.nan, math.inf])
def test_a_normal_needs_a_finite_mean(mean: float) -> None:
    with pytest.raises(UsageError, match="mean of a normal"):
        Normal(mean, 1)
