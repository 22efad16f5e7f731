"""The geometric law against sums over its probabilities."""

from __future__ import annotations

import math

import numpy as np
import pytest

from labbook.channel import (
    Geometric,
    elias_delta,
    elias_gamma,
    expected_elias_delta,
    expected_elias_gamma,
)
from labbook.errors import UsageError

SUCCESSES = (1.0, 0.999, 0.7, 1 / 1.8, 0.5, 1 / 6, 0.01, 1e-4)


def table(success: float) -> tuple[np.ndarray, np.ndarray]:
    """All indices that weigh anything in double precision, and their probabilities."""
    last = max(2, math.ceil(-40 / math.log1p(-success))) if success < 1 else 1
    k = np.arange(1, last + 1)
    return k, success * (1 - success) ** (k - 1.0)


@pytest.mark.parametrize("success", SUCCESSES)
def test_the_law_is_the_sum_over_its_table(success: float) -> None:
    law, (k, pmf) = Geometric(success), table(success)
    assert pmf.sum() == pytest.approx(1, rel=1e-12)
    assert law.mean == pytest.approx((pmf * k).sum(), rel=1e-11)
    assert law.sd**2 == pytest.approx((pmf * k * k).sum() - law.mean**2, rel=1e-9, abs=1e-12)
    assert law.mean_log2 == pytest.approx((pmf * np.log2(k)).sum(), rel=1e-11, abs=1e-14)
    positive = pmf > 0
    ideal = -np.log2(pmf[positive])
    assert law.entropy == pytest.approx((pmf[positive] * ideal).sum(), rel=1e-11, abs=1e-14)
    variance = (pmf[positive] * (ideal - law.entropy) ** 2).sum()
    assert law.sd_of_ideal_length == pytest.approx(math.sqrt(variance), rel=1e-9, abs=1e-12)
    assert law.log2_pmf(k[:50]) == pytest.approx(np.log2(pmf[:50]), rel=1e-11, abs=1e-12)
    assert law.exceeds(k[:50]) == pytest.approx(1 - np.cumsum(pmf)[:50], abs=1e-12)


@pytest.mark.parametrize("success", SUCCESSES)
def test_mean_code_lengths_are_the_sums(success: float) -> None:
    law, (k, pmf) = Geometric(success), table(success)
    assert expected_elias_gamma(law) == pytest.approx((pmf * elias_gamma(k)).sum(), rel=1e-11)
    assert expected_elias_delta(law) == pytest.approx((pmf * elias_delta(k)).sum(), rel=1e-11)


@pytest.mark.parametrize("success", [1e-6, 1e-9, 1e-12])
def test_rare_successes_have_the_limits_of_the_theory(success: float) -> None:
    """E log2 K → log2 M − γ/ln 2, and H(K) → log2 M + log2 e."""
    law = Geometric(success)
    log2_m = -math.log2(success)
    assert law.mean_log2 == pytest.approx(log2_m - np.euler_gamma / math.log(2), abs=50 * success)
    assert law.entropy == pytest.approx(log2_m + 1 / math.log(2), abs=50 * success + 1e-11)


def test_certain_success_costs_nothing() -> None:
    law = Geometric(1.0)
    assert (law.mean, law.sd, law.mean_log2, law.entropy) == (1.0, 0.0, 0.0, 0.0)
    assert law.log2_pmf([1, 2]).tolist() == [0.0, -math.inf]
    assert law.exceeds([0, 1]).tolist() == [1.0, 0.0]


@pytest.mark.parametrize("success", [0.0, -0.1, 1.1, math.nan])
def test_no_probability_of_success_is_refused(success: float) -> None:
    with pytest.raises(UsageError, match="cannot succeed with probability"):
        Geometric(success)
