"""Tallies on a CUDA device what `labbook.kl.measure` tallies on a CPU, from the same samples.

Each sample comes from the same random word, and the arithmetic is double on both sides; what
differs are roundings. The largest log ratios, from which the Pareto shape comes, are not the
device's: the CPU makes them, of the first `LARGEST_OF` samples at most.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from labbook.compute import Stream, cuda
from labbook.compute.random import WORDS_PER_QUAD
from labbook.kl.gpu_families import Packed, pack
from labbook.kl.joint import Joint
from labbook.kl.measure import estimators, gather
from labbook.kl.moments import Moments
from labbook.kl.normal import Normal
from labbook.kl.pair import Pair
from labbook.kl.pair_laws import Exact, exact
from labbook.kl.pareto import tail_length
from labbook.kl.tally import Tally

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from labbook.kl.diagonal import DiagonalPair
    from labbook.kl.measure import Progress

    Reals = NDArray[np.float64]

KERNEL = "kl_pair.cu"

STATISTICS = ("k1", "k2", "k3", "reverse", "lambda_star", "clamped", "ratio")
POWERS, FOLD_SUMS = 4, 5
SUMS = len(STATISTICS) * POWERS + 2 * FOLD_SUMS + 2
"""Of a row; kl_pair_sums.cuh says which they are."""

THREADS, MOST_BLOCKS = 128, 4752
"""Of a launch. They decide in which order sums are rounded, so they follow from the number of
samples and never from the device. With 128 registers an H100 holds 528 blocks at a time and an
A100 432: the blocks come in nine waves on the one and in eleven on the other, all full."""

REGISTERS = 128
"""For each thread; with 112, some pairs spill."""

QUADS_EACH = 16
"""Quads of samples that a thread shall have at least: then few samples need few blocks."""

SLICE = 1 << 30
"""Samples of one launch, after which progress is told. At the 2·10¹⁰ a second that are expected
of an H200, a launch takes 50 ms."""

PILOT = 1 << 15
"""Samples from which the CPU takes the centres. Means of so many are within a percent of a
standard deviation, and what power sums lose about such a centre is rounding."""

LARGEST_OF = 10_000_000
"""Samples whose largest log ratios the CPU finds, in a few seconds. The tail of so many has
9487: a Pareto shape k from it has a standard error of (1 + k) / 97."""

TRIED, TOLERATED = 10_000, 1e-9
"""Samples of the first trial of a device, and how far its sums may be from the CPU's."""


def options(q: Packed, p: Packed) -> tuple[str, ...]:
    """How the kernel of a pair is compiled."""
    families = (f"-DQ_FAMILY={q.family}", f"-DP_FAMILY={p.family}")
    return (*cuda.INTEGER_OPTIONS, f"--maxrregcount={REGISTERS}", *families)


def try_device() -> None:
    """Compare a few samples' tally on the device with that of the CPU.

    Raises:
        RuntimeError: they differ.
        Exception: whatever CuPy and the driver raise where the kernel does not run.
    """
    pair, stream = Pair(Normal(0, 1), Normal(0.5, 1.2)), Stream.named(2011, "probe")
    known = exact(pair)
    found = tally_on_device(pair, stream, TRIED, known)
    apart = distance(found, gather(pair, stream, TRIED, estimators(known)))
    if not apart <= TOLERATED:
        raise RuntimeError(f"its sums are off by {apart:.1g} of their size")


def distance(one: Tally, other: Tally) -> float:
    """How far the means and second moments of two tallies are apart, of their size at most."""
    apart = 0.0
    for name, a in one.moments.items():
        b = other.moments[name]
        size = math.sqrt(b.m2 / b.count) or 1.0
        apart = max(apart, abs(a.mean - b.mean) / size, abs(a.m2 - b.m2) / (b.m2 or 1.0))
    return apart


