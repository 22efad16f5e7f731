"""Tallies of pairs on a real device. Needs NumPy, SciPy, CuPy and pytest, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from labbook.compute import Stream
from labbook.compute.cuda import cupy, module
from labbook.kl import Pair, distribution, exact, gpu_pair
from labbook.kl.families.inversion import uniforms
from labbook.kl.gpu_families import pack
from labbook.kl.measure import estimators, gather
from labbook.kl.pareto import tail_length
from labbook.kl.tally import Tally
from tests.support.pair_laws import HARD, LAWS, PAIRS, assert_same, assert_values

pytestmark = pytest.mark.gpu

PAIR = PAIRS["normal(0.5,1.2) laplace(0,1.3)"]
STREAM = Stream(2**63 + 9, 4)
WITHIN = 1e-11


def on_cpu(pair: Pair, samples: int, first: int = 0) -> Tally:
    return gather(pair, STREAM, samples, estimators(exact(pair)), first=first)


def on_device(pair: Pair, samples: int, first: int = 0) -> Tally:
    return gpu_pair.tally_on_device(pair, STREAM, samples, exact(pair), first=first)


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_a_tally_is_that_of_the_cpu(pair: Pair) -> None:
    assert_same(on_device(pair, 1_000_003, 4096), on_cpu(pair, 1_000_003, 4096), WITHIN)


def test_ten_million_samples_are_summed_as_well() -> None:
    assert_same(on_device(PAIR, 10_000_001), on_cpu(PAIR, 10_000_001), WITHIN)


@pytest.mark.parametrize("first", [0, 4, 1000, 10**12])
@pytest.mark.parametrize("samples", [1, 2, 3, 4, 5, 31, 8195])
def test_every_sample_counts_once_wherever_a_range_begins_and_ends(
    samples: int, first: int
) -> None:
    assert_same(on_device(PAIR, samples, first), on_cpu(PAIR, samples, first), WITHIN)


@pytest.mark.parametrize("law", [*LAWS, "t(0.5)", "gamma(0.1,1)", "beta(0.2,0.3)"])
def test_samples_at_the_ends_and_in_the_middle_are_those_of_the_cpu(law: str) -> None:
    q = distribution(law)
    words = np.concatenate((HARD, STREAM.words(0, 2001)))
    for pair in (Pair(q, each.p) for each in PAIRS.values() if type(each.q) is type(q)):
        packed = pack(pair)
        arrays = [cupy().asarray(part) for each in packed for part in (each.constants, each.table)]
        x, log_ratio = (cupy().empty(len(words)) for _ in "xl")
        kernel = module(gpu_pair.KERNEL, gpu_pair.options(*packed)).get_function("kl_pair_values")
        arguments = (np.uint64(len(words)), cupy().asarray(words), *arrays, x, log_ratio)
        kernel((2,), (128,), arguments)
        assert_values(pair, uniforms(words), cupy().asnumpy(x), cupy().asnumpy(log_ratio))


@pytest.mark.parametrize("samples", [1, 100_003, 200_000_001])
def test_two_calls_give_the_same_bits(samples: int) -> None:
    once, again = on_device(PAIR, samples), on_device(PAIR, samples)
    assert (once.moments, once.folds) == (again.moments, again.folds)


def test_slices_add_up_to_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = on_device(PAIR, 50_000_001)
    monkeypatch.setattr(gpu_pair, "SLICE", 12_345_680)
    told: list[int] = []
    found = gpu_pair.tally_on_device(
        PAIR, STREAM, 50_000_001, exact(PAIR), progress=lambda done, _: told.append(done)
    )
    assert_same(found, whole, 1e-12)
    assert told == [12_345_680 * each for each in (1, 2, 3, 4)] + [50_000_001]


def test_tallies_of_both_merge() -> None:
    keep = tail_length(900_001) + 1
    known = exact(PAIR)
    half = gpu_pair.tally_on_device(PAIR, STREAM, 400_000, known, keep=keep)
    rest = gather(PAIR, STREAM, 500_001, estimators(known), first=400_000, keep=keep)
    assert_same(half.merge(rest, keep), on_cpu(PAIR, 900_001), WITHIN)


def test_memory_does_not_grow_with_the_samples() -> None:
    pool = cupy().get_default_memory_pool()
    pool.free_all_blocks()
    before = pool.total_bytes()
    on_device(PAIR, 100_000_000)
    assert pool.total_bytes() - before < 4_000_000


def test_the_device_passes_the_trial() -> None:
    gpu_pair.try_device()
