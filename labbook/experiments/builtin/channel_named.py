"""What it costs to simulate a channel that has a name."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Literal

from labbook.experiments import AtLeast, AtMost, Between, Trial, experiment
from labbook.experiments.beside import z_score
from labbook.experiments.matrix import matrix as read_matrix
from labbook.experiments.sending import deliver, part
from labbook.model import Axis, Cell, Column, Figure, Mark, Series, Table
from labbook.text.amounts import count

if TYPE_CHECKING:
    from collections.abc import Callable

    from labbook.channel import Coder
    from labbook.channel.named import DiscreteChannel

Name = Literal["bsc", "bec", "z", "awgn", "matrix"]

LARGEST_M = 1e4
LONGEST = 3600.0
"""Seconds that a run may take."""


def check(channel: Name, noise: float, one: float, matrix: str, blocks: int) -> None:
    if channel == "awgn":
        if not 1e-6 <= noise <= 1e6:
            raise ValueError(
                f"noise={noise:g} is out of range: the variance of the noise, for inputs of "
                "variance 1, is taken from 1e-6 to 1e6."
            )
        return
    if not 0 <= noise <= 1:
        raise ValueError(f"noise={noise:g} is no probability; it lies from 0 to 1.")
    found = _channel(channel, noise, one, matrix)
    largest = max(1 / pair.acceptance for pair in found.pairs)
    if largest > LARGEST_M:
        raise ValueError(
            f"some output is {largest:.3g} times as likely for an input as on average, more than "
            f"the {LARGEST_M:.0e} that all coders can be compared at."
        )
    seconds = _seconds(found, blocks)
    if seconds > LONGEST:
        raise ValueError(
            f"{count(len(found.inputs), 'input')}, {count(len(found.output), 'output')} and "
            f"{blocks:,} blocks take about {seconds / 3600:,.2g} hours. Give fewer."
        )


def _seconds(found: DiscreteChannel, blocks: int) -> float:
    """How long a run takes on one core (measured): for each input to begin with four coders, for
    the laws of their indices, and for the candidates."""
    largest = max(1 / pair.acceptance for pair in found.pairs)
    examined = blocks * found.mean([1 / pair.acceptance for pair in found.pairs])
    of_laws = len(found.output) * (5e-4 + 1e-5 * largest)
    return len(found.inputs) * (4e-3 + of_laws) + examined / 4e6


@experiment(
    "channel.named",
    title="The cost of simulating a channel",
    check=check,
    references=(
        "C. T. Li, A. El Gamal, IEEE Trans. Inf. Theory 64, 2018, p. 6967",
        "G. Flamich, S. Sriramu, A. Wagner, The redundancy of channel simulation, ISIT 2025",
    ),
)
def channel_named(
    trial: Trial,
    *,
    channel: Name = "bsc",
    noise: float = 0.1,
    one: Annotated[float, Between(0.001, 0.999)] = 0.5,
    matrix: str = "0.9,0.1;0.2,0.8",
    blocks: Annotated[int, AtLeast(2), AtMost(10_000_000)] = 20_000,
) -> None:
    """Bits to send one output of a channel, averaged over its inputs, against mutual information.

    Below stand the mutual information, which no scheme beats, and the floor for schemes that
    send one output at a time. Each coder's index has a law averaged over the inputs; its entropy
    is what an ideal code pays. Exact laws stand beside inputs drawn, outputs sent and decoded,
    with the distance of the mean log2 index in standard errors (z). For the Gaussian channel
    the layered dithered quantiser meets the floor; figures there are exact alone.

    channel: bsc flips a bit, bec erases it, z loses ones, awgn adds normal noise, matrix is any other
    noise: the probability of a flip, an erasure or a loss; for awgn the variance of the noise
    one: the probability of input 1 for bsc, bec and z
    matrix: for matrix, a row of output probabilities for each input, inputs being equally likely
    blocks: how many outputs to send by each coder
    """  # noqa: E501  a parameter's meaning is one line
    if channel == "awgn":
        _gaussian(trial, noise)
    else:
        _discrete(trial, _channel(channel, noise, one, matrix), blocks)


def _channel(channel: Name, noise: float, one: float, matrix: str) -> DiscreteChannel:
    from labbook.channel.named import DiscreteChannel, erasure, symmetric, z_channel

    makers = {"bsc": symmetric, "bec": erasure, "z": z_channel}
    if channel in makers:
        return makers[channel](noise, one)
    rows = read_matrix("the matrix", matrix)
    return DiscreteChannel((1 / len(rows),) * len(rows), rows)


def _discrete(trial: Trial, found: DiscreteChannel, blocks: int) -> None:
    from labbook.channel import CODERS
    from labbook.channel.named import Mixed

    trial.metric("mutual_information", found.mutual_information)
    trial.metric("floor", found.floor)
    rows: list[tuple[Cell, ...]] = []
    for place, (name, coder) in enumerate(CODERS.items()):
        law = Mixed(found.inputs, tuple(coder.law(pair) for pair in found.pairs))
        told = part(trial, place / len(CODERS), (place + 1) / len(CODERS))
        mean, se = _send(trial, coder, found, blocks, told)
        z = z_score(mean, law.mean_log2, se)
        trial.metric(f"{name}.entropy", law.entropy)
        trial.metric(f"{name}.mean_log2_index", mean)
        rows.append((coder.label, law.entropy, law.mean_log2, mean, se, z))
    _show(trial, rows, found.mutual_information, found.floor, blocks)


def _send(
    trial: Trial,
    coder: Coder,
    found: DiscreteChannel,
    blocks: int,
    told: Callable[[int, int], None],
) -> tuple[float, float]:
    """The mean log2 index over inputs that are drawn, and its standard error.

    told: how many blocks are done, and of how many
    """
    import numpy as np

    from labbook.channel import IndexCounts
    from labbook.compute import Stream

    shares = trial.rng("inputs").multinomial(blocks, found.inputs).tolist()
    indices, first, mismatches = IndexCounts(), 0, 0
    for pair, share in zip(found.pairs, shares, strict=True):
        tally = deliver(coder.encode, pair, Stream(trial.seed), share, first=first)
        indices = indices.merge(tally.indices)
        mismatches += tally.mismatches
        first += share
        told(first, blocks)
    if mismatches:
        trial.warn(f"Bob's outputs differ from Alice's in {count(mismatches, 'block')}.")
    return indices.mean(np.log2)


def _show(
    trial: Trial, rows: list[tuple[Cell, ...]], information: float, floor: float, blocks: int
) -> None:
    names = ("entropy", "E log2 K", "measured", "standard error")
    trial.table(
        Table(
            "channel",
            (Column("coder"), *(Column(name, unit="bits") for name in names), Column("z")),
            tuple(rows),
            title=f"I(X; Y) = {information:.6g}, floor {floor:.6g} bits; {blocks:,} outputs each",
        )
    )
    labels = tuple(str(row[0]) for row in rows)
    trial.figure(
        Figure(
            "costs",
            x="",
            y=Axis("length", unit="bits"),
            series=(
                Series(
                    "entropy of the index",
                    labels,
                    tuple(float(row[1] or 0) for row in rows),
                    kind="bars",
                ),
            ),
            marks=(Mark("y", information, "I"), Mark("y", floor, "floor")),
            title="To send one output",
        )
    )


def _gaussian(trial: Trial, noise: float) -> None:
    from labbook.channel.line.dither_rates import layered_rate
    from labbook.channel.line.gaussian_channel import GaussianChannel

    information = math.log2(1 + 1 / noise) / 2
    found = GaussianChannel(information)
    values = {
        "layered dithered quantiser": layered_rate(1.0, math.sqrt(noise)),
        "Poisson functional representation": found.poisson_bits,
        "the same, zeta code": found.poisson_zeta_bits,
    }
    trial.metric("mutual_information", information)
    trial.metric("floor", found.floor_bits)
    trial.metric("layered", values["layered dithered quantiser"])
    trial.metric("poisson", found.poisson_bits)
    trial.metric("poisson_zeta", found.poisson_zeta_bits)
    trial.table(
        Table(
            "channel",
            (Column("coder"), Column("length", unit="bits")),
            tuple(values.items()),
            title=f"I(X; Y) = {information:.6g}, floor {found.floor_bits:.6g} bits; exact",
        )
    )
    trial.figure(
        Figure(
            "costs",
            x="",
            y=Axis("length", unit="bits"),
            series=(Series("length", tuple(values), tuple(values.values()), kind="bars"),),
            marks=(Mark("y", information, "I"), Mark("y", found.floor_bits, "floor")),
            title="To send one output",
        )
    )
