"""Nine f-divergences, each estimated in up to three ways."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from labbook.errors import UsageError
from labbook.experiments import AtLeast, Between, Trial, experiment
from labbook.model import Axis, Cell, Column, Figure, Series, Table

if TYPE_CHECKING:
    from labbook.kl import NormalPair
    from labbook.kl.divergences import Form

LARGEST_SHIFT = 5.0
SMALLEST_SCALE, LARGEST_SCALE = 0.1, 10.0
CHUNK = 1 << 16

SHIFTS = tuple(2 ** (power / 2) for power in range(-12, 4))
"""Of the figure: from 1/64 to 2.8."""

UNSEEN = 0.8
"""A measured standard deviation below this share of the exact one is warned of."""


def check(shift: float, scale: float) -> None:
    if shift == 0 and scale == 1:
        raise ValueError(
            "with shift=0 and scale=1 both distributions are the same and every divergence is "
            "0. Give a shift such as 0.1, or a scale such as 1.2."
        )
    try:
        _exact(_pair(shift, scale))
    except UsageError as error:
        raise ValueError(error.message) from error


@experiment(
    "kl.f-divergences",
    title="Nine f-divergences, estimated in three ways",
    check=check,
    references=(
        "J. Schulman, Approximating KL divergence, 2020, http://joschu.net/blog/kl-approx.html",
        "F. Liese, I. Vajda, IEEE Trans. Inf. Theory 52, 2006, p. 4394",
    ),
)
def kl_f_divergences(
    trial: Trial,
    *,
    shift: Annotated[float, Between(-LARGEST_SHIFT, LARGEST_SHIFT)] = 0.1,
    scale: Annotated[float, Between(SMALLEST_SCALE, LARGEST_SCALE)] = 1.0,
    samples: Annotated[int, AtLeast(2)] = 1_000_000,
) -> None:
    """Estimate nine f-divergences of p = N(shift, scale) from samples of q = N(0, 1).

    With r = p(x)/q(x), D_f = E_q[f(r)] for a convex f with f(1) = 0, and f(r) - c (r - 1) has
    the same mean for every c. The plain form has c = 0; the tangent form, c = f'(1), is never
    negative and varies little where p and q are close; the tail-safe form, c = f'(inf), does
    not grow like r, and keeps a finite variance where p is much wider than q. Forms that are
    the same function share a row. Each mean stands beside the exact one, with the exact
    standard error where that is finite, and their distance in standard errors (z).

    The figure divides each divergence by f''(1): between close distributions all are then
    the same, whatever the f.

    shift: the mean of p, in standard deviations of q
    scale: the standard deviation of p, in that of q
    samples: how many samples to draw
    """
    pair = _pair(shift, scale)
    rows = _measure(trial, pair, samples)
    for row in rows:
        _record(trial, row)
    trial.table(_table(rows, pair, samples))
    trial.figure(_figure())
    _warn(trial, rows)


@dataclass(frozen=True, slots=True)
class _Exact:
    """One form of one divergence.

    names: all names that it has, such as plain and tangent
    value, stdev: of one sample's contribution; infinite where they are
    """

    key: str
    divergence: str
    names: tuple[str, ...]
    form: Form
    value: float
    stdev: float

    @property
    def metric(self) -> str:
        return f"{self.key}.{self.names[0].replace('-', '_')}"

    @property
    def label(self) -> str:
        return " = ".join(self.names)


@dataclass(frozen=True, slots=True)
class _Row:
    """What the samples say of one form."""

    exact: _Exact
    samples: int
    value: float
    stdev: float

    @property
    def se(self) -> float:
        """The exact standard error; the sample's own where there is no exact one."""
        stdev = self.exact.stdev if math.isfinite(self.exact.stdev) else self.stdev
        return stdev / math.sqrt(self.samples)

    @property
    def z(self) -> float | None:
        """Without a variance there is no standard error to count in."""
        if not 0 < self.exact.stdev < math.inf:
            return None
        return (self.value - self.exact.value) / self.se


def _pair(shift: float, scale: float) -> NormalPair:
    from labbook.kl import Normal, NormalPair

    return NormalPair(q=Normal(0, 1), p=Normal(shift, scale))


