"""Greedy Poisson rejection: the first point of a Poisson process below a curve.

Points come at times T_i, and the first with T_i < σ(r(z_i)) is chosen, where
σ(h) = ∫_0^h dL / (P_q(r ≥ L) − L P_p(r ≥ L)). G. Flamich, "Greedy Poisson rejection sampling",
NeurIPS 2023, https://arxiv.org/abs/2305.15313
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from labbook.channel.coders.exponentials import UNIT_BITS, exponentials
from labbook.channel.coders.rejection import take_first
from labbook.channel.coders.search import Sent, encode_with
from labbook.channel.spectrum import Spectrum, spectrum

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from labbook.channel.coders.search import Flags, Places, Progress
    from labbook.channel.pairs import DiscretePair, Words
    from labbook.compute import Stream

    Reals = NDArray[np.float64]

_ALWAYS = np.uint64(np.iinfo(np.uint64).max)


def encode_greedy_poisson(
    pair: DiscretePair,
    stream: Stream,
    blocks: int,
    *,
    first: int = 0,
    progress: Progress | None = None,
) -> Sent:
    """Alice's messages for blocks `first` to `first + blocks - 1`."""
    limits = time_limits(pair)
    return encode_with(
        lambda count: Curve(lambda symbols: limits[symbols], 1 / pair.acceptance, count),
        pair.prior,
        stream,
        blocks,
        first=first,
        progress=progress,
    )


def curve(spectrum: Spectrum) -> Reals:
    """σ at each level of r; infinite at the last.

    Between levels the integrand is 1 / (Q − L P) with constant Q and P, its integral
    log(T before / T after) / P.
    """
    ratio, p = spectrum.ratio, spectrum.p
    wide = np.minimum(np.exp2(spectrum.log2_above[0]), 1.0)
    lower = np.append(0.0, ratio[:-1])
    before = np.array([np.dot(p[i:], ratio[i:] - low) for i, low in enumerate(lower)])
    after = np.append(before[1:], 0.0)
    with np.errstate(divide="ignore"):
        return np.cumsum(np.where(ratio > 0, np.log(before / after), 0.0) / wide)


def time_limits(pair: DiscretePair) -> Words:
    """σ of each symbol in units of 2^-32; a point that comes before is chosen."""
    found = spectrum(pair)
    sigma = curve(found)
    limits = np.zeros(len(pair.p), dtype=np.uint64)
    for symbol, (p, q) in enumerate(zip(pair.p, pair.q, strict=True)):
        if q > 0:
            log2_ratio = math.log2(q / p) - math.log2(math.fsum(pair.q) / math.fsum(pair.p))
            level = int(np.abs(found.log2_ratio - log2_ratio).argmin())
            limits[symbol] = in_units(sigma[level])
    return limits


def in_units(sigma: ArrayLike) -> Words:
    """Limits in units of 2^-32; those from 2^31 on are never reached."""
    scaled = np.asarray(sigma, dtype=np.float64) * 2.0**UNIT_BITS
    soon = scaled < 2.0**63
    return np.where(soon, np.where(soon, scaled, 0.0).astype(np.uint64), _ALWAYS)


class Curve:
    """The times of so many blocks.

    limits: of symbols, σ in units of 2^-32
    """

    def __init__(
        self, limits: Callable[[NDArray[Any]], Words], candidates: float, blocks: int
    ) -> None:
        self._limits = limits
        self._time = np.zeros(blocks, dtype=np.uint64)
        self.candidates = candidates

    def look(
        self, live: Places, first: int, symbols: NDArray[Any], words: Words, sent: Sent
    ) -> Flags:
        times = self._time[live, None] + np.cumsum(exponentials(words), axis=1)
        self._time[live] = times[:, -1]
        return take_first(times < self._limits(symbols), live, first, symbols, sent)
