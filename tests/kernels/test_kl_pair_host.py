"""The pair kernel's own source, compiled by a host compiler, against `labbook.kl.measure`."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from labbook.compute import Stream, cuda
from labbook.kl import Pair, exact, gpu_pair
from labbook.kl.gpu_families import pack
from labbook.kl.measure import estimators, gather
from labbook.kl.pareto import tail_length
from labbook.kl.tally import Tally
from tests.support.host_kernels import HostKernels
from tests.support.pair_laws import PAIRS, assert_same, families, of

# Two workers would compile it twice.
pytestmark = pytest.mark.xdist_group("pair kernel")

STREAM = Stream(2**63 + 9, 4)
PAIR = PAIRS["normal(0.5,1.2) laplace(0,1.3)"]
WITHIN = 1e-11
"""Relative: an L is off by some 10 ERROR, and r⁴ by four times that where L is the largest; both
grow with the size of the log densities, of which L is the difference, up to 40 or so here."""


def on_cpu(pair: Pair, samples: int, first: int = 0) -> Tally:
    return gather(pair, STREAM, samples, estimators(exact(pair)), first=first)


def on_device(pair: Pair, samples: int, first: int = 0, **given: Any) -> Tally:
    return gpu_pair.tally_on_device(pair, STREAM, samples, exact(pair), first=first, **given)


# Tallies


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
@pytest.mark.usefixtures("device")
def test_a_tally_is_that_of_the_cpu(pair: Pair) -> None:
    assert_same(on_device(pair, 200_001, 4096), on_cpu(pair, 200_001, 4096), WITHIN)


@pytest.mark.parametrize(
    ("q", "p"),
    [
        ("normal(0,1)", "normal(1e-9,1)"),
        ("normal(3,2)", "normal(3,2)"),
        ("bernoulli(0.3)", "bernoulli(0.5)"),
        ("bernoulli(1)", "bernoulli(0.5)"),
        ("categorical(0.5,0,0.5)", "categorical(0.25,0.5,0.25)"),
        ("categorical(0.5,0.25,0.25)", "categorical(0.5,0,0.5)"),
        ("gamma(1,2)", "gamma(0.3,1)"),
        ("beta(1,1)", "beta(0.5,0.5)"),
        ("beta(0.2,0.3)", "beta(1,1)"),
        ("vonmises(3,0)", "vonmises(1,0.5)"),
        ("vonmises(-3,60)", "vonmises(-3,50)"),
        ("poisson(0.01)", "poisson(0.02)"),
        ("poisson(20000)", "poisson(20100)"),
        ("geometric(0.999)", "geometric(0.99)"),
        ("t(0.7)", "cauchy(0,1)"),
    ],
)
@pytest.mark.usefixtures("device")
def test_extreme_parameters_change_nothing_of_that(q: str, p: str) -> None:
    pair = of(q, p)
    assert_same(on_device(pair, 50_001), on_cpu(pair, 50_001), 100 * WITHIN)


@pytest.mark.parametrize("weight", [0.0, 1.0, 0.4, -0.5, 2.2, math.nan, math.inf])
@pytest.mark.parametrize("pair", [PAIR, PAIRS["beta(2,3) beta(1.5,2.5)"]], ids=str)
@pytest.mark.usefixtures("device")
def test_any_weight_of_the_ratio_will_do(pair: Pair, weight: float) -> None:
    known = replace(exact(pair), lambda_star=weight)
    found = gpu_pair.tally_on_device(pair, STREAM, 10_001, known)
    assert_same(found, gather(pair, STREAM, 10_001, estimators(known)), WITHIN)


@pytest.mark.usefixtures("device")
def test_where_samples_are_lost_the_means_are_infinite() -> None:
    found = on_device(PAIRS["normal(0.5,1.2) gamma(2,1.1)"], 10_001)
    means = {name: each.mean for name, each in found.moments.items()}
    assert found.lost > 3000
    assert {name for name, mean in means.items() if mean == math.inf} == {
        "k1", "k2", "k3", "lambda_star",
    }  # fmt: skip
    assert all(math.isfinite(means[name]) for name in ("reverse", "clamped", "ratio"))


@pytest.mark.parametrize("first", [0, 4, 1000, 10**12])
@pytest.mark.parametrize("samples", [1, 2, 3, 4, 5, 31, 8195])
@pytest.mark.usefixtures("device")
def test_every_sample_counts_once_wherever_a_range_begins_and_ends(
    samples: int, first: int
) -> None:
    assert_same(on_device(PAIR, samples, first), on_cpu(PAIR, samples, first), WITHIN)


@pytest.mark.usefixtures("device")
def test_tallies_of_both_merge() -> None:
    keep = tail_length(90_001) + 1
    half = on_device(PAIR, 40_000, keep=keep)
    known = estimators(exact(PAIR))
    rest = gather(PAIR, STREAM, 50_001, known, first=40_000, keep=keep)
    assert_same(half.merge(rest, keep), on_cpu(PAIR, 90_001), WITHIN)


@pytest.mark.usefixtures("device")
def test_the_largest_log_ratios_are_those_of_the_first_samples(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gpu_pair, "LARGEST_OF", 10_000)
    found, first = on_device(PAIR, 50_000, threads=2), on_cpu(PAIR, 10_000)
    assert np.array_equal(np.sort(found.largest), np.sort(first.largest))
    assert found.count == 50_000


@pytest.mark.usefixtures("device")
def test_nothing_of_no_samples_and_no_range_that_begins_within_a_quad() -> None:
    assert on_device(PAIR, 0).count == 0
    with pytest.raises(ValueError, match="multiple of 4"):
        on_device(PAIR, 10, first=2)


# Launches


def test_slices_are_launched_one_after_the_other_and_told_of(
    device: list[tuple[int, int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = on_device(PAIR, 50_001)
    device.clear()
    monkeypatch.setattr(gpu_pair, "SLICE", 20_000)
    told: list[tuple[int, int]] = []
    found = on_device(PAIR, 50_001, progress=lambda done, of: told.append((done, of)))
    assert_same(found, whole, 1e-13)
    assert told == [(20_000, 50_001), (40_000, 50_001), (50_001, 50_001)]
    assert [tuple(each[1:]) for each in device] == [(0, 20_000), (20_000, 20_000), (40_000, 10_001)]


def test_what_progress_raises_ends_the_work(
    device: list[tuple[int, int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gpu_pair, "SLICE", 1000)

    def cancel(done: int, of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        on_device(PAIR, 100_000, progress=cancel)
    assert len(device) == 1


@pytest.mark.usefixtures("device")
def test_two_calls_give_the_same_bits() -> None:
    once, again = on_device(PAIR, 30_003), on_device(PAIR, 30_003)
    assert (once.moments, once.folds) == (again.moments, again.folds)


@pytest.mark.parametrize(("grid", "threads"), [(1, 1), (1, 128), (7, 33), (40, 8)])
def test_another_launch_only_rounds_differently(
    pair_kernels: HostKernels, grid: int, threads: int
) -> None:
    q, p = pack(PAIR)
    centres = np.array([0.1, 0.1, 0.2, 0.3, 0.1, 0.2, 0.0])
    tallies = []
    for launch in ((grid, threads), (5, 128)):
        rows = np.full((launch[0], gpu_pair.SUMS), np.nan)
        pair_kernels.launch(
            f"kl_pair_sums_{families(PAIR)}", *launch, STREAM.seed, STREAM.number, 8, 20_001,
            q.constants, q.table, p.constants, p.table, 0.5, centres, rows,
        )  # fmt: skip
        tallies.append(gpu_pair.tally_of(rows.sum(axis=0), 20_001, centres, np.empty(0)))
    assert_same(*tallies, 1e-13)


def test_the_grid_follows_from_the_samples_alone(device: list[tuple[int, int, int]]) -> None:
    assert [gpu_pair.blocks(count) for count in (1, 8192, 8193)] == [1, 1, 2]
    assert gpu_pair.blocks(gpu_pair.SLICE) == gpu_pair.MOST_BLOCKS
    assert gpu_pair.SLICE % 4 == 0
    assert gpu_pair.MOST_BLOCKS * gpu_pair.SUMS * 8 < 2_000_000
    on_device(PAIR, 50_000)
    assert device == [(7, 0, 50_000)]


@pytest.mark.usefixtures("device")
def test_a_device_passes_the_trial_or_fails_it(monkeypatch: pytest.MonkeyPatch) -> None:
    gpu_pair.try_device()
    monkeypatch.setattr(gpu_pair, "TOLERATED", 0.0)
    with pytest.raises(RuntimeError, match="off by"):
        gpu_pair.try_device()


def test_the_kernel_and_its_launcher_agree() -> None:
    text = cuda.source(gpu_pair.KERNEL)
    assert f"STATISTICS = {len(gpu_pair.STATISTICS)};" in text
    assert f"POWERS = {gpu_pair.POWERS};" in text
    assert f"FOLD_SUMS = {gpu_pair.FOLD_SUMS};" in text
    assert f"PAIR_MOST_THREADS = {gpu_pair.THREADS};" in text
