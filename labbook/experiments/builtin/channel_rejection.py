"""Sends samples of q over a stream of shared random numbers, by rejection."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Annotated, Any

from labbook.experiments import AtLeast, Probabilities, Shards, Trial, experiment
from labbook.experiments.beside import z_score
from labbook.experiments.hours import BOTH
from labbook.experiments.sending import Pieces, Tally, part
from labbook.model import Axis, Cell, Column, Figure, Mark, Series, Table
from labbook.text.amounts import count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labbook.channel import DiscretePair, Geometric, IndexCounts

CANDIDATE_LIMIT = 9e10
"""About an hour."""

CANDIDATES_PER_SECOND = 2.5e7
"""Of one core, for large M (measured)."""

POINTS = 60
"""The figure of the index has at most so many points; beyond, neighbours share one."""
SYMBOLS_SHOWN = 32

SOURCE = (
    "J. Schulman, Sending samples without bits-back, 2020, "
    "http://joschu.net/blog/sending-samples.html"
)


def check(p: tuple[float, ...], q: tuple[float, ...], blocks: int) -> None:
    from labbook.channel import DiscretePair

    mean = 1 / DiscretePair(p, q).acceptance
    if mean * blocks > CANDIDATE_LIMIT:
        hours = mean * blocks / CANDIDATES_PER_SECOND / 3600
        raise ValueError(
            f"with the largest q/p being {mean:.3g}, {blocks:,} blocks would examine "
            f"{mean * blocks:.2g} candidates, which takes about {hours:,.0f} hours. "
            "Give fewer blocks, or a p that is closer to q."
        )


def count_pieces(trial: Trial, *, p: tuple[float, ...], q: tuple[float, ...], blocks: int) -> int:
    from labbook.channel import DiscretePair

    return len(Pieces.of(trial, DiscretePair(p, q), blocks))


def compute(
    trial: Trial, pieces: range, *, p: tuple[float, ...], q: tuple[float, ...], blocks: int
) -> Iterator[dict[str, Any]]:
    """The tally of each piece."""
    from labbook.channel import DiscretePair, encoder
    from labbook.compute import Stream

    pair, stream = DiscretePair(p, q), Stream(trial.seed)
    encode, cut = encoder("rejection", trial.backend.name), Pieces.of(trial, pair, blocks)
    for place, piece in enumerate(pieces):
        told = part(trial, place, place + 1, of=len(pieces))
        yield cut.deliver(piece, encode, pair, stream, told).to_json()


@experiment(
    "channel.rejection",
    title="Channel simulation by rejection",
    check=check,
    references=(SOURCE,),
    backends=BOTH,
    try_device="labbook.channel.gpu.encode:try_device",
    shards=Shards(count_pieces, compute, BOTH),
)
def channel_rejection(
    trial: Trial,
    *,
    p: Annotated[tuple[float, ...], Probabilities()] = (0.4, 0.3, 0.2, 0.1),
    q: Annotated[tuple[float, ...], Probabilities()] = (0.1, 0.1, 0.2, 0.6),
    blocks: Annotated[int, AtLeast(2)] = 100_000,  # noqa: ARG001  its pieces are cut from it
) -> None:
    """Alice sends samples of q to Bob, who knows only p and shares her random numbers.

    Alice draws candidates from p with the shared numbers, accepts each with probability
    q/(M p), M = max q/p, and sends the index of the first that she accepts. Bob makes the
    sample from seed and index alone; that it is hers is verified in every block. The index
    has a geometric law with mean M, so it costs about log2 M bits, where KL(q‖p) would do.
    Measured values stand beside those of the exact law, with their distance in standard
    errors (z).

    p: the prior that both know, as probabilities
    q: the target that only Alice knows; nothing where p is nothing
    blocks: how many samples to send
    """
    from labbook.channel import DiscretePair, message_law

    pair = DiscretePair(p, q)
    law = message_law(pair)
    tally = reduce(Tally.merge, map(Tally.from_json, trial.pieces()))
    rows = _lengths(tally.indices, law)
    _record(trial, pair, tally, rows)
    trial.table(_index_table(pair, rows))
    if len(pair.q) <= SYMBOLS_SHOWN:
        trial.table(_symbol_table(pair, tally))
    trial.figure(_index_figure(pair, law, tally.indices))
    trial.figure(_length_figure(pair, rows))


@dataclass(frozen=True, slots=True)
class _Row:
    """A quantity as measured, with its standard error, and as the exact law has it.

    comparable: False where the measured value is known to be off
    """

    label: str
    unit: str
    measured: float
    se: float
    exact: float
    comparable: bool = True

    @property
    def z(self) -> float | None:
        if not self.comparable:
            return None
        return z_score(self.measured, self.exact, self.se, certain=True)


def _lengths(found: IndexCounts, law: Geometric) -> dict[str, _Row]:
    """What is measured of the messages, beside what the exact law says."""
    import numpy as np

    from labbook.channel import CODES

    entropy_se = law.sd_of_ideal_length / math.sqrt(found.total)
    entropy = _Row(
        "entropy of the index",
        "bits",
        found.entropy,
        entropy_se,
        law.entropy,
        comparable=_too_low(found, law.entropy) <= entropy_se,
    )
    return {
        "mean_index": _Row("mean index", "", *found.mean(lambda k: k), law.mean),
        "mean_log2_index": _Row("mean log2 index", "bits", *found.mean(np.log2), law.mean_log2),
        "index_entropy": entropy,
        **{
            f"{code}_bits": _Row(f"{label} code", "bits", *found.mean(length), expected(law))
            for code, (label, length, expected) in CODES.items()
        },
    }


def _too_low(found: IndexCounts, exact: float) -> float:
    """Bits by which the measured entropy is too low, at the least: n messages show log2 n."""
    return max(found.entropy_bias, exact - math.log2(found.total))


def _record(trial: Trial, pair: DiscretePair, tally: Tally, rows: dict[str, _Row]) -> None:
    blocks = tally.indices.total
    trial.metric("kl_bits", pair.kl_bits)
    trial.metric("log2_m", pair.log2_m)
    for name, row in rows.items():
        trial.metric(name, row.measured)
    trial.metric("index_entropy_exact", rows["index_entropy"].exact)
    distances = [abs(n / blocks - q) for n, q in zip(tally.symbols, pair.q, strict=True)]
    floors = [math.sqrt(2 * q * (1 - q) / (math.pi * blocks)) for q in pair.q]
    trial.metric("tv", sum(distances) / 2)
    trial.metric("tv_floor", sum(floors) / 2)
    trial.metric("mismatches", tally.mismatches)
    if tally.mismatches:
        trial.warn(f"Bob's sample differs from Alice's in {count(tally.mismatches, 'block')}.")
    if not rows["index_entropy"].comparable:
        trial.warn(
            f"From {blocks:,} messages the entropy of the index reads at least "
            f"{_too_low(tally.indices, rows['index_entropy'].exact):.2g} bits too low: they are "
            "few for so many different indices. The exact one stands beside it."
        )


def _index_table(pair: DiscretePair, rows: dict[str, _Row]) -> Table:
    names = ("quantity", "unit", "measured", "standard error", "exact", "z")
    both: list[tuple[Cell, ...]] = [
        (row.label, row.unit, row.measured, row.se, row.exact, row.z) for row in rows.values()
    ]
    return Table(
        "index",
        tuple(Column(name) for name in names),
        (
            ("KL(q‖p)", "bits", None, None, pair.kl_bits, None),
            ("log2 M", "bits", None, None, pair.log2_m, None),
            *both,
        ),
        title="What Alice sends for each sample",
    )


def _symbol_table(pair: DiscretePair, tally: Tally) -> Table:
    names = ("symbol", "p", "q", "decoded", "standard error", "z")
    blocks = tally.indices.total
    rows: list[tuple[Cell, ...]] = []
    for symbol, (decoded, exact) in enumerate(zip(tally.symbols, pair.sent, strict=True)):
        se = math.sqrt(exact * (1 - exact) / blocks)
        row = _Row("", "", measured=decoded / blocks, se=se, exact=exact)
        rows.append((symbol, pair.p[symbol], pair.q[symbol], row.measured, row.se, row.z))
    return Table(
        "symbols",
        tuple(Column(name) for name in names),
        tuple(rows),
        title=f"What Bob decodes, over {blocks:,} blocks",
    )


def _index_figure(pair: DiscretePair, law: Geometric, found: IndexCounts) -> Figure:
    import numpy as np

    largest = int(found.indices[-1])
    width = -(-largest // POINTS)
    bins = (found.indices - 1) // width
    counts = np.bincount(bins, weights=found.counts)
    seen = np.flatnonzero(counts)
    starts = np.arange(len(counts)) * width
    exact = (law.exceeds(starts) - law.exceeds(starts + width)) / width
    scale = found.total * width
    middle = starts + (width + 1) / 2
    return Figure(
        "index",
        x=Axis("index sent"),
        y=Axis("probability", scale="log"),
        series=(
            Series(
                "measured",
                tuple(middle[seen]),
                tuple(counts[seen] / scale),
                kind="points",
                # A single count stands for 0.17 to 3.3 (68 % of Poisson's law): never for 0.
                error=tuple(np.minimum(np.sqrt(counts[seen]), 0.83 * counts[seen]) / scale),
            ),
            Series("exact: geometric", tuple(middle), tuple(exact)),
        ),
        marks=(Mark("x", 2**pair.kl_bits, "2^KL"), Mark("x", float(pair.largest_ratio), "M")),
        title="The law of the index",
    )


def _length_figure(pair: DiscretePair, rows: dict[str, _Row]) -> Figure:
    shown = [row for row in rows.values() if row.unit == "bits"]
    labels = tuple(row.label for row in shown)
    return Figure(
        "lengths",
        x="",
        y=Axis("length", "bits"),
        series=(
            Series(
                "measured",
                labels,
                tuple(row.measured for row in shown),
                kind="bars",
                error=tuple(row.se for row in shown),
            ),
            Series("exact", labels, tuple(row.exact for row in shown), kind="bars"),
        ),
        marks=(Mark("y", pair.kl_bits, "KL"), Mark("y", pair.log2_m, "log2 M")),
        title="What one sample costs",
    )
