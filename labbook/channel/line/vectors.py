"""Sending normal vectors: every candidate is a whole vector of shared normal numbers.

A message names one candidate, whatever the number of coordinates, and Bob makes the vector of its
words alone (see `labbook.channel.coders.search`). The vectors of both sides are equal to the last
bit on any machine (see `labbook.channel.coders.normals`).

pair = DiagonalPair((0.5, -1.0), (0.6, 0.4))
sent = VECTOR_CODERS["poisson"].encode(pair, Stream(1), 1000)          # Alice
decode(NormalVectors(2), Stream(1), sent.messages)                     # Bob, whatever the coder
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from labbook.channel.coders.greedy_poisson import Curve, in_units
from labbook.channel.coders.normals import normals
from labbook.channel.coders.search import encode_with
from labbook.channel.laws.geometric import Geometric
from labbook.channel.line.densities import encode_line_poisson, encode_line_rejection
from labbook.channel.line.gaussian_laws import greedy_poisson_law, poisson_law
from labbook.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from labbook.channel.coders.search import Progress, Sent
    from labbook.channel.laws.mixture import GeometricMixture
    from labbook.channel.laws.table import IndexTable
    from labbook.channel.line.diagonal import DiagonalPair
    from labbook.channel.line.falling import FallingPair
    from labbook.channel.pairs import Words
    from labbook.compute import Stream

    Reals = NDArray[np.float64]

MOST_LOG2_M = 40.0
"""2^40 candidates for one block take two weeks: 10^6 are looked at in a second."""


@dataclass(frozen=True, slots=True)
class NormalVectors:
    """The prior N(0, I): all that Bob needs."""

    dimensions: int

    def symbols(self, words: Words) -> Reals:
        """Vectors of words; both of shape (…, dimensions)."""
        return normals(words)


@dataclass(frozen=True, slots=True)
class _Vectors:
    """A pair as coders of densities need it."""

    pair: DiagonalPair

    @property
    def prior(self) -> NormalVectors:
        return NormalVectors(len(self.pair.means))

    @property
    def log2_m(self) -> float:
        return self.pair.log2_m

    def ratio(self, z: Reals) -> Reals:
        return np.exp2(self.pair.log2_ratio(z))


class Encode(Protocol):
    """Alice's messages for blocks `first` to `first + blocks - 1`.

    Raises:
        UsageError: a block would take too many candidates.
    """

    def __call__(
        self,
        pair: DiagonalPair,
        stream: Stream,
        blocks: int,
        *,
        first: int = 0,
        progress: Progress | None = None,
    ) -> Sent: ...


def encode_vector_rejection(
    pair: DiagonalPair,
    stream: Stream,
    blocks: int,
    *,
    first: int = 0,
    progress: Progress | None = None,
) -> Sent:
    _need_few(pair)
    return encode_line_rejection(_Vectors(pair), stream, blocks, first=first, progress=progress)


def encode_vector_poisson(
    pair: DiagonalPair,
    stream: Stream,
    blocks: int,
    *,
    first: int = 0,
    progress: Progress | None = None,
) -> Sent:
    _need_few(pair)
    return encode_line_poisson(_Vectors(pair), stream, blocks, first=first, progress=progress)


def encode_vector_greedy_poisson(
    pair: DiagonalPair,
    stream: Stream,
    blocks: int,
    *,
    first: int = 0,
    progress: Progress | None = None,
) -> Sent:
    _need_few(pair)
    limit, log_m = time_limit(pair), pair.log_m

    def limits(z: Reals) -> Words:
        fall = log_m - pair.log2_ratio(z) * math.log(2)
        return in_units(limit(np.sqrt(2 * np.maximum(fall, 0.0))))

    return encode_with(
        lambda count: Curve(limits, math.exp(log_m), count),
        _Vectors(pair).prior,
        stream,
        blocks,
        first=first,
        progress=progress,
    )


def time_limit(pair: FallingPair) -> Callable[[Reals], Reals]:
    """σ by the drop: ∫ dL / T(L) from 0 to the ratio, before which a point is accepted.

    It is off by some part in 10^8, and so is the law of what is decoded.
    """
    from scipy.interpolate import CubicSpline

    levels = pair.graded_panels
    drops, end = levels.places, levels.edges[-1]
    pace = pair.ratio_at(drops) * drops / pair.left(levels, pair.level_density(drops))
    # Beyond the last edge T is 1, and σ the ratio.
    log_sigma = CubicSpline(drops, np.log(levels.remaining(pace) + pair.ratio_at(end)))

    def limit(d: Reals) -> Reals:
        inside = np.exp(log_sigma(np.clip(d, drops[0], end)))
        return np.where(d < end, inside, pair.ratio_at(d))

    return limit


LawOf = Callable[["FallingPair"], "Geometric | GeometricMixture | IndexTable"]
"""The exact law of an index, for vectors and for single coordinates."""


@dataclass(frozen=True, slots=True)
class VectorCoder:
    """A way to choose the vector that is sent.

    label: what people call it
    law: of the index
    """

    label: str
    encode: Encode
    law: LawOf


VECTOR_CODERS: dict[str, VectorCoder] = {
    "rejection": VectorCoder(
        "rejection", encode_vector_rejection, lambda pair: Geometric(math.exp(-pair.log_m))
    ),
    "poisson": VectorCoder("Poisson functional representation", encode_vector_poisson, poisson_law),
    "greedy_poisson": VectorCoder(
        "greedy Poisson rejection", encode_vector_greedy_poisson, greedy_poisson_law
    ),
}


def _need_few(pair: DiagonalPair) -> None:
    if pair.log2_m > MOST_LOG2_M:
        raise UsageError(
            f"A block would take about 2^{pair.log2_m:.4g} candidates, the largest ratio of "
            f"target to prior; a search through 2^{MOST_LOG2_M:g} takes two weeks.",
            hint="Send fewer coordinates at once.",
        )
