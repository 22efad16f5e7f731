"""Vectors that are sent and decoded, for `channel.diagonal-gaussian`."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from labbook.channel import decode
from labbook.channel.line.diagonal import DiagonalPair
from labbook.channel.line.vectors import VECTOR_CODERS, NormalVectors, VectorCoder
from labbook.compute import Stream
from labbook.experiments.beside import z_score

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from labbook.experiments import Trial

    Reals = NDArray[np.float64]

BLOCKS_AT_ONCE = 1 << 14
WAYS = "at once", "apart"


@dataclass(frozen=True, slots=True)
class Sample:
    """What one coder sent, in one way.

    mean_log2, se, exact: of log2 K, summed over coordinates if they are sent apart, in bits
    z: how many standard errors lie between
    worst_z: the largest distance of a decoded coordinate's mean from its own, in standard errors
    mismatches: blocks in which Bob's vector is not Alice's
    """

    label: str
    sent: str
    mean_log2: float
    se: float
    exact: float
    z: float | None
    worst_z: float
    mismatches: int


def sample(trial: Trial, pair: DiagonalPair, blocks: int) -> list[Sample]:
    """Each coder with the whole vector, then with each coordinate for itself."""
    found: list[Sample] = []
    turns = len(VECTOR_CODERS) * len(WAYS)
    for name, coder in VECTOR_CODERS.items():
        for sent in WAYS:
            begun = len(found)

            def tell(part: float, begun: int = begun) -> None:
                trial.progress(0.5 + (begun + part) / turns / 2, of=1)

            found.append(_sample(trial.seed, name, coder, sent, pair, blocks, tell))
    return found


def _sample(
    seed: int,
    name: str,
    coder: VectorCoder,
    sent: str,
    pair: DiagonalPair,
    blocks: int,
    tell: Callable[[float], None],
) -> Sample:
    parts = _parts(name, sent, pair)
    logs, worst, mismatches = np.zeros(blocks), 0.0, np.zeros(blocks, dtype=np.bool_)
    for number, (stream, part) in enumerate(parts.items()):

        def say(share: float, number: int = number) -> None:
            tell((number + share) / len(parts))

        more, vectors, differ = _send(coder, part, Stream.named(seed, stream), blocks, say)
        logs += more
        mismatches |= differ
        away = (vectors.mean(axis=0) - np.array(part.means)) / np.array(part.sds)
        worst = max(worst, float(np.abs(away).max()) * math.sqrt(blocks))
    exact = math.fsum(coder.law(part).mean_log2 for part in parts.values())
    mean = float(logs.mean())
    se = float(logs.std(ddof=1)) / math.sqrt(blocks) if blocks > 1 else 0.0
    z = z_score(mean, exact, se)
    return Sample(coder.label, sent, mean, se, exact, z, worst, int(mismatches.sum()))


def _parts(name: str, sent: str, pair: DiagonalPair) -> dict[str, DiagonalPair]:
    """What is sent by itself, by the name of its stream: that of the coder, and the coordinate."""
    if sent == "at once":
        return {name: pair}
    return {
        f"{name} {place + 1}": DiagonalPair((each.mean,), (each.sd,))
        for place, each in pair.coordinates.items()
    }


def _send(
    coder: VectorCoder,
    pair: DiagonalPair,
    stream: Stream,
    blocks: int,
    say: Callable[[float], None],
) -> tuple[Reals, Reals, NDArray[np.bool_]]:
    """log2 of each message, what Bob decodes, and where that is not what Alice meant."""
    logs, differ = np.empty(blocks), np.empty(blocks, dtype=np.bool_)
    vectors = np.empty((blocks, len(pair.means)))
    prior = NormalVectors(len(pair.means))
    for first in range(0, blocks, BLOCKS_AT_ONCE):
        part = slice(first, min(first + BLOCKS_AT_ONCE, blocks))
        count = part.stop - first

        def progress(done: int, _: int, first: int = first) -> None:
            say((first + done) / blocks)

        sent = coder.encode(pair, stream, count, first=first, progress=progress)
        vectors[part] = decode(prior, stream, sent.messages, first=first)
        logs[part] = np.log2(sent.messages)
        differ[part] = (vectors[part] != sent.symbols).any(axis=1)
    return logs, vectors, differ
