"""Nine f-divergences of any two distributions, each estimated in up to three ways."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from labbook.experiments import AtLeast, Trial, experiment
from labbook.experiments.hours import refuse_many_samples
from labbook.model import Axis, Column, Figure, Series, Table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from labbook.kl import Law, Moments, Pair, Row
    from labbook.kl.statistics import Statistic

MOST = 7_000_000_000
"""About an hour at the 2·10⁶ samples a second that one core makes at least."""

SHARES = tuple(2 ** (power / 2) for power in range(-12, 1))
"""Of p in the mixtures of the figure: from 1/64 to all."""

UNSEEN = 0.8
"""A measured standard deviation below this share of the exact one is warned of."""


def check(q: str, p: str, samples: int) -> None:
    refuse_many_samples(samples, on_numpy=MOST, on_device=MOST, backend="numpy")
    exact = _exact(_pair(q, p))
    if all(each.value == 0 for each in exact):
        raise ValueError(
            f"q={q} and p={p} are the same distribution: every divergence is 0. Give a p that "
            "differs from q."
        )


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
    q: str = "normal(0,1)",
    p: str = "normal(0.1,1)",
    samples: Annotated[int, AtLeast(2)] = 1_000_000,
) -> None:
    """Estimate nine f-divergences of p from samples of q, any two distributions.

    With r = p(x)/q(x), D_f = E_q[f(r)] for a convex f with f(1) = 0, and f(r) - c (r - 1) has
    the same mean for every c. The plain form has c = 0; the tangent form, c = f'(1), is never
    negative and varies little where p and q are close; the tail-safe form, c = f'(inf), does
    not grow like r, and keeps a finite variance where p has heavier tails than q. Forms that
    are the same function share a row. Each mean stands beside the exact one, with the exact
    standard error where that is finite, and their distance in standard errors (z).

    Where p has a mass m that q has not, the mean of r is 1 - m, and D_f is E_q[f(r)] + m f'(inf):
    of the three forms only the tail-safe one has that mean.

    The figure mixes ε of p into q, and divides each divergence between that mixture and q by
    f''(1): as ε falls all come to ε²χ²/2, whatever the f, if χ²(p‖q) is finite.

    q: where the samples come from: normal(mean,sd), exponential(rate), laplace(mean,scale), vonmises(mean,concentration), gamma(shape,rate), beta(a,b), poisson(mean), geometric(prob), bernoulli(prob), categorical(p1,p2,…), cauchy(location,scale), t(df)
    p: what q is compared with, in the same words
    samples: how many samples to draw
    """  # noqa: E501  a parameter's meaning is one line
    pair = _pair(q, p)
    measured = _measure(trial, pair, samples)
    for each in measured:
        _record(trial, each)
    for words in _warnings(pair, measured, samples):
        trial.warn(words)
    trial.table(_table(pair, measured, samples))
    figure = _figure(pair)
    if figure.series:
        trial.figure(figure)


@dataclass(frozen=True, slots=True)
class _Exact:
    """One form of one divergence.

    names: all names that it has, such as plain and tangent
    value: of the divergence
    law: of one sample's contribution; infinite and NaN where it is infinite or unknown
    """

    key: str
    divergence: str
    names: tuple[str, ...]
    form: Statistic
    value: float
    law: Law

    @property
    def metric(self) -> str:
        return f"{self.key}.{self.names[0].replace('-', '_')}"


@dataclass(frozen=True, slots=True)
class _Measured:
    """What is exact of a form, and what the samples say of it."""

    exact: _Exact
    row: Row


def _pair(q: str, p: str) -> Pair:
    from labbook.kl import Pair, distribution

    return Pair(distribution(q), distribution(p))


def _exact(pair: Pair) -> list[_Exact]:
    """Every divergence's forms, each once."""
    from labbook.kl import DIVERGENCES, Law, exact_sd, exact_value
    from labbook.kl.divergences import exact_mean

    found = []
    for key, divergence in DIVERGENCES.items():
        value = exact_value(divergence, pair)
        for names, form in divergence.distinct_forms:
            mean, sd = exact_mean(divergence, form, pair), exact_sd(divergence, form, pair)
            law = Law(mean, sd, math.nan)
            found.append(_Exact(key, divergence.name, names, form, value, law))
    return found


def _measure(trial: Trial, pair: Pair, samples: int) -> list[_Measured]:
    from labbook.compute import Stream
    from labbook.kl.measure import gather

    exact = _exact(pair)
    tally = gather(
        pair,
        Stream(trial.seed),
        samples,
        {each.metric: each.form for each in exact},
        keep=1,
        threads=os.cpu_count() or 1,
        progress=lambda done, of: trial.progress(done, of=of),
    )
    return [_Measured(each, _row(each, tally.moments[each.metric])) for each in exact]


