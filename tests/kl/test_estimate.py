"""Estimates from samples: right, repeatable, and in memory that does not grow."""

from __future__ import annotations

import dataclasses
import itertools
import math
import subprocess
import sys

import numpy as np
import pytest

from labbook.compute import Stream
from labbook.errors import UsageError
from labbook.kl import Estimate, Moments, Normal, NormalPair, estimate, gather, k1, k2, k3, normals
from labbook.kl.power_sums import PowerSums
from tests.support.memory import peak_growth_mb

SHIFTS = (1e-4, 0.01, 0.1, 0.5, 1.0)
SCALES = (0.5, 0.8, 1.1)
PAIRS = {f"shift {shift}": NormalPair(Normal(0, 1), Normal(shift, 1)) for shift in SHIFTS} | {
    f"scale {scale}": NormalPair(Normal(0, 1), Normal(0, scale)) for scale in SCALES
}
PAIR = PAIRS["shift 0.1"]


def assert_close(found: dict[str, Moments], expected: dict[str, Moments], rel: float) -> None:
    for name, moments in found.items():
        other = expected[name]
        assert moments.count == other.count
        assert moments.mean == pytest.approx(other.mean, abs=rel * other.sd)
        assert moments.sd == pytest.approx(other.sd, rel=rel)


def moments_of(found: Estimate) -> dict[str, Moments]:
    return {name: measured.moments for name, measured in found.measured.items()}


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
@pytest.mark.parametrize("seed", [1, 2])
def test_means_and_spreads_are_the_exact_ones_within_five_standard_errors(
    pair: NormalPair, seed: int
) -> None:
    found = estimate(pair, 1_000_000, seed=seed)
    for name, measured in found.measured.items():
        assert abs(measured.mean_z) < 5, name
        assert abs(measured.sd_z) < 5, name
        assert measured.mean_se == pytest.approx(measured.moments.mean_se, rel=0.1)


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_single_precision_sums_are_those_of_the_same_samples_in_double(pair: NormalPair) -> None:
    samples = 300_001
    x = pair.q.mean + pair.q.sd * normals(Stream(4), samples).astype(np.float64)
    log_ratio = pair.log_ratio(x)
    expected = {
        name: Moments.of(kind(log_ratio)) for name, kind in (("k1", k1), ("k2", k2), ("k3", k3))
    }
    found = gather(pair, Stream(4), samples).moments()
    assert_close(found, expected, rel=5e-6)
    for name, moments in found.items():
        assert moments.mean == pytest.approx(expected[name].mean, abs=1e-7 * expected[name].sd)


def test_a_seed_gives_the_same_result_to_the_last_bit() -> None:
    assert estimate(PAIR, 200_000, seed=6) == estimate(PAIR, 200_000, seed=6)
    assert moments_of(estimate(PAIR, 200_000, seed=6)) != moments_of(
        estimate(PAIR, 200_000, seed=7)
    )


@pytest.mark.parametrize("chunk", [1 << 10, 5000, 1 << 14, 1 << 18])
def test_the_chunk_changes_nothing_but_rounding(chunk: int) -> None:
    whole = moments_of(estimate(PAIR, 400_001, seed=3))
    assert_close(moments_of(estimate(PAIR, 400_001, seed=3, chunk=chunk)), whole, rel=2e-7)


@pytest.mark.parametrize("cuts", [(200_000,), (2, 65_536, 399_998)])
def test_parts_of_a_sample_merge_into_the_whole(cuts: tuple[int, ...]) -> None:
    bounds = (0, *cuts, 400_001)
    merged = PowerSums()
    for begin, end in itertools.pairwise(bounds):
        merged += gather(PAIR, Stream(3), end - begin, first=begin)
    whole = gather(PAIR, Stream(3), 400_001)
    assert_close(merged.moments(), whole.moments(), rel=2e-7)
    assert merged.joint().best_weight == pytest.approx(whole.joint().best_weight, rel=2e-6)


@pytest.mark.parametrize("threads", [2, 3, 16])
@pytest.mark.parametrize("samples", [2, 100_000, 3_000_001])
def test_the_number_of_threads_changes_no_bit(samples: int, threads: int) -> None:
    alone = gather(PAIR, Stream(3), samples, chunk=1 << 14)
    assert gather(PAIR, Stream(3), samples, chunk=1 << 14, threads=threads) == alone


