"""Two exact forms of grouped rejection, and the sketch that is not exact."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from labbook.experiments import AtLeast, AtMost, Between, Probabilities, Trial, experiment
from labbook.experiments.builtin.channel_rate_vs_n import SOURCE, check
from labbook.model import Axis, Column, Figure, Mark, Series, Table

if TYPE_CHECKING:
    from collections.abc import Callable

    from labbook.channel import DiscretePair
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
    capped law with q beyond the cap; it is off by P_S (1 - P_S / beta) in total variation. Short
    blocks are also sent: the ideal bits of what was sent, and the share of symbols 1 that Bob
    decodes, stand beside what is exact (z); for the sketch, how much too often r > M'.

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
    if blocks > 1:
        _simulate(trial, {n: each for n, (each, _, _) in found.items()}, pair, blocks)
    trial.figure(_figure(found, pair.kl_bits, eps))


Found = tuple["Truncated", tuple[float, float], tuple[float, float]]


def _best(trial: Trial, pair: DiscretePair, n: int, eps: float, lengths: list[int]) -> Found:
    """With the given slack; and the least cost per symbol of either form, with its slack."""
    from labbook.channel.laws.truncated import Truncated
    from labbook.channel.levels import levels

    trial.progress(lengths.index(n), of=2 * len(lengths))
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


def _simulate(trial: Trial, found: dict[int, Truncated], pair: DiscretePair, blocks: int) -> None:
    """Send short blocks by each form."""
    from labbook.experiments.builtin import channel_exact_runs as runs
    from labbook.experiments.builtin.channel_block_runs import simulated

    sent = runs.sent_by_all_forms(trial, found, pair, blocks)
    if not sent:
        trial.warn(f"{blocks:,} blocks of any of these lengths take too long to send.")
        return
    rows = [
        runs.exact_row(pair, found[n], form, each)
        for (n, form), each in sent.items()
        if form != "sketch"
    ]
    sketched = [
        runs.sketch_row(found[n], each) for (n, form), each in sent.items() if form == "sketch"
    ]
    trial.table(simulated(runs.EXACT_COLUMNS, rows, blocks, what="by each form, per symbol"))
    trial.table(
        Table(
            "sketch",
            tuple(Column(name) for name in runs.SKETCH_COLUMNS),
            tuple(sketched),
            title=f"{blocks:,} blocks by the sketch: how many have r > M', which in q are 1 − P_S",
        )
    )


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
