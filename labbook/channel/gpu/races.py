"""Coders whose candidates come at exponential times, on a CUDA device."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from labbook.channel.coders.finite import need_few
from labbook.channel.coders.greedy_poisson import time_limits
from labbook.channel.coders.poisson import inverse_ratios
from labbook.channel.coders.search import CANDIDATES_PER_QUAD
from labbook.channel.gpu.first_accept import prior_on_device
from labbook.channel.gpu.launch import NOBODY, first_look, power_below
from labbook.compute import Stream, cuda

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from labbook.channel.coders.search import Flags, Messages, Places
    from labbook.channel.gpu.launch import Words
    from labbook.channel.pairs import DiscretePair

    Given = tuple[Any, ...]

KERNEL = "channel_race.cu"

LEAST_THREADS, MOST_THREADS = 32, 256
QUADS_EACH = 2
TILE = LEAST_THREADS * QUADS_EACH
"""Quads of each thread in a tile, and of the smallest block of threads together."""

BLOCKS = 512
"""Of threads, that shall be there at least: with 64 registers an H100 holds 528 of the largest.
Where there are fewer blocks of the stream, each is looked through in parts."""

WORTH_PARTS = 4
"""To know when its parts begin, a block is gone through twice: not for fewer parts than this."""

PART = 1 << 12
"""Quads that a part has at least: eight tiles."""

SLICE = 1 << 29
"""Quads of one launch, after which progress is told. At the 5·10¹⁰ candidates a second that are
expected of an H200, a launch takes 20 ms."""

FOUND = 3
"""Words that a kernel gives for each part: key, candidate, time."""

INFINITY = np.uint64(np.float64(np.inf).view(np.uint64))
CHOSEN = np.uint64(0)


@dataclass(frozen=True)
class Rule:
    """What makes one candidate better than another.

    entry: of the kernel
    given: what the kernel is told of the rule
    quads: to begin with
    in_parts: whether a block can be looked through in parts: the time is a plain sum
    done: where nothing better can come, by the times and the best keys so far, after so many
        quads
    """

    entry: str
    given: Given
    quads: int
    in_parts: bool
    done: Callable[[Words, Words, int], Flags]


class Race:
    """The times and best candidates of some blocks of a stream."""

    def __init__(self, rule: Rule, stream: Stream, numbers: Words) -> None:
        self._cupy: Any = cuda.cupy()
        self._module: Any = cuda.module(KERNEL)
        self._key = (np.uint64(stream.seed), np.uint64(stream.number))
        self._rule = rule
        self._numbers = numbers
        self._times = np.zeros(len(numbers), dtype=np.uint64)
        self._keys = np.full(len(numbers), INFINITY)
        self.first_look = rule.quads

    def reach(self, rows: int) -> int:
        return power_below(SLICE / rows)

    def look(self, live: Places, begin: int, quads: int, messages: Messages) -> Flags:
        # Where q has mass at none of the candidates among which is chosen, the first is sent.
        if begin == 0:
            messages[live] = 1
        parts = parts_of(len(live), quads) if self._rule.in_parts else 1
        found = self._found(live, begin, quads // parts, parts)
        keys, candidates, ends = np.moveaxis(found, -1, 0)
        rows, best = np.arange(len(live)), keys.argmin(axis=1)
        chosen = candidates[rows, best]
        better = chosen != NOBODY
        self._keys[live] = keys[rows, best]
        self._times[live] = ends[:, -1]
        messages[live[better]] = chosen[better].astype(np.int64) + 1
        return self._rule.done(self._times[live], self._keys[live], begin + quads)

    def _found(self, live: Places, begin: int, quads: int, parts: int) -> Words:
        """(rows, parts, 3)"""
        threads = min(max(power_below(quads / QUADS_EACH), LEAST_THREADS), MOST_THREADS)
        grid = len(live) * parts
        numbers = self._cupy.asarray(self._numbers[live])
        span = (np.uint64(begin), np.uint64(quads), np.uint32(parts), numbers)
        starts = np.repeat(self._times[live, None], parts, axis=1)
        if parts > 1:
            times = self._cupy.empty((len(live), parts), dtype=np.uint64)
            self._launch("channel_times", grid, threads, (*span, times))
            starts[:, 1:] += np.cumsum(self._cupy.asnumpy(times)[:, :-1], axis=1)
        known = (self._cupy.asarray(starts), self._cupy.asarray(self._keys[live]))
        found = self._cupy.empty((len(live), parts, FOUND), dtype=np.uint64)
        given = (*self._rule.given, *span, *known, found)
        self._launch(self._rule.entry, grid, threads, given)
        return np.asarray(self._cupy.asnumpy(found))

    def _launch(self, entry: str, grid: int, threads: int, given: Given) -> None:
        self._module.get_function(entry)((grid,), (threads,), (*self._key, *given))


def parts_of(rows: int, quads: int) -> int:
    """In how many parts each block is looked through; a power of two."""
    parts = power_below(min(BLOCKS / rows, quads / PART))
    return parts if parts >= WORTH_PARTS else 1


def poisson(pair: DiscretePair) -> Rule:
    """The Poisson functional representation."""
    inverse = inverse_ratios(pair)
    least = np.float64(inverse[np.isfinite(inverse)].min())

    def done(times: Words, keys: Words, _examined: int) -> Flags:
        return np.asarray(times.astype(np.float64) * least >= keys.view(np.float64))

    given = (*_prior_and(pair, inverse), least)
    return Rule("channel_poisson", given, first_look(1 / float(least), TILE, SLICE), True, done)


def greedy_poisson(pair: DiscretePair) -> Rule:
    """Greedy Poisson rejection."""

    def done(_times: Words, keys: Words, _examined: int) -> Flags:
        return np.asarray(keys == CHOSEN)

    given = _prior_and(pair, time_limits(pair))
    quads = first_look(1 / pair.acceptance, TILE, SLICE)
    return Rule("channel_greedy_poisson", given, quads, True, done)


def choice(pair: DiscretePair, number: int, *, ordered: bool) -> Rule:
    """Minimal or ordered random coding among so many candidates.

    Raises:
        UsageError: so many cannot be looked through.
    """
    need_few(number)
    quads = -(-number // CANDIDATES_PER_QUAD)

    def done(times: Words, _keys: Words, examined: int) -> Flags:
        return np.full(len(times), examined >= quads)

    given = (*_prior_and(pair, inverse_ratios(pair)), np.uint64(number))
    entry = "channel_ordered" if ordered else "channel_minimal"
    return Rule(entry, given, quads, False, done)


def _prior_and(pair: DiscretePair, table: NDArray[Any]) -> Given:
    return (*prior_on_device(pair.prior), cuda.cupy().asarray(table))
