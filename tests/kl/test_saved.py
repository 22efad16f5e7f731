"""What is kept of a sample comes back to the last bit, and goes on where it stopped."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labbook.errors import UsageError
from labbook.kl import Measurement, Normal, NormalPair, Pair, distribution, estimate, measure
from labbook.kl.estimate import CHUNK, CHUNKS_IN_A_SHARD
from labbook.kl.pareto import tail_k
from labbook.kl.power_sums import PowerSums
from labbook.kl.saved import (
    power_sums_from_json,
    power_sums_to_json,
    tally_from_json,
    tally_to_json,
)
from labbook.kl.tally import Tally
from labbook.model.jsonable import encode

NORMALS = NormalPair(Normal(0, 1), Normal(0.5, 1.2))
PAIR = Pair(distribution("normal(0,1)"), distribution("t(3)"))
BEHIND = Pair(distribution("exponential(1)"), distribution("beta(2,5)"))
"""Where p is nothing, log ratios and means are infinite."""

numbers = st.floats(allow_nan=False)


def kept_of(found: Measurement) -> Tally:
    assert found.kept is not None
    return found.kept


def through_json(data: Any) -> Any:
    return json.loads(json.dumps(encode(data), allow_nan=False))


@given(st.integers(0, 10**15), st.lists(numbers, min_size=6, max_size=6))
def test_power_sums_come_back_to_the_last_bit(count: int, values: list[float]) -> None:
    sums = PowerSums(count, *values)
    assert power_sums_from_json(through_json(power_sums_to_json(sums))) == sums


@pytest.mark.parametrize("pair", [PAIR, BEHIND], ids=str)
def test_a_tally_comes_back_to_the_last_bit(pair: Pair) -> None:
    kept = kept_of(measure(pair, 100_000, seed=3))
    once = tally_to_json(kept)
    again = tally_from_json(through_json(once))
    assert json.dumps(tally_to_json(again)) == json.dumps(once)
    assert np.array_equal(again.largest, np.sort(kept.largest))


@pytest.mark.parametrize("garbage", [None, 3, [], {}, {"count": -1}, {"count": "many"}, "text"])
def test_what_is_no_sum_is_refused_in_a_sentence(garbage: Any) -> None:
    for read in (power_sums_from_json, tally_from_json):
        with pytest.raises(UsageError, match=r"cannot be read\.$"):
            read(garbage)


SHARD = CHUNK * CHUNKS_IN_A_SHARD


@pytest.mark.parametrize("first", [2, 1000, SHARD - 1, SHARD, SHARD + 3, 2 * SHARD + 100_001])
def test_an_estimate_goes_on_to_the_same_bits(first: int) -> None:
    early = estimate(NORMALS, first, seed=7)
    earlier = power_sums_from_json(through_json(power_sums_to_json(early.kept)))
    late = estimate(NORMALS, 3 * SHARD + 11, seed=7, earlier=earlier)
    assert late == estimate(NORMALS, 3 * SHARD + 11, seed=7)


@pytest.mark.parametrize("pair", [PAIR, BEHIND], ids=str)
def test_a_measurement_goes_on_to_the_same_bits(pair: Pair) -> None:
    counts = (10_001, 140_000, 150_000, 400_000, 900_003)
    kept = None
    for count in counts:
        found = measure(pair, count, seed=11, earlier=kept)
        kept = tally_from_json(through_json(tally_to_json(kept_of(found))))
    whole = measure(pair, counts[-1], seed=11)
    assert json.dumps(tally_to_json(found.tally)) == json.dumps(tally_to_json(whole.tally))
    assert tail_k(found.tally.largest) == pytest.approx(tail_k(whole.tally.largest), nan_ok=True)


def test_progress_counts_on() -> None:
    seen: list[tuple[int, int]] = []
    early = measure(PAIR, 150_000, seed=1)
    measure(PAIR, 300_001, seed=1, earlier=early.kept, progress=lambda *at: seen.append(at))
    assert seen == [(262_144, 300_001), (300_001, 300_001)]


def test_fewer_samples_than_there_are_already_are_refused() -> None:
    with pytest.raises(UsageError, match="524,288 samples are drawn already: 500 are no more"):
        estimate(NORMALS, 500, seed=1, earlier=estimate(NORMALS, 600_000, seed=1).kept)
    with pytest.raises(UsageError, match="131,072 samples are drawn already: 500 are no more"):
        measure(PAIR, 500, seed=1, earlier=measure(PAIR, 200_000, seed=1).kept)


@pytest.mark.parametrize("threads", [2, 3, 8])
def test_the_number_of_threads_changes_no_bit_of_a_tally(threads: int) -> None:
    one, many = (measure(PAIR, 700_001, seed=2, threads=each).tally for each in (1, threads))
    assert tally_to_json(one) == tally_to_json(many)


def test_a_device_goes_on_from_nothing() -> None:
    earlier = measure(PAIR, 200_000, seed=1).kept
    with pytest.raises(UsageError, match="not continued"):
        measure(PAIR, 300_000, seed=1, backend="cupy", earlier=earlier)
