"""Families on the whole line: Laplace, Cauchy, Student's t. The normal has a module of its own."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from labbook.kl.families.base import REAL_LINE, Support, need_finite, need_positive
from labbook.kl.families.inversion import HermiteTable, logit, quantile_table
from labbook.kl.tails import Tail

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Reals = NDArray[np.float64]


class _OnTheLine:
    @property
    def support(self) -> Support:
        return REAL_LINE


@dataclass(frozen=True)
class Laplace(_OnTheLine):
    """Density exp(−|x − mean| / scale) / (2 scale)."""

    mean: float
    scale: float

    def __post_init__(self) -> None:
        need_finite("a Laplace distribution", mean=self.mean)
        need_positive("a Laplace distribution", scale=self.scale)

    @property
    def centre(self) -> float:
        return self.mean

    @property
    def low_tail(self) -> Tail:
        return Tail(x=-1 / self.scale)

    @property
    def high_tail(self) -> Tail:
        return Tail(x=-1 / self.scale)

    def log_density(self, x: Reals) -> Reals:
        return np.asarray(-np.abs(x - self.mean) / self.scale - math.log(2 * self.scale))

    def quantile(self, u: Reals) -> Reals:
        nearer = np.minimum(u, 1 - u)
        return np.asarray(self.mean + np.sign(u - 0.5) * self.scale * -np.log(2 * nearer))

    def __str__(self) -> str:
        return f"laplace({self.mean:g},{self.scale:g})"


@dataclass(frozen=True)
class Cauchy(_OnTheLine):
    """Density 1 / (π scale (1 + ((x − location)/scale)²))."""

    location: float
    scale: float

    def __post_init__(self) -> None:
        need_finite("a Cauchy distribution", location=self.location)
        need_positive("a Cauchy distribution", scale=self.scale)

    @property
    def centre(self) -> float:
        return self.location

    @property
    def low_tail(self) -> Tail:
        return Tail(log=-2.0)

    @property
    def high_tail(self) -> Tail:
        return Tail(log=-2.0)

    def log_density(self, x: Reals) -> Reals:
        z = (x - self.location) / self.scale
        return np.asarray(-2 * np.log(np.hypot(1.0, z)) - math.log(math.pi * self.scale))

    def quantile(self, u: Reals) -> Reals:
        return np.asarray(self.location - self.scale / np.tan(math.pi * u))

    def __str__(self) -> str:
        return f"cauchy({self.location:g},{self.scale:g})"


@dataclass(frozen=True)
class StudentT(_OnTheLine):
    """Student's t with `df` degrees of freedom, location 0, scale 1."""

    df: float

    def __post_init__(self) -> None:
        need_positive("Student's t", df=self.df)

    @property
    def centre(self) -> float:
        return 0.0

    @property
    def scale(self) -> float:
        return 1.0

    @property
    def low_tail(self) -> Tail:
        return Tail(log=-(self.df + 1))

    @property
    def high_tail(self) -> Tail:
        return Tail(log=-(self.df + 1))

    def log_density(self, x: Reals) -> Reals:
        half = (self.df + 1) / 2
        constant = math.lgamma(half) - math.lgamma(self.df / 2) - math.log(self.df * math.pi) / 2
        return np.asarray(constant - 2 * half * np.log(np.hypot(1.0, x / math.sqrt(self.df))))

    def quantile(self, u: Reals) -> Reals:
        return self.table(logit(u))

    @cached_property
    def table(self) -> HermiteTable:
        """The quantile as a function of logit u."""
        from scipy.special import stdtrit

        return quantile_table(
            lambda v: stdtrit(self.df, v), lambda v: -stdtrit(self.df, v), self.log_density
        )

    def __str__(self) -> str:
        return f"t({self.df:g})"
