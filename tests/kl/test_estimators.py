"""k1, k2 and k3 as functions of the log ratio."""

from __future__ import annotations

from decimal import Decimal, getcontext

import numpy as np
import pytest

from labbook.kl import ESTIMATORS, k1, k2, k3
from labbook.kl import estimators as kinds

getcontext().prec = 700


def exact_k3(log_ratio: float) -> float:
    number = Decimal(log_ratio)
    return float(number.exp() - 1 - number)


LOG_RATIOS = [
    sign * size
    for sign in (1, -1)
    for size in (1e-300, 1e-150, 1e-9, 1e-4, 0.01, 1 / 32, 0.0313, 0.2, 0.25, 0.3, 1.0, 20.0, 90.0)
]


@pytest.mark.parametrize("log_ratio", LOG_RATIOS)
def test_k3_has_full_precision_at_every_size(log_ratio: float) -> None:
    expected = exact_k3(log_ratio)
    assert float(k3(np.array([log_ratio]))[0]) == pytest.approx(expected, rel=4e-14, abs=0)


def test_k1_and_k2_are_what_they_are_called() -> None:
    log_ratio = np.array([-0.5, 0.0, 2.0])
    assert k1(log_ratio).tolist() == [0.5, 0.0, -2.0]
    assert k2(log_ratio).tolist() == [0.125, 0.0, 2.0]
    assert list(ESTIMATORS) == ["k1", "k2", "k3"]


def test_k3_is_never_negative_and_zero_only_where_the_densities_agree() -> None:
    log_ratio = np.random.default_rng(1).standard_normal(100_000) * 10.0 ** np.linspace(
        -12, 1, 100_000
    )
    assert (k3(log_ratio) > 0).all()
    assert float(k3(np.array([0.0]))[0]) == 0.0


@pytest.mark.parametrize("size", [1e-8, 1e-5, 1e-3, 0.03])
def test_single_precision_keeps_small_values_of_k3(size: float) -> None:
    log_ratio = (size * np.random.default_rng(2).standard_normal(1 << 16)).astype(np.float32)
    out = np.empty_like(log_ratio)
    kinds.k3_single_small(log_ratio, out)
    expected = k3(log_ratio.astype(np.float64))
    np.testing.assert_allclose(out, expected, rtol=1e-6)
    assert out.mean(dtype=np.float64) == pytest.approx(expected.mean(), rel=1e-8)


def test_a_rare_large_log_ratio_among_small_ones_is_right_too() -> None:
    log_ratio = np.full(1000, 1e-4, dtype=np.float32)
    log_ratio[[3, 500]] = 0.26, -12.5
    out = np.empty_like(log_ratio)
    kinds.k3_single_small(log_ratio, out)
    assert out == pytest.approx(k3(log_ratio.astype(np.float64)), rel=2e-6)


def test_the_quick_form_is_unbiased_where_it_is_used() -> None:
    draws = np.random.default_rng(3).standard_normal(1 << 20)
    for size in (kinds.SMALL_RATIO, 0.1, 1.0):
        log_ratio = (size * draws).astype(np.float32)
        out = np.empty_like(log_ratio)
        kinds.k3_single(log_ratio, out)
        expected = k3(log_ratio.astype(np.float64)).mean()
        assert out.mean(dtype=np.float64) == pytest.approx(expected, rel=5e-7)