@pytest.mark.parametrize("shift", [0.01, 0.5, 1.5])
def test_the_fitted_weight_comes_near_the_best_one(shift: float) -> None:
    """λ* = u/(e^u − 1) with u = shift², and the variance at it is u − u²/(e^u − 1)."""
    joint = estimate(NormalPair(Normal(0, 1), Normal(shift, 1)), 2_000_000, seed=4).joint
    u = shift * shift
    best, variance = u / math.expm1(u), u - u * u / math.expm1(u)
    assert joint.variance_at(best) == pytest.approx(variance, rel=0.02)
    assert joint.variance_at(joint.best_weight) <= joint.variance_at(best)
    assert joint.mean_at(best) == pytest.approx(u / 2, abs=5 * math.sqrt(variance / 2e6))


def test_distributions_too_close_for_single_precision_are_refused() -> None:
    with pytest.raises(UsageError, match="too close for single precision"):
        estimate(NormalPair(Normal(0, 1), Normal(1e-12, 1)), 10_000, seed=1)


def test_a_tiny_divergence_is_not_lost_to_rounding() -> None:
    """At a KL of 4.5e-8 the plain exp(L) − 1 − L in single precision is off by a tenth."""
    pair = NormalPair(Normal(0, 1), Normal(3e-4, 1))
    samples = 1 << 20
    z = normals(Stream(8), samples).astype(np.float64)
    expected = float(k3(3e-4 * z - 4.5e-8).mean())
    found = gather(pair, Stream(8), samples).moments()["k3"]
    assert found.mean == pytest.approx(expected, rel=1e-6)
    naive = np.exp((3e-4 * z - 4.5e-8).astype(np.float32)) - np.float32(1)
    naive -= (3e-4 * z - 4.5e-8).astype(np.float32)
    assert abs(naive.mean(dtype=np.float64) / expected - 1) > 0.05


def test_samples_with_infinite_variance_are_called_that() -> None:
    found = estimate(NormalPair(Normal(0, 1), Normal(0, 2)), 100_000, seed=1)["k3"]
    assert math.isinf(found.law.sd)
    assert math.isinf(found.sd_se)
    assert math.isnan(found.sd_z)
    assert math.isfinite(found.mean_se)


def test_equal_distributions_estimate_nothing_at_all() -> None:
    found = estimate(NormalPair(Normal(1, 2), Normal(1, 2)), 10_000, seed=1)
    for measured in found.measured.values():
        assert measured.moments.mean == 0
        assert measured.moments.sd == 0
        assert measured.mean_z == 0


@pytest.mark.parametrize("shift", [1e-9, 5.0, 12.0])
def test_extreme_shifts_give_finite_sums(shift: float) -> None:
    found = estimate(NormalPair(Normal(0, 1), Normal(shift, 1)), 100_000, seed=1)
    for measured in found.measured.values():
        assert math.isfinite(measured.moments.m2)
    assert abs(found["k1"].mean_z) < 5
    assert abs(found["k2"].mean_z) < 5


def test_progress_counts_up_to_the_samples() -> None:
    seen: list[tuple[int, int]] = []
    estimate(PAIR, 150_000, seed=1, progress=lambda *at: seen.append(at), chunk=1 << 14)
    assert seen == [(done, 150_000) for done in (32_768, 65_536, 98_304, 131_072, 150_000)]


@pytest.mark.parametrize("threads", [1, 2])
def test_what_progress_raises_ends_the_work(threads: int) -> None:
    def cancel(done: int, of: int) -> None:
        raise KeyboardInterrupt(f"{done} of {of}")

    with pytest.raises(KeyboardInterrupt, match="524288 of 1000000000000"):
        estimate(PAIR, 10**12, seed=1, progress=cancel, threads=threads)


@pytest.mark.parametrize("samples", [-1, 0, 1])
def test_too_few_samples_are_refused(samples: int) -> None:
    with pytest.raises(UsageError, match="at least 2 samples"):
        estimate(PAIR, samples, seed=1)


def test_results_are_frozen() -> None:
    found = estimate(PAIR, 1000, seed=1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.samples = 5  # type: ignore[misc]


def test_memory_does_not_grow_with_the_samples() -> None:
    before = (
        "from labbook.kl import Normal, NormalPair, estimate\n"
        "pair = NormalPair(Normal(0, 1), Normal(0.1, 1))"
    )
    few = peak_growth_mb(before, "estimate(pair, 300_000, seed=1)")
    many = peak_growth_mb(before, "estimate(pair, 10_000_000, seed=1)")
    assert many < few + 1.5
    assert many < 16
    assert peak_growth_mb("import numpy", "numpy.ones(4_000_000)") > 30  # it can be seen


def test_nothing_slow_is_imported_for_an_estimate() -> None:
    script = (
        "import sys\nfrom labbook.kl import Normal, NormalPair, estimate\n"
        "estimate(NormalPair(Normal(0, 1), Normal(0.1, 1)), 1000, seed=1)\n"
        "print([name for name in sys.modules if name.partition('.')[0] in ('scipy', 'cupy')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
