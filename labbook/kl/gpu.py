"""Gathers on a CUDA device what `labbook.kl.estimate` gathers on a CPU, from the same samples.

Each sample comes from the same random word, and the arithmetic is float32 on both sides; the
sums agree within 2·10^-6, of their size or, where terms have both signs, of their terms' size.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from labbook.compute import Stream, cuda
from labbook.kl.estimate import gather
from labbook.kl.estimators import need_single_precision
from labbook.kl.normal import Normal, NormalPair
from labbook.kl.power_sums import PowerSums

if TYPE_CHECKING:
    from labbook.kl.estimate import Progress

KERNEL = "kl_normal.cu"
OPTIONS = ("--std=c++17", "--use_fast_math")

SLICE = 1 << 32
"""Samples of one launch, after which progress is told. At the 4·10¹¹ a second that are expected
of an H200, a launch takes 10 ms, and what lies between two of them is below one percent."""

THREADS, MOST_BLOCKS = 128, 6144
"""Of a launch. They decide in which order sums are rounded, so they follow from the number of
samples and never from the device. By its 80 registers an H100 holds 792 blocks at a time, an
A100 648: the last of the waves in which 6144 come is nearly full on both."""

QUADS_EACH = 16
"""Groups of eight samples that a thread shall have at least: then few samples need few blocks."""

SAMPLES_IN_QUAD = 8
SUMS = 6

TRIED, TOLERATED = 10_000, 1e-5
"""Samples of the first trial of a device, and how far its sums may be from the CPU's."""


def try_device() -> None:
    """Compare a few samples' sums on the device with those of the CPU.

    Raises:
        RuntimeError: they differ.
        Exception: whatever CuPy and the driver raise where the kernel does not run.
    """
    pair, stream = NormalPair(Normal(0, 1), Normal(0.5, 1.2)), Stream.named(2011, "probe")
    apart = gather_on_device(pair, stream, TRIED).distance(gather(pair, stream, TRIED))
    if not apart <= TOLERATED:
        raise RuntimeError(f"its sums are off by {apart:.1g} of their size")


def gather_on_device(
    pair: NormalPair,
    stream: Stream,
    samples: int,
    first: int = 0,
    progress: Progress | None = None,
) -> PowerSums:
    """The sums over samples `first` to `first + samples - 1`, as `labbook.kl.gather` has them.

    They are the same to the last bit on every call, and on every device of one architecture.
    Device memory: below 1 MB for any number of samples.

    Raises:
        ImportError: CuPy cannot be imported.
        UsageError: the two distributions are too close for single precision.
    """
    end = first + samples
    starts = range(first, end, SLICE)
    sums = PowerSums()
    for part in sums_on_device(
        pair, stream, (range(start, min(start + SLICE, end)) for start in starts)
    ):
        sums += part
        if progress is not None:
            progress(sums.count, samples)
    return sums


def sums_on_device(
    pair: NormalPair, stream: Stream, ranges: Iterable[range]
) -> Iterator[PowerSums]:
    """The sums over each of several ranges of samples, one launch each.

    Raises:
        ImportError: CuPy cannot be imported.
        UsageError: the two distributions are too close for single precision.
    """
    need_single_precision(_size(pair))
    device = _Device(pair, stream)
    return (device.sums(each.start, len(each)) for each in ranges)


class _Device:
    """The kernel for one pair and one stream, and the memory for its rows."""

    def __init__(self, pair: NormalPair, stream: Stream) -> None:
        self._cupy: Any = cuda.cupy()
        self._kernel: Any = cuda.module(KERNEL, OPTIONS).get_function("kl_normal_sums")
        self._key = (np.uint64(stream.seed), np.uint64(stream.number))
        self._coefficients = tuple(np.float32(each) for each in pair.coefficients)
        self._rows: Any = self._cupy.empty((MOST_BLOCKS, SUMS), dtype=np.float64)

    def sums(self, first: int, samples: int) -> PowerSums:
        """By one launch; returns when it has ended."""
        grid = blocks(samples)
        rows = self._rows[:grid]
        span = (np.uint64(first), np.uint64(samples))
        self._kernel((grid,), (THREADS,), (*self._key, *span, *self._coefficients, rows))
        # A square beyond float32 makes an infinite standard error, which is what it means.
        with np.errstate(over="ignore", invalid="ignore"):
            total = self._cupy.asnumpy(rows).sum(axis=0)
        return PowerSums(samples, *(float(each) for each in total))


def blocks(samples: int) -> int:
    """How many blocks of threads a launch has."""
    return min(MOST_BLOCKS, -(-samples // (SAMPLES_IN_QUAD * QUADS_EACH * THREADS)))


def _size(pair: NormalPair) -> float:
    """The root mean square of L."""
    c0, c1, c2 = pair.coefficients
    return math.hypot(c0 + c2, c1, math.sqrt(2) * c2)
