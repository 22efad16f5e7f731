"""Draws samples for any pair, and sets what they say beside what is exact.

In double precision, one uniform number and so one word of the stream for each sample: sample i
is the quantile of word i. Where a sample has d coordinates, its j-th is that of word d·i + j.
Memory does not grow with the number of samples.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from labbook.compute import Stream
from labbook.compute.random import WORDS_PER_QUAD
from labbook.compute.turns import in_turns
from labbook.errors import UsageError
from labbook.kl import statistics as of
from labbook.kl.exact import Law
from labbook.kl.pair_laws import Exact, exact, law
from labbook.kl.pareto import tail_length
from labbook.kl.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from labbook.kl.diagonal import DiagonalPair
    from labbook.kl.pair import Pair
    from labbook.kl.statistics import Statistic

    Reals = NDArray[np.float64]

CHUNK = 1 << 15
"""Samples at once: a dozen float64 buffers of this length fit a second-level cache."""

TAILS_KEPT = 2
"""A sample's tail is short of some values of the longer tail of a larger sample. So twice as
many are kept as its own tail has: what is missing then lies far below the larger one's tail."""

CHUNKS_IN_A_SHARD = 4
"""A thread takes so many chunks at a time; their tallies are merged in order."""

Progress = Callable[[int, int], None]
"""Called as `progress(done, of)` after each shard; what it raises ends the work."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """Everything that a sample says of a pair.

    laws: the exact law of each estimator's single sample
    kept: the tally over whole shards, to be continued from; None where a device has drawn
    """

    pair: Pair | DiagonalPair
    exact: Exact
    laws: Mapping[str, Law]
    samples: int
    tally: Tally
    kept: Tally | None


def measure(
    pair: Pair | DiagonalPair,
    samples: int,
    *,
    seed: int,
    progress: Progress | None = None,
    chunk: int = CHUNK,
    threads: int = 1,
    backend: str = "numpy",
    earlier: Tally | None = None,
) -> Measurement:
    """Draw samples of q and tally every estimator.

    threads: how many share the work on NumPy; the result is the same to the last bit
    backend: "numpy" or "cupy": the same samples, and sums that differ by rounding. On a device
        the largest ratios are those of the first 10^7 samples, and a sample is not continued
    earlier: what another measurement of this pair, with this seed and fewer samples, has
        kept: only the samples after those are drawn, and no bit of the result differs from
            that of one go

    Raises:
        ImportError: CuPy is wanted and cannot be imported.
        UsageError: fewer than two samples, or than were drawn earlier; or a pair that the
            kernel does not know.
    """
    if samples < 2:
        raise UsageError(f"An estimate needs at least 2 samples, not {samples}.")
    stream, known, kept = Stream(seed), exact(pair), earlier or Tally()
    statistics = estimators(known)
    whole, tail = samples - samples % (chunk * CHUNKS_IN_A_SHARD), tail_length(samples) + 1
    if kept.count > whole:
        raise UsageError(f"{kept.count:,} samples are drawn already: {samples:,} are no more.")

    def go_on(tally: Tally, end: int, keep: int) -> Tally:
        first = tally.count
        told = None if progress is None else lambda done, _: progress(first + done, samples)
        return gather(
            pair,
            stream,
            end - first,
            statistics,
            first=first,
            onto=tally,
            keep=keep,
            progress=told,
            chunk=chunk,
            threads=threads,
        )

    if backend == "cupy":
        if earlier is not None:
            raise UsageError(
                "On a device a sample of any pair is not continued.",
                hint="Continue it with the backend numpy.",
            )
        tally = _on_device(pair, stream, samples, known, threads, progress)
    else:
        kept = go_on(kept, whole, TAILS_KEPT * tail)
        tally = go_on(kept, samples, tail)
    every = {**statistics, "clamped": of.clamped_k3()}
    return Measurement(
        pair,
        known,
        {name: law(pair, each) for name, each in every.items()},
        samples,
        tally,
        None if backend == "cupy" else kept,
    )


def _on_device(
    pair: Pair | DiagonalPair,
    stream: Stream,
    samples: int,
    known: Exact,
    threads: int,
    progress: Progress | None,
) -> Tally:
    from labbook.kl.gpu_pair import tally_on_device
    from labbook.kl.pair import Pair

    if not isinstance(pair, Pair):
        raise UsageError("There is no kernel for distributions of many coordinates.")
    return tally_on_device(pair, stream, samples, known, threads=threads, progress=progress)


def estimators(known: Exact) -> dict[str, Statistic]:
    """The estimators by name. Where λ* is unknown or infinite, `lambda_star` is k1."""
    weight = known.lambda_star if math.isfinite(known.lambda_star) else 0.0
    return {
        "k1": of.K1,
        "k2": of.K2,
        "k3": of.K3,
        "reverse": of.REVERSE,
        "lambda_star": of.control(weight),
    }


def gather(
    pair: Pair | DiagonalPair,
    stream: Stream,
    samples: int,
    statistics: Mapping[str, Statistic],
    *,
    first: int = 0,
    onto: Tally | None = None,
    keep: int | None = None,
    progress: Progress | None = None,
    chunk: int = CHUNK,
    threads: int = 1,
) -> Tally:
    """The tally of samples `first` (a multiple of 4) to `first + samples - 1`.

    Tallies of neighbouring ranges merge into that of the whole: a sample can be split over
    processes, or continued another day. The number of threads changes no bit of them.

    onto: a tally that these are merged into, shard by shard
    keep: how many of the largest log ratios; else as many as the tail of so many samples has
    """
    if first % WORDS_PER_QUAD or chunk % WORDS_PER_QUAD:
        raise ValueError("a range begins at a multiple of 4, and so does a chunk")
    most = tail_length(samples) + 1 if keep is None else keep
    shard = chunk * CHUNKS_IN_A_SHARD
    starts = range(first, first + samples, shard)
    pair.draw(stream.philox(), 1)  # makes its table, once for all threads

    def job(_: None, start: int) -> Tally:
        end = min(start + shard, first + samples)
        return _tally(pair, stream, statistics, range(start, end, chunk), end, most)

    before = onto or Tally()
    tally = before.merge(Tally(), most)
    for part in in_turns([None] * (min(threads, len(starts)) or 1), job, starts):
        tally = tally.merge(part, most)
        if progress is not None:
            progress(tally.count - before.count, samples)
    return tally


def _tally(
    pair: Pair | DiagonalPair,
    stream: Stream,
    statistics: Mapping[str, Statistic],
    starts: range,
    end: int,
    keep: int,
) -> Tally:
    """Of one shard, chunk by chunk."""
    first = starts.start * pair.words_per_sample // WORDS_PER_QUAD
    bits, clamp = stream.philox(index=first), of.clamped_k3()
    tally = Tally()
    for start in starts:
        with np.errstate(divide="ignore"):
            log_ratio = pair.draw(bits, min(starts.step, end - start))
        part = Tally.of(log_ratio, statistics, clamp, keep, tally.least(keep))
        tally = tally.merge(part, keep)
    return tally
