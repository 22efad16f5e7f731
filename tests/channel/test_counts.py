"""Counts of indices say what the messages themselves say."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from labbook.channel import Geometric, IndexCounts

MESSAGES = np.random.default_rng(3).geometric(0.05, size=20_000)


def test_means_and_standard_errors_are_those_of_the_messages() -> None:
    counts = IndexCounts.of(MESSAGES)
    assert counts.total == len(MESSAGES)
    mean, se = counts.mean(np.log2)
    assert mean == pytest.approx(np.log2(MESSAGES).mean(), rel=1e-12)
    assert se == pytest.approx(stats.sem(np.log2(MESSAGES)), rel=1e-10)


def test_the_entropy_is_that_of_the_frequencies() -> None:
    _, counts = np.unique(MESSAGES, return_counts=True)
    assert IndexCounts.of(MESSAGES).entropy == pytest.approx(stats.entropy(counts, base=2))


@pytest.mark.parametrize("cuts", [(1,), (7, 19_000), (10_000,)])
def test_parts_merge_into_the_whole(cuts: tuple[int, ...]) -> None:
    merged = IndexCounts()
    for part in np.split(MESSAGES, cuts):
        merged = merged.merge(IndexCounts.of(part))
    whole = IndexCounts.of(MESSAGES)
    assert np.array_equal(merged.indices, whole.indices)
    assert np.array_equal(merged.counts, whole.counts)


@pytest.mark.parametrize(("success", "n"), [(0.02, 2000), (0.1, 2000), (0.02, 400)])
def test_the_entropy_falls_short_by_what_is_said_or_somewhat_more(success: float, n: int) -> None:
    law, draw = Geometric(success), np.random.default_rng(4)
    samples = [IndexCounts.of(draw.geometric(success, size=n)) for _ in range(300)]
    shortfall = law.entropy - np.mean([each.entropy for each in samples])
    said = np.mean([each.entropy_bias for each in samples])
    assert said < shortfall < 2.5 * said


def test_one_message_has_no_standard_error() -> None:
    assert math.isnan(IndexCounts.of(np.array([4])).mean(np.log2)[1])
