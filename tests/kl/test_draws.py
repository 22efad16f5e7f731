"""Normal numbers: their documented layout, and their law."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from labbook.compute import Stream
from labbook.kl import normals
from labbook.kl.draws import NormalDraws


def by_the_layout(seed: int, count: int) -> np.ndarray:
    """The numbers in float64, by what the documentation says and NumPy alone."""
    words = np.random.Philox(key=np.array([seed, 0], dtype=np.uint64)).random_raw(count // 2)
    low = words & np.uint64(0xFFFFFFFF)
    high = (words >> np.uint64(32)).astype(np.uint32).view(np.int32)
    radius = np.sqrt(-2 * np.log((low + 0.5) / 2**32))
    angle = math.pi * high / 2**31
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).ravel()


def test_numbers_follow_the_documented_layout() -> None:
    expected = by_the_layout(7, 1 << 18)
    error = np.abs(normals(Stream(7), 1 << 18) - expected)
    # Near a radius of 0 single precision resolves the square of the radius only.
    assert error.max() < 4e-4
    assert np.sqrt(np.mean(error**2)) < 3e-6


@pytest.mark.parametrize("first", [0, 2, 6, 1000, 65_536])
def test_a_number_is_the_same_whichever_number_one_begins_at(first: int) -> None:
    whole = normals(Stream(3), 70_000)
    assert np.array_equal(normals(Stream(3), 999, first=first), whole[first : first + 999])


@pytest.mark.parametrize("chunk", [2, 64, 1000, 4096])
def test_chunks_make_the_same_numbers(chunk: int) -> None:
    expected = np.sort(normals(Stream(5), 8000))
    draws = NormalDraws(Stream(5), chunk)
    taken = [draws.take(min(chunk, 8000 - begin)).copy() for begin in range(0, 8000, chunk)]
    assert np.array_equal(np.sort(np.concatenate(taken)), expected)


def test_an_odd_first_number_is_refused() -> None:
    with pytest.raises(ValueError, match="between words"):
        normals(Stream(1), 10, first=3)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_numbers_are_standard_normal(seed: int) -> None:
    n = 1 << 21
    numbers = normals(Stream(seed), n).astype(np.float64)
    for power, moment, next_moment in (
        (1, 0, 1),
        (2, 1, 3),
        (3, 0, 15),
        (4, 3, 105),
        (6, 15, 10395),
    ):
        se = math.sqrt((next_moment - moment**2) / n)
        assert np.mean(numbers**power) == pytest.approx(moment, abs=5 * se), power
    edges = stats.norm.ppf(np.linspace(0, 1, 257))
    edges[[0, -1]] = -10, 10
    counts, _ = np.histogram(numbers, edges)
    assert 1e-6 < stats.chisquare(counts).pvalue < 1 - 1e-6


def test_the_two_numbers_of_a_word_are_independent() -> None:
    even, odd = normals(Stream(9), 1 << 21).astype(np.float64).reshape(-1, 2).T
    se = 1 / math.sqrt(len(even))
    assert abs(np.mean(even * odd)) < 5 * se
    # Var(x² y²) = 9 − 1.
    assert abs(np.mean(even**2 * odd**2) - 1) < 5 * math.sqrt(8) * se
