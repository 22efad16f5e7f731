"""The two examples that the founding text argues with."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

from labbook.experiments import AtLeast, AtMost, Trial, experiment
from labbook.experiments.beside import z_score
from labbook.experiments.builtin.channel_rate_vs_n import SOURCE
from labbook.model import Axis, Cell, Column, Figure, Mark, Series, Table

if TYPE_CHECKING:
    from labbook.channel import DiscretePair, IndexCounts


@experiment(
    "channel.seed-examples",
    title="Nothing to say, and one of m equal symbols",
    references=(SOURCE,),
)
def channel_seed_examples(
    trial: Trial,
    *,
    symbols: Annotated[int, AtLeast(2), AtMost(256)] = 8,
    blocks: Annotated[int, AtLeast(2), AtMost(10_000_000)] = 50_000,
) -> None:
    """Two cases in which the right cost is known beforehand.

    With q = p there is nothing to say, and the index is always 1: 0 bits. With q one certain
    symbol among m equal ones, log2 m bits say which; but the index of rejection, at which that
    symbol first comes up, is geometric with mean m and has an entropy of about log2 m + 1.44.
    Sending the symbol's rank among the different symbols that have come up costs log2 m. Entropies
    as measured stand beside the exact ones, with the distance of the mean log2 in standard errors.

    symbols: how many equal symbols there are
    blocks: how many samples to send in each case
    """
    import numpy as np

    from labbook.channel import DiscretePair, Geometric, IndexCounts, decode, encode
    from labbook.channel.coders.distinct_rank import decode_ranks, encode_ranks
    from labbook.compute import Stream

    same = DiscretePair((1 / symbols,) * symbols, (1 / symbols,) * symbols)
    one = DiscretePair((1 / symbols,) * symbols, (*[0.0] * (symbols - 1), 1.0))
    stream = Stream(trial.seed)
    rows: list[tuple[Cell, ...]] = []
    mismatches = 0
    for label, pair in (("q = p", same), (f"one of {symbols}", one)):
        sent = encode(pair, stream, blocks)
        mismatches += int((decode(pair.prior, stream, sent.messages) != sent.symbols).sum())
        law = Geometric(pair.acceptance)
        found = IndexCounts.of(sent.messages)
        rows.append(_row(f"{label}, index", pair, found, law.mean_log2, law.entropy))
        trial.progress(len(rows), of=3)
    ranks = encode_ranks(one.prior, stream, sent.symbols)
    mismatches += int((decode_ranks(one.prior, stream, ranks) != sent.symbols).sum())
    mean_log2 = float(np.log2(np.arange(1, symbols + 1)).mean())
    counts = IndexCounts.of(ranks)
    rows.append(_row(f"one of {symbols}, rank", one, counts, mean_log2, math.log2(symbols)))
    trial.metric("mismatches", mismatches)
    for name, row in zip(("same", "index", "rank"), rows, strict=True):
        trial.metric(f"{name}_entropy", float(row[6] or 0))
    trial.published("same_entropy", 0.0, source=SOURCE)
    trial.published("rank_entropy", math.log2(symbols), source=SOURCE)
    trial.table(_table(rows, blocks))
    trial.figure(_figure(rows, symbols))


def _row(
    label: str, pair: DiscretePair, found: IndexCounts, mean_log2: float, entropy: float
) -> tuple[Cell, ...]:
    import numpy as np

    mean, se = found.mean(np.log2)
    z = z_score(mean, mean_log2, se, certain=mean_log2 == 0)
    return label, pair.kl_bits, mean, se, mean_log2, z, found.entropy, entropy


def _table(rows: list[tuple[Cell, ...]], blocks: int) -> Table:
    bits = ("KL", "mean log2", "standard error", "exact")
    return Table(
        "examples",
        (
            Column("what is sent"),
            *(Column(name, unit="bits") for name in bits),
            Column("z"),
            Column("entropy, measured", unit="bits"),
            Column("entropy, exact", unit="bits"),
        ),
        tuple(rows),
        title=f"{blocks:,} samples each; a z beyond 4 would be wrong",
    )


def _figure(rows: list[tuple[Cell, ...]], symbols: int) -> Figure:
    labels = tuple(str(row[0]) for row in rows)
    return Figure(
        "entropies",
        x="",
        y=Axis("entropy", unit="bits"),
        series=(
            Series("measured", labels, tuple(float(row[6] or 0) for row in rows), kind="bars"),
            Series("exact", labels, tuple(float(row[7] or 0) for row in rows), kind="bars"),
        ),
        marks=(Mark("y", math.log2(symbols), "log2 m"),),
        title="What is to be sent for one sample",
    )
