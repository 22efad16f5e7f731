"""Alice on a CUDA device: the messages that she sends from a CPU, bit for bit.

The kernels reproduce the words of the stream and compare integers, and what little is not an
integer they round as NumPy does; so results are the same on every device. Bob needs none: he
looks one candidate up, see `labbook.channel.coders.search.decode`.
"""

from __future__ import annotations

import itertools
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from labbook.channel.coders import interface as coders
from labbook.channel.coders.bit_blocks import BitBlocks
from labbook.channel.coders.block_search import encode_block
from labbook.channel.coders.search import Sent
from labbook.channel.gpu import first_accept, races
from labbook.channel.gpu.first_accept import First, symbols_of
from labbook.channel.gpu.launch import encode_with
from labbook.channel.gpu.races import Race
from labbook.channel.pairs import DiscretePair
from labbook.compute import Stream
from labbook.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from labbook.channel.coders.search import Messages, Progress
    from labbook.channel.gpu.launch import DeviceLooker, Words

_FIRST = {"rejection": first_accept.rejection, "greedy-rejection": first_accept.greedy_rejection}
_RACES = {"poisson": races.poisson, "greedy-poisson": races.greedy_poisson}
_CHOICES = {
    "minimal": partial(races.choice, ordered=False),
    "ordered": partial(races.choice, ordered=True),
}

DEVICE_CODERS = (*_FIRST, *_RACES, *_CHOICES)

TRIED, TRIED_CANDIDATES = 200, 50
"""Blocks of the first trial of a device, and among how many candidates some coders choose then."""
TRIED_LAUNCHES = 16
"""After which a block of the trial that is not done never will be: at least 2^14 times the
expected candidates were looked at."""


def try_device() -> None:
    """Compare some messages from the device with those from the CPU.

    Raises:
        RuntimeError: they differ.
        Exception: whatever CuPy and the driver raise where a kernel does not run.
    """
    stream, bits = Stream.named(2011, "probe"), BitBlocks(16, 0.9, 10.0)
    messages = [encode_block(bits, stream, block) for block in range(TRIED)]
    sent = encode_bits_on_device(bits, stream, TRIED, progress=_impatient())
    if not np.array_equal(sent, messages):
        raise RuntimeError("it sends other blocks of bits than the CPU")
    pair = DiscretePair((0.6, 0.2, 0.1, 0.1), (0.1, 0.2, 0.7, 0.0))
    on_cpu = {
        **coders.CODERS,
        "minimal": coders.minimal(TRIED_CANDIDATES),
        "ordered": coders.ordered(TRIED_CANDIDATES),
    }
    for coder, known in on_cpu.items():
        expected = known.encode(pair, stream, TRIED)
        found = encode_on_device(
            coder, pair, stream, TRIED, candidates=TRIED_CANDIDATES, progress=_impatient()
        )
        same = found.messages == expected.messages
        if not (same & (found.symbols == expected.symbols)).all():
            raise RuntimeError(f"by {coder} it sends other symbols than the CPU")


def _impatient() -> Progress:
    """Ends a trial that a working device would have ended long ago."""
    launches = itertools.count(1)

    def progress(done: int, of: int) -> None:
        if done < of and next(launches) >= TRIED_LAUNCHES:
            raise RuntimeError("it does not find what the CPU finds")

    return progress


def encode_bits_on_device(
    blocks: BitBlocks,
    stream: Stream,
    count: int,
    *,
    first: int = 0,
    progress: Progress | None = None,
) -> Messages:
    """Alice's messages for blocks `first` to `first + count - 1` of bits: what
    `labbook.channel.coders.block_search.encode_block` gives for each.

    Device memory: 16 MB, for any number of blocks and candidates.

    Raises:
        ImportError: CuPy cannot be imported.
    """
    rule = first_accept.bits(blocks)
    return encode_with(
        lambda numbers: First(rule, stream, numbers), count, first=first, progress=progress
    )


def encode_on_device(
    coder: str,
    pair: DiscretePair,
    stream: Stream,
    blocks: int,
    *,
    candidates: int | None = None,
    first: int = 0,
    progress: Progress | None = None,
) -> Sent:
    """Alice's messages for blocks `first` to `first + blocks - 1`, and the symbols they name.

    coder: one of `DEVICE_CODERS`
    candidates: among how many "minimal" and "ordered" choose; nothing to the others

    Device memory: below 128 MB, for any number of blocks and candidates.

    Raises:
        ImportError: CuPy cannot be imported.
        UsageError: there is no such coder, or it cannot choose among so many candidates.
    """
    make = _maker(coder, pair, stream, candidates)
    messages = encode_with(make, blocks, first=first, progress=progress)
    return Sent(messages, symbols_of(pair.prior, stream, messages, first=first))


def _maker(
    coder: str, pair: DiscretePair, stream: Stream, candidates: int | None
) -> Callable[[Words], DeviceLooker]:
    """What searches the blocks of some numbers."""
    if coder in _FIRST:
        accepting = _FIRST[coder](pair)
        return lambda numbers: First(accepting, stream, numbers)
    better = _race(coder, pair, candidates)
    return lambda numbers: Race(better, stream, numbers)


def _race(coder: str, pair: DiscretePair, candidates: int | None) -> races.Rule:
    if coder in _RACES:
        return _RACES[coder](pair)
    if coder not in _CHOICES:
        raise UsageError(
            f"No kernel searches by {coder!r}.", hint=f"Choose one of {', '.join(DEVICE_CODERS)}."
        )
    if candidates is None:
        raise UsageError(f"By {coder} one chooses among a given number of candidates.")
    return _CHOICES[coder](pair, candidates)
