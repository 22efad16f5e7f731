"""How the estimators' bias and spread grow with the divergence of two shifted normals."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

from labbook.experiments import Above, AtLeast, AtMost, Trial, experiment
from labbook.model import Axis, Column, Figure, Mark, Series, Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from labbook.kl import Row

NAMES = {"k1": "k1", "k2": "k2", "k3": "k3", "lambda_star": "λ*"}
K3_AS_K1, K3_AS_K2 = 0.6282156043, 0.7256157077
"""The KL at which k3 scatters as much as k1 (e^u − 1 = 2u with u = 2 KL), and as k2."""


def check(smallest: float, largest: float) -> None:
    if smallest >= largest:
        raise ValueError(f"smallest={smallest:g} must lie below largest={largest:g}.")


@experiment(
    "kl.shift-sweep",
    title="KL estimators against the size of the divergence",
    check=check,
    references=(
        "J. Schulman, Approximating KL divergence, 2020, http://joschu.net/blog/kl-approx.html",
    ),
)
def kl_shift_sweep(
    trial: Trial,
    *,
    smallest: Annotated[float, AtLeast(1e-10)] = 1e-4,
    largest: Annotated[float, Above(0), AtMost(20)] = 4.0,
    points: Annotated[int, AtLeast(2), AtMost(200)] = 13,
    samples: Annotated[int, AtLeast(100)] = 200_000,
) -> None:
    """Bias and standard deviation of k1, k2, k3 and the best control variate, from small to large.

    q = N(0, 1) and p = N(D, 1), whose divergence is D²/2. k2 is off by KL/2 of the truth; k3 has
    no bias, but from KL = 0.628 on it scatters more than k1, and from 0.726 on more than k2: its
    variance grows like exp(2 KL).

    smallest: the first KL, in nats
    largest: the last KL, in nats
    points: how many, evenly on a log scale
    samples: how many samples at each
    """
    import numpy as np

    from labbook.kl import Normal, Pair, measure, rows

    divergences = np.geomspace(smallest, largest, points)
    found: list[Mapping[str, Row]] = []
    for number, kl in enumerate(divergences):
        pair = Pair(Normal(0, 1), Normal(math.sqrt(2 * kl), 1))
        # Each point has samples of its own: equal ones would make the curve smoother than it is.
        found.append(rows(measure(pair, samples, seed=(trial.seed + number) % 2**64)))
        trial.progress(number + 1, of=points)
    _record(trial, divergences.tolist(), found)
    trial.table(_table(divergences.tolist(), found, samples))
    trial.figure(_spreads(divergences.tolist(), found))
    trial.figure(_bias(divergences.tolist(), found))


def _record(trial: Trial, kls: Sequence[float], found: Sequence[Mapping[str, Row]]) -> None:
    for name in NAMES:
        for step, (kl, table) in enumerate(zip(kls, found, strict=True)):
            row = table[name]
            trial.metric(f"{name}.bias", (row.mean - kl) / kl, step=step)
            trial.metric(f"{name}.stdev", row.sd / kl, step=step)


def _table(kls: Sequence[float], found: Sequence[Mapping[str, Row]], samples: int) -> Table:
    columns = [Column("KL", unit="nats"), Column("bias of k2"), Column("exact bias")]
    for words in NAMES.values():
        columns += [Column(f"stdev {words}"), Column(f"exact {words}")]
    rows = []
    for kl, table in zip(kls, found, strict=True):
        k2 = table["k2"]
        cells = [kl, (k2.mean - kl) / kl, (k2.exact.mean - kl) / kl]
        for name in NAMES:
            cells += [table[name].sd / kl, table[name].exact.sd / kl]
        rows.append(tuple(cells))
    title = f"In units of the true KL; {samples:,} samples each"
    return Table("shift-sweep", tuple(columns), tuple(rows), title=title)


def _spreads(kls: Sequence[float], found: Sequence[Mapping[str, Row]]) -> Figure:
    series = []
    for name, words in NAMES.items():
        exact = [table[name].exact.sd / kl for kl, table in zip(kls, found, strict=True)]
        series.append(Series(f"{words} exact", tuple(kls), tuple(exact)))
    for name, words in NAMES.items():
        spread = [table[name].sd / kl for kl, table in zip(kls, found, strict=True)]
        series.append(Series(words, tuple(kls), tuple(spread), kind="points"))
    marks = tuple(
        Mark("x", at, label)
        for at, label in ((K3_AS_K1, "k3 = k1"), (K3_AS_K2, "k3 = k2"))
        if kls[0] < at < kls[-1]
    )
    return Figure(
        "spreads",
        Axis("KL(q‖p)", unit="nats", scale="log"),
        Axis("standard deviation / true KL", scale="log"),
        tuple(series),
        marks,
        title="Spread of one sample",
    )


def _bias(kls: Sequence[float], found: Sequence[Mapping[str, Row]]) -> Figure:
    exact = tuple((t["k2"].exact.mean - kl) / kl for kl, t in zip(kls, found, strict=True))
    measured = tuple((t["k2"].mean - kl) / kl for kl, t in zip(kls, found, strict=True))
    errors = tuple(t["k2"].se / kl for kl, t in zip(kls, found, strict=True))
    return Figure(
        "bias",
        Axis("KL(q‖p)", unit="nats", scale="log"),
        Axis("bias of k2 / true KL"),
        (
            Series("exact: KL/2", tuple(kls), exact),
            Series("measured", tuple(kls), measured, kind="points", error=errors),
        ),
        title="Bias of k2",
    )
