"""Blocks sent to Bob and decoded by him, and how far that has come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from labbook.channel import DiscretePair, IndexCounts
    from labbook.channel.coders.interface import Encode
    from labbook.compute import Stream
    from labbook.experiments import Trial

    Progress = Callable[[int, int], None]

BLOCKS_AT_ONCE = 1 << 16
FEWEST_BLOCKS, CANDIDATES_IN_PIECE = 1 << 10, 1 << 22
"""Of a piece."""


def part(trial: Trial, begin: float, end: float, of: float = 1) -> Progress:
    """What is told of work that brings a trial from `begin` to `end` of a total: `(done, of)`."""
    return lambda done, all_: trial.progress(begin + (end - begin) * done / all_, of=of)


@dataclass(frozen=True, slots=True)
class Tally:
    """What came of some blocks; whole numbers, so the order of merging is no matter.

    indices: how often each index was sent
    symbols: how often Bob decoded each symbol
    mismatches: blocks in which he has another than Alice meant
    """

    indices: IndexCounts
    symbols: NDArray[np.int64]
    mismatches: int

    @classmethod
    def none(cls, symbols: int) -> Tally:
        """Of no blocks, where so many symbols could have come."""
        import numpy as np

        from labbook.channel import IndexCounts

        return cls(IndexCounts(), np.zeros(symbols, dtype=np.int64), 0)

    def merge(self, other: Tally) -> Tally:
        """Of both together."""
        return Tally(
            self.indices.merge(other.indices),
            self.symbols + other.symbols,
            self.mismatches + other.mismatches,
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "indices": self.indices.indices,
            "counts": self.indices.counts,
            "symbols": self.symbols,
            "mismatches": self.mismatches,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Tally:
        """Read what `to_json` wrote."""
        import numpy as np

        from labbook.channel import IndexCounts

        indices, counts, symbols = (
            np.array(data[name], dtype=np.int64) for name in ("indices", "counts", "symbols")
        )
        return cls(IndexCounts(indices, counts), symbols, data["mismatches"])


@dataclass(frozen=True, slots=True)
class Pieces:
    """Blocks cut into pieces that several processes can share.

    size: blocks in each but the last
    """

    blocks: int
    size: int

    @classmethod
    def of(cls, trial: Trial, pair: DiscretePair, blocks: int) -> Pieces:
        """Of so many candidates that a core has a fraction of a second to do; a device all it
        takes.
        """
        few = max(FEWEST_BLOCKS, round(CANDIDATES_IN_PIECE * pair.acceptance))
        size = BLOCKS_AT_ONCE if trial.backend.name == "cupy" else min(BLOCKS_AT_ONCE, few)
        return cls(blocks, size)

    def __len__(self) -> int:
        return len(range(0, self.blocks, self.size))

    def deliver(
        self, number: int, encode: Encode, pair: DiscretePair, stream: Stream, told: Progress
    ) -> Tally:
        """Send the blocks of one piece, and decode them."""
        first = number * self.size
        count = min(self.size, self.blocks - first)
        return deliver(encode, pair, stream, count, first=first, progress=told)


def deliver(
    encode: Encode,
    pair: DiscretePair,
    stream: Stream,
    blocks: int,
    *,
    first: int = 0,
    progress: Progress | None = None,
) -> Tally:
    """Send blocks `first`, `first + 1`, … by an encoder, and decode them by p and the stream."""
    import numpy as np

    from labbook.channel import IndexCounts, Prior, decode

    # Bob has what follows from p and the seed, and nothing that Alice computed.
    prior, tally = Prior(pair.p), Tally.none(len(pair.p))
    for begin in range(0, blocks, BLOCKS_AT_ONCE):
        count, start = min(BLOCKS_AT_ONCE, blocks - begin), first + begin
        said = partial(_say, progress, begin, blocks)
        sent = encode(pair, stream, count, first=start, progress=said)
        decoded = decode(prior, stream, sent.messages, first=start)
        part = Tally(
            IndexCounts.of(sent.messages),
            np.bincount(decoded, minlength=len(pair.p)),
            int(np.count_nonzero(decoded != sent.symbols)),
        )
        tally = tally.merge(part)
    return tally


def _say(progress: Progress | None, begin: int, blocks: int, done: int, _: int) -> None:
    if progress is not None:
        progress(begin + done, blocks)
