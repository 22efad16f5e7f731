"""All coders that name a candidate, behind one interface.

coder = CODERS["poisson"]
sent = coder.encode(pair, Stream(1), 1000)          # Alice
decode(Prior(pair.p), Stream(1), sent.messages)     # Bob, whatever the coder
coder.law(pair).entropy, coder.decoded(pair)        # exact
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

import numpy as np

from labbook.channel.coders.finite import encode_among
from labbook.channel.coders.greedy import encode_greedy
from labbook.channel.coders.greedy_poisson import encode_greedy_poisson
from labbook.channel.coders.poisson import encode_poisson
from labbook.channel.coders.rejection import encode, message_law
from labbook.channel.laws.finite import Tabulated, decoded_law, ordered_law
from labbook.channel.laws.greedy import greedy_law
from labbook.channel.laws.greedy_poisson import greedy_poisson_law
from labbook.channel.laws.poisson import poisson_law
from labbook.channel.spectrum import spectrum

if TYPE_CHECKING:
    from labbook.channel.coders.search import Progress, Sent
    from labbook.channel.laws.index import IndexLaw
    from labbook.channel.pairs import DiscretePair
    from labbook.compute import Stream


class Encode(Protocol):
    """Alice's messages for blocks `first` to `first + blocks - 1`."""

    def __call__(
        self,
        pair: DiscretePair,
        stream: Stream,
        blocks: int,
        *,
        first: int = 0,
        progress: Progress | None = None,
    ) -> Sent: ...


@dataclass(frozen=True)
class Coder:
    """A way to choose the candidate that is sent.

    label: what people call it
    law: of the index, exact
    decoded: the law of what is decoded, by symbol, exact
    """

    label: str
    encode: Encode
    law: Callable[[DiscretePair], IndexLaw]
    decoded: Callable[[DiscretePair], tuple[float, ...]]

    def total_variation(self, pair: DiscretePair) -> float:
        """Between the law of what is decoded and q."""
        return sum(abs(a - b) for a, b in zip(self.decoded(pair), pair.q, strict=True)) / 2


def _target(pair: DiscretePair) -> tuple[float, ...]:
    return pair.q


CODERS: dict[str, Coder] = {
    "rejection": Coder("rejection", encode, message_law, lambda pair: pair.sent),
    "greedy-rejection": Coder(
        "greedy rejection", encode_greedy, lambda pair: greedy_law(spectrum(pair)), _target
    ),
    "poisson": Coder(
        "Poisson functional representation",
        encode_poisson,
        lambda pair: poisson_law(spectrum(pair)),
        _target,
    ),
    "greedy-poisson": Coder(
        "greedy Poisson rejection",
        encode_greedy_poisson,
        lambda pair: greedy_poisson_law(spectrum(pair)),
        _target,
    ),
}
"""Those that decode exactly q, but for the rounding of 64-bit words."""


def encoder(name: str, backend: str = "numpy") -> Encode:
    """The encoder of a coder of `CODERS`, on "numpy" or "cupy": both send the same, bit for bit."""
    if backend == "cupy":
        from labbook.channel.gpu.encode import encode_on_device

        return partial(encode_on_device, name)
    return CODERS[name].encode


def minimal(candidates: int) -> Coder:
    """Minimal random coding: a number among so many candidates, all equally likely."""
    return Coder(
        f"minimal random coding, N = {candidates:,}",
        partial(encode_among, candidates, ordered=False),
        lambda _: Tabulated(np.full(candidates, 1 / candidates)),
        partial(_decoded_among, candidates),
    )


def ordered(candidates: int) -> Coder:
    """Ordered random coding: the same choice, and small numbers likely."""
    return Coder(
        f"ordered random coding, N = {candidates:,}",
        partial(encode_among, candidates, ordered=True),
        lambda pair: ordered_law(spectrum(pair), candidates),
        partial(_decoded_among, candidates),
    )


def _decoded_among(candidates: int, pair: DiscretePair) -> tuple[float, ...]:
    """Symbols of one ratio share what their level has, in proportion to p.

    Where q has mass at none of the candidates the first is sent, a symbol without q.
    """
    found = spectrum(pair)
    levels = decoded_law(found, candidates)
    p, q = np.array(pair.p), np.array(pair.q)
    nothing = max(0.0, 1 - float(levels.sum()))
    ratio = np.where(p > 0, q / np.where(p > 0, p, 1.0), 0.0)
    level = np.abs(found.ratio[:, None] - ratio).argmin(axis=0)
    inside = np.where(q > 0, levels[level] * p / found.p[level], 0.0)
    outside = np.where((q == 0) & (p > 0), p, 0.0)
    share = outside / outside.sum() if outside.any() else outside
    return tuple(float(each) for each in inside + nothing * share)
