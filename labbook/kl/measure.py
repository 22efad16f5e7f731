"""Draws samples for any pair, and sets what they say beside what is exact.

In double precision, one uniform number and so one word of the stream for each sample: sample i
is the quantile of word i. Memory does not grow with the number of samples.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from labbook.compute import Stream
from labbook.compute.random import WORDS_PER_QUAD
from labbook.errors import UsageError
from labbook.kl import statistics as of
from labbook.kl.exact import Law
from labbook.kl.pair_laws import Exact, exact, law
from labbook.kl.pareto import tail_length
from labbook.kl.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from labbook.kl.pair import Pair
    from labbook.kl.statistics import Statistic

    Reals = NDArray[np.float64]

CHUNK = 1 << 15
"""Samples at once: a dozen float64 buffers of this length fit a second-level cache."""

_LOW_BITS = np.uint64(11)

Progress = Callable[[int, int], None]
"""Called as `progress(done, of)` after each chunk; what it raises ends the work."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """Everything that a sample says of a pair.

    laws: the exact law of each estimator's single sample
    """

    pair: Pair
    exact: Exact
    laws: Mapping[str, Law]
    samples: int
    tally: Tally


def measure(
    pair: Pair,
    samples: int,
    *,
    seed: int,
    progress: Progress | None = None,
    chunk: int = CHUNK,
) -> Measurement:
    """Draw samples of q and tally every estimator.

    Raises:
        UsageError: fewer than two samples.
    """
    if samples < 2:
        raise UsageError(f"An estimate needs at least 2 samples, not {samples}.")
    known = exact(pair)
    statistics = estimators(known)
    tally = gather(pair, Stream(seed), samples, statistics, progress=progress, chunk=chunk)
    every = {**statistics, "clamped": of.clamped_k3()}
    return Measurement(
        pair, known, {name: law(pair, each) for name, each in every.items()}, samples, tally
    )


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
    pair: Pair,
    stream: Stream,
    samples: int,
    statistics: Mapping[str, Statistic],
    *,
    first: int = 0,
    progress: Progress | None = None,
    chunk: int = CHUNK,
) -> Tally:
    """The tally of samples `first` (a multiple of 4) to `first + samples - 1`.

    Tallies of neighbouring ranges merge into that of the whole: a sample can be split over
    processes, or continued another day.
    """
    if first % WORDS_PER_QUAD or chunk % 2:
        raise ValueError("a range begins at a multiple of 4, and a chunk is even")
    bits = stream.philox(index=first // WORDS_PER_QUAD)
    keep, clamp = tail_length(samples) + 1, of.clamped_k3()
    tally, done = Tally(), 0
    while done < samples:
        count = min(chunk, samples - done)
        x = pair.q.quantile(uniforms(bits.random_raw(count)))
        with np.errstate(divide="ignore"):
            log_ratio = pair.log_ratio(x)
        tally = tally.merge(Tally.of(log_ratio, statistics, clamp, keep), keep)
        done += count
        if progress is not None:
            progress(done, samples)
    return tally


def uniforms(words: NDArray[np.uint64]) -> Reals:
    """(⌊word / 2^11⌋ + ½) / 2^53: strictly between 0 and 1."""
    return np.asarray(((words >> _LOW_BITS).astype(np.float64) + 0.5) * 2.0**-53)