def _row(exact: _Exact, moments: Moments) -> Row:
    from labbook.kl import Row

    law = exact.law
    se = law.sd / math.sqrt(moments.count) if math.isfinite(law.sd) else moments.mean_se
    # Samples where p is nothing are infinite, and so is their mean, though inf − inf is not.
    mean = math.inf if math.isnan(moments.mean) and math.isinf(law.mean) else moments.mean
    return Row(exact.metric, mean, se, moments.sd, math.nan, law)


def _record(trial: Trial, measured: _Measured) -> None:
    exact, row = measured.exact, measured.row
    trial.metric(f"{exact.key}.exact", exact.value)
    trial.metric(f"{exact.metric}.value", row.mean)
    trial.metric(f"{exact.metric}.stdev", row.sd)


def _warnings(pair: Pair, measured: list[_Measured], samples: int) -> Iterable[str]:
    """What the reader must know before believing a number, a sentence each."""

    def listed(some: Iterable[_Exact]) -> str:
        return ", ".join(f"{each.divergence} {each.names[0]}" for each in some)

    exact = [each.exact for each in measured]
    yield from _supports(pair, exact)
    infinite = [each for each in exact if math.isinf(each.law.sd) and math.isfinite(each.law.mean)]
    if infinite:
        yield (
            "The variance is infinite, and the standard error cannot be trusted: "
            f"{listed(infinite)}."
        )
    unseen = [
        each.exact for each in measured if each.row.sd < UNSEEN * each.exact.law.sd < math.inf
    ]
    if unseen:
        yield (
            f"The spread is carried by samples so rare that {samples:,} draws show less of it "
            f"than there is: {listed(unseen)}."
        )
    if any(math.isnan(each.law.mean + each.law.sd) for each in exact):
        yield "Not every exact value could be computed for this pair: those cells are empty."


def _supports(pair: Pair, exact: list[_Exact]) -> Iterable[str]:
    """Of infinite means, and of mass that one of the two has and the other not."""

    def listed(some: Iterable[_Exact]) -> str:
        return ", ".join(dict.fromkeys(each.divergence for each in some))

    lost = [each for each in exact if pair.lost > 0 and math.isinf(each.form.at_nothing)]
    if lost:
        yield f"q has a mass of {pair.lost:.6g} where p has none. Infinite are {listed(lost)}."
    infinite = [each for each in exact if math.isinf(each.law.mean) and each not in lost]
    if infinite:
        yield f"The mean is infinite, whatever the samples show: {listed(infinite)}."
    if pair.missing_mass > 0:
        blind = [each for each in exact if math.isinf(each.value)]
        yield (
            f"p has a mass of {pair.missing_mass:.6g} where q has none, and no sample shows it: "
            "only the mean of a tail-safe form is the divergence. "
            f"Infinite are {listed(blind)}."
        )


def _table(pair: Pair, measured: list[_Measured], samples: int) -> Table:
    """With a column for the divergences where means may differ from them."""
    names = ["measured", "standard error", "exact mean", "z", "stdev", "exact stdev"]
    if pair.missing_mass > 0:
        names.append("exact divergence")
    rows = []
    for each in measured:
        exact, row = each.exact, each.row
        numbers = (row.mean, row.se, exact.law.mean, row.z, row.sd, exact.law.sd, exact.value)
        cells = (_cell(number) for number in numbers[: len(names)])
        rows.append((exact.divergence, " = ".join(exact.names), *cells))
    return Table(
        "divergences",
        tuple(Column(name) for name in ("divergence", "form", *names)),
        tuple(rows),
        title=f"q = {pair.q}, p = {pair.p}; {samples:,} samples",
    )


def _cell(value: float) -> float | None:
    return None if math.isnan(value) else value


def _figure(pair: Pair) -> Figure:
    from labbook.kl import DIVERGENCES, exact_value

    series = []
    for each in DIVERGENCES.values():
        if math.isnan(each.curvature):
            continue
        values = {share: exact_value(each, pair, share) / each.curvature for share in SHARES}
        shown = {share: value for share, value in values.items() if 0 < value < math.inf}
        if shown:
            series.append(Series(each.name, tuple(shown), tuple(shown.values())))
    collapses = math.isfinite(exact_value(DIVERGENCES["chi2"], pair))
    return Figure(
        "collapse",
        x=Axis("ε", scale="log"),
        y=Axis("divergence / f''(1)", scale="log"),
        series=tuple(series),
        title="Of (1 − ε) q + ε p from q: "
        + ("all come to ε²χ²/2" if collapses else "χ²(p‖q) is infinite, so no common line"),
    )
