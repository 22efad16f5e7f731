"""Estimates KL(q ‖ p) from many samples, in memory that does not grow with their number.

Samples are made and used up in chunks that fit the second-level cache, in buffers that are
used again, in float32; every sum ends in float64.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from labbook.compute import Stream
from labbook.compute.turns import in_turns
from labbook.errors import UsageError
from labbook.kl import estimators as kinds
from labbook.kl.draws import NormalDraws, normals
from labbook.kl.exact import Law, laws
from labbook.kl.joint import Joint
from labbook.kl.moments import Moments, relative_se_of_sd
from labbook.kl.power_sums import PowerSums
from labbook.kl.split import Split

if TYPE_CHECKING:
    from labbook.kl.draws import Singles
    from labbook.kl.normal import NormalPair

CHUNK = 1 << 18
"""Samples at once. Measured with 1 MiB of second-level cache per core: from 2^17 to 2^18 one
thread is as quick, and two threads want 2^18: with 2^17 they take a tenth longer, with 2^16 a
third, waiting for each other between the 25 calls of NumPy that a chunk is."""

CHUNKS_IN_A_SHARD = 2
"""A thread takes so many chunks at a time; their sums are added up in order."""

PILOT = 4096
"""The first samples of the stream tell how k3 is evaluated, whatever the chunks."""

Progress = Callable[[int, int], None]
"""Called as `progress(done, of)` after each shard; what it raises ends the work."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What the samples say of one estimator, beside its exact law.

    Where the exact law has them, standard errors are the exact ones: a sample knows its own
    spread badly where rare values carry it.
    """

    name: str
    moments: Moments
    law: Law

    @property
    def mean_se(self) -> float:
        """The standard error of the mean."""
        if math.isfinite(self.law.sd):
            return self.law.sd / math.sqrt(self.moments.count)
        return self.moments.mean_se

    @property
    def sd_se(self) -> float:
        """The standard error of the standard deviation; infinite without a fourth moment."""
        if not math.isfinite(self.law.sd):
            return math.inf
        return self.law.sd * relative_se_of_sd(self.law.kurtosis, self.moments.count)

    @property
    def mean_z(self) -> float:
        """The mean's distance from the exact one, in standard errors."""
        return _distance(self.moments.mean, self.law.mean, self.mean_se)

    @property
    def sd_z(self) -> float:
        """The standard deviation's distance from the exact one, in standard errors."""
        return _distance(self.moments.sd, self.law.sd, self.sd_se)


@dataclass(frozen=True, slots=True)
class Estimate:
    """The estimators' moments over one sample.

    kl: the true KL(q ‖ p), in nats
    joint: L and k3 together, of which every −L + λ(r − 1) is made
    kept: the sums over whole shards, to be continued from
    """

    pair: NormalPair
    samples: int
    stream: Stream
    kl: float
    measured: dict[str, Measured] = field(default_factory=dict)
    joint: Joint = field(default_factory=Joint)
    kept: PowerSums = field(default_factory=PowerSums)

    def __getitem__(self, name: str) -> Measured:
        return self.measured[name]


def estimate(
    pair: NormalPair,
    samples: int,
    *,
    seed: int,
    progress: Progress | None = None,
    chunk: int = CHUNK,
    threads: int = 1,
    backend: str = "numpy",
    earlier: PowerSums | None = None,
    parts: Iterable[PowerSums] | None = None,
) -> Estimate:
    """Draw samples of q and gather the moments of k1, k2 and k3.

    threads: how many share the work on NumPy; the result is the same to the last bit
    backend: "numpy" or "cupy": the same samples, and sums within 2·10^-6 of each other
    earlier: what another estimate of this pair, with this seed and fewer samples, has kept:
        only the samples after those are drawn, and on NumPy no bit of the result differs
            from that of one go
    parts: what `power_sums` gave for the pieces of `split`, in order, wherever that was; no
        samples are drawn here then, and the result is the same to the last bit

    Raises:
        ImportError: CuPy is wanted and cannot be imported.
        UsageError: fewer than two samples, or than were drawn earlier; or distributions too
            close for single precision.
        ValueError: the parts are not those of this sample.
    """
    kept = earlier or PowerSums()
    cut = split(samples, backend=backend, first=kept.count, chunk=chunk)
    if parts is None:
        every = range(len(cut))
        parts = power_sums(
            pair, cut, every, seed=seed, threads=threads, backend=backend, chunk=chunk
        )
    sums = kept
    for part in parts:
        sums += part
        if sums.count <= cut.whole:
            kept = sums
        if progress is not None:
            progress(sums.count, samples)
    if sums.count != samples:
        raise ValueError(f"the parts have {sums.count:,} samples, and not {samples:,}")
    exact, found = laws(pair), sums.moments()
    measured = {name: Measured(name, found[name], exact[name]) for name in found}
    return Estimate(pair, samples, Stream(seed), pair.kl, measured, sums.joint(), kept)


