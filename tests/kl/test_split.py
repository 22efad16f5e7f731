"""A sample that several processes share has the bits of one that a single one draws."""

from __future__ import annotations

import json
from itertools import chain, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labbook.errors import UsageError
from labbook.kl import Normal, NormalPair, Pair, distribution, estimate, measure
from labbook.kl.estimate import power_sums
from labbook.kl.estimate import split as split_sums
from labbook.kl.measure import split as split_tallies
from labbook.kl.measure import tallies
from labbook.kl.saved import (
    power_sums_from_json,
    power_sums_to_json,
    tally_from_json,
    tally_to_json,
)
from labbook.kl.split import Split

NORMALS = NormalPair(Normal(0, 1), Normal(0.5, 1.2))
PAIRS = (
    Pair(distribution("normal(0,1)"), distribution("t(3)")),
    # Where p is nothing, log ratios and means are infinite.
    Pair(distribution("exponential(1)"), distribution("beta(2,5)")),
)
CHUNK = 1 << 10


def shares(pieces: int, shards: int) -> list[range]:
    ends = [pieces * place // shards for place in range(shards + 1)]
    return [range(begin, end) for begin, end in pairwise(ends)]


@given(st.integers(0, 40), st.integers(2, 10_000), st.integers(1, 50), st.integers(1, 20))
def test_the_pieces_are_all_samples_once_and_in_order(
    units: int, more: int, unit: int, steps: int
) -> None:
    first = units * unit
    cut = Split(first, first + more, unit, steps * unit)
    pieces = [cut[number] for number in range(len(cut))]
    assert list(chain.from_iterable(pieces)) == list(range(first, first + more))
    assert all(pieces), "no piece is empty"
    assert all(len(each) <= cut.step for each in pieces)
    ends = {each.stop for each in pieces} | {first}
    assert cut.whole in ends, "what is kept ends between two pieces"
    with pytest.raises(IndexError):
        cut[len(cut)]


@pytest.mark.parametrize("shards", [1, 2, 3, 7])
@pytest.mark.parametrize("samples", [2, 2048, 9 * 2048, 9 * 2048 + 77])
def test_an_estimate_from_shards_is_that_of_one_process(samples: int, shards: int) -> None:
    cut = split_sums(samples, chunk=CHUNK)
    parts = [
        power_sums_from_json(json.loads(json.dumps(power_sums_to_json(part))))
        for share in reversed(shares(len(cut), shards))
        for part in reversed(list(power_sums(NORMALS, cut, share, seed=7, chunk=CHUNK)))
    ]
    parts.reverse()
    whole = estimate(NORMALS, samples, seed=7, chunk=CHUNK)
    assert estimate(NORMALS, samples, seed=7, chunk=CHUNK, parts=parts) == whole


@pytest.mark.parametrize("pair", PAIRS, ids=str)
@pytest.mark.parametrize("shards", [1, 2, 5])
@pytest.mark.parametrize("samples", [2, 4096, 9 * 4096, 9 * 4096 + 77])
def test_a_measurement_from_shards_is_that_of_one_process(
    pair: Pair, samples: int, shards: int
) -> None:
    cut = split_tallies(samples, chunk=CHUNK)
    parts = [
        tally_from_json(json.loads(json.dumps(tally_to_json(part))))
        for share in shares(len(cut), shards)
        for part in tallies(pair, cut, share, seed=7, chunk=CHUNK)
    ]
    found = measure(pair, samples, seed=7, chunk=CHUNK, parts=parts)
    whole = measure(pair, samples, seed=7, chunk=CHUNK)
    assert found.kept is not None
    assert whole.kept is not None
    for one, other in ((found.tally, whole.tally), (found.kept, whole.kept)):
        assert json.dumps(tally_to_json(one)) == json.dumps(tally_to_json(other))


def test_parts_of_another_sample_are_refused() -> None:
    with pytest.raises(ValueError, match="the parts have 0 samples, and not 5"):
        estimate(NORMALS, 5, seed=1, parts=())
    with pytest.raises(ValueError, match="the parts have 0 samples, and not 5"):
        measure(PAIRS[0], 5, seed=1, parts=())
    with pytest.raises(UsageError, match="no more"):
        split_sums(CHUNK, first=8 * CHUNK, chunk=CHUNK)
