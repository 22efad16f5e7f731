"""A* coding on the line: a search over a tree of intervals that both sides can build.

Every node of the tree has an interval of the prior, a point of it and an arrival time, all made
from shared words. The root has the whole line; a node's interval is split in two for its
children, either where half of its mass lies ("dyadic", AD*) or at the node's own point
("sample", AS*). A node of mass m whose parent arrived at T arrives at T plus an exponential time
of mean 1/m: these are the points of a Poisson process with rate p, at each node the first of its
interval after its parent. Alice sends the node with the least T / r(x), r = q/p, whose point has
the law q. For a ratio with a single peak the supremum of r over an interval bounds what lies
below a node, so best-first search finds that node in a few steps (C. Maddison, D. Tarlow, T.
Minka, "A* sampling", NeurIPS 2014; G. Flamich, S. Markou, J. M. Hernández-Lobato, "Fast relative
entropy coding with A* coding", ICML 2022).

The message is the node's heap index: 1 for the root, 2H and 2H + 1 for the children of H, the
left one first. In the block of the stream that a sample has, node H has words 2H, its place in
the interval, and 2H + 1, its time: −ln((⌊w / 2^12⌋ + 1/2) / 2^52) / m for a word w. So Bob goes to
a dyadic node at once, since its interval follows from H; for a sample-split one he walks down
from the root.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from labbook.channel.line.peaked import WHOLE
from labbook.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from labbook.channel.line.peaked import IntervalPrior, PeakedTarget
    from labbook.compute import Stream

    Reals = NDArray[np.float64]
    Integers = NDArray[np.int64]

Split = Literal["dyadic", "sample"]
SPLITS: tuple[Split, ...] = ("dyadic", "sample")

DEEPEST = 61
"""Levels below the root: a heap index is a 64-bit signed integer."""

Progress = Callable[[int, int], None]
"""Called as `progress(done, of)` in samples; what it raises ends the work."""


@dataclass(frozen=True, slots=True)
class Found:
    """For each sample: the heap index that Alice sends, her point, and the nodes she looked at."""

    messages: Integers
    samples: Reals
    steps: Integers


def encode(
    target: PeakedTarget,
    stream: Stream,
    samples: int,
    *,
    split: Split = "dyadic",
    first: int = 0,
    progress: Progress | None = None,
) -> Found:
    """What Alice sends for samples `first`, `first + 1`, …, which are blocks of the stream.

    Raises:
        UsageError: q/p has no largest value, or the search goes deeper than heap indices.
    """
    return encode_each([target] * samples, stream, split=split, first=first, progress=progress)


def encode_each(
    targets: Sequence[PeakedTarget],
    stream: Stream,
    *,
    split: Split = "dyadic",
    first: int = 0,
    progress: Progress | None = None,
) -> Found:
    """The same for one sample of each target; all have the same prior.

    Raises:
        UsageError: as `encode`.
    """
    count = len(targets)
    found = Found(np.empty(count, dtype=np.int64), np.empty(count), np.empty(count, dtype=np.int64))
    for number, target in enumerate(targets):
        if not math.isfinite(target.log_ratio(target.mode)):
            raise UsageError("q/p has no largest value, and the search would not end.")
        chosen = _search(target, stream, first + number, split)
        found.messages[number], found.samples[number], found.steps[number] = chosen
        if progress is not None:
            progress(number + 1, count)
    return found


def decode(
    prior: IntervalPrior,
    stream: Stream,
    messages: Integers,
    *,
    split: Split = "dyadic",
    first: int = 0,
) -> Reals:
    """Bob's points for the messages of samples `first`, `first + 1`, …"""
    place = _place_of_dyadic if split == "dyadic" else _place_of_split
    return np.array(
        [
            prior.at(place(int(index), stream, first + number))
            for number, index in enumerate(messages)
        ]
    )


class _Node(NamedTuple):
    """A node that waits to be looked at; the first of a heap has the least bound.

    bound: ln T less the largest ln r of its interval
    name: its heap index
    low, high: its interval, in units of the prior's mass
    left, right: the ends of the interval on the line
    word: of its place
    """

    bound: float
    name: int
    time: float
    low: int
    high: int
    left: float
    right: float
    word: int


def _search(
    target: PeakedTarget, stream: Stream, block: int, split: Split
) -> tuple[int, float, int]:
    """The index and point of the least T / r, and how many nodes were looked at."""
    best, index, sample, steps = math.inf, 0, math.nan, 0
    waiting = _children(target, stream, block, _ABOVE, (0, WHOLE), (-math.inf, math.inf))
    while waiting and waiting[0].bound < best:
        node = heapq.heappop(waiting)
        steps += 1
        place = _place(node.low, node.high, node.word)
        x = target.prior.at(place)
        score = math.log(node.time) - target.log_ratio(x)
        if score < best:
            best, index, sample = score, node.name, x
        if split == "dyadic":
            place = (node.low + node.high) // 2
            x = target.prior.at(place)
        ends, line = (node.low, place, node.high), (node.left, x, node.right)
        for child in _children(target, stream, block, node, ends, line):
            if child.bound < best:
                heapq.heappush(waiting, child)
    return index, sample, steps


def _children(
    target: PeakedTarget,
    stream: Stream,
    block: int,
    parent: _Node,
    ends: tuple[int, ...],
    line: tuple[float, ...],
) -> list[_Node]:
    """The nodes of the intervals between the ends, those without mass left out."""
    index = max(2 * parent.name, 1)
    if index >> DEEPEST > 1:
        raise UsageError(
            f"The search went {DEEPEST} levels deep, and heap indices end there.",
            hint="Give a target that is closer to the prior.",
        )
    words = stream.words(2 * index, 2 * (len(ends) - 1), block=block).tolist()
    found = []
    for side, ((low, high), (left, right)) in enumerate(
        zip(pairwise(ends), pairwise(line), strict=True)
    ):
        if low == high:
            continue
        time = parent.time + _exponential(words[2 * side + 1]) / ((high - low) / WHOLE)
        top = target.log_ratio(min(max(target.mode, left), right))
        bound = math.log(time) - top
        found.append(_Node(bound, index + side, time, low, high, left, right, words[2 * side]))
    return found


_ABOVE = _Node(-math.inf, 0, 0.0, 0, WHOLE, -math.inf, math.inf, 0)
"""What the root is the only child of."""


def _exponential(word: int) -> float:
    return -math.log(((word >> 12) + 0.5) * 2.0**-52)


def _place(low: int, high: int, word: int) -> int:
    """The middle of the word's share, of 2^64 equal ones, of the interval."""
    return low + ((high - low) * (2 * word + 1) >> 65)


def _place_of_dyadic(index: int, stream: Stream, block: int) -> int:
    depth = index.bit_length() - 1
    width = WHOLE >> depth
    low = (index - (1 << depth)) * width
    return _place(low, low + width, int(stream.words(2 * index, 1, block=block)[0]))


def _place_of_split(index: int, stream: Stream, block: int) -> int:
    low, high, place = 0, WHOLE, 0
    for level in range(index.bit_length() - 1, -1, -1):
        node = index >> level
        if level < index.bit_length() - 1:
            low, high = (place, high) if node % 2 else (low, place)
        place = _place(low, high, int(stream.words(2 * node, 1, block=block)[0]))
    return place
