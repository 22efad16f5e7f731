"""Priors and targets on the line, as a search over intervals needs them.

A place on the line is named by the prior's mass below it, a whole number of 2^-256: so both
tails have all their digits, intervals halve without rounding, and Alice and Bob compute the
same doubles.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from labbook.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from labbook.channel.line.gaussian import GaussianPair

    Reals = NDArray[np.float64]

WHOLE = 1 << 256
"""All the mass of a prior."""

_TAILS = 10.0 ** -np.arange(300.0, 3.0, -3.0)
_SAME = 1e-9


class IntervalPrior(Protocol):
    """A law on the line that both sides know."""

    def at(self, below: int) -> float:
        """The point that has `below` of `WHOLE` of the mass below it."""


class PeakedTarget(Protocol):
    """A law q on the line whose ratio to the prior rises up to a mode and falls from there."""

    @property
    def prior(self) -> IntervalPrior: ...

    @property
    def mode(self) -> float: ...

    def log_ratio(self, x: float) -> float:
        """ln q/p at x; −inf where q has no density."""


@dataclass(frozen=True)
class NormalPrior:
    """N(mean, sd²)."""

    mean: float = 0.0
    sd: float = 1.0

    def at(self, below: int) -> float:
        from scipy.special import ndtri

        if 2 * below < WHOLE:
            return self.mean + self.sd * float(ndtri(below / WHOLE))
        return self.mean - self.sd * float(ndtri((WHOLE - below) / WHOLE))


@dataclass(frozen=True)
class FrozenPrior:
    """A frozen continuous distribution of SciPy."""

    law: Any

    def at(self, below: int) -> float:
        if 2 * below < WHOLE:
            return float(self.law.ppf(below / WHOLE))
        return float(self.law.isf((WHOLE - below) / WHOLE))


@dataclass(frozen=True)
class NormalTarget:
    """The target of a pair of normal laws."""

    pair: GaussianPair
    prior: NormalPrior = field(init=False)
    mode: float = field(init=False)
    _top: float = field(init=False)
    _curvature: float = field(init=False)

    def __post_init__(self) -> None:
        pair = self.pair
        top = pair.log2_m * math.log(2)
        near = float(pair.log2_ratio(pair.mode + pair.prior_sd)) * math.log(2)
        for name, value in (
            ("prior", NormalPrior(pair.prior_mean, pair.prior_sd)),
            ("mode", pair.mode),
            ("_top", top),
            ("_curvature", (top - near) / pair.prior_sd**2),
        ):
            object.__setattr__(self, name, value)

    def log_ratio(self, x: float) -> float:
        return self._top - self._curvature * (x - self.mode) ** 2


class FrozenTarget:
    """A frozen continuous distribution of SciPy as target, and one as prior.

    Raises:
        UsageError: q/p has more than one peak, or no largest value.
    """

    def __init__(self, q: Any, p: Any) -> None:
        self._q, self._p = q, p
        self.prior = FrozenPrior(p)
        self.mode = _mode(self.log_ratio, _grid(q, p))

    def log_ratio(self, x: float) -> float:
        wanted = float(self._q.logpdf(x))
        return wanted - float(self._p.logpdf(x)) if wanted > -math.inf else -math.inf


def _grid(q: Any, p: Any) -> Reals:
    """Points from end to end of q, close together where either law has its mass."""
    shares = np.linspace(0.001, 0.999, 200)
    points = [
        each for law in (q, p) for each in (law.ppf(_TAILS), law.ppf(shares), law.isf(_TAILS))
    ]
    low, high = q.support()
    inside = np.unique(np.clip(np.concatenate(points), low, high))
    return np.asarray(inside[np.isfinite(inside)])


def _mode(log_ratio: Any, grid: Reals) -> float:
    from scipy.optimize import minimize_scalar

    with np.errstate(all="ignore"):
        values = np.array([log_ratio(each) for each in grid])
    known = np.isfinite(values)
    grid, values = grid[known], values[known]
    top = int(values.argmax())
    slack = _SAME * (1 + np.abs(values))
    rises, falls = np.diff(values) > slack[1:], np.diff(values) < -slack[1:]
    if falls[:top].any() or rises[top:].any():
        raise UsageError(
            "q/p has more than one peak, or no largest value.",
            hint="Give a target whose ratio to the prior rises to a peak and falls from there.",
        )
    lower = np.flatnonzero(values < values[top] - slack)
    before, after = lower[lower < top], lower[lower > top]
    if not before.size or not after.size:
        _need_end(log_ratio, grid, top)
        return float(grid[top])
    found = minimize_scalar(
        lambda x: -log_ratio(x),
        bounds=(float(grid[before[-1]]), float(grid[after[0]])),
        method="bounded",
        options={"xatol": 1e-12},
    )
    return float(found.x) if -found.fun > values[top] else float(grid[top])


def _need_end(log_ratio: Any, grid: Reals, top: int) -> None:
    """That the ratio does not grow beyond the last point."""
    ends = (2 * grid[0] - grid[1], 2 * grid[-1] - grid[-2])
    if max(log_ratio(float(end)) for end in ends) > log_ratio(float(grid[top])):
        raise UsageError(
            "q/p grows without end: it has no largest value.",
            hint="Give a target with lighter tails, or a prior with heavier ones.",
        )
