"""How far what grouped rejection decodes is from the target, against n."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

from labbook.experiments import AtLeast, Between, Probabilities, Trial, experiment
from labbook.experiments.builtin.channel_rate_vs_n import SOURCE, check
from labbook.model import Axis, Column, Figure, Series, Table

if TYPE_CHECKING:
    from labbook.channel.laws.truncated import Truncated
    from labbook.channel.levels import Levels

LEAST = 1e-9
"""Distances below this are left out of the figure."""


@experiment(
    "channel.tv-vs-n",
    title="Total variation of grouped rejection against the length of a block",
    check=check,
    references=(SOURCE,),
)
def channel_tv_vs_n(
    trial: Trial,
    *,
    p: Annotated[tuple[float, ...], Probabilities()] = (0.5, 0.5),
    q: Annotated[tuple[float, ...], Probabilities()] = (0.9, 0.1),
    eps: Annotated[float, Between(-10.0, 10.0)] = 0.1,
    n: Annotated[tuple[int, ...], AtLeast(1)] = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024),
    blocks: Annotated[int, AtLeast(0)] = 300,
) -> None:
    """Distance from q of what grouped rejection decodes, with r capped at 2^(n (KL + eps)).

    Exact: the total variation of whole blocks, which is at most 1 - P_S, P_S = q(r <= M'); that
    of a single symbol, which falls much sooner, since errors that blocks show average out over
    their symbols; and what the central limit theorem makes of 1 - P_S, Phi(-eps sqrt(n / V)),
    V the variance of log2 r. With eps = 0 blocks stay far from q while single symbols come close.
    Short blocks are also sent and decoded: how much too often those come that come too often is
    the same distance, and stands beside the exact one (z).

    p: the prior that both know, as probabilities
    q: the target that only Alice knows
    eps: bits per symbol that the cap allows above KL
    n: lengths of blocks
    blocks: how many blocks to simulate of each length for which it is quick; 0 for none
    """
    from labbook.channel import DiscretePair
    from labbook.channel.laws.truncated import truncated
    from labbook.channel.spectrum import spectrum
    from labbook.experiments.builtin.channel_block_runs import (
        DISTANCE_COLUMNS,
        distance_row,
        sent_of_all,
        simulated,
    )

    pair = DiscretePair(p, q)
    variance = spectrum(pair).variance
    found: dict[int, Truncated] = {}
    for done, length in enumerate(sorted(set(n))):
        found[length] = truncated(pair, length, eps)
        trial.progress(done, of=2 * len(n))
    curves = curves_of(found, eps)
    trial.metric("kl_bits", pair.kl_bits)
    trial.metric("variance_bits2", variance)
    trial.table(
        Table(
            "distances",
            (Column("n"), *(Column(name) for name in curves)),
            tuple(
                (length, *(curve[place] for curve in curves.values()))
                for place, length in enumerate(found)
            ),
            title=f"Exact; eps = {eps:g}, V = {variance:.5g} bits²",
        )
    )
    if blocks > 1:
        laws = {(length, eps): each for length, each in found.items()}
        sent = sent_of_all(trial, laws, lambda n: (pair,) * n, blocks)
        if sent:
            rows = ((each[0], *distance_row(one, laws[each])) for each, one in sent.items())
            trial.table(simulated(("n", *DISTANCE_COLUMNS), rows, blocks))
    trial.figure(distance_figure(tuple(found), curves, eps))


def curves_of(found: dict[int, Truncated], eps: float) -> dict[str, list[float]]:
    return {
        "blocks": [each.tv_joint for each in found.values()],
        "one symbol": [each.tv_marginal for each in found.values()],
        "1 − P_S": [max(0.0, 1 - each.typical) for each in found.values()],
        "normal limit": [_normal(eps, each.blocks) for each in found.values()],
    }


def _normal(eps: float, blocks: Levels) -> float:
    slack, variance = blocks.length * eps, blocks.variance
    if variance == 0:
        return 0.0 if eps >= 0 else 1.0
    return math.erfc(slack / math.sqrt(2 * variance)) / 2


def distance_figure(lengths: tuple[int, ...], curves: dict[str, list[float]], eps: float) -> Figure:
    series = []
    for name, values in curves.items():
        seen = [place for place, value in enumerate(values) if value > LEAST]
        if seen:
            series.append(
                Series(name, tuple(lengths[i] for i in seen), tuple(values[i] for i in seen))
            )
    return Figure(
        "distance",
        x=Axis("n", scale="log"),
        y=Axis("total variation", scale="log"),
        series=tuple(series),
        title=f"From q, with eps = {eps:g} bits per symbol",
    )
