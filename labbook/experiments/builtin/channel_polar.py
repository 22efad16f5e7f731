"""Simulating a binary symmetric channel with polar codes."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated

from labbook.experiments import AtLeast, AtMost, Between, Trial, experiment
from labbook.experiments.beside import z_score
from labbook.model import Axis, Cell, Column, Figure, Mark, Series, Table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from labbook.channel.polar.blocks import Flips, Polar
    from labbook.channel.polar.law import RateBounds
    from labbook.channel.polar.rates import FlipLaw
    from labbook.compute import Stream

LARGEST_N = 1 << 16
MOST_SYMBOLS = 1 << 26
SYMBOLS_PER_SECOND = 1e6
"""Of training, sending and decoding together (measured)."""

MOST_LEARNT = 4096
"""Blocks from which a law is learnt at most."""

MOST_LEARNT_SYMBOLS = 1 << 22
"""Their laws are held in memory: about 100 MiB."""


def check(n: tuple[int, ...], symbols: int) -> None:
    for length in n:
        if length.bit_count() != 1:
            raise ValueError(f"n={length} is no power of two, as the length of a polar block is.")
    if symbols * len(n) > MOST_SYMBOLS:
        hours = symbols * len(n) / SYMBOLS_PER_SECOND / 3600
        raise ValueError(
            f"{len(n)} lengths of {symbols:,} symbols take about {hours:.2g} hours; "
            f"give at most {MOST_SYMBOLS // len(n):,} symbols."
        )


@experiment(
    "channel.polar",
    title="Polar simulation of a binary symmetric channel",
    check=check,
    references=(
        "S. Sriramu, R. Barsz, E. Polito, A. Wagner, Fast channel simulation, NeurIPS 2024",
        "E. Arıkan, Channel polarization, IEEE Trans. Inf. Theory 55, 2009, p. 3051",
    ),
)
def channel_polar(
    trial: Trial,
    *,
    flip: Annotated[float, Between(0.001, 0.499)] = 0.1,
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
    """Bits per symbol to send a block through a channel that flips bits, by polar codes.

    Exact for every length, in n log n steps where a search takes 2^(n KL). Alice sends flips of
    Bob's guesses. In the plain code each has its mean probability; in the conditional code the one
    that it has given a random number that Bob sees too, which is never longer. A single symbol
    costs 1 - 2f, the floor of all one-shot schemes; long blocks tend to the mutual information
    1 - h(f). Up to n = 16 the rates are exact, and what was sent stands beside them, with its
    distance in standard errors (z); for longer blocks the law of the flips is learnt from other
    blocks, and what is sent pays for what was not learnt. Between which bounds the rate lies that
    an exact law would give is computed up to n = 4096, without random numbers.

    flip: the probability that the channel flips a bit
    n: lengths of blocks, powers of two
    symbols: about how many symbols to send for each length
    """
    lengths = sorted(set(n))
    rows = []
    for place, length in enumerate(lengths):
        said = partial(_say, trial, place, len(lengths))
        rows.append(_measured(trial, flip, length, symbols, said))
    information = 1 + flip * math.log2(flip) + (1 - flip) * math.log2(1 - flip)
    trial.metric("mutual_information", information)
    trial.metric("floor", 1 - 2 * flip)
    trial.metric("mismatches", sum(row.mismatches for row in rows))
    for row in rows:
        trial.metric("plain", row.plain, step=row.n)
        trial.metric("conditional", row.conditional, step=row.n)
    if any(row.mismatches for row in rows):
        trial.warn("Bob's bits differ from Alice's in some blocks.")
    trial.table(_table(rows, _bounds(flip, lengths), flip, information))
    trial.figure(_figure(rows, flip, information))


@dataclass(frozen=True)
class _Row:
    """Of one length; rates in bits per symbol.

    z, flips_z: distances from what is exact, in standard errors; None where nothing is
    rate: symbols sent a second
    mismatches: blocks in which Bob's bits are not Alice's
    """

    n: int
    exact: float | None
    plain: float
    conditional: float
    se: float
    z: float | None
    flips_z: float
    rate: float
    mismatches: int


def _say(trial: Trial, place: int, of: int, part: float) -> None:
    trial.progress(place + part, of=of)


def _measured(
    trial: Trial, flip: float, n: int, symbols: int, said: Callable[[float], None]
) -> _Row:
    import numpy as np

    from labbook.channel.polar.blocks import Polar, decode, slabs, thresholds
    from labbook.channel.polar.rates import LARGEST_EXACT
    from labbook.compute import Stream

    code, blocks = Polar(n), max(2, min(symbols // n, 1 << 17))
    law = _law(trial, code, flip, blocks)
    stream, channel = Stream.named(trial.seed, f"sent {n}"), _Channel(trial, code, flip, "sent")
    plain, conditional = np.empty(blocks), np.empty(blocks)
    seconds, wrong, mismatches = 0.0, 0, 0
    for slab in slabs(n, blocks):
        first, count = slab.start, slab.stop - slab.start
        started = time.perf_counter()
        inputs, found = channel.send(count, stream, first)
        seconds += time.perf_counter() - started
        plain[slab] = law.plain_lengths(found.flips) / n
        shared = thresholds(code, stream, count, first=first)
        conditional[slab] = law.conditional_lengths(found.flips, shared) / n
        wrong += int((found.outputs != inputs).sum())
        decoded = decode(code, found.flips, stream, first=first)
        mismatches += int((decoded != found.outputs).any(axis=1).sum())
        said(slab.stop / blocks)
    mean, se = float(conditional.mean()), float(conditional.std(ddof=1)) / math.sqrt(blocks)
    exact = law.conditional_rate if n <= LARGEST_EXACT else None
    return _Row(
        n=n,
        exact=exact,
        plain=float(plain.mean()),
        conditional=mean,
        se=se,
        z=None if exact is None else z_score(mean, exact, se),
        flips_z=(wrong - blocks * n * flip) / math.sqrt(blocks * n * flip * (1 - flip)),
        rate=blocks * n / seconds,
        mismatches=mismatches,
    )


def _law(trial: Trial, code: Polar, flip: float, blocks: int) -> FlipLaw:
    """Exact, or learnt from about as many blocks as are sent."""
    from labbook.channel.polar.rates import LARGEST_EXACT, exact_law, learnt_law
    from labbook.compute import Stream

    if code.n <= LARGEST_EXACT:
        return exact_law(flip, code.n)
    most = max(2, min(blocks, MOST_LEARNT, MOST_LEARNT_SYMBOLS // code.n))
    stream = Stream.named(trial.seed, f"learnt {code.n}")
    _, learnt = _Channel(trial, code, flip, "learnt").send(most, stream, 0)
    return learnt_law(2 * learnt.chances)


class _Channel:
    """Random inputs, and what is sent for them."""

    def __init__(self, trial: Trial, code: Polar, flip: float, name: str) -> None:
        self._code, self._flip = code, flip
        self._rng = trial.rng(f"inputs {name} {code.n}")

    def send(self, blocks: int, stream: Stream, first: int) -> tuple[NDArray[np.int64], Flips]:
        import numpy as np

        from labbook.channel.polar.blocks import simulate

        inputs = self._rng.integers(0, 2, (blocks, self._code.n))
        ones = np.where(inputs, 1 - self._flip, self._flip)
        return inputs, simulate(self._code, ones, stream, first=first)


def _bounds(flip: float, lengths: list[int]) -> dict[int, RateBounds]:
    from labbook.channel.polar.law import LARGEST_BOUNDED, rate_bounds

    known = [n for n in lengths if n <= LARGEST_BOUNDED]
    return rate_bounds((flip,), (1.0,), max(known)) if known else {}


def _table(
    rows: list[_Row], bounds: dict[int, RateBounds], flip: float, information: float
) -> Table:
    cells: tuple[tuple[Cell, ...], ...] = tuple(
        (
            row.n,
            row.plain,
            row.conditional,
            row.se,
            row.exact,
            row.z,
            row.flips_z,
            *(bounds[row.n].conditional if row.n in bounds else (None, None)),
            row.rate / 1e6,
        )
        for row in rows
    )
    columns = (
        Column("n"),
        Column("plain", unit="bits"),
        Column("conditional", unit="bits"),
        Column("standard error", unit="bits"),
        Column("exact", unit="bits"),
        Column("z"),
        Column("z of flips"),
        Column("at least", unit="bits"),
        Column("at most", unit="bits"),
        Column("speed", unit="10⁶/s"),
    )
    return Table(
        "rates",
        columns,
        cells,
        title=f"Bits per symbol; floor for one symbol {1 - 2 * flip:.4g}, "
        f"mutual information {information:.6g}",
    )


def _figure(rows: list[_Row], flip: float, information: float) -> Figure:
    lengths = tuple(row.n for row in rows)
    return Figure(
        "rate",
        x=Axis("n", scale="log"),
        y=Axis("bits per symbol"),
        series=(
            Series("plain", lengths, tuple(row.plain for row in rows)),
            Series(
                "conditional",
                lengths,
                tuple(row.conditional for row in rows),
                error=tuple(row.se for row in rows),
            ),
        ),
        marks=(Mark("y", 1 - 2 * flip, "floor, n = 1"), Mark("y", information, "I")),
        title=f"A channel that flips one bit in {1 / flip:.3g}",
    )
