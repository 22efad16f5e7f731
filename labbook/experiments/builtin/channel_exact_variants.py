"""Two exact forms of grouped rejection, and the sketch that is not exact."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

from labbook.experiments import AtLeast, AtMost, Between, Probabilities, Trial, experiment
from labbook.experiments.beside import z_score
from labbook.experiments.builtin.channel_rate_vs_n import SIMULATED_CANDIDATES, SOURCE, check
from labbook.model import Axis, Cell, Column, Figure, Mark, Series, Table

if TYPE_CHECKING:
    from collections.abc import Callable

    from labbook.channel import DiscretePair
    from labbook.channel.coders.bit_blocks import BitBlocks
    from labbook.channel.coders.exact_blocks import ExactMessage
    from labbook.channel.laws.truncated import Truncated

SLACKS = tuple(round(0.005 * step, 3) for step in range(81))
"""Among which the best eps is looked for, from 0 to 0.4 bits per symbol."""


@experiment(
    "channel.exact-variants",
    title="Exact forms of grouped rejection",
    check=check,
    references=(SOURCE,),
)
def channel_exact_variants(
    trial: Trial,
    *,
    p: Annotated[tuple[float, ...], Probabilities()] = (0.5, 0.5),
    q: Annotated[tuple[float, ...], Probabilities()] = (0.9, 0.1),
    eps: Annotated[float, Between(0.0, 10.0)] = 0.1,
    n: Annotated[tuple[int, ...], AtLeast(1)] = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024),
    blocks: Annotated[int, AtLeast(0), AtMost(1_000_000)] = 300,
) -> None:
    """What it costs to decode exactly q by grouped rejection, and how far off the sketch is.

    S-restricted: with probability P_S search with 1_S r/M', else name the block directly.
    Residual: with probability beta = A M' run the capped search as it is, else name a block of
    (q - M' p)_+. Both decode exactly q and pay for a flag. The sketch of the source mixes the
    capped law with q beyond the cap; it is off by P_S (1 - P_S / beta) in total variation. For a
    fair coin as p, short blocks are also sent by the residual form: the ideal bits of what was
    sent, and the share of ones that Bob decodes, stand beside what is exact (z).

    p: the prior that both know, as probabilities
    q: the target that only Alice knows
    eps: bits per symbol that the cap allows above KL
    n: lengths of blocks
    blocks: how many blocks to send of each length for which it is quick; 0 for none
    """
    from labbook.channel import DiscretePair

    pair = DiscretePair(p, q)
    lengths = sorted(set(n))
    found = {length: _best(trial, pair, length, eps, lengths) for length in lengths}
    trial.metric("kl_bits", pair.kl_bits)
    largest = lengths[-1]
    given, _, residual = found[largest]
    trial.metric("s_restricted_per_symbol", given.bits_restricted / largest)
    trial.metric("residual_per_symbol", given.bits_residual / largest)
    trial.metric("best_residual_per_symbol", residual[0])
    trial.metric("tv_literal", given.tv_literal)
    names = ("S-restricted", "residual", "best S-restricted", "eps", "best residual", "its eps")
    trial.table(
        Table(
            "variants",
            (
                Column("n"),
                *(Column(name, unit="bits") for name in names),
                Column("off by, sketch"),
            ),
            tuple(
                (
                    length,
                    each.bits_restricted / length,
                    each.bits_residual / length,
                    *one,
                    *other,
                    each.tv_literal,
                )
                for length, (each, one, other) in found.items()
            ),
            title=f"Bits per symbol, exact; eps = {eps:g}; KL(q‖p) = {pair.kl_bits:.6g}",
        )
    )
    if blocks > 1 and pair.p == (0.5, 0.5):
        _simulate(trial, {n: each for n, (each, _, _) in found.items()}, pair.q[1], blocks)
    trial.figure(_figure(found, pair.kl_bits, eps))


Found = tuple["Truncated", tuple[float, float], tuple[float, float]]


def _best(trial: Trial, pair: DiscretePair, n: int, eps: float, lengths: list[int]) -> Found:
    """With the given slack; and the least cost per symbol of either form, with its slack."""
    from labbook.channel.laws.truncated import Truncated
    from labbook.channel.levels import levels

    trial.progress(lengths.index(n), of=len(lengths))
    blocks = levels({pair: n})

    def at(slack: float) -> Truncated:
        return Truncated(blocks, n * (pair.kl_bits + slack))

    tried = [(slack, at(slack)) for slack in SLACKS]

    def least(cost: Callable[[Truncated], float]) -> tuple[float, float]:
        return min((cost(each) / n, slack) for slack, each in tried)

    return (
        at(eps),
        least(lambda each: each.bits_restricted),
        least(lambda each: each.bits_residual),
    )


def _simulate(trial: Trial, found: dict[int, Truncated], one: float, blocks: int) -> None:
    """Send short blocks by the residual form."""
    from labbook.channel.coders.bit_blocks import LONGEST, BitBlocks

    rows: list[tuple[Cell, ...]] = []
    for n, each in found.items():
        if n <= LONGEST and blocks / each.acceptance < SIMULATED_CANDIDATES / len(found):
            rows.append(_sent(trial, BitBlocks(n, one, each.log2_cap), each, blocks))
    names = ("n", "bits", "standard error", "exact", "z", "ones", "exact ones", "z of ones")
    trial.table(
        Table(
            "simulated",
            tuple(Column(name) for name in names),
            tuple(rows),
            title=f"{blocks:,} blocks by the residual form, per symbol; z beyond 4 would be wrong",
        )
    )


def _sent(trial: Trial, bits: BitBlocks, each: Truncated, blocks: int) -> tuple[Cell, ...]:
    import numpy as np

    from labbook.channel.coders.exact_blocks import decode_exact, encode_exact
    from labbook.compute import Stream

    n = bits.n
    shared, own = (Stream.named(trial.seed, f"{whose} {n}") for whose in ("shared", "own"))
    messages = [encode_exact(bits, shared, own, block) for block in range(blocks)]
    lengths = np.array([_ideal_bits(each, sent, n) for sent in messages]) / n
    decoded = [decode_exact(n, shared, block, sent) for block, sent in enumerate(messages)]
    ones = sum(block.bit_count() for block in decoded) / (blocks * n)
    mean, se = float(lengths.mean()), float(lengths.std(ddof=1)) / math.sqrt(blocks)
    exact = each.bits_residual / n
    spread = math.sqrt(bits.target * (1 - bits.target) / (blocks * n))
    return (
        n,
        mean,
        se,
        exact,
        z_score(mean, exact, se),
        ones,
        bits.target,
        z_score(ones, bits.target, spread, certain=True),
    )


def _ideal_bits(each: Truncated, sent: ExactMessage, n: int) -> float:
    """Of the flag, and of an index or a block of fair bits."""
    if sent.is_named:
        return n - math.log2(1 - each.kept)
    return -math.log2(each.kept) - float(each.index.log2_pmf(sent.value))


def _figure(found: dict[int, Found], kl: float, eps: float) -> Figure:
    lengths = tuple(found)
    curves = {
        f"S-restricted, eps = {eps:g}": [each.bits_restricted for each, _, _ in found.values()],
        f"residual, eps = {eps:g}": [each.bits_residual for each, _, _ in found.values()],
    }
    best = Series(
        "residual, best eps", lengths, tuple(residual[0] for _, _, residual in found.values())
    )
    return Figure(
        "cost",
        x=Axis("n", scale="log"),
        y=Axis("bits per symbol"),
        series=(
            *(
                Series(
                    name, lengths, tuple(bits / n for bits, n in zip(values, lengths, strict=True))
                )
                for name, values in curves.items()
            ),
            best,
        ),
        marks=(Mark("y", kl, "KL"),),
        title="Both decode exactly q",
    )