def split(samples: int, *, backend: str = "numpy", first: int = 0, chunk: int = CHUNK) -> Split:
    """The pieces that `estimate` adds up: of a size that keeps a core, or a device, busy.

    first: how many samples were drawn earlier

    Raises:
        UsageError: fewer than two samples, or than were drawn earlier.
    """
    if samples < 2:
        raise UsageError(f"An estimate needs at least 2 samples, not {samples}.")
    step = unit = chunk * CHUNKS_IN_A_SHARD
    if backend == "cupy":
        from labbook.kl.gpu import SLICE

        step = SLICE
    cut = Split(first, samples, unit, step)
    if first > cut.whole:
        raise UsageError(f"{first:,} samples are drawn already: {samples:,} are no more.")
    return cut


def power_sums(
    pair: NormalPair,
    cut: Split,
    pieces: range,
    *,
    seed: int,
    threads: int = 1,
    backend: str = "numpy",
    chunk: int = CHUNK,
) -> Iterator[PowerSums]:
    """The sums of some of a sample's pieces, in order. The number of threads changes no bit.

    Raises:
        ImportError: CuPy is wanted and cannot be imported.
        UsageError: the two distributions are too close for single precision.
    """
    stream, ranges = Stream(seed), (cut[number] for number in pieces)
    if backend == "cupy":
        from labbook.kl.gpu import sums_on_device

        return sums_on_device(pair, stream, ranges)
    return _sums(pair, stream, ranges, min(threads, len(pieces)), chunk)


def gather(
    pair: NormalPair,
    stream: Stream,
    samples: int,
    *,
    first: int = 0,
    chunk: int = CHUNK,
    threads: int = 1,
) -> PowerSums:
    """The sums over samples `first` (even) to `first + samples - 1`.

    Those of neighbouring ranges add up to those of the whole, to rounding. The number of
    threads changes no bit of them.

    Raises:
        UsageError: the two distributions are too close for single precision.
    """
    shard, end = chunk * CHUNKS_IN_A_SHARD, first + samples
    starts = range(first, end, shard)
    ranges = (range(start, min(start + shard, end)) for start in starts)
    return sum(_sums(pair, stream, ranges, min(threads, len(starts)), chunk), PowerSums())


def _sums(
    pair: NormalPair, stream: Stream, ranges: Iterable[range], threads: int, chunk: int
) -> Iterator[PowerSums]:
    k3 = _k3_for(pair, stream)
    workers = [_Worker(pair, stream, k3, chunk) for _ in range(threads or 1)]
    return in_turns(workers, lambda worker, each: worker.sums(each.start, len(each)), ranges)


class _Worker:
    """One thread's buffers."""

    def __init__(
        self, pair: NormalPair, stream: Stream, k3: Callable[[Singles, Singles], None], chunk: int
    ) -> None:
        self._pair = pair
        self._k3 = k3
        self._chunk = chunk
        self._draws = NormalDraws(stream, chunk)
        self._buffers = [np.empty(chunk, dtype=np.float32) for _ in range(3)]

    def sums(self, first: int, samples: int) -> PowerSums:
        self._draws.seek(first)
        total = PowerSums()
        # A square beyond float32 makes an infinite standard error, which is what it means.
        with np.errstate(over="ignore", invalid="ignore"):
            while total.count < samples:
                count = min(self._chunk, samples - total.count)
                spare, values, squares = (each[:count] for each in self._buffers)
                log_ratio = self._pair.log_ratios(self._draws, count, out=spare)
                self._k3(log_ratio, values)
                total += PowerSums.of(log_ratio, values, squares)
        return total


def _k3_for(pair: NormalPair, stream: Stream) -> Callable[[Singles, Singles], None]:
    """The evaluation of k3 that keeps its precision, told by the first samples of the stream."""
    pilot = np.empty(PILOT, dtype=np.float32)
    pair.log_ratio_at(normals(stream, PILOT), out=pilot)
    size = float(np.sqrt(np.mean(np.square(pilot, dtype=np.float64))))
    kinds.need_single_precision(size)
    return kinds.k3_single_small if size < kinds.SMALL_RATIO else kinds.k3_single


def _distance(found: float, expected: float, se: float) -> float:
    if not math.isfinite(se) or not math.isfinite(expected):
        return math.nan
    if se == 0:
        return 0.0 if found == expected else math.nan
    return (found - expected) / se
