"""Families on a part of the line: exponential, gamma, beta, and von Mises on the circle."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from labbook.kl.families.base import (
    HALF_LINE,
    SMOOTH,
    Support,
    need_finite,
    need_positive,
)
from labbook.kl.families.inversion import HermiteTable, logit, quantile_table
from labbook.kl.tails import Tail

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Reals = NDArray[np.float64]


@dataclass(frozen=True)
class Exponential:
    """Density rate · exp(−rate x) for x ≥ 0."""

    rate: float

    def __post_init__(self) -> None:
        need_positive("an exponential distribution", rate=self.rate)

    @property
    def support(self) -> Support:
        return HALF_LINE

    @property
    def centre(self) -> float:
        return 0.0

    @property
    def scale(self) -> float:
        return 1 / self.rate

    @property
    def low_tail(self) -> Tail:
        return SMOOTH

    @property
    def high_tail(self) -> Tail:
        return Tail(x=-self.rate)

    def log_density(self, x: Reals) -> Reals:
        return np.where(x < 0, -np.inf, math.log(self.rate) - self.rate * x)

    def quantile(self, u: Reals) -> Reals:
        return np.asarray(-np.log1p(-u) / self.rate)

    def __str__(self) -> str:
        return f"exponential({self.rate:g})"


@dataclass(frozen=True)
class Gamma:
    """Density ∝ x^(shape − 1) exp(−rate x) for x > 0."""

    shape: float
    rate: float

    def __post_init__(self) -> None:
        need_positive("a gamma distribution", shape=self.shape, rate=self.rate)

    @property
    def support(self) -> Support:
        return HALF_LINE

    @property
    def centre(self) -> float:
        return max(0.0, self.shape - 1) / self.rate

    @property
    def scale(self) -> float:
        return math.sqrt(self.shape) / self.rate

    @property
    def low_tail(self) -> Tail:
        return Tail.at_edge(self.shape - 1)

    @property
    def high_tail(self) -> Tail:
        return Tail(x=-self.rate, log=self.shape - 1)

    def log_density(self, x: Reals) -> Reals:
        from scipy.special import xlogy

        constant = self.shape * math.log(self.rate) - math.lgamma(self.shape)
        inside = constant + xlogy(self.shape - 1, np.maximum(x, 0.0)) - self.rate * x
        return np.where(x < 0, -np.inf, inside)

    def quantile(self, u: Reals) -> Reals:
        return np.maximum(self.table(logit(u)), np.finfo(np.float64).tiny)

    @cached_property
    def table(self) -> HermiteTable:
        """The quantile as a function of logit u."""
        from scipy.special import gammainccinv, gammaincinv

        return quantile_table(
            lambda v: gammaincinv(self.shape, v) / self.rate,
            lambda v: gammainccinv(self.shape, v) / self.rate,
            self.log_density,
        )

    def __str__(self) -> str:
        return f"gamma({self.shape:g},{self.rate:g})"


@dataclass(frozen=True)
class Beta:
    """Density ∝ x^(a − 1) (1 − x)^(b − 1) for 0 < x < 1."""

    a: float
    b: float

    def __post_init__(self) -> None:
        need_positive("a beta distribution", a=self.a, b=self.b)

    @property
    def support(self) -> Support:
        return Support(0.0, 1.0)

    @property
    def centre(self) -> float:
        return self.a / (self.a + self.b)

    @property
    def scale(self) -> float:
        total = self.a + self.b
        return math.sqrt(self.a * self.b / (total + 1)) / total

    @property
    def low_tail(self) -> Tail:
        return Tail.at_edge(self.a - 1)

    @property
    def high_tail(self) -> Tail:
        return Tail.at_edge(self.b - 1)

    def log_density(self, x: Reals) -> Reals:
        from scipy.special import betaln, xlog1py, xlogy

        held = np.clip(x, 0.0, 1.0)
        inside = xlogy(self.a - 1, held) + xlog1py(self.b - 1, -held) - betaln(self.a, self.b)
        return np.where((x < 0) | (x > 1), -np.inf, inside)

    def quantile(self, u: Reals) -> Reals:
        eps = np.finfo(np.float64)
        return np.clip(self.table(logit(u)), eps.tiny, 1 - eps.epsneg)

    @cached_property
    def table(self) -> HermiteTable:
        """The quantile as a function of logit u."""
        from scipy.special import betainccinv, betaincinv

        return quantile_table(
            lambda v: betaincinv(self.a, self.b, v),
            lambda v: betainccinv(self.a, self.b, v),
            self.log_density,
        )

    def __str__(self) -> str:
        return f"beta({self.a:g},{self.b:g})"


_CIRCLE_KNOTS = 1 << 14


@dataclass(frozen=True)
class VonMises:
    """Density ∝ exp(concentration · cos(x − mean)) on the circle −π ≤ x < π."""

    mean: float
    concentration: float

    def __post_init__(self) -> None:
        need_finite("a von Mises distribution", mean=self.mean)
        need_finite("a von Mises distribution", concentration=self.concentration)
        if self.concentration < 0:
            need_positive("a von Mises distribution", concentration=self.concentration)

    @property
    def support(self) -> Support:
        return Support(-math.pi, math.pi)

    @property
    def centre(self) -> float:
        return math.remainder(self.mean, 2 * math.pi)

    @property
    def scale(self) -> float:
        return min(1.0, 1 / math.sqrt(max(self.concentration, 1e-9)))

    @property
    def low_tail(self) -> Tail:
        return SMOOTH

    @property
    def high_tail(self) -> Tail:
        return SMOOTH

    def log_density(self, x: Reals) -> Reals:
        from scipy.special import i0e

        # cos − 1 by the half angle: for a large concentration the mass lies where cos is 1.
        bend = -2 * self.concentration * np.sin((x - self.mean) / 2) ** 2
        inside = bend - math.log(2 * math.pi * i0e(self.concentration))
        return np.where(np.abs(x) > math.pi, -np.inf, inside)

    def quantile(self, u: Reals) -> Reals:
        """By a table of the distribution function and one step of Newton's method."""
        shares, cumulative = self.table
        angles = np.linspace(-math.pi, math.pi, len(shares))
        x = np.interp(u, shares, angles)
        x = x - (cumulative(x) - u) / np.exp(self.log_density(x))
        return np.clip(x, -math.pi, math.pi)

    @cached_property
    def table(self) -> tuple[Reals, HermiteTable]:
        """The mass below each of evenly spaced angles from −π to π, and as a function of them."""
        angles = np.linspace(-math.pi, math.pi, _CIRCLE_KNOTS + 1)
        step = angles[1] - angles[0]
        density = np.exp(self.log_density(angles))
        middle = np.exp(self.log_density((angles[:-1] + angles[1:]) / 2))
        masses = step / 6 * (density[:-1] + 4 * middle + density[1:])  # Simpson
        shares = np.concatenate(([0.0], np.cumsum(masses)))
        shares /= shares[-1]
        return shares, HermiteTable(-math.pi, step, shares, density)

    def __str__(self) -> str:
        return f"vonmises({self.mean:g},{self.concentration:g})"
