"""KL sums on a real device. Needs NumPy, SciPy, CuPy and pytest, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from labbook.compute import Stream
from labbook.compute.cuda import cupy, module
from labbook.kl import Normal, NormalPair, gather, gpu, normals
from labbook.kl.power_sums import PowerSums

pytestmark = pytest.mark.gpu

PAIRS = {
    "shift": NormalPair(Normal(0, 1), Normal(0.1, 1)),
    "shift and scale": NormalPair(Normal(0, 1), Normal(0.5, 1.2)),
    "narrower": NormalPair(Normal(1, 2), Normal(0, 1)),
    "closest": NormalPair(Normal(0, 1), Normal(1e-9, 1)),
}
PAIR = PAIRS["shift and scale"]
STREAM = Stream(2**63 + 9, 4)


def assert_within(found: PowerSums, expected: PowerSums, tolerance: float = 2e-6) -> None:
    assert found.count == expected.count
    assert found.distance(expected) <= tolerance


@pytest.mark.parametrize(("samples", "first"), [(2_100_001, 0), (10_000_000, 123_456)])
@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_the_sums_are_those_of_the_cpu(pair: NormalPair, samples: int, first: int) -> None:
    found = gpu.gather_on_device(pair, STREAM, samples, first)
    assert_within(found, gather(pair, STREAM, samples, first=first))


def test_the_device_passes_the_trial() -> None:
    gpu.try_device()


@pytest.mark.parametrize("samples", [1, 100_003, 200_000_001])
def test_two_calls_give_the_same_bits(samples: int) -> None:
    once = gpu.gather_on_device(PAIR, STREAM, samples)
    assert gpu.gather_on_device(PAIR, STREAM, samples) == once


def test_slices_add_up_to_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = gpu.gather_on_device(PAIR, STREAM, 50_000_001)
    monkeypatch.setattr(gpu, "SLICE", 12_345_678)
    told = []
    found = gpu.gather_on_device(
        PAIR, STREAM, 50_000_001, progress=lambda done, of: told.append((done, of))
    )
    assert_within(found, whole, 2e-7)
    assert [done for done, _ in told] == [12_345_678 * each for each in (1, 2, 3, 4)] + [50_000_001]


@pytest.mark.parametrize("first", [0, 6, 10**15])
def test_the_normals_are_those_of_the_cpu(first: int) -> None:
    count = 1_000_003
    numbers = cupy().empty(count, dtype=np.float32)
    arguments = [np.uint64(each) for each in (STREAM.seed, STREAM.number, first, count)]
    kernel = module(gpu.KERNEL, gpu.OPTIONS).get_function("kl_normal_numbers")
    kernel((132,), (128,), (*arguments, numbers))
    error = np.abs(cupy().asnumpy(numbers) - normals(STREAM, count, first))
    # Near a radius of 0 fast logarithms resolve the square of the radius only.
    assert error.max() < 2e-3
    assert np.sqrt(np.mean(np.square(error, dtype=np.float64))) < 5e-6