def tally_on_device(
    pair: Pair | DiagonalPair,
    stream: Stream,
    samples: int,
    known: Exact,
    *,
    first: int = 0,
    keep: int | None = None,
    threads: int = 1,
    progress: Progress | None = None,
) -> Tally:
    """The tally of samples `first` (a multiple of 4) to `first + samples - 1`.

    It has the statistics of `measure.estimators(known)` and merges with the CPU's tallies. It is
    the same to the last bit on every call, and on every device of one architecture. Where a
    value is infinite, so is the mean, and the other moments are NaN. Device memory: 2 MB and
    the table of q, for any number of samples.

    keep: how many of the largest log ratios of the first `LARGEST_OF` samples; else as many as
        their tail has, and one
    threads: of the CPU, for those

    Raises:
        ImportError: CuPy cannot be imported.
        UsageError: the kernel lacks one of the families.
    """
    if first % WORDS_PER_QUAD:
        raise ValueError("a range begins at a multiple of 4")
    if not samples:
        return Tally()
    q, p = pack(pair)
    statistics, looked_at = estimators(known), min(samples, LARGEST_OF)
    pilot = gather(pair, stream, min(samples, PILOT), statistics, first=first, keep=1)
    most = tail_length(looked_at) + 1 if keep is None else keep
    tail = gather(pair, stream, looked_at, {}, first=first, keep=most, threads=threads)
    centres = _centres(pilot)
    device = _Device(q, p, stream, _weight(known), centres)
    total, done = np.zeros(SUMS), 0
    while done < samples:
        part = min(SLICE, samples - done)
        total += device.sums(first + done, part)
        done += part
        if progress is not None:
            progress(done, samples)
    return tally_of(total, samples, centres, tail.largest)


def _centres(pilot: Tally) -> Reals:
    means = np.array([pilot.moments[name].mean for name in STATISTICS])
    return np.where(np.isfinite(means), means, 0.0)


def _weight(known: Exact) -> float:
    """As in `measure.estimators`."""
    return known.lambda_star if math.isfinite(known.lambda_star) else 0.0


class _Device:
    """The kernel for one pair and one stream, and the memory for what it needs and gives."""

    def __init__(self, q: Packed, p: Packed, stream: Stream, weight: float, centres: Reals) -> None:
        self._cupy: Any = cuda.cupy()
        self._kernel: Any = cuda.module(KERNEL, options(q, p)).get_function("kl_pair_sums")
        self._key = (np.uint64(stream.seed), np.uint64(stream.number))
        self._families = tuple(
            self._cupy.asarray(each) for each in (q.constants, q.table, p.constants, p.table)
        )
        self._weight, self._centres = np.float64(weight), self._cupy.asarray(centres)
        self._rows: Any = self._cupy.empty((MOST_BLOCKS, SUMS), dtype=np.float64)

    def sums(self, first: int, samples: int) -> Reals:
        """Of one launch; returns when it has ended."""
        grid = blocks(samples)
        rows = self._rows[:grid]
        span = (np.uint64(first), np.uint64(samples))
        given = (*self._families, self._weight, self._centres)
        self._kernel((grid,), (THREADS,), (*self._key, *span, *given, rows))
        with np.errstate(over="ignore", invalid="ignore"):
            return np.asarray(np.ascontiguousarray(self._cupy.asnumpy(rows).T).sum(axis=1))


def blocks(samples: int) -> int:
    """How many blocks of threads a launch has."""
    return min(MOST_BLOCKS, -(-samples // (WORDS_PER_QUAD * QUADS_EACH * THREADS)))


def tally_of(sums: Reals, samples: int, centres: Reals, largest: Reals) -> Tally:
    """The tally that the sums of a launch stand for, or of several, about these centres."""
    powers = sums[: len(STATISTICS) * POWERS].reshape(len(STATISTICS), POWERS)
    folds = sums[powers.size : -2].reshape(2, FOLD_SUMS)
    *_, lost, clamped = sums
    with np.errstate(over="ignore", invalid="ignore"):
        moments = {
            name: _moments(samples, centre, *each)
            for name, centre, each in zip(STATISTICS, centres, powers, strict=True)
        }
        of_k1, of_k3 = (float(centres[STATISTICS.index(name)]) for name in ("k1", "k3"))
        even, odd = (
            _joint(count, of_k1, of_k3, *each)
            for count, each in zip((samples - samples // 2, samples // 2), folds, strict=True)
        )
    return Tally(moments, (even, odd), largest, int(lost), int(clamped))


def _moments(n: int, centre: float, s1: float, s2: float, s3: float, s4: float) -> Moments:
    """From Σ d, Σ d², Σ d³, Σ d⁴, where d is a value less the centre."""
    step = s1 / n
    return Moments(
        n,
        float(centre + step),
        float(s2 - step * s1),
        float(s3 - step * (3 * s2 - 2 * step * s1)),
        float(s4 - step * (4 * s3 - step * (6 * s2 - 3 * step * s1))),
    )


def _joint(
    n: int, of_k1: float, of_k3: float, s1: float, s3: float, s11: float, s13: float, s33: float
) -> Joint:
    """Of L and k3, from sums over k1 = −L and k3 less their centres."""
    if not n:
        return Joint()
    one, three = s1 / n, s3 / n
    return Joint(
        n,
        float(-(of_k1 + one)),
        float(of_k3 + three),
        float(s11 - one * s1),
        float(three * s1 - s13),
        float(s33 - three * s3),
    )