def _exact(pair: NormalPair) -> list[_Exact]:
    """Every divergence's forms, each once."""
    from labbook.kl.divergences import DIVERGENCES, exact_sd, exact_value

    found = []
    for key, divergence in DIVERGENCES.items():
        value = exact_value(divergence, pair)
        names: dict[Form, tuple[str, ...]] = {}
        for name, form in divergence.forms.items():
            names[form] = (*names.get(form, ()), name)
        found += [
            _Exact(key, divergence.name, each, form, value, exact_sd(divergence, form, pair))
            for form, each in names.items()
        ]
    return found


def _measure(trial: Trial, pair: NormalPair, samples: int) -> list[_Row]:
    import numpy as np

    from labbook.compute import Stream
    from labbook.kl.draws import NormalDraws

    draws, exact = NormalDraws(Stream(trial.seed), CHUNK), _exact(pair)
    # About the exact mean, sums of squares lose nothing.
    centres = [each.value if math.isfinite(each.value) else 0.0 for each in exact]
    sums = np.zeros((2, len(exact)))
    # 1/r of a sample far outside of p is beyond float64: infinite, as is its exact variance.
    with np.errstate(over="ignore"):
        for first in range(0, samples, CHUNK):
            log_ratio = pair.log_ratio(draws.take(min(CHUNK, samples - first)))
            for place, (each, centre) in enumerate(zip(exact, centres, strict=True)):
                values = each.form.values(log_ratio) - centre
                sums[:, place] += values.sum(), np.square(values).sum()
            trial.progress(first + len(log_ratio), of=samples)
    return [
        _row(each, samples, centre, float(total), float(squares))
        for each, centre, total, squares in zip(exact, centres, *sums, strict=True)
    ]


def _row(exact: _Exact, samples: int, centre: float, total: float, squares: float) -> _Row:
    mean = total / samples
    if not math.isfinite(squares):
        return _Row(exact, samples, centre + mean, math.inf)
    variance = max(squares - mean * total, 0.0) / (samples - 1)
    return _Row(exact, samples, centre + mean, math.sqrt(variance))


def _record(trial: Trial, row: _Row) -> None:
    trial.metric(f"{row.exact.key}.exact", row.exact.value)
    trial.metric(f"{row.exact.metric}.value", row.value)
    trial.metric(f"{row.exact.metric}.stdev", row.stdev)


def _warn(trial: Trial, rows: list[_Row]) -> None:
    def listed(some: list[_Row]) -> str:
        return ", ".join(f"{row.exact.divergence} {row.exact.names[0]}" for row in some)

    infinite = [row for row in rows if math.isinf(row.exact.stdev)]
    if infinite:
        trial.warn(
            "The variance is infinite, and the standard error cannot be trusted: "
            f"{listed(infinite)}."
        )
    unseen = [row for row in rows if row.stdev < UNSEEN * row.exact.stdev < math.inf]
    if unseen:
        trial.warn(
            f"The spread is carried by samples so rare that {rows[0].samples:,} draws "
            f"show less of it than there is: {listed(unseen)}."
        )


def _table(rows: list[_Row], pair: NormalPair, samples: int) -> Table:
    names = ("measured", "standard error", "exact", "z", "stdev", "exact stdev")
    cells: list[tuple[Cell, ...]] = [
        (
            *(row.exact.divergence, row.exact.label),
            *(row.value, row.se, row.exact.value, row.z),
            *(row.stdev, row.exact.stdev),
        )
        for row in rows
    ]
    return Table(
        "divergences",
        tuple(Column(name) for name in ("divergence", "form", *names)),
        tuple(cells),
        title=f"q = {pair.q}, p = {pair.p}; {samples:,} samples",
    )


def _figure() -> Figure:
    from labbook.kl.divergences import DIVERGENCES, exact_value

    pairs = [_pair(shift, 1.0) for shift in SHIFTS]
    smooth = [each for each in DIVERGENCES.values() if math.isfinite(each.curvature)]
    return Figure(
        "collapse",
        x=Axis("shift", scale="log"),
        y=Axis("divergence / f''(1)", scale="log"),
        series=tuple(
            Series(
                each.name,
                SHIFTS,
                tuple(exact_value(each, pair) / each.curvature for pair in pairs),
            )
            for each in smooth
        ),
        title="p = N(shift, 1): where close, each is shift²/2 times f''(1)",
    )
