"""The KL kernel's own source, compiled by a host compiler, against NumPy."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import astuple, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from labbook.compute import Stream, cuda
from labbook.errors import UsageError
from labbook.kl import Normal, NormalPair, gather, gpu, k3, normals
from labbook.kl.power_sums import PowerSums
from tests.support.host_kernels import HostKernels

PAIRS = {
    "shift": NormalPair(Normal(0, 1), Normal(0.1, 1)),
    "shift and scale": NormalPair(Normal(0, 1), Normal(0.5, 1.2)),
    "narrower": NormalPair(Normal(1, 2), Normal(0, 1)),
    "closest": NormalPair(Normal(0, 1), Normal(1e-9, 1)),
}
PAIR = PAIRS["shift and scale"]
STREAM = Stream(2**63 + 9, 4)
TOLERANCE = 2e-6


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> HostKernels:
    return HostKernels(gpu.KERNEL, tmp_path_factory.mktemp("host"))


@pytest.fixture
def device(kernel: HostKernels, monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The host in the place of a device; lists the grid and the samples of each launch."""
    launches = []

    def function(name: str) -> Callable[..., None]:
        def launch(grid: tuple[int], block: tuple[int], arguments: tuple[Any, ...]) -> None:
            plain = [each if isinstance(each, np.ndarray) else each.item() for each in arguments]
            launches.append((*grid, plain[3]))
            kernel.launch(name, *grid, *block, *plain)

        return launch

    fake = SimpleNamespace(empty=np.empty, asnumpy=np.array)
    monkeypatch.setattr(cuda, "cupy", lambda: fake)
    monkeypatch.setattr(cuda, "module", lambda *_: SimpleNamespace(get_function=function))
    return launches


def sums_on_host(
    kernel: HostKernels,
    pair: NormalPair,
    count: int,
    first: int = 0,
    launch: tuple[int, int] = (5, 128),
) -> PowerSums:
    grid, threads = launch
    rows = np.full((grid, gpu.SUMS), np.nan)
    key = (STREAM.seed, STREAM.number)
    kernel.launch("kl_normal_sums", grid, threads, *key, first, count, *pair.coefficients, rows)
    return PowerSums(count, *rows.sum(axis=0))


def sums_in_double(pair: NormalPair, count: int, first: int = 0) -> PowerSums:
    """By what the layout of the samples says, and NumPy alone."""
    words = STREAM.words(first // 2, count // 2 + 2)
    low = (words & np.uint64(0xFFFFFFFF)).astype(np.float64)
    high = (words >> np.uint64(32)).astype(np.uint32).view(np.int32)
    radius, angle = np.sqrt(-2 * np.log((low + 0.5) / 2**32)), math.pi * high / 2**31
    z = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).ravel()
    z = z[first % 2 : first % 2 + count]
    log_ratio = pair.log_ratio(pair.q.mean + pair.q.sd * z)
    values = k3(log_ratio)
    terms = (log_ratio, log_ratio**2, log_ratio**4, values, values**2, log_ratio * values)
    return PowerSums(count, *(float(each.sum()) for each in terms))


def assert_within(found: PowerSums, expected: PowerSums, tolerance: float = TOLERANCE) -> None:
    """L and L·k3 have both signs: the size of their terms is the measure, not of their sum."""
    sizes = replace(
        expected,
        log=math.sqrt(expected.count * expected.log2),
        log_k3=math.sqrt(expected.log2 * expected.k3_2),
    )
    assert found.count == expected.count
    for one, other, size in zip(astuple(found), astuple(expected), astuple(sizes), strict=True):
        assert abs(one - other) <= tolerance * size


@pytest.mark.parametrize("count", [999, 300_001])
@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_the_sums_are_those_of_the_cpu(kernel: HostKernels, pair: NormalPair, count: int) -> None:
    assert_within(sums_on_host(kernel, pair, count), gather(pair, STREAM, count))


@pytest.mark.parametrize("first", [0, 7, 10**15 + 1])
@pytest.mark.parametrize("count", [1001, 300_001])
@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_the_sums_are_those_of_the_same_words_in_double(
    kernel: HostKernels, pair: NormalPair, count: int, first: int
) -> None:
    assert_within(sums_on_host(kernel, pair, count, first), sums_in_double(pair, count, first))


def test_two_million_samples_are_summed_as_well_as_in_double(kernel: HostKernels) -> None:
    assert_within(sums_on_host(kernel, PAIR, 2_100_001), sums_in_double(PAIR, 2_100_001))


def test_the_sums_of_the_ratio_follow_from_these(kernel: HostKernels) -> None:
    """For r = 1 + L + k3."""
    found, count = sums_on_host(kernel, PAIR, 100_001), 100_001
    log_ratio = PAIR.log_ratio(normals(STREAM, count).astype(np.float64))
    ratio = count + found.log + found.k3
    squares = ratio + found.log + found.k3 + found.log2 + found.k3_2 + 2 * found.log_k3
    assert ratio == pytest.approx(np.exp(log_ratio).sum(), rel=TOLERANCE)
    assert squares == pytest.approx(np.exp(2 * log_ratio).sum(), rel=TOLERANCE)


