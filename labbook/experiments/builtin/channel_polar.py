"""Simulating a channel with two outputs by polar codes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from labbook.experiments import AtLeast, AtMost, Between, Probabilities, Trial, experiment
from labbook.experiments.builtin.channel_polar_runs import Binary, Row, measured
from labbook.experiments.matrix import matrix as read_matrix
from labbook.experiments.sending import part
from labbook.model import Axis, Cell, Column, Figure, Mark, Series, Table
from labbook.text.amounts import count

if TYPE_CHECKING:
    from labbook.channel.polar.law import RateBounds

Name = Literal["bsc", "z", "matrix"]

LARGEST_N = 1 << 16
MOST_SYMBOLS = 1 << 26
SYMBOLS_PER_SECOND = 1e6
"""Of training, sending and decoding together (measured); of other channels half as many."""


def check(
    channel: Name,
    flip: float,
    matrix: str,
    inputs: tuple[float, ...],
    n: tuple[int, ...],
    symbols: int,
) -> None:
    for length in n:
        if length.bit_count() != 1:
            raise ValueError(f"n={length} is no power of two, as the length of a polar block is.")
    found = _binary(channel, flip, matrix, inputs)
    found.code(1)
    slower = 1 if found.flip is not None else 2
    if symbols * len(n) * slower > MOST_SYMBOLS:
        hours = symbols * len(n) * slower / SYMBOLS_PER_SECOND / 3600
        raise ValueError(
            f"{symbols:,} symbols for each of {count(len(n), 'length')} take about "
            f"{hours:.2g} hours; give at most {MOST_SYMBOLS // (len(n) * slower):,} symbols."
        )


@experiment(
    "channel.polar",
    title="Polar simulation of a channel with two outputs",
    check=check,
    references=(
        "S. Sriramu, R. Barsz, E. Polito, A. Wagner, Fast channel simulation, NeurIPS 2024",
        "E. Arıkan, Channel polarization, IEEE Trans. Inf. Theory 55, 2009, p. 3051",
    ),
)
def channel_polar(
    trial: Trial,
    *,
    channel: Name = "bsc",
    flip: Annotated[float, Between(0.001, 0.999)] = 0.1,
    matrix: str = "0.9,0.1;0.2,0.8",
    inputs: Annotated[tuple[float, ...], Probabilities()] = (0.5, 0.5),
    n: Annotated[tuple[int, ...], AtLeast(1), AtMost(LARGEST_N)] = (
        1,
        2,
        4,
        8,
        16,
        64,
        256,
        1024,
        4096,
    ),
    symbols: Annotated[int, AtLeast(1000)] = 262_144,
) -> None:
    """Bits per symbol to send a block through a channel with two outputs, by polar codes.

    Exact for every length, in n log n steps where a search takes 2^(n KL). Alice sends flips of
    Bob's guesses. In the plain code each has its mean probability; in the conditional code the one
    that it has given a random number that Bob sees too, and, unless the channel is a fair symmetric
    one, his guess and what he expects of it. A single symbol then costs the floor of all one-shot
    schemes; long blocks tend to the mutual information. For short blocks the law of the flips is
    exact (bsc: up to n = 16), and what was sent stands beside it, with its distance in standard
    errors (z); for longer blocks it is learnt from other blocks, and what is sent pays for what was
    not learnt. By its law the conditional code is never the longer one, but few blocks can come out
    so, by chance or by a law learnt from few; a warning then says by how much. For the fair
    symmetric channel the rate of an exact law is bounded up to n = 4096, without random numbers.

    channel: bsc flips a bit, z loses ones, matrix is any other with two outputs
    flip: for bsc the probability of a flip, for z that a one becomes a zero
    matrix: for matrix, a row for each input: the probabilities of output 0 and output 1
    inputs: the probability of each input
    n: lengths of blocks, powers of two
    symbols: about how many symbols to send for each length
    """
    binary = _binary(channel, flip, matrix, inputs)
    lengths = sorted(set(n))
    rows = []
    for place, length in enumerate(lengths):
        said = part(trial, place / len(lengths), (place + 1) / len(lengths))
        rows.append(measured(trial, binary, length, symbols, said))
    trial.metric("mutual_information", binary.channel.mutual_information)
    trial.metric("floor", binary.channel.floor)
    trial.metric("mismatches", sum(row.mismatches for row in rows))
    for row in rows:
        trial.metric("plain", row.plain.mean, step=row.n)
        trial.metric("conditional", row.conditional.mean, step=row.n)
    _warn(trial, rows)
    trial.table(_table(rows, _bounds(binary, lengths), binary))
    trial.figure(_figure(rows, binary))


def _binary(channel: Name, flip: float, matrix: str, inputs: tuple[float, ...]) -> Binary:
    from labbook.channel.named import DiscreteChannel, symmetric, z_channel

    named = {"bsc": symmetric, "z": z_channel}
    rows = named[channel](flip).rows if channel in named else read_matrix("the matrix", matrix)
    found = DiscreteChannel(inputs, rows)
    if len(found.output) != 2:
        raise ValueError(
            f"the matrix has {len(found.output)} outputs; polar codes send bits, so give two."
        )
    return Binary.of(found)


def _warn(trial: Trial, rows: list[Row]) -> None:
    if any(row.mismatches for row in rows):
        trial.warn("Bob's bits differ from Alice's in some blocks.")
    longer = [row for row in rows if row.excess.mean > 0]
    if longer:
        each = ", ".join(
            f"n = {row.n} by {row.excess.mean:.2g} ± {row.excess.se:.1g} over {row.blocks:,} blocks"
            for row in longer
        )
        trial.warn(
            f"The conditional code came out longer than the plain one for {each}, in bits per "
            "symbol: these are too few to send, or to learn its law from."
        )


def _bounds(binary: Binary, lengths: list[int]) -> dict[int, RateBounds]:
    from labbook.channel.polar.law import LARGEST_BOUNDED, rate_bounds

    known = [n for n in lengths if n <= LARGEST_BOUNDED]
    if binary.flip is None or not known:
        return {}
    return rate_bounds((binary.flip,), (1.0,), max(known))


def _table(rows: list[Row], bounds: dict[int, RateBounds], binary: Binary) -> Table:
    columns = [
        Column("n"),
        Column("plain", unit="bits"),
        Column("standard error of plain", unit="bits"),
        Column("conditional", unit="bits"),
        Column("standard error", unit="bits"),
        Column("exact", unit="bits"),
        Column("z"),
        Column("z of outputs"),
        *(Column(name, unit="bits") for name in ("at least", "at most") if bounds),
        Column("speed", unit="10⁶/s"),
    ]
    found = binary.channel
    return Table(
        "rates",
        tuple(columns),
        tuple(_cells(row, bounds) for row in rows),
        title=f"Bits per symbol; floor for one symbol {found.floor:.4g}, "
        f"mutual information {found.mutual_information:.6g}",
    )


def _cells(row: Row, bounds: dict[int, RateBounds]) -> tuple[Cell, ...]:
    within = bounds[row.n].conditional if row.n in bounds else (None, None)
    return (
        row.n,
        row.plain.mean,
        row.plain.se,
        row.conditional.mean,
        row.conditional.se,
        row.exact,
        row.z,
        row.outputs_z,
        *(within if bounds else ()),
        row.rate / 1e6,
    )


def _figure(rows: list[Row], binary: Binary) -> Figure:
    lengths = tuple(row.n for row in rows)
    found, flip = binary.channel, binary.flip
    title = (
        f"A channel that flips one bit in {1 / flip:.3g}" if flip else "A channel of two outputs"
    )
    return Figure(
        "rate",
        x=Axis("n", scale="log"),
        y=Axis("bits per symbol"),
        series=tuple(
            Series(
                name,
                lengths,
                tuple(each.mean for each in values),
                error=tuple(each.se for each in values),
            )
            for name, values in (
                ("plain", [row.plain for row in rows]),
                ("conditional", [row.conditional for row in rows]),
            )
        ),
        marks=(
            Mark("y", found.floor, "floor, n = 1"),
            Mark("y", found.mutual_information, "I"),
        ),
        title=title,
    )
