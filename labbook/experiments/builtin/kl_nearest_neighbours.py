"""KL divergence from samples alone, by the distances to nearest neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from labbook.experiments import AtLeast, Between, Trial, experiment
from labbook.model import Axis, Cell, Column, Figure, Mark, Series, Table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from labbook.kl import Moments, NormalPair

LARGEST_SHIFT = 5.0
LARGEST_DIMENSION, LARGEST_SIZE, LARGEST_K = 50, 1_000_000, 100
CRITICS = {"nwj": "Nguyen-Wainwright-Jordan", "donsker_varadhan": "Donsker-Varadhan"}
CRITIC_REPEATS = 200
"""Of the bounds, which cost little."""

APART = 1.05
"""Points of one size stand side by side, each further to the right by this factor."""


def check(sizes: tuple[int, ...], neighbours: tuple[int, ...]) -> None:
    if min(sizes) <= max(neighbours):
        raise ValueError(
            f"a sample of {min(sizes)} has no neighbour number {max(neighbours)}: every size "
            "must exceed every number of neighbours."
        )


@experiment(
    "kl.nearest-neighbours",
    title="KL from samples alone, by nearest neighbours",
    check=check,
    references=(
        "Q. Wang, S. R. Kulkarni, S. Verdú, IEEE Trans. Inf. Theory 55, 2009, p. 2392",
        "F. Pérez-Cruz, KL divergence estimation of continuous distributions, ISIT 2008",
        "X. Nguyen, M. J. Wainwright, M. I. Jordan, IEEE Trans. Inf. Theory 56, 2010, p. 5847",
    ),
)
def kl_nearest_neighbours(
    trial: Trial,
    *,
    dimensions: Annotated[tuple[int, ...], Between(1, LARGEST_DIMENSION)] = (1, 2, 5),
    sizes: Annotated[tuple[int, ...], Between(2, LARGEST_SIZE)] = (100, 1000, 10_000),
    neighbours: Annotated[tuple[int, ...], Between(1, LARGEST_K)] = (1, 5),
    shift: Annotated[float, Between(0, LARGEST_SHIFT)] = 1.0,
    repeats: Annotated[int, AtLeast(2)] = 40,
) -> None:
    """Bias and standard deviation of the k-nearest-neighbour estimator of KL(q‖p).

    As many samples of q = N(0, 1) as of p = N(shift, 1), in d dimensions of which the first
    is shifted: KL(q‖p) = shift²/2 nats. The estimator sees the samples alone. Its bias grows
    with the dimension, and falls slowly with the size; more neighbours vary less and are
    further off.

    Beside it stand two bounds that are given the true density ratio, the best that a trained
    critic could do, with the exact standard deviation that theory has for them.

    dimensions: the dimensions to try
    sizes: how many samples of q, and as many of p
    neighbours: the numbers k of the neighbour whose distance is taken
    shift: the distance of the means, in standard deviations
    repeats: how many pairs of samples for each dimension and size
    """
    ds, ns, ks = (sorted(set(each)) for each in (dimensions, sizes, neighbours))
    kl = shift * shift / 2
    found = _neighbours(trial, (ds, ns, ks), shift, repeats)
    trial.metric("true_kl", kl)
    for each in found:
        trial.metric(f"{each.metric}.bias", each.moments.mean - kl)
        trial.metric(f"{each.metric}.stdev", each.moments.sd)
    trial.table(_table(found, kl, repeats))
    trial.table(_critics(trial, ns, shift))
    for k in ks:
        trial.figure(_figure(k, [each for each in found if each.k == k], kl))


@dataclass(frozen=True, slots=True)
class _Found:
    """What the repeats say, for samples of one dimension and size, of the k-th neighbours."""

    dimension: int
    size: int
    k: int
    moments: Moments

    @property
    def metric(self) -> str:
        return f"d{self.dimension}.n{self.size}.k{self.k}"


def _neighbours(
    trial: Trial, grid: tuple[list[int], list[int], list[int]], shift: float, repeats: int
) -> list[_Found]:
    import numpy as np

    from labbook.kl import Moments
    from labbook.kl.neighbours import nearest_neighbours_for

    ds, ns, ks = grid
    found, done, total = [], 0, len(ds) * sum(ns) * repeats
    for d in ds:
        for n in ns:
            values = np.empty((repeats, len(ks)))
            for repeat in range(repeats):
                rng = trial.rng(f"d{d} n{n} {repeat}")
                x, y = rng.standard_normal((2, n, d))
                y[:, 0] += shift
                values[repeat] = nearest_neighbours_for(x, y, ks)
                trial.progress(done := done + n, of=total)
            found += [
                _Found(d, n, k, Moments.of(column)) for k, column in zip(ks, values.T, strict=True)
            ]
    return found


def _table(found: list[_Found], kl: float, repeats: int) -> Table:
    columns = (
        Column("dimension"),
        Column("size"),
        Column("k"),
        Column("mean", "nats"),
        Column("bias", "nats"),
        Column("standard error", "nats"),
        Column("stdev", "nats"),
    )
    rows: list[tuple[Cell, ...]] = []
    for each in found:
        mean = each.moments.mean
        spread = (each.moments.mean_se, each.moments.sd)
        rows.append((each.dimension, each.size, each.k, mean, mean - kl, *spread))
    return Table(
        "neighbours",
        columns,
        tuple(rows),
        title=f"Nearest neighbours, {repeats:,} repeats; true KL = {kl:.7g} nats",
    )


def _critics(trial: Trial, sizes: list[int], shift: float) -> Table:
    from labbook.kl import Moments, Normal, NormalPair
    from labbook.kl.neighbours import critic_se

    pair = NormalPair(q=Normal(0, 1), p=Normal(shift, 1))
    rows: list[tuple[Cell, ...]] = []
    for n in sizes:
        values = _bounds(trial, pair, n)
        for (name, label), column in zip(CRITICS.items(), values.T, strict=True):
            moments, bias = Moments.of(column), float(column.mean()) - pair.kl
            exact = critic_se(pair, n, n) if name == "nwj" else None
            trial.metric(f"{name}.n{n}.bias", bias)
            trial.metric(f"{name}.n{n}.stdev", moments.sd)
            rows.append((label, n, moments.mean, bias, moments.mean_se, moments.sd, exact))
    names = ("mean", "bias", "standard error", "stdev", "exact stdev")
    return Table(
        "critics",
        (Column("bound"), Column("size"), *(Column(name, "nats") for name in names)),
        tuple(rows),
        title=f"With the true density ratio, {CRITIC_REPEATS:,} repeats",
    )


def _bounds(trial: Trial, pair: NormalPair, n: int) -> NDArray[np.float64]:
    """Each bound in a column, each repeat in a row."""
    import numpy as np

    from labbook.kl import neighbours

    values = np.empty((CRITIC_REPEATS, len(CRITICS)))
    rng = trial.rng(f"critics n{n}")
    for row in values:
        log_q = pair.log_ratio(pair.q.mean + pair.q.sd * rng.standard_normal(n))
        log_p = pair.log_ratio(pair.p.mean + pair.p.sd * rng.standard_normal(n))
        row[:] = [getattr(neighbours, name)(log_q, log_p).value for name in CRITICS]
    return values


def _figure(k: int, found: list[_Found], kl: float) -> Figure:
    series = []
    for place, d in enumerate(sorted({each.dimension for each in found})):
        here = [each for each in found if each.dimension == d]
        series.append(
            Series(
                f"d = {d}",
                tuple(each.size * APART**place for each in here),
                tuple(each.moments.mean - kl for each in here),
                kind="points",
                error=tuple(each.moments.sd for each in here),
            )
        )
    return Figure(
        f"bias-k{k}",
        x=Axis("size of each sample", scale="log"),
        y=Axis("bias ± stdev", "nats"),
        series=tuple(series),
        marks=(Mark("y", 0.0, "true KL"),),
        title=f"Neighbour number {k}; true KL = {kl:.4g} nats",
    )
