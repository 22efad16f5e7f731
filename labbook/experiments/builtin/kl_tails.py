"""What an infinite variance looks like: k3 reads low, and looks harmless."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from labbook.experiments import AtLeast, AtMost, Trial, experiment
from labbook.model import Axis, Column, Figure, Mark, Series, Table

if TYPE_CHECKING:
    import numpy as np

    from labbook.kl import Pair

GALLERY = (
    ("normal(0,1)", "normal(0,1.5)"),
    ("normal(0,1)", "normal(0,2)"),
    ("normal(0,1)", "t(3)"),
    ("exponential(1)", "exponential(0.4)"),
)
SHOWN = 1
"""The pair whose running mean is drawn."""

DRAWN = 400


@experiment(
    "kl.tails",
    title="Heavy tails: where k3 has no variance",
    references=("A. Vehtari et al., Pareto smoothed importance sampling, JMLR 25 (2024) 72",),
)
def kl_tails(
    trial: Trial,
    *,
    sizes: Annotated[tuple[int, ...], AtLeast(10), AtMost(10_000_000)] = (1000, 10_000, 100_000),
    repeats: Annotated[int, AtLeast(3), AtMost(10_000)] = 100,
) -> None:
    """Estimates of k1 and k3 for four pairs whose ratio r has no finite variance.

    Repeated at each size, k3's median error is below zero: the rare large ratios that its mean
    needs are mostly not there, and nothing in the sample says so but the shape of its tail. k1
    does not mind. The running mean shows the jumps when such a ratio comes.

    sizes: how many samples an estimate is made of
    repeats: how many estimates of each size
    """
    import numpy as np

    from labbook.kl import Pair, distribution, exact

    pairs = [Pair(distribution(q), distribution(p)) for q, p in GALLERY]
    rows: list[tuple[str | float, ...]] = []
    total, done = len(pairs) * len(sizes), 0
    for number, pair in enumerate(pairs):
        known = exact(pair)
        for size in sorted(sizes):
            k1, k3 = _estimates(trial, pair, number, size, repeats)
            error = float(np.median(k3) / known.kl - 1)
            trial.metric(f"pair{number + 1}.k3.median_error", error, step=size)
            rows.append(
                (
                    f"{pair.q}, {pair.p}",
                    known.tail_index,
                    size,
                    known.kl,
                    float(np.median(k1) / known.kl - 1),
                    error,
                    float(np.mean(k3 < known.kl)),
                )
            )
            done += 1
            trial.progress(done, of=total)
    trial.table(_table(rows, repeats))
    trial.figure(_running_mean(trial, pairs[SHOWN], max(sizes)))
    trial.figure(_median_errors(rows))


def _log_ratios(trial: Trial, pair: Pair, name: str, size: int) -> np.ndarray:
    from labbook.compute import Stream

    return pair.draw(Stream.named(trial.seed, name).philox(), size)


def _estimates(
    trial: Trial, pair: Pair, number: int, size: int, repeats: int
) -> tuple[np.ndarray, np.ndarray]:
    """The means of k1 and of k3, of each repetition."""
    import numpy as np

    from labbook.kl.statistics import k3_of

    means = np.empty((2, repeats))
    for repeat in range(repeats):
        log_ratio = _log_ratios(trial, pair, f"{number}.{size}.{repeat}", size)
        means[:, repeat] = -log_ratio.mean(), k3_of(log_ratio).mean()
    return means[0], means[1]


def _table(rows: list[tuple[str | float, ...]], repeats: int) -> Table:
    columns = (
        Column("pair"),
        Column("tail index"),
        Column("samples"),
        Column("KL", unit="nats"),
        Column("k1 median error"),
        Column("k3 median error"),
        Column("share of k3 too low"),
    )
    title = f"Median of {repeats} estimates, relative to the true KL"
    return Table("tails", columns, tuple(rows), title=title)


def _running_mean(trial: Trial, pair: Pair, size: int) -> Figure:
    import numpy as np

    from labbook.kl import exact
    from labbook.kl.statistics import k3_of

    log_ratio = _log_ratios(trial, pair, "running", size)
    counts = np.unique(np.geomspace(10, size, DRAWN).astype(int))
    series = [
        Series(
            name,
            tuple(counts.tolist()),
            tuple((np.cumsum(values)[counts - 1] / counts).tolist()),
        )
        for name, values in (("k1", -log_ratio), ("k3", k3_of(log_ratio)))
    ]
    return Figure(
        "running-mean",
        Axis("samples", scale="log"),
        Axis("running mean", unit="nats"),
        tuple(series),
        (Mark("y", exact(pair).kl, "KL"),),
        title=f"q = {pair.q}, p = {pair.p}",
    )


def _median_errors(rows: list[tuple[str | float, ...]]) -> Figure:
    names = dict.fromkeys(str(row[0]) for row in rows)
    series = []
    for name in names:
        own = [row for row in rows if row[0] == name]
        x, y = tuple(float(row[2]) for row in own), tuple(float(row[5]) for row in own)
        series.append(Series(name, x, y, kind="line" if len(own) > 1 else "points"))
    return Figure(
        "median-errors",
        Axis("samples", scale="log"),
        Axis("median error of k3 / KL"),
        tuple(series),
        (Mark("y", 0.0, "true"),),
        title="k3 reads low",
    )
