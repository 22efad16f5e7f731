"""A choice among N candidates: how close to the target, for how many bits."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, NamedTuple

from labbook.experiments import AtLeast, AtMost, Between, Probabilities, Trial, experiment
from labbook.experiments.beside import z_score
from labbook.experiments.sending import deliver
from labbook.model import Axis, Column, Figure, Mark, Series, Table

if TYPE_CHECKING:
    from labbook.channel import DiscretePair
    from labbook.channel.spectrum import Spectrum

LARGEST_LOG2_N = 14


def check(p: tuple[float, ...], q: tuple[float, ...], extra: tuple[int, ...]) -> None:
    from labbook.channel import DiscretePair

    pair = DiscretePair(p, q)
    needed = math.ceil(pair.kl_bits) + max(extra)
    if needed > LARGEST_LOG2_N:
        raise ValueError(
            f"with KL = {pair.kl_bits:.3g} bits and {max(extra)} more there are 2^{needed} "
            f"candidates, more than 2^{LARGEST_LOG2_N}; give fewer extra bits."
        )


@experiment(
    "channel.approximation",
    title="Minimal and ordered random coding: closeness against bits",
    check=check,
    references=(
        "M. Havasi, R. Peharz, J. M. Hernández-Lobato, Minimal random code learning, ICLR 2019",
        "L. Theis, N. Yosri, Algorithms for the communication of samples, ICML 2022",
        "S. Chatterjee, P. Diaconis, The sample size required in importance sampling, 2018",
    ),
)
def channel_approximation(
    trial: Trial,
    *,
    p: Annotated[tuple[float, ...], Probabilities()] = (0.4, 0.3, 0.2, 0.1),
    q: Annotated[tuple[float, ...], Probabilities()] = (0.1, 0.1, 0.2, 0.6),
    extra: Annotated[tuple[int, ...], Between(0, 14)] = (0, 1, 2, 3, 4, 5, 6, 7, 8),
    blocks: Annotated[int, AtLeast(2), AtMost(10_000_000)] = 20_000,
) -> None:
    """Total variation from q of a choice among N = 2^(ceil(KL) + t) candidates, against bits.

    Minimal random coding sends log2 N bits; ordered random coding decodes the same law and makes
    small indices likely, so that its cost stays near that of the Poisson functional
    representation, which decodes q exactly, while N grows. Laws are exact; simulated figures
    stand beside them, with their distance in standard errors (z).

    p: the prior that both know, as probabilities
    q: the target that only Alice knows
    extra: values of t, bits beyond KL
    blocks: how many samples to send for each
    """
    from labbook.channel import DiscretePair
    from labbook.channel.laws.poisson import poisson_law
    from labbook.channel.spectrum import spectrum

    pair = DiscretePair(p, q)
    found = spectrum(pair)
    limit = poisson_law(found)
    rows: list[_Row] = []
    for done, t in enumerate(sorted(set(extra))):
        trial.progress(done, of=len(extra))
        rows.append(_row(trial, pair, found, t, blocks))
    trial.metric("kl_bits", pair.kl_bits)
    trial.metric("poisson_entropy", limit.entropy)
    for row in rows:
        trial.metric("tv", row.distance, step=row.t)
    names = ("log2 N", "bits"), ("total variation", ""), ("ordered: entropy", "bits")
    more = (
        ("ordered: E log2 K", "bits"),
        ("measured", "bits"),
        ("standard error", "bits"),
        ("z", ""),
    )
    trial.table(
        Table(
            "approximation",
            (Column("t"), *(Column(name, unit=unit) for name, unit in (*names, *more))),
            tuple(tuple(row) for row in rows),
            title=f"KL(q‖p) = {pair.kl_bits:.6g}; exact representation: H(K) = {limit.entropy:.5g}",
        )
    )
    trial.figure(_figure(rows, limit.entropy))


class _Row(NamedTuple):
    """One N: total variation, entropy and E log2 K of the index, and the latter as measured."""

    t: int
    log2_n: int
    distance: float
    entropy: float
    mean_log2: float
    measured: float
    se: float
    z: float | None


def _row(trial: Trial, pair: DiscretePair, found: Spectrum, t: int, blocks: int) -> _Row:
    import numpy as np

    from labbook.channel import ordered
    from labbook.channel.laws.finite import ordered_law, total_variation
    from labbook.compute import Stream

    log2_n = math.ceil(pair.kl_bits) + t
    law = ordered_law(found, 2**log2_n)
    stream = Stream.named(trial.seed, f"{log2_n}")
    tally = deliver(ordered(2**log2_n).encode, pair, stream, blocks)
    if tally.mismatches:
        trial.warn(f"With {2**log2_n:,} candidates Bob's samples differ from Alice's.")
    mean, se = tally.indices.mean(np.log2)
    z = z_score(mean, law.mean_log2, se)
    distance = total_variation(found, 2**log2_n)
    return _Row(t, log2_n, distance, law.entropy, law.mean_log2, mean, se, z)


def _figure(rows: list[_Row], exact: float) -> Figure:
    log2_n = tuple(row.log2_n for row in rows)
    entropy = tuple(row.entropy for row in rows)
    distance = tuple(row.distance for row in rows)
    return Figure(
        "trade-off",
        x=Axis("length", unit="bits"),
        y=Axis("total variation", scale="log"),
        series=(
            Series("minimal: log2 N", log2_n, distance),
            Series("ordered: H(K)", entropy, distance),
        ),
        marks=(Mark("x", exact, "exact"),),
        title="Both decode the same law",
    )
