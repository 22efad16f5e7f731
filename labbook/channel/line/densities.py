"""Targets by their densities; on the line, any two of SciPy's frozen distributions.

Candidates are quantiles of the prior at uniform numbers made of the stream's words. Bob makes
the same numbers from the same words by the same quantile function, which must be computed alike
on both sides. The largest ratio M must be known to Alice; that it is none too small is checked at
every candidate.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from labbook.channel.coders.poisson import Race
from labbook.channel.coders.rejection import take_first
from labbook.channel.coders.search import Sent, encode_with
from labbook.channel.spectrum import Spectrum
from labbook.compute.random import uniforms
from labbook.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from labbook.channel.coders.search import Flags, Places, Progress, WordPrior
    from labbook.channel.pairs import Words
    from labbook.compute import Stream

    Reals = NDArray[np.float64]

_ROUNDING = 1e-9


class Density(Protocol):
    """What is needed of a frozen distribution."""

    def ppf(self, q: ArrayLike, /) -> Any: ...
    def logpdf(self, x: ArrayLike, /) -> Any: ...


@dataclass(frozen=True)
class LinePrior:
    """A law on the line, by which words become numbers: all that Bob needs."""

    p: Density

    def symbols(self, words: Words) -> Reals:
        """The quantile of (⌊word / 2^12⌋ + ½) / 2^52, for each word."""
        return np.asarray(self.p.ppf(uniforms(words)), dtype=np.float64)


@dataclass(frozen=True)
class LinePair:
    """A prior and a target on the line.

    log2_m: log2 of the largest q/p, or of something larger, in bits

    Raises:
        UsageError: log2 M is no number from 0 on.
    """

    p: Density
    q: Density
    log2_m: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.log2_m) and self.log2_m >= 0):
            raise UsageError(
                f"The largest ratio of two densities is at least 1, not 2^{self.log2_m:g}.",
                hint="Without a bound on q/p, take A* coding.",
            )

    @property
    def prior(self) -> LinePrior:
        return LinePrior(self.p)

    def ratio(self, z: Reals) -> Reals:
        """q/p.

        Raises:
            UsageError: it is above M somewhere.
        """
        with np.errstate(over="ignore"):
            found = np.exp(np.asarray(self.q.logpdf(z)) - np.asarray(self.p.logpdf(z)))
        if (found > 2**self.log2_m * (1 + _ROUNDING)).any():
            worst = z.flat[int(found.argmax())]
            raise UsageError(
                f"At {worst:.6g} the ratio q/p is {found.max():.6g}, above the M = "
                f"{2**self.log2_m:.6g} that was given."
            )
        return np.asarray(found)

    def spectrum(self, cells: int = 1 << 16) -> Spectrum:
        """Its ratios at the middles of so many cells of equal mass under p.

        Laws of indices made of it are off by some part in `cells`.
        """
        middles = (np.arange(cells) + 0.5) / cells
        ratio = self.ratio(np.asarray(self.p.ppf(middles), dtype=np.float64))
        with np.errstate(divide="ignore"):
            found = np.log2(ratio / ratio.mean())
        return Spectrum.of(found, np.full(cells, -math.log2(cells)))


class DensityPair(Protocol):
    """A prior and a target as the coders here need them."""

    @property
    def prior(self) -> WordPrior: ...

    @property
    def log2_m(self) -> float: ...

    def ratio(self, z: Reals) -> Reals:
        """q/p at each candidate."""
        ...


def encode_line_rejection(
    pair: DensityPair,
    stream: Stream,
    blocks: int,
    *,
    first: int = 0,
    progress: Progress | None = None,
) -> Sent:
    """Alice's messages by rejection, for blocks `first` to `first + blocks - 1`.

    Raises:
        UsageError: the ratio is above M somewhere.
    """
    looker = _Rejection(pair)
    return encode_with(lambda _: looker, pair.prior, stream, blocks, first=first, progress=progress)


def encode_line_poisson(
    pair: DensityPair,
    stream: Stream,
    blocks: int,
    *,
    first: int = 0,
    progress: Progress | None = None,
) -> Sent:
    """Alice's messages by the Poisson functional representation.

    Raises:
        UsageError: the ratio is above M somewhere.
    """

    def inverse(z: Reals) -> Reals:
        with np.errstate(divide="ignore", over="ignore"):
            return np.asarray(1 / pair.ratio(z))

    return encode_with(
        lambda count: Race(inverse, 2.0**-pair.log2_m, count),
        pair.prior,
        stream,
        blocks,
        first=first,
        progress=progress,
    )


@dataclass(frozen=True, slots=True)
class _Rejection:
    pair: DensityPair

    @property
    def candidates(self) -> float:
        return math.exp2(self.pair.log2_m)

    def look(
        self, live: Places, first: int, symbols: NDArray[Any], words: Words, sent: Sent
    ) -> Flags:
        accepted = uniforms(words) * 2.0**self.pair.log2_m < self.pair.ratio(symbols)
        return take_first(accepted, live, first, symbols, sent)
