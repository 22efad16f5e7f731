"""What index coders pay above KL, as blocks grow."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

from labbook.experiments import AtLeast, Probabilities, Trial, experiment
from labbook.model import Axis, Column, Figure, Series, Table

if TYPE_CHECKING:
    from labbook.channel.spectrum import Spectrum

REFERENCES = (
    "C. T. Li, A. El Gamal, IEEE Trans. Inf. Theory 64, 2018, p. 6967",
    "P. Harsha, R. Jain, D. McAllester, J. Radhakrishnan, IEEE Trans. Inf. Theory 56, 2010, p. 438",
    "S. Sriramu, A. Wagner, Optimal redundancy in exact channel synthesis, 2024",
)


def check(p: tuple[float, ...], q: tuple[float, ...], n: tuple[int, ...]) -> None:
    from labbook.channel import DiscretePair
    from labbook.channel.spectrum import LARGEST_LOG2_M, need_few_types

    pair = DiscretePair(p, q)
    for length in n:
        if length * pair.log2_m > LARGEST_LOG2_M:
            raise ValueError(
                f"with n={length} the largest ratio is 2^{length * pair.log2_m:.4g}, beyond "
                f"double precision; give n up to {int(LARGEST_LOG2_M / pair.log2_m)}."
            )
    need_few_types(len(p), max(n))


@experiment(
    "channel.redundancy",
    title="Redundancy of index coders against the length of a block",
    check=check,
    references=REFERENCES,
)
def channel_redundancy(
    trial: Trial,
    *,
    p: Annotated[tuple[float, ...], Probabilities()] = (0.5, 0.5),
    q: Annotated[tuple[float, ...], Probabilities()] = (0.9, 0.1),
    n: Annotated[tuple[int, ...], AtLeast(1)] = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024),
) -> None:
    """Entropy of the index minus n KL, for blocks of n symbols, exact.

    Of greedy rejection and of the Poisson functional representation, beside the channel
    simulation divergence, below which no causal rejection sampler comes, and log2(n KL). For
    most pairs all grow like (1/2) log2 n: so the rate tends to KL, where plain rejection pays
    log2 M per symbol.

    p: the prior that both know, as probabilities
    q: the target that only Alice knows
    n: lengths of blocks
    """
    from labbook.channel import DiscretePair
    from labbook.channel.spectrum import spectrum

    pair = DiscretePair(p, q)
    rows = {}
    for done, length in enumerate(sorted(set(n))):
        trial.progress(done, of=len(n))
        rows[length] = _row(spectrum(pair, length))
    trial.metric("kl_bits", pair.kl_bits)
    for name, value in zip(COLUMNS, rows[max(rows)], strict=True):
        trial.metric(name.replace(" ", "_"), value)
    trial.table(
        Table(
            "redundancy",
            (Column("n"), *(Column(name, unit="bits") for name in COLUMNS)),
            tuple((length, *row) for length, row in rows.items()),
            title=f"Above n KL, KL(q‖p) = {pair.kl_bits:.6g} bits; exact",
        )
    )
    trial.figure(_figure(rows, pair.kl_bits))


COLUMNS = ("divergence", "greedy", "poisson", "poisson mean log2")


def _row(found: Spectrum) -> tuple[float, ...]:
    from labbook.channel.laws.greedy import greedy_law
    from labbook.channel.laws.poisson import poisson_law

    functional = poisson_law(found)
    values = (
        found.dcs_bits,
        greedy_law(found).entropy,
        functional.entropy,
        functional.mean_log2,
    )
    return tuple(value - found.kl_bits for value in values)


def _figure(rows: dict[int, tuple[float, ...]], kl: float) -> Figure:
    lengths = tuple(rows)
    series = [
        Series(name, lengths, tuple(row[place] for row in rows.values()))
        for place, name in enumerate(COLUMNS[:-1])
    ]
    if lengths[-1] > 1:
        series.append(
            Series("½ log2 n", lengths, tuple(math.log2(length) / 2 for length in lengths))
        )
    above = tuple(length for length in lengths if length * kl > 1)
    if above:
        series.append(Series("log2(n KL)", above, tuple(math.log2(k * kl) for k in above)))
    return Figure(
        "redundancy",
        x=Axis("n", scale="log"),
        y=Axis("above n KL", unit="bits"),
        series=tuple(series),
        title="Ideal length of the index",
    )
