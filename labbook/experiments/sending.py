"""Blocks sent to Bob and decoded by him, and how far that has come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from labbook.channel import DiscretePair, IndexCounts
    from labbook.channel.coders.interface import Encode
    from labbook.compute import Stream
    from labbook.experiments import Trial

    Progress = Callable[[int, int], None]

BLOCKS_AT_ONCE = 1 << 16


def part(trial: Trial, begin: float, end: float) -> Progress:
    """What is told of work that brings a trial from `begin` to `end`, of 1: `(done, of)`."""
    return lambda done, of: trial.progress(begin + (end - begin) * done / of, of=1)


@dataclass(frozen=True, slots=True)
class Tally:
    """What came of some blocks.

    indices: how often each index was sent
    symbols: how often Bob decoded each symbol
    mismatches: blocks in which he has another than Alice meant
    """

    indices: IndexCounts
    symbols: NDArray[np.int64]
    mismatches: int


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
    prior = Prior(pair.p)
    indices, symbols, mismatches = IndexCounts(), np.zeros(len(pair.p), dtype=np.int64), 0
    for begin in range(0, blocks, BLOCKS_AT_ONCE):
        count, start = min(BLOCKS_AT_ONCE, blocks - begin), first + begin
        said = partial(_say, progress, begin, blocks)
        sent = encode(pair, stream, count, first=start, progress=said)
        decoded = decode(prior, stream, sent.messages, first=start)
        indices = indices.merge(IndexCounts.of(sent.messages))
        symbols += np.bincount(decoded, minlength=len(symbols))
        mismatches += int(np.count_nonzero(decoded != sent.symbols))
    return Tally(indices, symbols, mismatches)


def _say(progress: Progress | None, begin: int, blocks: int, done: int, _: int) -> None:
    if progress is not None:
        progress(begin + done, blocks)
