"""What a block of n symbols costs by grouped rejection, against n."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from labbook.experiments import AtLeast, Between, Probabilities, Trial, experiment
from labbook.model import Axis, Cell, Column, Figure, Mark, Series, Table

if TYPE_CHECKING:
    from labbook.channel.laws.truncated import Truncated

LARGEST_N = 1024

SOURCE = (
    "J. Schulman, Sending samples without bits-back, 2020, "
    "http://joschu.net/blog/sending-samples.html"
)
COLUMNS = (
    ("n", ""),
    ("eps", "bits"),
    ("log2_m_prime", "bits"),
    ("acceptance", ""),
    ("entropy_per_symbol", "bits"),
    ("mean_log2_per_symbol", "bits"),
    ("tv_joint", ""),
    ("tv_marginal", ""),
    ("p_typical", ""),
    ("s_restricted_per_symbol", "bits"),
    ("residual_per_symbol", "bits"),
)


def check(
    p: tuple[float, ...],
    q: tuple[float, ...],
    n: tuple[int, ...],
    eps: tuple[float, ...] | float,
) -> None:
    from labbook.channel import DiscretePair
    from labbook.channel.spectrum import LARGEST_LOG2_M, need_few_types

    pair = DiscretePair(p, q)
    slack = max(eps) if isinstance(eps, tuple) else eps
    for length in n:
        if length > LARGEST_N:
            raise ValueError(f"n={length} is above {LARGEST_N}, the longest block.")
        need_few_types(len(p), length)
        if length * (pair.kl_bits + slack) > LARGEST_LOG2_M:
            raise ValueError(
                f"with n={length} and eps={slack:g} the cap on q/p is "
                f"2^{length * (pair.kl_bits + slack):.4g}, beyond double precision; give shorter "
                "blocks or a smaller eps."
            )


@experiment(
    "channel.rate-vs-n",
    title="Rate of grouped rejection against the length of a block",
    check=check,
    references=(SOURCE,),
)
def channel_rate_vs_n(
    trial: Trial,
    *,
    p: Annotated[tuple[float, ...], Probabilities()] = (0.5, 0.5),
    q: Annotated[tuple[float, ...], Probabilities()] = (0.9, 0.1),
    eps: Annotated[tuple[float, ...], Between(-10.0, 10.0)] = (0.05, 0.1, 0.2),
    n: Annotated[tuple[int, ...], AtLeast(1)] = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024),
    blocks: Annotated[int, AtLeast(0)] = 300,
) -> None:
    """Bits per symbol of grouped rejection with r capped at M', log2 M' = n (KL + eps).

    All figures are exact, by the types of a block: the acceptance A, H(K)/n and E log2 K / n of
    the index K, the total variation between what is decoded and q, of whole blocks and of one
    symbol, P_S = q(r <= M'), and the cost of two forms that decode q exactly. With eps fixed the
    rate tends to KL + eps, not to KL. Short blocks are also simulated: mean log2 K beside the
    exact one, with the distance in standard errors (z).

    p: the prior that both know, as probabilities
    q: the target that only Alice knows
    eps: bits per symbol that the cap allows above KL
    n: lengths of blocks
    blocks: how many blocks to simulate of each length for which it is quick; 0 for none
    """
    from labbook.channel import DiscretePair
    from labbook.channel.laws.truncated import Truncated
    from labbook.channel.levels import levels
    from labbook.experiments.builtin.channel_block_runs import (
        INDEX_COLUMNS,
        index_row,
        sent_of_all,
        simulated,
    )

    pair = DiscretePair(p, q)
    blocks_of = {length: levels({pair: length}) for length in n}
    found: dict[tuple[int, float], Truncated] = {}
    for done, (length, slack) in enumerate([(a, b) for b in eps for a in n]):
        found[length, slack] = Truncated(blocks_of[length], length * (pair.kl_bits + slack))
        trial.progress(done, of=2 * len(n) * len(eps))
    trial.metric("kl_bits", pair.kl_bits)
    trial.metric("log2_m", pair.log2_m)
    trial.table(_table(found, pair.kl_bits))
    if blocks > 1:
        sent = sent_of_all(trial, found, lambda n: (pair,) * n, blocks)
        if sent:
            rows = (index_row(*each, one, found[each]) for each, one in sent.items())
            trial.table(simulated(INDEX_COLUMNS, rows, blocks))
    marks = Mark("y", pair.kl_bits, "KL"), Mark("y", pair.log2_m, "log2 M")
    trial.figure(rate_figure(found, *marks))


def row(n: int, eps: float, each: Truncated) -> tuple[Cell, ...]:
    index = each.index
    return (
        n,
        eps,
        each.log2_cap,
        each.acceptance,
        index.entropy / n,
        index.mean_log2 / n,
        each.tv_joint,
        each.tv_marginal,
        each.typical,
        each.bits_restricted / n,
        each.bits_residual / n,
    )


def _table(found: dict[tuple[int, float], Truncated], kl: float) -> Table:
    return Table(
        "rates",
        tuple(Column(name, unit=unit) for name, unit in COLUMNS),
        tuple(row(n, eps, each) for (n, eps), each in found.items()),
        title=f"Exact; KL(q‖p) = {kl:.6g} bits per symbol",
    )


def rate_figure(found: dict[tuple[int, float], Truncated], *marks: Mark) -> Figure:
    slacks = tuple(dict.fromkeys(eps for _, eps in found))
    series = []
    for slack in slacks:
        each = {n: one for (n, eps), one in found.items() if eps == slack}
        series.append(
            Series(
                f"capped, eps = {slack:g}",
                tuple(each),
                tuple(one.index.entropy / n for n, one in each.items()),
            )
        )
        series.append(
            Series(
                f"exact (residual), eps = {slack:g}",
                tuple(each),
                tuple(one.bits_residual / n for n, one in each.items()),
            )
        )
    return Figure(
        "rate",
        x=Axis("n", scale="log"),
        y=Axis("bits per symbol"),
        series=tuple(series),
        marks=marks,
        title="Ideal length of the index, per symbol",
    )
