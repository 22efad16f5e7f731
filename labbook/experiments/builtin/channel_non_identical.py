"""Grouped rejection over blocks whose symbols differ."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Annotated

from labbook.experiments import AtLeast, AtMost, Between, Probabilities, Trial, experiment
from labbook.experiments.builtin.channel_rate_vs_n import (
    COLUMNS,
    LARGEST_N,
    SOURCE,
    rate_figure,
    row,
)
from labbook.experiments.builtin.channel_tv_vs_n import curves_of, distance_figure
from labbook.experiments.matrix import matrix
from labbook.model import Cell, Column, Mark, Table

if TYPE_CHECKING:
    from labbook.channel import DiscretePair
    from labbook.channel.laws.truncated import Truncated

    Found = dict[tuple[int, float], Truncated]


def check(p: tuple[float, ...], q: str, n: tuple[int, ...], eps: tuple[float, ...]) -> None:
    from labbook.channel.levels import need_few_levels
    from labbook.channel.spectrum import LARGEST_LOG2_M

    targets = _targets(p, q)
    largest = max(n)
    if largest > LARGEST_N:
        raise ValueError(f"n={largest} is above {LARGEST_N}, the longest block.")
    pairs = _block(targets, largest)
    cap = sum(pair.kl_bits + max(eps) for pair in pairs)
    if cap > LARGEST_LOG2_M:
        raise ValueError(
            f"with n={largest} and eps={max(eps):g} the cap on q/p is 2^{cap:.4g}, beyond double "
            "precision; give shorter blocks or a smaller eps."
        )
    need_few_levels(Counter(pairs))


@experiment(
    "channel.non-identical",
    title="Blocks whose symbols differ",
    check=check,
    references=(SOURCE,),
)
def channel_non_identical(
    trial: Trial,
    *,
    p: Annotated[tuple[float, ...], Probabilities()] = (0.5, 0.5),
    q: str = "0.9,0.1;0.2,0.8",
    eps: Annotated[tuple[float, ...], Between(-10.0, 10.0)] = (0.05, 0.1, 0.2),
    n: Annotated[tuple[int, ...], AtLeast(1)] = (2, 4, 8, 16, 32, 64, 128, 256, 512, 1024),
    blocks: Annotated[int, AtLeast(0), AtMost(1_000_000)] = 300,
) -> None:
    """Grouped rejection where each symbol of a block has its own target, as the source says it may.

    The positions of a block take the targets in turn, and log2 M' is the sum of KL + eps over
    them. Exact: as for equal symbols the rate tends to the mean of KL and eps, and the distance
    of whole blocks from q to 0, as the central limit theorem for unequal terms says: 1 - P_S is
    near Phi(-eps sqrt(n / V)), V the mean variance of log2 r. That of one symbol is of the
    position where it is largest. Short blocks are also sent and decoded, beside what is exact (z).

    p: the prior that both know, as probabilities
    q: targets that only Alice knows, a row of probabilities for each
    eps: bits per symbol that the cap allows above KL
    n: lengths of blocks
    blocks: how many blocks to simulate of each length for which it is quick; 0 for none
    """
    from labbook.channel.laws.truncated import Truncated
    from labbook.channel.levels import levels

    targets = _targets(p, q)
    found: Found = {}
    for done, length in enumerate(sorted(set(n))):
        trial.progress(done, of=2 * len(n))
        block = levels(Counter(_block(targets, length)))
        for slack in eps:
            found[length, slack] = Truncated(block, block.kl_bits + length * slack)
    mean_kl = math.fsum(pair.kl_bits for pair in targets) / len(targets)
    trial.metric("mean_kl_bits", mean_kl)
    trial.metric("mean_log2_m", math.fsum(pair.log2_m for pair in targets) / len(targets))
    found = dict(sorted(found.items(), key=lambda each: each[0][::-1]))
    trial.table(_table(found, mean_kl, len(targets)))
    if blocks > 1:
        _simulate(trial, found, targets, blocks)
    trial.figure(rate_figure(found, Mark("y", mean_kl, "mean KL")))
    middle = sorted(eps)[len(eps) // 2]
    laws = {length: law for (length, slack), law in found.items() if slack == middle}
    trial.figure(distance_figure(tuple(laws), curves_of(laws, middle), middle))


def _targets(p: tuple[float, ...], q: str) -> tuple[DiscretePair, ...]:
    from labbook.channel import DiscretePair

    return tuple(DiscretePair(p, target) for target in matrix("q", q))


def _block(targets: tuple[DiscretePair, ...], n: int) -> tuple[DiscretePair, ...]:
    """The targets in turn."""
    return tuple(targets[place % len(targets)] for place in range(n))


def _table(found: Found, mean_kl: float, targets: int) -> Table:
    names = (*COLUMNS[:2], ("mean_kl", "bits"), *COLUMNS[2:])

    def cells(n: int, eps: float, each: Truncated) -> tuple[Cell, ...]:
        known = row(n, eps, each)
        return (*known[:2], each.blocks.kl_bits / n, *known[2:])

    return Table(
        "rates",
        tuple(Column(name, unit=unit) for name, unit in names),
        tuple(cells(n, eps, each) for (n, eps), each in found.items()),
        title=f"Exact; {targets} targets in turn, of a mean KL of {mean_kl:.6g} bits per symbol",
    )


def _simulate(trial: Trial, found: Found, targets: tuple[DiscretePair, ...], blocks: int) -> None:
    from labbook.experiments.builtin import channel_block_runs as runs

    sent = runs.sent_of_all(trial, found, lambda n: _block(targets, n), blocks)
    if sent:
        rows = (
            (*runs.index_row(*each, one, found[each]), *runs.distance_row(one, found[each]))
            for each, one in sent.items()
        )
        columns = (*runs.INDEX_COLUMNS, *runs.DISTANCE_COLUMNS)
        trial.table(runs.simulated(columns, rows, blocks))
