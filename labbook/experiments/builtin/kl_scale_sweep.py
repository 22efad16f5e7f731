"""How the estimators fare when p is narrower or wider than q: where k3 stops having a variance."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

from labbook.experiments import AtLeast, AtMost, Trial, experiment
from labbook.model import Axis, Column, Figure, Mark, Series, Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from labbook.kl import Row

NAMES = {"k1": "k1", "k2": "k2", "k3": "k3", "lambda_star": "λ*"}
NOISIER, INFINITE = 1.242453, math.sqrt(2)
"""The widths of p at which k3 begins to scatter more than k1, and to have no variance."""


def check(narrowest: float, widest: float) -> None:
    if narrowest >= widest:
        raise ValueError(f"narrowest={narrowest:g} must lie below widest={widest:g}.")


@experiment(
    "kl.scale-sweep",
    title="KL estimators against the width of p",
    check=check,
    references=(
        "A. Vehtari et al., Pareto smoothed importance sampling, JMLR 25 (2024) 72",
        "J. Zhang, M. A. Stephens, Technometrics 51 (2009) 316",
    ),
)
def kl_scale_sweep(
    trial: Trial,
    *,
    narrowest: Annotated[float, AtLeast(0.05)] = 0.4,
    widest: Annotated[float, AtMost(20)] = 2.5,
    points: Annotated[int, AtLeast(2), AtMost(200)] = 22,
    samples: Annotated[int, AtLeast(100)] = 200_000,
) -> None:
    """Spread of the estimators, and the tail of r, for q = N(0, 1) and p = N(0, s).

    r = p/q has the tail index s²/(s² − 1). From s = 1.2425 on, k3 scatters more than k1; from
    s = √2 on its variance is infinite, though a sample's own looks harmless. The Pareto shape of
    the largest ratios shows it: its exact value is 1 − 1/s².

    narrowest: the first s
    widest: the last s
    points: how many, evenly on a log scale
    samples: how many samples at each
    """
    import numpy as np

    from labbook.kl import Normal, Pair, measure, rows
    from labbook.kl.pareto import tail_k

    scales = np.geomspace(narrowest, widest, points).tolist()
    found: list[Mapping[str, Row]] = []
    shapes = []
    for number, scale in enumerate(scales):
        pair = Pair(Normal(0, 1), Normal(0, scale))
        measured = measure(pair, samples, seed=(trial.seed + number) % 2**64)
        found.append(rows(measured))
        shapes.append(tail_k(measured.tally.largest))
        trial.metric("pareto_k", shapes[-1], step=number)
        for name in NAMES:
            trial.metric(f"{name}.stdev", found[-1][name].sd, step=number)
        trial.progress(number + 1, of=points)
    if widest >= INFINITE:
        trial.warn(
            "From s = √2 on the variance of k3 is infinite: the measured spreads there say how "
            "far this sample happened to reach, and nothing else."
        )
    trial.table(_table(scales, found, shapes, samples))
    trial.figure(_spreads(scales, found))
    trial.figure(_tails(scales, shapes))


def _exact_shape(scale: float) -> float:
    return 1 - 1 / scale**2


def _table(
    scales: Sequence[float],
    found: Sequence[Mapping[str, Row]],
    shapes: Sequence[float],
    samples: int,
) -> Table:
    columns = [Column("s"), Column("KL", unit="nats")]
    for words in NAMES.values():
        columns += [Column(f"stdev {words}", unit="nats"), Column(f"exact {words}", unit="nats")]
    columns += [Column("Pareto shape"), Column("exact shape")]
    rows = []
    for scale, table, shape in zip(scales, found, shapes, strict=True):
        cells: list[float | None] = [scale, table["k1"].exact.mean]
        for name in NAMES:
            cells += [table[name].sd, table[name].exact.sd]
        cells += [
            shape if scale > 1 and math.isfinite(shape) else None,
            _exact_shape(scale) if scale > 1 else None,
        ]
        rows.append(tuple(cells))
    return Table(
        "scale-sweep",
        tuple(columns),
        tuple(rows),
        title=f"q = N(0, 1), p = N(0, s); {samples:,} samples each",
    )


def _spreads(scales: Sequence[float], found: Sequence[Mapping[str, Row]]) -> Figure:
    series = []
    for name, words in NAMES.items():
        exact = [(s, t[name].exact.sd) for s, t in zip(scales, found, strict=True)]
        finite = [(s, sd) for s, sd in exact if 0 < sd < math.inf]
        if finite:
            x, y = zip(*finite, strict=True)
            series.append(Series(f"{words} exact", x, y))
    for name, words in NAMES.items():
        spread = tuple(table[name].sd for table in found)
        series.append(Series(words, tuple(scales), spread, kind="points"))
    marks = tuple(
        Mark("x", at, label)
        for at, label in ((NOISIER, "k3 = k1"), (INFINITE, "k3: ∞"))
        if scales[0] < at < scales[-1]
    )
    return Figure(
        "spreads",
        Axis("s, the width of p", scale="log"),
        Axis("standard deviation", unit="nats", scale="log"),
        tuple(series),
        marks,
        title="Spread of one sample; right of √2 k3 has none",
    )


def _tails(scales: Sequence[float], shapes: Sequence[float]) -> Figure:
    # A p narrower than q bounds the ratio: there is no tail to speak of.
    wide = [(s, k) for s, k in zip(scales, shapes, strict=True) if s > 1 and math.isfinite(k)]
    x, y = zip(*wide, strict=True) if wide else ((), ())
    curve = [s for s in scales if s > 1]
    return Figure(
        "tails",
        Axis("s, the width of p", scale="log"),
        Axis("Pareto shape of r"),
        (
            Series("exact", tuple(curve), tuple(_exact_shape(s) for s in curve)),
            Series("measured", x, y, kind="points"),
        ),
        (Mark("y", 0.5, "no variance above"),),
        title="The tail of the ratio",
    )
