"""Divergences of logits on a real device. Needs NumPy, SciPy, CuPy and pytest, and nothing else."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import rel_entr, softmax

from labbook.compute import generator
from labbook.compute.cuda import cupy
from labbook.errors import UsageError
from labbook.kl import exact_kl, gpu_vocabulary
from labbook.kl.gpu_vocabulary import exact_kl_on_device

pytestmark = pytest.mark.gpu

WIDTHS = (1, 2, 31, 1000, 50_000, 1_000_003)


def logits(rows: int, width: int, apart: float) -> tuple[np.ndarray, np.ndarray]:
    rng = generator(1, "logits")
    q = 3 * rng.standard_normal((rows, width), dtype=np.float32)
    return q, q + np.float32(apart) * rng.standard_normal((rows, width), dtype=np.float32)


def in_double(q: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return q.astype(np.float64), p.astype(np.float64)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("rows", [1, 3, 257])
def test_a_divergence_is_scipys(rows: int, width: int) -> None:
    if rows * width > 2**25:
        rows = 5
    q, p = logits(rows, width, 0.7)
    expected = rel_entr(*(softmax(each, axis=-1) for each in in_double(q, p))).sum(axis=-1)
    np.testing.assert_allclose(exact_kl_on_device(q, p), expected, rtol=1e-9, atol=1e-14)
    found = exact_kl_on_device(*in_double(q, p))
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("apart", [1e-4, 1e-2, 0.5])
def test_it_agrees_with_the_cpu(apart: float) -> None:
    q, p = logits(64, 50_000, apart)
    found = exact_kl_on_device(q, p)
    np.testing.assert_allclose(found, exact_kl(q, p), rtol=1e-4, atol=5e-7)
    np.testing.assert_allclose(found, exact_kl(*in_double(q, p)), rtol=1e-9, atol=1e-14)


def test_masked_symbols_count_as_the_definition_says() -> None:
    q, p = logits(5, 1000, 0.5)
    q[0, ::3] = p[0, ::3] = -np.inf
    q[1, ::3] = -np.inf
    p[2, 17] = -np.inf
    p[3, 17], q[3, 17] = -np.inf, -500.0
    q[4, 1:] = p[4, 1:] = -np.inf
    found = exact_kl_on_device(q, p)
    assert found[2:].tolist() == [math.inf, math.inf, 0.0]
    np.testing.assert_allclose(found, exact_kl(*in_double(q, p)), rtol=1e-9)


@pytest.mark.parametrize("wrong", [math.nan, math.inf])
def test_what_is_no_distribution_is_refused(wrong: float) -> None:
    q, p = logits(3, 1000, 0.5)
    p[1, 999] = wrong
    with pytest.raises(UsageError, match="no distribution"):
        exact_kl_on_device(q, p)


def test_two_calls_give_the_same_bits_and_slabs_change_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    q, p = logits(301, 5000, 0.01)
    once = exact_kl_on_device(q, p)
    assert np.array_equal(exact_kl_on_device(q, p), once)
    monkeypatch.setattr(gpu_vocabulary, "SLAB_BYTES", 1_000_000)
    assert np.array_equal(exact_kl_on_device(q, p), once)


def test_arrays_may_be_on_the_device_with_gaps_or_without() -> None:
    q, p = (each.reshape(4, 6, 999) for each in logits(24, 999, 0.5))
    whole = exact_kl_on_device(q, p)
    there = tuple(cupy().asarray(each) for each in (q, p))
    assert np.array_equal(exact_kl_on_device(*there), whole)
    assert np.array_equal(exact_kl_on_device(there[0], p), whole)
    assert np.array_equal(exact_kl_on_device(*(each[:, 1:] for each in there)), whole[:, 1:])
    assert np.array_equal(exact_kl_on_device(q[:, 1:], there[1][:, 1:]), whole[:, 1:])


def test_half_precision_is_read() -> None:
    q, p = (each.astype(np.float16) for each in logits(3, 999, 0.5))
    expected = exact_kl(*in_double(q, p))
    np.testing.assert_allclose(exact_kl_on_device(q, p), expected, rtol=1e-9)


def test_the_device_passes_the_trial() -> None:
    gpu_vocabulary.try_device()
