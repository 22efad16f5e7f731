"""Draws samples for any pair, and sets what they say beside what is exact.

In double precision, one uniform number and so one word of the stream for each sample: sample i
is the quantile of word i. Where a sample has d coordinates, its j-th is that of word d·i + j.
Memory does not grow with the number of samples.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
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
from labbook.kl.split import Split
from labbook.kl.tally import Tally, largest_of

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
    parts: Iterable[Tally] | None = None,
) -> Measurement:
    """Draw samples of q and tally every estimator.

    threads: how many share the work on NumPy; the result is the same to the last bit
    backend: "numpy" or "cupy": the same samples, and sums that differ by rounding. On a device
        the largest ratios are those of the first 10^7 samples, and a sample is not continued
    earlier: what another measurement of this pair, with this seed and fewer samples, has
        kept: only the samples after those are drawn, and no bit of the result differs from
        that of one go
    parts: what `tallies` gave for the pieces of `split`, in order, wherever that was; no
        samples are drawn here then, and the result is the same to the last bit

    Raises:
        ImportError: CuPy is wanted and cannot be imported.
        UsageError: fewer than two samples, or than were drawn earlier; or a pair that the
            kernel does not know.
        ValueError: the parts are not those of this sample.
    """
    kept = earlier or Tally()
    cut, known = split(samples, first=kept.count, chunk=chunk), exact(pair)
    if backend == "cupy":
        if earlier is not None:
            raise UsageError(
                "On a device a sample of any pair is not continued.",
                hint="Continue it with the backend numpy.",
            )
        tally = _on_device(pair, Stream(seed), samples, known, threads, progress)
    else:
        if parts is None:
            every = range(len(cut))
            parts = tallies(pair, cut, every, seed=seed, threads=threads, chunk=chunk)
        kept, tally = _merged(parts, kept, cut, progress)
    every_law = {**estimators(known), "clamped": of.clamped_k3()}
    return Measurement(
        pair,
        known,
        {name: law(pair, each) for name, each in every_law.items()},
        samples,
        tally,
        None if backend == "cupy" else kept,
    )


def split(samples: int, *, first: int = 0, chunk: int = CHUNK) -> Split:
    """The pieces that `measure` merges on NumPy.

    first: how many samples were drawn earlier

    Raises:
        UsageError: fewer than two samples, or than were drawn earlier.
    """
    if samples < 2:
        raise UsageError(f"An estimate needs at least 2 samples, not {samples}.")
    shard = chunk * CHUNKS_IN_A_SHARD
    cut = Split(first, samples, shard, shard)
    if first > cut.whole:
        raise UsageError(f"{first:,} samples are drawn already: {samples:,} are no more.")
    return cut


def tallies(
    pair: Pair | DiagonalPair,
    cut: Split,
    pieces: range,
    *,
    seed: int,
    threads: int = 1,
    chunk: int = CHUNK,
) -> Iterator[Tally]:
    """The tallies of some of a sample's pieces, in order. The number of threads changes no bit.

    The largest log ratios of all whole pieces come with the last of them: merged one by one,
    they would be a multiple of what is needed.
    """
    keep, largest = _kept_largest(cut), np.empty(0)
    ranges = (cut[number] for number in pieces)
    last = min(pieces.stop, cut.whole_pieces) - 1
    statistics = estimators(exact(pair))
    found = _tallies(pair, Stream(seed), statistics, ranges, keep, min(threads, len(pieces)), chunk)
    for number, tally in zip(pieces, found, strict=True):
        if number > last:
            yield tally
            continue
        largest = largest_of(np.concatenate((largest, tally.largest)), keep)
        yield replace(tally, largest=largest if number == last else np.empty(0))


def _merged(
    parts: Iterable[Tally], kept: Tally, cut: Split, progress: Progress | None
) -> tuple[Tally, Tally]:
    """The tally over whole pieces, to be continued from, and that of all samples."""
    keep = _kept_largest(cut)
    tally = kept = kept.merge(Tally(), keep)
    for part in parts:
        tally = tally.merge(part, keep)
        if tally.count <= cut.whole:
            kept = tally
        if progress is not None:
            progress(tally.count, cut.samples)
    if tally.count != cut.samples:
        raise ValueError(f"the parts have {tally.count:,} samples, and not {cut.samples:,}")
    return kept, tally.merge(Tally(), tail_length(cut.samples) + 1)


def _kept_largest(cut: Split) -> int:
    return TAILS_KEPT * (tail_length(cut.samples) + 1)


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
    keep: int | None = None,
    progress: Progress | None = None,
    chunk: int = CHUNK,
    threads: int = 1,
) -> Tally:
    """The tally of samples `first` (a multiple of 4) to `first + samples - 1`.

    Tallies of neighbouring ranges merge into that of the whole, to rounding. The number of
    threads changes no bit of them.

    keep: how many of the largest log ratios; else as many as the tail of so many samples has
    """
    if first % WORDS_PER_QUAD or chunk % WORDS_PER_QUAD:
        raise ValueError("a range begins at a multiple of 4, and so does a chunk")
    most = tail_length(samples) + 1 if keep is None else keep
    shard, end = chunk * CHUNKS_IN_A_SHARD, first + samples
    starts = range(first, end, shard)
    ranges = (range(start, min(start + shard, end)) for start in starts)
    tally = Tally()
    for part in _tallies(pair, stream, statistics, ranges, most, min(threads, len(starts)), chunk):
        tally = tally.merge(part, most)
        if progress is not None:
            progress(tally.count, samples)
    return tally


def _tallies(
    pair: Pair | DiagonalPair,
    stream: Stream,
    statistics: Mapping[str, Statistic],
    ranges: Iterable[range],
    keep: int,
    threads: int,
    chunk: int,
) -> Iterator[Tally]:
    pair.draw(stream.philox(), 1)  # makes its table, once for all threads

    def job(_: None, each: range) -> Tally:
        starts = range(each.start, each.stop, chunk)
        return _tally(pair, stream, statistics, starts, each.stop, keep)

    return in_turns([None] * (threads or 1), job, ranges)


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