@pytest.mark.parametrize("first", [0, 1, 6, 8, 1003])
@pytest.mark.parametrize("count", [0, 1, 2, 7, 8, 9, 23])
def test_every_sample_counts_once_wherever_a_quad_begins(
    kernel: HostKernels, first: int, count: int
) -> None:
    parts = [sums_in_double(PAIR, 1, first + place) for place in range(count)]
    assert_within(
        sums_on_host(kernel, PAIR, count, first, (2, 3)), sum(parts, start=PowerSums()), 1e-5
    )


@pytest.mark.parametrize("cuts", [(1,), (8, 16), (4097, 50_000, 99_999)])
def test_slices_add_up_to_the_whole(kernel: HostKernels, cuts: tuple[int, ...]) -> None:
    total = PowerSums()
    for begin, end in zip((0, *cuts), (*cuts, 100_001), strict=True):
        total += sums_on_host(kernel, PAIR, end - begin, begin)
    assert_within(total, sums_on_host(kernel, PAIR, 100_001), 2e-7)


@pytest.mark.parametrize("launch", [(1, 1), (1, 128), (7, 33), (640, 64)])
def test_another_launch_only_rounds_differently(
    kernel: HostKernels, launch: tuple[int, int]
) -> None:
    found = sums_on_host(kernel, PAIR, 50_001, launch=launch)
    assert_within(found, sums_on_host(kernel, PAIR, 50_001), 2e-7)
    assert found == sums_on_host(kernel, PAIR, 50_001, launch=launch)


@pytest.mark.parametrize("first", [0, 2, 6, 8, 10**15])
@pytest.mark.parametrize("count", [1, 13, 100_003])
def test_the_normals_are_those_of_the_cpu(kernel: HostKernels, first: int, count: int) -> None:
    numbers = np.full(count + 1, np.nan, dtype=np.float32)
    kernel.launch(
        "kl_normal_numbers", 3, 32, STREAM.seed, STREAM.number, first, count, numbers[:count]
    )
    # Some ulp of the radius, which is 6.76 at most; NumPy's own functions err by as much.
    np.testing.assert_allclose(numbers[:count], normals(STREAM, count, first), rtol=0, atol=3e-6)
    assert np.isnan(numbers[count])


def test_identical_distributions_have_no_sums(kernel: HostKernels) -> None:
    same = NormalPair(Normal(3, 2), Normal(3, 2))
    assert sums_on_host(kernel, same, 1000) == PowerSums(1000)


@pytest.mark.parametrize(("samples", "first"), [(999, 0), (100_001, 0), (70_000, 12_346)])
@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_a_device_gathers_what_the_cpu_gathers(
    device: list[tuple[int, int]], pair: NormalPair, samples: int, first: int
) -> None:
    found = gpu.gather_on_device(pair, STREAM, samples, first)
    assert_within(found, gather(pair, STREAM, samples, first=first))
    assert found.moments()["k3"].count == samples


def test_slices_are_launched_one_after_the_other_and_told_of(
    device: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = gpu.gather_on_device(PAIR, STREAM, 100_001)
    device.clear()
    monkeypatch.setattr(gpu, "SLICE", 40_000)
    told = []
    found = gpu.gather_on_device(
        PAIR, STREAM, 100_001, progress=lambda done, of: told.append((done, of))
    )
    assert_within(found, whole, 2e-7)
    assert told == [(40_000, 100_001), (80_000, 100_001), (100_001, 100_001)]
    assert [count for _, count in device] == [40_000, 40_000, 20_001]


def test_what_progress_raises_ends_the_work(
    device: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gpu, "SLICE", 1000)

    def cancel(done: int, of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        gpu.gather_on_device(PAIR, STREAM, 100_000, progress=cancel)
    assert len(device) == 1


def test_the_grid_follows_from_the_samples_alone(device: list[tuple[int, int]]) -> None:
    assert [gpu.blocks(count) for count in (1, 16_384, 16_385)] == [1, 1, 2]
    assert gpu.blocks(gpu.SLICE) == gpu.MOST_BLOCKS
    assert gpu.MOST_BLOCKS * gpu.SUMS * 8 < 1_000_000
    gpu.gather_on_device(PAIR, STREAM, 50_000)
    assert device == [(4, 50_000)]


def test_distributions_too_close_for_single_precision_are_refused() -> None:
    with pytest.raises(UsageError, match="too close"):
        gpu.gather_on_device(NormalPair(Normal(0, 1), Normal(1e-10, 1)), STREAM, 100)


def test_the_kernel_and_its_launcher_agree() -> None:
    text = cuda.source(gpu.KERNEL)
    assert f"KL_SUMS = {gpu.SUMS};" in text
    assert f"KL_MOST_THREADS = {gpu.THREADS};" in text
    assert f"SAMPLES_IN_QUAD = {gpu.SAMPLES_IN_QUAD};" in text
    assert f"QUADS_IN_GROUP = {gpu.QUADS_EACH};" in text


@pytest.mark.slow
def test_the_kernel_has_no_undefined_behaviour(tmp_path: Path) -> None:
    checked = HostKernels(
        gpu.KERNEL, tmp_path, "-fsanitize=undefined", "-fno-sanitize-recover=undefined"
    )
    for first, count in ((0, 5000), (3, 1), (2**66 // 8 - 5, 3)):
        assert sums_on_host(checked, PAIR, count, first).count == count
