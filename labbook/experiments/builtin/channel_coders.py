"""All index coders on one pair, beside their exact laws."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING, Annotated, Any

from labbook.experiments import AtLeast, Probabilities, Shards, Trial, experiment
from labbook.experiments.beside import z_score
from labbook.experiments.hours import BOTH
from labbook.experiments.sending import Pieces, Tally, part
from labbook.model import Axis, Cell, Column, Figure, Mark, Series, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from labbook.channel import DiscretePair, IndexCounts
    from labbook.channel.laws.index import IndexLaw

CANDIDATE_LIMIT = 5e10
CANDIDATES_PER_SECOND = 1.5e7
"""Of one core, all coders together (measured)."""

LARGEST_M = 1e6
"""Up to which the laws and tables of all coders are quick."""

CODERS_COMPARED = 4


def check(p: tuple[float, ...], q: tuple[float, ...], blocks: int) -> None:
    from labbook.channel import DiscretePair

    pair = DiscretePair(p, q)
    largest = 1 / pair.acceptance
    if largest > LARGEST_M:
        raise ValueError(
            f"the largest q/p is {largest:.3g}, above the {LARGEST_M:.0e} that all coders can be "
            "compared at. Give a p that is closer to q."
        )
    examined = CODERS_COMPARED * blocks * largest
    if examined > CANDIDATE_LIMIT:
        hours = examined / CANDIDATES_PER_SECOND / 3600
        raise ValueError(
            f"with the largest q/p being {largest:.3g}, {blocks:,} blocks would examine "
            f"{examined:.2g} candidates, which takes about {hours:,.1f} hours. Give fewer blocks."
        )


def count(trial: Trial, *, p: tuple[float, ...], q: tuple[float, ...], blocks: int) -> int:
    from labbook.channel import CODERS, DiscretePair

    return len(CODERS) * len(Pieces.of(trial, DiscretePair(p, q), blocks))


def compute(
    trial: Trial, pieces: range, *, p: tuple[float, ...], q: tuple[float, ...], blocks: int
) -> Iterator[dict[str, Any]]:
    """The tally of each piece. The same blocks by every coder are neighbours, so that no
    shard has only the slow coders.
    """
    from labbook.channel import CODERS, DiscretePair, encoder
    from labbook.compute import Stream

    pair, stream = DiscretePair(p, q), Stream(trial.seed)
    cut = Pieces.of(trial, pair, blocks)
    encoders = [encoder(name, trial.backend.name) for name in CODERS]
    for place, piece in enumerate(pieces):
        number, coder = divmod(piece, len(encoders))
        told = part(trial, place, place + 1, of=len(pieces))
        yield cut.deliver(number, encoders[coder], pair, stream, told).to_json()


@experiment(
    "channel.coders",
    title="All index coders on one pair",
    check=check,
    references=(
        "P. Harsha et al., IEEE Trans. Inf. Theory 56, 2010, p. 438",
        "C. T. Li, A. El Gamal, IEEE Trans. Inf. Theory 64, 2018, p. 6967",
        "G. Flamich, Greedy Poisson rejection, NeurIPS 2023, https://arxiv.org/abs/2305.15313",
    ),
    backends=BOTH,
    try_device="labbook.channel.gpu.encode:try_device",
    shards=Shards(count, compute, BOTH),
)
def channel_coders(
    trial: Trial,
    *,
    p: Annotated[tuple[float, ...], Probabilities()] = (0.4, 0.3, 0.2, 0.1),
    q: Annotated[tuple[float, ...], Probabilities()] = (0.1, 0.1, 0.2, 0.6),
    blocks: Annotated[int, AtLeast(2)] = 50_000,
) -> None:
    """Send samples of q by every coder that names a candidate, and decode each from its index.

    Alice and Bob share random numbers; Bob knows p, Alice q too. Plain rejection, greedy
    rejection, the Poisson functional representation and greedy Poisson rejection all decode
    exactly q. What they cost depends on the law of their index K: mean, E log2 K, entropy (an
    ideal code), and lengths under the zeta code made for KL and under Elias's. Measured
    values stand beside exact ones, with their distance in standard errors (z).

    p: the prior that both know, as probabilities
    q: the target that only Alice knows; nothing where p is nothing
    blocks: how many samples to send by each coder
    """
    from labbook.channel import CODERS, DiscretePair, spectrum

    pair = DiscretePair(p, q)
    found = spectrum(pair)
    trial.metric("kl_bits", pair.kl_bits)
    trial.metric("log2_m", pair.log2_m)
    trial.metric("dcs_bits", found.dcs_bits)
    laws: dict[str, IndexLaw] = {}
    rows = []
    tallies = dict.fromkeys(CODERS, Tally.none(len(pair.p)))
    for name, each in zip(cycle(CODERS), map(Tally.from_json, trial.pieces()), strict=False):
        tallies[name] = tallies[name].merge(each)
    for name, coder in CODERS.items():
        tally = tallies[name]
        if tally.mismatches:
            trial.warn(f"Bob's samples differ from Alice's by {coder.label}.")
        law, tv = coder.law(pair), _distance(tally.symbols, pair)
        laws[coder.label] = law
        rows.append(_row(trial, name, coder.label, tally.indices, law, tv, pair.kl_bits))
    trial.table(_table(rows, blocks))
    trial.table(_lengths(laws, pair.kl_bits))
    trial.figure(_figure(laws, pair.kl_bits, found.dcs_bits, pair.log2_m))


def _distance(symbols: NDArray[np.int64], pair: DiscretePair) -> float:
    total = int(symbols.sum())
    return float(sum(abs(n / total - q) for n, q in zip(symbols, pair.q, strict=True))) / 2


def _row(
    trial: Trial,
    name: str,
    label: str,
    counts: IndexCounts,
    law: IndexLaw,
    tv: float,
    kl: float,
) -> tuple[Cell, ...]:
    import numpy as np

    from labbook.channel.codes.integers import expected_zeta

    mean, _ = counts.mean(lambda k: k)
    logs, se = counts.mean(np.log2)
    trial.metric(f"{name}.mean_index", mean)
    trial.metric(f"{name}.mean_log2_index", logs)
    trial.metric(f"{name}.index_entropy", law.entropy)
    trial.metric(f"{name}.zeta_bits", expected_zeta(law, kl))
    trial.metric(f"{name}.tv", tv)
    z = z_score(logs, law.mean_log2, se)
    return label, mean, law.mean, logs, se, law.mean_log2, z, tv


def _table(rows: list[tuple[Cell, ...]], blocks: int) -> Table:
    names = (
        ("mean index", ""),
        ("exact mean", ""),
        ("mean log2", "bits"),
        ("standard error", "bits"),
        ("exact log2", "bits"),
        ("z", ""),
        ("tv", ""),
    )
    return Table(
        "coders",
        (Column("coder"), *(Column(name, unit=unit) for name, unit in names)),
        tuple(rows),
        title=f"{blocks:,} samples each; a z beyond 4 would be wrong",
    )


def _lengths(laws: dict[str, IndexLaw], kl: float) -> Table:
    from labbook.channel.codes.integers import (
        expected_elias_delta,
        expected_elias_gamma,
        expected_zeta,
    )

    names = ("entropy", "zeta", "Elias gamma", "Elias delta")
    return Table(
        "lengths",
        (Column("coder"), *(Column(name, unit="bits") for name in names)),
        tuple(
            (
                label,
                law.entropy,
                expected_zeta(law, kl),
                expected_elias_gamma(law),
                expected_elias_delta(law),
            )
            for label, law in laws.items()
        ),
        title="Mean length of the index under a code, exact",
    )


def _figure(laws: dict[str, IndexLaw], kl: float, divergence: float, log2_m: float) -> Figure:
    labels = tuple(laws)
    return Figure(
        "costs",
        x="",
        y=Axis("length", unit="bits"),
        series=(
            Series("H(K)", labels, tuple(law.entropy for law in laws.values()), kind="bars"),
            Series("E log2 K", labels, tuple(law.mean_log2 for law in laws.values()), kind="bars"),
        ),
        marks=(
            Mark("y", kl, "KL"),
            Mark("y", divergence, "divergence"),
            Mark("y", log2_m, "log2 M"),
        ),
        title="Exact; all decode exactly q",
    )
