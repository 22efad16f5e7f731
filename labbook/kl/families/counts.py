"""Families on the integers: Poisson, geometric, categorical."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from labbook.errors import UsageError
from labbook.kl.families.base import SMOOTH, Support, need_positive
from labbook.kl.tails import Tail

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Reals = NDArray[np.float64]

SUM_TOLERANCE = 1e-9
"""How far probabilities may sum from 1: a third written with ten digits is still a third."""

_FAR = 40.0
"""Standard deviations from the mean up to which a table of a Poisson law reaches: beyond lies
less than the smallest uniform number."""


@dataclass(frozen=True)
class Poisson:
    """Mass mean^x exp(−mean) / x! at x = 0, 1, 2, …"""

    mean: float

    def __post_init__(self) -> None:
        need_positive("a Poisson distribution", mean=self.mean)

    @property
    def support(self) -> Support:
        return Support(0.0, math.inf, discrete=True)

    @property
    def centre(self) -> float:
        return self.mean

    @property
    def scale(self) -> float:
        return math.sqrt(self.mean)

    @property
    def low_tail(self) -> Tail:
        return SMOOTH

    @property
    def high_tail(self) -> Tail:
        return Tail(xlogx=-1.0, x=1 + math.log(self.mean), log=-0.5)

    def log_density(self, x: Reals) -> Reals:
        from scipy.special import gammaln

        held = np.maximum(x, 0.0)
        return np.where(x < 0, -np.inf, held * math.log(self.mean) - self.mean - gammaln(held + 1))

    def quantile(self, u: Reals) -> Reals:
        first, cumulative = self.table
        return first + np.searchsorted(cumulative, u, side="right").astype(np.float64)

    @cached_property
    def table(self) -> tuple[int, Reals]:
        """The first count that matters, and the mass up to it and up to each that follows."""
        reach = _FAR * (self.scale + 1)
        first = max(0, math.floor(self.mean - reach))
        x = np.arange(first, math.ceil(self.mean + reach), dtype=np.float64)
        return first, np.cumsum(np.exp(self.log_density(x)))

    def __str__(self) -> str:
        return f"poisson({self.mean:g})"


@dataclass(frozen=True)
class Geometric:
    """Mass prob · (1 − prob)^(x − 1) at x = 1, 2, …: the number of trials to a first success."""

    prob: float

    def __post_init__(self) -> None:
        if not 0 < self.prob < 1:
            raise UsageError(
                f"The prob of a geometric distribution lies between 0 and 1, not {self.prob:g}."
            )

    @property
    def support(self) -> Support:
        return Support(1.0, math.inf, discrete=True)

    @property
    def centre(self) -> float:
        return 1.0

    @property
    def scale(self) -> float:
        return 1 / self.prob

    @property
    def low_tail(self) -> Tail:
        return SMOOTH

    @property
    def high_tail(self) -> Tail:
        return Tail(x=math.log1p(-self.prob))

    def log_density(self, x: Reals) -> Reals:
        inside = math.log(self.prob) + (x - 1) * math.log1p(-self.prob)
        return np.where(x < 1, -np.inf, inside)

    def quantile(self, u: Reals) -> Reals:
        return np.asarray(1 + np.floor(np.log1p(-u) / math.log1p(-self.prob)))

    def __str__(self) -> str:
        return f"geometric({self.prob:g})"


class Categorical:
    """Symbols 0, 1, …, with these probabilities; a probability may be 0.

    Raises:
        UsageError: a probability is negative or no number, or they do not sum to 1.
    """

    def __init__(self, probabilities: Sequence[float] | Reals) -> None:
        mass = np.asarray(probabilities, dtype=np.float64)
        if mass.ndim != 1 or not mass.size:
            raise UsageError("A categorical distribution needs a list of probabilities.")
        bad = np.flatnonzero(~(mass >= 0))
        if bad.size:
            raise UsageError(
                f"Probability {bad[0] + 1} of a categorical distribution cannot be "
                f"{mass[bad[0]]:g}."
            )
        total = math.fsum(mass)
        if not abs(total - 1) <= SUM_TOLERANCE:
            raise UsageError(
                f"The probabilities of a categorical distribution sum to {total:.12g}, not to 1."
            )
        self._mass = mass / total
        self._cumulative = np.cumsum(self._mass)
        # So that rounding in the sum leaves no gap below 1, nor a symbol without probability.
        self._cumulative[np.flatnonzero(self._mass)[-1] :] = 1.0

    @classmethod
    def from_logits(cls, logits: Reals) -> Categorical:
        """Probabilities proportional to exp(logit); −inf is a probability of 0."""
        values = np.asarray(logits, dtype=np.float64)
        weights = np.exp(values - values.max())
        return cls(weights / weights.sum())

    @property
    def probabilities(self) -> Reals:
        return self._mass

    @property
    def cumulative(self) -> Reals:
        """The mass up to each symbol."""
        return self._cumulative

    @property
    def support(self) -> Support:
        return Support(0.0, float(len(self._mass) - 1), discrete=True)

    @property
    def centre(self) -> float:
        return 0.0

    @property
    def scale(self) -> float:
        return float(len(self._mass))

    @property
    def low_tail(self) -> Tail:
        return SMOOTH

    @property
    def high_tail(self) -> Tail:
        return SMOOTH

    def log_density(self, x: Reals) -> Reals:
        index = np.asarray(x).astype(np.int64)
        inside = (index >= 0) & (index < len(self._mass))
        with np.errstate(divide="ignore"):
            found = np.log(self._mass[np.where(inside, index, 0)])
        return np.where(inside, found, -np.inf)

    def quantile(self, u: Reals) -> Reals:
        return np.searchsorted(self._cumulative, u, side="right").astype(np.float64)

    def __str__(self) -> str:
        if len(self._mass) > 8:
            return f"categorical of {len(self._mass):,} symbols"
        return f"categorical({','.join(f'{each:g}' for each in self._mass)})"


class Bernoulli(Categorical):
    """1 with this probability, else 0."""

    def __init__(self, prob: float) -> None:
        if not 0 <= prob <= 1:
            raise UsageError(
                f"The prob of a Bernoulli distribution lies from 0 to 1, not {prob:g}."
            )
        super().__init__((1 - prob, prob))
        self.prob = prob

    def __str__(self) -> str:
        return f"bernoulli({self.prob:g})"
