"""Channel simulation by rejection: Alice sends the index of the first accepted candidate.

Candidate symbol z is accepted with probability q(z) / (M p(z)), M = max q/p. The message has
the geometric law with success 1/M and is independent of the symbol, whose law is q. The seed
of this idea: J. Schulman, "Sending samples without bits-back", 2020,
http://joschu.net/blog/sending-samples.html

Candidate k of block b has words 2k and 2k + 1 of block b of the stream, and the message is
k + 1: see `labbook.channel.coders.search`, which also has what Bob does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from labbook.channel.coders.search import Sent, encode_with
from labbook.channel.laws.geometric import Geometric

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from labbook.channel.coders.search import Flags, Places, Progress
    from labbook.channel.pairs import DiscretePair, Symbols, Words
    from labbook.compute import Stream


def message_law(pair: DiscretePair) -> Geometric:
    """The exact law of a message."""
    return Geometric(pair.acceptance)


def encode(
    pair: DiscretePair,
    stream: Stream,
    blocks: int,
    *,
    first: int = 0,
    progress: Progress | None = None,
) -> Sent:
    """Alice's messages for blocks `first` to `first + blocks - 1`."""
    looker = _Rejection(pair)
    return encode_with(lambda _: looker, pair.prior, stream, blocks, first=first, progress=progress)


@dataclass(frozen=True, slots=True)
class _Rejection:
    pair: DiscretePair

    @property
    def candidates(self) -> float:
        return 1 / self.pair.acceptance

    def look(self, live: Places, first: int, symbols: Symbols, words: Words, sent: Sent) -> Flags:
        return take_first(self.pair.accepts(symbols, words), live, first, symbols, sent)


def take_first(
    accepted: Flags, live: Places, first: int, symbols: NDArray[Any], sent: Sent
) -> Flags:
    """Send the first accepted candidate of each row that has one.

    Returns: which rows have one.
    """
    chosen = accepted.argmax(axis=1)
    rows = np.arange(len(live))
    hit = accepted[rows, chosen]
    done = live[hit]
    sent.messages[done] = first + chosen[hit] + 1
    sent.symbols[done] = symbols[rows[hit], chosen[hit]]
    return np.asarray(hit)
