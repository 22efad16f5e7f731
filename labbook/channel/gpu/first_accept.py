"""Searches for the first accepted candidate on a CUDA device."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from labbook.channel.coders.greedy import Greedy
from labbook.channel.coders.search import CANDIDATES_PER_QUAD
from labbook.channel.gpu.launch import NOBODY, SLAB, first_look, power_below
from labbook.compute import Stream, cuda

if TYPE_CHECKING:
    from labbook.channel.coders.bit_blocks import BitBlocks
    from labbook.channel.coders.search import Flags, Messages, Places
    from labbook.channel.gpu.launch import Words
    from labbook.channel.pairs import DiscretePair, Prior, Symbols

    Given = tuple[Any, ...]

BITS_KERNEL, FIRST_KERNEL = "channel_bits.cu", "channel_first.cu"

THREADS = 256
QUADS_EACH = 16
"""Of a launch, that a thread shall have at least: as many as it looks through before it asks
what the others have found."""

MOST_LANES = 1 << 17
"""Threads for one block: 512 blocks of threads, which with 32 registers are all there at once on
an A100 or an H100. So a block's candidates are looked through nearly in order."""

MOST_THREADS = 1 << 20
"""For all blocks, unless there are more of these; those that find theirs make room for others."""

SLICE = 1 << 31
"""Quads of one launch, after which progress is told. At the 2·10¹¹ candidates a second that are
expected of an H200, a launch takes 20 ms."""

TABLE_BYTES = 1 << 26
"""Of the thresholds of greedy rejection for one launch, unless one quad's are more."""

_ENTRY_BYTES = 9
"""A word and a flag."""

_LEAST_ACCEPTANCE = 2.0**-64


@dataclass(frozen=True)
class Rule:
    """How candidates are accepted.

    kernel, entry: what looks for them
    candidates: about how many a block examines; it only decides how far to look at first
    most_quads: of each block that one launch can look through
    given: what the kernel is told of the rule for a range of quads, by its begin and length
    """

    kernel: str
    entry: str
    candidates: float
    most_quads: int
    given: Callable[[int, int], Given]


class First:
    """Blocks of a stream, in each of which the first accepted candidate is looked for."""

    def __init__(self, rule: Rule, stream: Stream, numbers: Words) -> None:
        self._cupy: Any = cuda.cupy()
        self._kernel: Any = cuda.module(rule.kernel).get_function(rule.entry)
        self._key = (np.uint64(stream.seed), np.uint64(stream.number))
        self._rule = rule
        self._numbers = numbers
        self.first_look = first_look(rule.candidates, QUADS_EACH, self.reach(1))

    def reach(self, rows: int) -> int:
        return min(power_below(SLICE / rows), self._rule.most_quads)

    def look(self, live: Places, begin: int, quads: int, messages: Messages) -> Flags:
        found = self._found(self._numbers[live], begin, quads)
        done = found != NOBODY
        messages[live[done]] = found[done].astype(np.int64) + 1
        return np.asarray(done)

    def _found(self, numbers: Words, begin: int, quads: int) -> Words:
        rows = len(numbers)
        log2_lanes = lanes(rows, quads).bit_length() - 1
        grid = -(-(rows << log2_lanes) // THREADS)
        found = self._cupy.asarray(np.full(rows, NOBODY))
        span = (np.uint64(begin), np.uint64(quads), np.uint32(log2_lanes), np.uint64(rows))
        given = (*self._rule.given(begin, quads), *span, self._cupy.asarray(numbers), found)
        self._kernel((grid,), (THREADS,), (*self._key, *given))
        return np.asarray(self._cupy.asnumpy(found))


def lanes(rows: int, quads: int) -> int:
    """Threads for each of so many blocks; a power of two."""
    return power_below(min(-(-quads // QUADS_EACH), MOST_LANES, MOST_THREADS / rows))


def bits(blocks: BitBlocks) -> Rule:
    """Grouped rejection over blocks of bits."""
    given = (np.uint32(blocks.n), *_uploaded(blocks.limits, blocks.always))
    candidates = 1 / max(blocks.acceptance, _LEAST_ACCEPTANCE)
    return Rule(BITS_KERNEL, "channel_bits", candidates, SLICE, lambda *_: given)


def rejection(pair: DiscretePair) -> Rule:
    """Thresholds for each symbol, the same for all candidates."""
    prior = prior_on_device(pair.prior)
    given = (*prior, np.uint64(0), *_uploaded(pair.limits, pair.always))
    return Rule(FIRST_KERNEL, "channel_first", 1 / pair.acceptance, SLICE, lambda *_: given)


def greedy_rejection(pair: DiscretePair) -> Rule:
    """Thresholds for each candidate and symbol, made on the host and sent before each launch."""
    greedy, symbols = Greedy(pair), len(pair.p)
    prior = prior_on_device(pair.prior)

    def given(begin: int, quads: int) -> Given:
        table = greedy.limits(CANDIDATES_PER_QUAD * begin, CANDIDATES_PER_QUAD * quads)
        return (*prior, np.uint64(symbols), *_uploaded(*table))

    most = power_below(TABLE_BYTES / (CANDIDATES_PER_QUAD * symbols * _ENTRY_BYTES))
    return Rule(FIRST_KERNEL, "channel_first", greedy.candidates, most, given)


def prior_on_device(prior: Prior) -> Given:
    """What kernels are told of a prior: how many thresholds it has, and which."""
    return np.uint32(len(prior.thresholds)), cuda.cupy().asarray(prior.thresholds)


def symbols_of(prior: Prior, stream: Stream, messages: Messages, *, first: int = 0) -> Symbols:
    """What `labbook.channel.coders.search.decode` gives, made on the device."""
    cupy = cuda.cupy()
    kernel = cuda.module(FIRST_KERNEL).get_function("channel_symbols")
    given = (np.uint64(stream.seed), np.uint64(stream.number), *prior_on_device(prior))
    symbols = np.empty(len(messages), dtype=np.intp)
    for begin in range(0, len(messages), SLAB):
        candidates = cupy.asarray((messages[begin : begin + SLAB] - 1).astype(np.uint64))
        rows = len(candidates)
        made = cupy.empty(rows, dtype=np.uint64)
        span = (np.uint64(rows), np.uint64(first + begin))
        kernel((-(-rows // THREADS),), (THREADS,), (*given, *span, candidates, made))
        symbols[begin : begin + rows] = cupy.asnumpy(made)
    return symbols


def _uploaded(limits: Words, always: Flags) -> Given:
    cupy = cuda.cupy()
    return cupy.asarray(limits), cupy.asarray(always.view(np.uint8))
