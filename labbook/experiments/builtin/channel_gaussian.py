"""What the scalar Gaussian channel costs: the floor, dithering, index coders, published bounds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from labbook.experiments import AtLeast, AtMost, Between, Trial, experiment
from labbook.model import Axis, Column, Figure, Series, Table

if TYPE_CHECKING:
    from labbook.channel.line.gaussian_channel import GaussianChannel

VALUES = (0.25, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0)
MOST_POINTS = 60
SAMPLES_AT_ONCE = 1 << 17
DRAWN = "li_el_gamal_2018", "li_2025"
"""The bounds in the figures: the oldest and the tightest."""
EXACT = {
    "floor": "floor",
    "poisson": "PFR, best code",
    "poisson_zeta": "PFR, zeta code",
}

FUNCTIONAL = (
    "C. T. Li, A. El Gamal, Strong functional representation lemma and applications to coding "
    "theorems, IEEE Trans. Inf. Theory 64 (2018) 6967, https://arxiv.org/abs/1701.02827"
)
LAYERED = "C. F. Hegazy, C. T. Li, Randomized quantization with exact error distribution, ITW 2022"
ASTAR = (
    "G. Flamich, S. Markou, J. M. Hernández-Lobato, Fast relative entropy coding with A* coding, "
    "ICML 2022, https://arxiv.org/abs/2201.12857"
)


def check(mutual_information: tuple[float, ...]) -> None:
    if not 1 <= len(mutual_information) <= MOST_POINTS:
        raise ValueError(
            f"mutual_information has {len(mutual_information)} values: give 1 to {MOST_POINTS}."
        )
    if len(set(mutual_information)) < len(mutual_information):
        raise ValueError("mutual_information names a value twice.")


@experiment(
    "channel.gaussian",
    title="Simulating a Gaussian channel: bits against mutual information",
    check=check,
    references=(FUNCTIONAL, LAYERED, ASTAR),
)
def channel_gaussian(
    trial: Trial,
    *,
    mutual_information: Annotated[tuple[float, ...], Between(0.05, 20)] = VALUES,
    samples: Annotated[int, AtLeast(100), AtMost(10_000_000)] = 100_000,
    searches: Annotated[int, AtLeast(10), AtMost(1_000_000)] = 1000,
) -> None:
    """Bits for one sample of Y = X + N, X and N normal, against the mutual information I.

    The floor is the mean of the channel simulation divergence over Y, below which no scheme
    gets; it is about half a bit above I. Layered dithered quantisation meets it exactly, by one
    rounding. The Poisson functional representation (PFR) sends an index instead, whose best
    code (its entropy over all inputs) and zeta code are exact here too; A* coding sends the
    place of a node in a tree, found in a few steps. Layered dithering and A* coding are
    simulated, and the first stands beside its exact rate, with the distance in standard
    errors (z).

    mutual_information: values of I in bits
    samples: how many samples of layered dithering to draw at each
    searches: how many samples of A* coding to draw at each
    """
    from labbook.channel.line.gaussian_channel import GaussianChannel

    plan = _Plan(trial, samples, searches, len(mutual_information))
    rows = [
        _row(plan, GaussianChannel(bits), number)
        for number, bits in enumerate(sorted(mutual_information))
    ]
    _record(trial, rows)
    trial.table(_rate_table(rows))
    trial.table(_simulated_table(rows, samples, searches))
    trial.figure(_figure(rows, "rates", "bits for one sample", below=0))
    trial.figure(_figure(rows, "overhead", "bits above the mutual information", below=1))


@dataclass(frozen=True, slots=True)
class _Plan:
    """What to draw for each of so many rows, and where to say how far it has come."""

    trial: Trial
    samples: int
    searches: int
    rows: int

    def say(self, row: int, part: float) -> None:
        """So many rows are done, and a part of the next."""
        self.trial.progress(row + part, of=self.rows)


@dataclass(frozen=True, slots=True)
class _Dithered:
    """Layered dithering as simulated: mean ideal length, and the noise over its deviation."""

    bits: float
    se: float
    noise_sd: float
    noise_z: float


@dataclass(frozen=True, slots=True)
class _Searched:
    """A* coding as simulated: mean length in the zeta code, and mean steps."""

    zeta_bits: float
    se: float
    steps: float
    mismatches: int


@dataclass(frozen=True, slots=True)
class _Row:
    """All at one mutual information, in bits."""

    bits: float
    floor: float
    layered: float
    poisson: float
    poisson_zeta: float
    bounds: dict[str, float]
    dithered: _Dithered
    searched: _Searched

    @property
    def exact(self) -> dict[str, float]:
        return {
            "floor": self.floor,
            "layered": self.layered,
            "poisson": self.poisson,
            "poisson_zeta": self.poisson_zeta,
            "astar_zeta": self.searched.zeta_bits,
            **self.bounds,
        }


def _row(plan: _Plan, channel: GaussianChannel, number: int) -> _Row:
    from labbook.channel.line.dither_rates import layered_rate
    from labbook.channel.line.gaussian_channel import UPPER_BOUNDS

    return _Row(
        bits=channel.bits,
        floor=channel.floor_bits,
        layered=layered_rate(channel.input_sd, channel.scale),
        poisson=channel.poisson_bits,
        poisson_zeta=channel.poisson_zeta_bits,
        bounds={name: bound(channel.bits) for name, (_, bound) in UPPER_BOUNDS.items()},
        dithered=_dither(plan, channel, number),
        searched=_search(plan, channel, number),
    )


def _dither(plan: _Plan, channel: GaussianChannel, number: int) -> _Dithered:
    import numpy as np

    from labbook.channel.line.dither import LayeredDither, ideal_bits
    from labbook.compute import Stream

    coder, samples = LayeredDither(channel.scale), plan.samples
    stream, rng = Stream.named(plan.trial.seed, "layered"), plan.trial.rng(f"inputs {number}")
    total, squares, noise = 0.0, 0.0, 0.0
    for first in range(0, samples, SAMPLES_AT_ONCE):
        count = min(SAMPLES_AT_ONCE, samples - first)
        x = rng.standard_normal(count) * channel.input_sd
        messages = coder.encode(x, stream, first=first, block=number)
        received = coder.decode(messages, stream, first=first, block=number)
        half, _ = coder.layers(count, stream, first=first, block=number)
        lengths = ideal_bits(received, half, channel.input_sd)
        total += float(lengths.sum())
        squares += float(np.square(lengths).sum())
        noise += float(np.square((received - x) / channel.scale).sum())
        plan.say(number, first / samples / 2)
    mean = total / samples
    return _Dithered(
        bits=mean,
        se=math.sqrt((squares / samples - mean**2) / (samples - 1)),
        noise_sd=math.sqrt(noise / samples),
        noise_z=(noise / samples - 1) / math.sqrt(2 / samples),
    )


def _search(plan: _Plan, channel: GaussianChannel, number: int) -> _Searched:
    """One search for each of so many inputs, which are blocks of a stream."""
    import numpy as np

    from labbook.channel.codes.integers import zeta_exponent, zeta_length
    from labbook.channel.line import astar
    from labbook.channel.line.peaked import NormalPrior, NormalTarget
    from labbook.compute import Stream

    def say(done: int, of: int) -> None:
        plan.say(number, (1 + done / of) / 2)

    searches, first = plan.searches, number * plan.searches
    stream = Stream.named(plan.trial.seed, "search")
    inputs = plan.trial.rng(f"searched inputs {number}").standard_normal(searches)
    targets = [NormalTarget(channel.pair(x)) for x in inputs.tolist()]
    sent = astar.encode_each(targets, stream, first=first, progress=say)
    received = astar.decode(NormalPrior(), stream, sent.messages, first=first)
    lengths = zeta_length(sent.messages, zeta_exponent(channel.bits))
    return _Searched(
        zeta_bits=float(lengths.mean()),
        se=float(lengths.std(ddof=1)) / math.sqrt(searches),
        steps=float(sent.steps.mean()),
        mismatches=int(np.count_nonzero(received != sent.samples)),
    )


def _record(trial: Trial, rows: list[_Row]) -> None:
    for step, row in enumerate(rows):
        for name, value in row.exact.items():
            trial.metric(name, value, step=step)
        trial.metric("layered_measured", row.dithered.bits, step=step)
        trial.metric("astar_steps", row.searched.steps, step=step)
    mismatches = sum(row.searched.mismatches for row in rows)
    trial.metric("mismatches", mismatches)
    if mismatches:
        trial.warn(f"Bob's sample differs from Alice's in {mismatches:,} searches.")


def _rate_table(rows: list[_Row]) -> Table:
    names = list(rows[0].exact)
    return Table(
        "rates",
        (Column("mutual_information", "bits"), *(Column(name, "bits") for name in names)),
        tuple((row.bits, *row.exact.values()) for row in rows),
        title="Bits for one sample; all exact but astar_zeta",
    )


def _simulated_table(rows: list[_Row], samples: int, searches: int) -> Table:
    columns = (
        Column("mutual_information", "bits"),
        Column("layered", "bits"),
        Column("layered_measured", "bits"),
        Column("standard error", "bits"),
        Column("z"),
        Column("stdev of the noise"),
        Column("z of its square"),
        Column("astar_zeta", "bits"),
        Column("error of astar_zeta", "bits"),
        Column("astar_steps"),
    )
    cells = tuple(
        (
            row.bits, row.layered, row.dithered.bits, row.dithered.se,
            (row.dithered.bits - row.layered) / row.dithered.se,
            row.dithered.noise_sd, row.dithered.noise_z,
            row.searched.zeta_bits, row.searched.se, row.searched.steps,
        )
        for row in rows
    )  # fmt: skip
    title = f"{samples:,} samples of layered dithering, {searches:,} of A* coding"
    return Table("simulated", columns, cells, title=title)


def _figure(rows: list[_Row], name: str, y: str, below: int) -> Figure:
    """The lengths, less `below` times the mutual information."""
    from labbook.channel.line.gaussian_channel import UPPER_BOUNDS

    x = tuple(row.bits for row in rows)
    lines = {**EXACT, **{each: UPPER_BOUNDS[each][0] for each in DRAWN}}
    series = [
        Series(words, x, tuple(row.exact[key] - below * row.bits for row in rows))
        for key, words in lines.items()
    ]
    for words, values, errors in (
        ("layered", [r.dithered.bits for r in rows], [r.dithered.se for r in rows]),
        (
            "A*, zeta code",
            [r.searched.zeta_bits for r in rows],
            [r.searched.se for r in rows],
        ),
    ):
        heights = tuple(value - below * bits for value, bits in zip(values, x, strict=True))
        series.append(Series(words, x, heights, kind="points", error=tuple(errors)))
    if not below:
        series.append(Series("I", x, x))
    return Figure(
        name,
        Axis("mutual information", "bits"),
        Axis(y, "bits"),
        tuple(series),
        title="One sample of a Gaussian channel",
    )
