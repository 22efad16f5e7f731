"""What rounding does to k3 when the divergence is small."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from labbook.experiments import AtLeast, Between, Trial, experiment
from labbook.model import Axis, Cell, Column, Figure, Mark, Series, Table

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from labbook.kl import Moments

    Singles = NDArray[np.float32]
    Rounding = Callable[[Singles], Singles]

SMALLEST_KL, LARGEST_KL = 1e-12, 1.0
DIVERGENCES = (5e-1, 5e-2, 5e-3, 5e-4, 5e-5, 5e-6, 5e-7, 4.5e-8, 5e-9)
CHUNK = 1 << 17

SIGNIFICANT_BITS = {"float32": 24, "float16": 11, "bfloat16": 8}
"""Of each format's significand, with the one that is not stored."""

EVALUATIONS = {
    "plain": "exp(L) - 1 - L",
    "rounded": "exp(L) rounded to nearest, - 1 - L",
    "expm1": "expm1(L) - L",
    "series": "L² (1/2 + L/6 + …)",
}
SERIES_BELOW = 1 / 2
SERIES_DEGREE = 9
ONLY_IN_FLOAT32 = ("rounded",)
"""The shorter formats are emulated in float32: there every exp is rounded to nearest."""

MUCH = 0.01
"""Relative bias of the plain evaluation in float32 from which the reader is warned."""


@experiment(
    "kl.rounding",
    title="What rounding does to k3 at small divergences",
    references=(
        "J. Schulman, Approximating KL divergence, 2020, http://joschu.net/blog/kl-approx.html",
        "N. J. Higham, Accuracy and Stability of Numerical Algorithms, 2nd edition, 2002, 1.14",
    ),
)
def kl_rounding(
    trial: Trial,
    *,
    divergences: Annotated[tuple[float, ...], Between(SMALLEST_KL, LARGEST_KL)] = DIVERGENCES,
    samples: Annotated[int, AtLeast(2)] = 1 << 20,
) -> None:
    """Evaluate k3 = exp(L) - 1 - L in short formats, and compare with double precision.

    Samples come from q = N(0, 1), p = N(shift, 1) with shift = sqrt(2 KL), and L = log p/q is
    rounded to the format. k3 is then evaluated with every operation rounded to the format:
    as it is written, with the library's exp in float32 or with an exp that is rounded to
    nearest; with expm1; and as a series. float16 and bfloat16 are emulated: each operation is
    done in float32 and rounded to the shorter format. The bias of the mean, and the root mean
    square of one sample's error, are relative to the mean of k3 in double precision at the
    same rounded L.

    divergences: true values of KL(q‖p), in nats
    samples: how many samples to draw for each
    """
    wanted = sorted(set(divergences), reverse=True)
    work = [(name, kl) for name in SIGNIFICANT_BITS for kl in wanted]
    found: list[_Error] = []
    for done, (name, kl) in enumerate(work):
        found += _errors(trial, name, kl, samples, (done * samples, len(work) * samples))
    for name in SIGNIFICANT_BITS:
        here = [each for each in found if each.format == name]
        _record(trial, name, here)
        trial.table(_table(name, here, samples))
        trial.figure(_figure("bias", name, here))
        trial.figure(_figure("rms", name, here))
    _warn(trial, found)


@dataclass(frozen=True, slots=True)
class _Error:
    """How far one evaluation is off, relative to the mean of k3 in double precision."""

    format: str
    evaluation: str
    kl: float
    bias: float
    se: float
    rms: float


def _errors(
    trial: Trial, name: str, kl: float, samples: int, progress: tuple[int, int]
) -> list[_Error]:
    import numpy as np

    from labbook.compute import Stream
    from labbook.kl import Moments, Normal, NormalPair, k3
    from labbook.kl.draws import NormalDraws

    pair = NormalPair(q=Normal(0, 1), p=Normal(math.sqrt(2 * kl), 1))
    draws, rounding = NormalDraws(Stream.named(trial.seed, f"{kl!r}"), CHUNK), rounding_to(name)
    off, truth = dict.fromkeys(_evaluations(name), Moments()), Moments()
    for first in range(0, samples, CHUNK):
        z = draws.take(min(CHUNK, samples - first))
        log_ratio = rounding(pair.log_ratio(z).astype(np.float32))
        exact = k3(log_ratio.astype(np.float64))
        truth = truth.merge(Moments.of(exact))
        for evaluation in off:
            values = evaluate(evaluation, log_ratio, rounding)
            off[evaluation] = off[evaluation].merge(Moments.of(values - exact))
        trial.progress(progress[0] + first + len(z), of=progress[1])
    return [_relative(name, each, kl, moments, truth) for each, moments in off.items()]


