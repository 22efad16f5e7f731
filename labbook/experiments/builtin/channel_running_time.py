"""How long it takes to find a sample: searches over a tree against coders that try candidates."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated

from labbook.experiments import AtLeast, AtMost, Between, Trial, experiment
from labbook.model import Axis, Column, Figure, Series, Table

if TYPE_CHECKING:
    from collections.abc import Callable

    from labbook.channel.line.astar import Progress, Split
    from labbook.channel.line.gaussian import GaussianPair

VALUES = (1.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0, 16.0, 18.0, 20.0)
MOST_POINTS = 60
LARGEST_KL = 20
"""Bits up to which nodes of the sample-split tree keep within the levels that indices have: at 20,
they lie 26 levels deep, with a standard deviation of 6, and 61 is the most."""

ASTAR = (
    "G. Flamich, S. Markou, J. M. Hernández-Lobato, Fast relative entropy coding with A* coding, "
    "ICML 2022, https://arxiv.org/abs/2201.12857"
)
GREEDY = (
    "G. Flamich, Greedy Poisson rejection sampling, NeurIPS 2023, https://arxiv.org/abs/2305.15313"
)


def check(kl: tuple[float, ...]) -> None:
    if not 1 <= len(kl) <= MOST_POINTS:
        raise ValueError(f"kl has {len(kl)} values: give 1 to {MOST_POINTS}.")
    if len(set(kl)) < len(kl):
        raise ValueError("kl names a value twice.")


@experiment(
    "channel.running-time",
    title="Steps to find a sample, against the divergence",
    check=check,
    references=(ASTAR, GREEDY),
)
def channel_running_time(
    trial: Trial,
    *,
    kl: Annotated[tuple[float, ...], Between(0.1, LARGEST_KL)] = VALUES,
    distance: Annotated[float, Between(0, 6)] = 1.0,
    samples: Annotated[int, AtLeast(10), AtMost(1_000_000)] = 400,
) -> None:
    """Steps of A* coding against candidates of rejection-like coders, for normal q and p = N(0, 1).

    Coders that know nothing of the line examine about M = max q/p candidates, which is 2^KL and
    more: greedy rejection and greedy Poisson rejection M on average, the Poisson functional
    representation (PFR) M + 1, the last of which only ends the search. A* coding looks at nodes
    of a tree of intervals, split where half of the mass lies (dyadic) or at the sample itself,
    and needs steps in proportion to KL. Its steps are counted; the others are exact.

    kl: values of KL(q‖p) in bits
    distance: q's mean is this times √(1 − s²), s its standard deviation; 1 is typical of a channel
    samples: how many samples to find at each, by either tree
    """
    rows = []
    for number, bits in enumerate(sorted(kl)):
        say = partial(_say, trial, number, len(kl))
        rows.append(_row(trial.seed, bits, _pair(bits, distance), samples, number, say))
    _record(trial, rows)
    trial.table(_table(rows, distance, samples))
    trial.figure(_figure(rows))


@dataclass(frozen=True, slots=True)
class _Steps:
    """Of one kind of tree: mean steps and their error, mean log2 of the index in bits."""

    mean: float
    se: float
    mean_log2: float
    mismatches: int


@dataclass(frozen=True, slots=True)
class _Row:
    kl: float
    log2_m: float
    dyadic: _Steps
    sample: _Steps

    @property
    def greedy(self) -> float:
        return 2**self.log2_m

    @property
    def poisson(self) -> float:
        """Points that arrive before M min T/r, M on average, and the one that ends the search."""
        return self.greedy + 1


def _say(trial: Trial, row: int, rows: int, split: int, done: int, of: int) -> None:
    trial.progress(row + (split + done / of) / 2, of=rows)


def _row(
    seed: int,
    bits: float,
    pair: GaussianPair,
    samples: int,
    number: int,
    say: Callable[[int, int, int], None],
) -> _Row:
    """What is found on blocks `number` · `samples` and following of a stream for each tree.

    say: told which tree, how many samples are done, and of how many
    """
    dyadic = _steps(seed, pair, "dyadic", samples, number, partial(say, 0))
    sample = _steps(seed, pair, "sample", samples, number, partial(say, 1))
    return _Row(bits, pair.log2_m, dyadic, sample)


def _pair(bits: float, distance: float) -> GaussianPair:
    """The target of this divergence whose mean is `distance` √(1 − s²)."""
    from scipy.optimize import brentq

    from labbook.channel.line.gaussian import GaussianPair

    nats = bits * math.log(2)

    def excess(log_s: float) -> float:
        return -log_s - (1 - distance**2) * -math.expm1(2 * log_s) / 2 - nats

    s = math.exp(brentq(excess, -nats - 1, 0.0, xtol=1e-14))
    return GaussianPair(distance * math.sqrt((1 - s) * (1 + s)), s)


def _steps(
    seed: int, pair: GaussianPair, split: Split, samples: int, number: int, say: Progress
) -> _Steps:
    import numpy as np

    from labbook.channel.line import astar
    from labbook.channel.line.peaked import NormalTarget
    from labbook.compute import Stream

    target, stream, first = NormalTarget(pair), Stream.named(seed, split), number * samples
    found = astar.encode(target, stream, samples, split=split, first=first, progress=say)
    received = astar.decode(target.prior, stream, found.messages, split=split, first=first)
    return _Steps(
        mean=float(found.steps.mean()),
        se=float(found.steps.std(ddof=1)) / math.sqrt(samples),
        mean_log2=float(np.log2(found.messages).mean()),
        mismatches=int(np.count_nonzero(received != found.samples)),
    )


def _record(trial: Trial, rows: list[_Row]) -> None:
    for step, row in enumerate(rows):
        for name, value in (
            ("dyadic_steps", row.dyadic.mean),
            ("sample_steps", row.sample.mean),
            ("poisson_candidates", row.poisson),
            ("greedy_trials", row.greedy),
        ):
            trial.metric(name, value, step=step)
    mismatches = sum(row.dyadic.mismatches + row.sample.mismatches for row in rows)
    trial.metric("mismatches", mismatches)
    if mismatches:
        trial.warn(f"Bob's sample differs from Alice's in {mismatches:,} searches.")


def _table(rows: list[_Row], distance: float, samples: int) -> Table:
    columns = (
        Column("kl", "bits"),
        Column("log2_m", "bits"),
        Column("dyadic_steps"),
        Column("dyadic error"),
        Column("sample_steps"),
        Column("sample error"),
        Column("poisson_candidates"),
        Column("greedy_trials"),
        Column("dyadic log2 index", "bits"),
        Column("sample log2 index", "bits"),
    )
    cells = tuple(
        (
            row.kl, row.log2_m, row.dyadic.mean, row.dyadic.se, row.sample.mean, row.sample.se,
            row.poisson, row.greedy, row.dyadic.mean_log2, row.sample.mean_log2,
        )
        for row in rows
    )  # fmt: skip
    title = f"Mean steps of one sample; {samples:,} searches each, distance {distance:g}"
    return Table("steps", columns, cells, title=title)


def _figure(rows: list[_Row]) -> Figure:
    kl = tuple(row.kl for row in rows)
    counted = (
        ("A*, dyadic", [row.dyadic for row in rows]),
        ("A*, sample", [row.sample for row in rows]),
    )
    exact = (
        ("greedy: M", [row.greedy for row in rows]),
        ("PFR: M + 1", [row.poisson for row in rows]),
        ("2^KL", [2**each for each in kl]),
        ("KL", list(kl)),
    )
    points = [
        Series(
            words,
            kl,
            tuple(each.mean for each in steps),
            kind="points",
            error=tuple(each.se for each in steps),
        )
        for words, steps in counted
    ]
    lines = [Series(words, kl, tuple(values)) for words, values in exact]
    return Figure(
        "steps",
        Axis("KL(q‖p)", "bits"),
        Axis("steps", scale="log"),
        (*points, *lines),
        title="Steps to find one sample",
    )
