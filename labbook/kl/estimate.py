"""Estimates KL(q ‖ p) from many samples, in memory that does not grow with their number.

Samples are made and used up in chunks that fit the second-level cache, in buffers that are
used again, in float32; every sum ends in float64.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from labbook.compute import Stream
from labbook.errors import UsageError
from labbook.kl import estimators as kinds
from labbook.kl.draws import NormalDraws, normals
from labbook.kl.exact import Law, laws
from labbook.kl.joint import Joint
from labbook.kl.moments import Moments, relative_se_of_sd

if TYPE_CHECKING:
    from labbook.kl.draws import Singles
    from labbook.kl.normal import NormalPair

CHUNK = 1 << 16
"""Samples at once. Measured with 512 KiB to 2 MiB of second-level cache per core: from 2^16 to
2^17 the fixed cost of a chunk, some 25 calls of NumPy, is small and the buffers still fit."""

PILOT = 4096
"""The first samples of the stream tell centre and unit of the sums, whatever the chunks."""

_ROW = 4096
"""Sums of products are taken over rows of this length and added up in float64. OpenBLAS
spreads a longer one over threads, which costs more than it gives."""

Progress = Callable[[int, int], None]
"""Called as `progress(done, of)` after each chunk; what it raises ends the work."""


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
    """

    pair: NormalPair
    samples: int
    stream: Stream
    kl: float
    measured: dict[str, Measured] = field(default_factory=dict)
    joint: Joint = field(default_factory=Joint)

    def __getitem__(self, name: str) -> Measured:
        return self.measured[name]


def estimate(
    pair: NormalPair,
    samples: int,
    *,
    seed: int,
    progress: Progress | None = None,
    chunk: int = CHUNK,
) -> Estimate:
    """Draw samples of q and gather the moments of k1, k2 and k3.

    Raises:
        UsageError: fewer than two samples.
    """
    if samples < 2:
        raise UsageError(f"An estimate needs at least 2 samples, not {samples}.")
    stream = Stream(seed)
    found, joint = gather_jointly(pair, stream, samples, progress=progress, chunk=chunk)
    exact = laws(pair)
    measured = {name: Measured(name, found[name], exact[name]) for name in found}
    return Estimate(pair, samples, stream, pair.kl, measured, joint)


def gather(
    pair: NormalPair,
    stream: Stream,
    samples: int,
    *,
    first: int = 0,
    progress: Progress | None = None,
    chunk: int = CHUNK,
) -> dict[str, Moments]:
    """The moments of each estimator over samples `first` (even) to `first + samples - 1`.

    Moments of neighbouring ranges merge into those of the whole: a sample can be split over
    processes, or continued another day.
    """
    return gather_jointly(pair, stream, samples, first=first, progress=progress, chunk=chunk)[0]


def gather_jointly(
    pair: NormalPair,
    stream: Stream,
    samples: int,
    *,
    first: int = 0,
    progress: Progress | None = None,
    chunk: int = CHUNK,
) -> tuple[dict[str, Moments], Joint]:
    """The moments as `gather` has them, and those of L and k3 together."""
    draws = NormalDraws(stream, chunk, first)
    tallies = _tallies(pair, stream, chunk)
    log_ratio = np.empty(chunk, dtype=np.float32)
    joint, done = Joint(), 0
    # A fourth power beyond float32 makes an infinite standard error, which is what it means.
    with np.errstate(over="ignore", invalid="ignore"):
        while done < samples:
            count = min(chunk, samples - done)
            pair.log_ratio_at(draws.take(count), out=log_ratio[:count])
            for tally in tallies.values():
                tally.add(log_ratio[:count])
            joint = joint.merge(_joint(tallies["k1"], tallies["k3"], count))
            done += count
            if progress is not None:
                progress(done, samples)
    return {name: tally.moments for name, tally in tallies.items()}, joint


def _joint(k1: _Tally, k3: _Tally, count: int) -> Joint:
    """Of the chunk that both have just added."""
    cross = _dot(k1.values[:count], k3.values[:count]) - k1.total * k3.total / count
    return Joint(
        count,
        -k1.part.mean,
        k3.part.mean,
        k1.part.m2,
        -cross * k1.unit * k3.unit,
        k3.part.m2,
    )


class _Tally:
    """Adds up one estimator's values, chunk by chunk.

    values: those of the last chunk, less the pilot's mean and in its unit; `total` is their sum
    part: the last chunk's moments
    """

    def __init__(
        self,
        kind: Callable[[Singles, Singles], None],
        pilot: Moments,
        scratch: tuple[Singles, Singles],
    ) -> None:
        self.moments = self.part = Moments()
        self.values = np.empty_like(scratch[0])
        self.total = 0.0
        # A power of two, so that scaling is exact; it keeps the fourth powers of a KL of
        # 10^-10 within float32.
        self.unit = 2.0 ** round(math.log2(pilot.sd)) if pilot.sd > 0 else 1.0
        self._kind = kind
        self._scratch = scratch
        self._centre = np.float32(pilot.mean)

    def add(self, log_ratio: Singles) -> None:
        values = self.values[: log_ratio.size]
        self._kind(log_ratio, values)
        values -= self._centre
        values *= np.float32(1 / self.unit)
        sums = self._power_sums(values)
        self.total = sums[0]
        self.part = Moments.from_power_sums(values.size, sums, float(self._centre), self.unit)
        self.moments = self.moments.merge(self.part)

    def _power_sums(self, values: Singles) -> tuple[float, float, float, float]:
        squares, ones = (each[: values.size] for each in self._scratch)
        np.multiply(values, values, out=squares)
        return (
            _dot(values, ones),
            _dot(values, values),
            _dot(values, squares),
            _dot(squares, squares),
        )


def _tallies(pair: NormalPair, stream: Stream, chunk: int) -> dict[str, _Tally]:
    pilot = np.empty(PILOT, dtype=np.float32)
    pair.log_ratio_at(normals(stream, PILOT), out=pilot)
    log_ratio = pilot.astype(np.float64)
    small = float(np.sqrt(np.mean(log_ratio * log_ratio))) < kinds.SMALL_RATIO
    single = {
        "k1": kinds.k1_single,
        "k2": kinds.k2_single,
        "k3": kinds.k3_single_small if small else kinds.k3_single,
    }
    scratch = np.empty(chunk, dtype=np.float32), np.ones(chunk, dtype=np.float32)
    return {
        name: _Tally(single[name], Moments.of(kind(log_ratio)), scratch)
        for name, kind in kinds.ESTIMATORS.items()
    }


def _dot(a: Singles, b: Singles) -> float:
    whole = a.size - a.size % _ROW
    rows = np.vecdot(a[:whole].reshape(-1, _ROW), b[:whole].reshape(-1, _ROW))
    return float(rows.sum(dtype=np.float64)) + float(np.dot(a[whole:], b[whole:]))


def _distance(found: float, expected: float, se: float) -> float:
    if not math.isfinite(se) or not math.isfinite(expected):
        return math.nan
    if se == 0:
        return 0.0 if found == expected else math.nan
    return (found - expected) / se