def _evaluations(name: str) -> tuple[str, ...]:
    return tuple(each for each in EVALUATIONS if name == "float32" or each not in ONLY_IN_FLOAT32)


def _relative(name: str, evaluation: str, kl: float, off: Moments, truth: Moments) -> _Error:
    rms = math.hypot(off.mean, math.sqrt(off.m2 / off.count))
    mean = truth.mean
    return _Error(name, evaluation, kl, off.mean / mean, off.mean_se / mean, rms / mean)


def rounding_to(name: str) -> Rounding:
    """What rounds float32 numbers to a format, to nearest and to even in between."""
    import numpy as np

    def to_half(values: Singles) -> Singles:
        return values.astype(np.float16).astype(np.float32)

    def to_brain(values: Singles) -> Singles:
        bits = values.view(np.uint32)
        kept = (bits + np.uint32(0x7FFF) + (bits >> np.uint32(16) & np.uint32(1))) >> np.uint32(16)
        return (kept << np.uint32(16)).view(np.float32)

    return {"float32": lambda values: values, "float16": to_half, "bfloat16": to_brain}[name]


def evaluate(evaluation: str, log_ratio: Singles, rounding: Rounding) -> Singles:
    """k3, with the result of every operation rounded.

    log_ratio: L, rounded already
    """
    import numpy as np

    one = np.float32(1)
    if evaluation == "plain":
        return rounding(rounding(rounding(np.exp(log_ratio)) - one) - log_ratio)
    if evaluation == "rounded":
        nearest = np.exp(log_ratio.astype(np.float64)).astype(np.float32)
        return rounding(rounding(rounding(nearest) - one) - log_ratio)
    direct = rounding(rounding(np.expm1(log_ratio)) - log_ratio)
    if evaluation == "expm1":
        return direct
    small = np.abs(log_ratio) < SERIES_BELOW
    near = np.where(small, log_ratio, np.float32(0))
    total = np.zeros_like(near)
    for power in range(SERIES_DEGREE, -1, -1):
        coefficient = rounding(np.full(1, 1 / math.factorial(power + 2), dtype=np.float32))
        total = rounding(rounding(total * near) + coefficient)
    return np.where(small, rounding(rounding(total * near) * near), direct)


def _record(trial: Trial, name: str, errors: list[_Error]) -> None:
    for evaluation in _evaluations(name):
        here = [each for each in errors if each.evaluation == evaluation]
        trial.metric(f"{name}.{evaluation}.largest_bias", max(abs(each.bias) for each in here))
        trial.metric(f"{name}.{evaluation}.largest_rms", max(each.rms for each in here))


def _table(name: str, errors: list[_Error], samples: int) -> Table:
    columns = (
        Column("KL", "nats"),
        Column("evaluation"),
        Column("relative bias"),
        Column("standard error"),
        Column("relative rms"),
    )
    rows: list[tuple[Cell, ...]] = [
        (each.kl, EVALUATIONS[each.evaluation], each.bias, each.se, each.rms) for each in errors
    ]
    title = f"k3 in {name}, with {SIGNIFICANT_BITS[name]} significant bits; {samples:,} samples"
    return Table(name, columns, tuple(rows), title=title)


def _figure(quantity: str, name: str, errors: list[_Error]) -> Figure:
    series = []
    for evaluation in _evaluations(name):
        # What came out exact has no place on a logarithmic axis.
        here = [
            (each.kl, size)
            for each in errors
            if each.evaluation == evaluation and (size := abs(getattr(each, quantity))) > 0
        ]
        series.append(
            Series(EVALUATIONS[evaluation], *(zip(*here, strict=True) if here else ((), ())))
        )
    words = {"bias": "|bias of the mean| / KL", "rms": "error of one sample, rms / KL"}
    return Figure(
        f"{quantity}-{name}",
        x=Axis("KL(q‖p)", "nats", scale="log"),
        y=Axis(words[quantity], scale="log"),
        series=tuple(series),
        marks=(Mark("y", 1.0, "all of it"),),
        title=f"k3 in {name}",
    )


def _warn(trial: Trial, errors: list[_Error]) -> None:
    wrong = [
        each
        for each in errors
        if (each.format, each.evaluation) == ("float32", "plain") and abs(each.bias) > MUCH
    ]
    if wrong:
        trial.warn(
            f"exp(L) - 1 - L in float32 is off by more than 1 % of the KL from "
            f"KL = {max(each.kl for each in wrong):.2g} downwards: use the series or expm1."
        )
