"""Distributions that SciPy has and we have not, frozen with their parameters.

    from scipy import stats
    Frozen(stats.logistic(0, 2), low_tail=Tail(x=-1 / 2), high_tail=Tail(x=-1 / 2))

SciPy knows nothing of tails, and whether a variance is finite cannot be told without: so they
are given, as `labbook.kl.tails.Tail` has them. Its quantiles may be slow: 10⁶ samples of some
families take minutes.
"""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from labbook.errors import UsageError
from labbook.kl.families.base import Support

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from labbook.kl.tails import Tail

    Reals = NDArray[np.float64]


class Frozen:
    """A frozen SciPy distribution, and how its density falls off.

    low_tail, high_tail: towards the ends of its support

    Raises:
        UsageError: it is no frozen SciPy distribution.
    """

    def __init__(self, frozen: Any, *, low_tail: Tail, high_tail: Tail) -> None:
        if not (hasattr(frozen, "dist") and hasattr(frozen, "ppf")):
            raise UsageError(
                f"{frozen!r} is no frozen SciPy distribution.",
                hint="Give one with its parameters, such as scipy.stats.logistic(0, 2).",
            )
        self.frozen = frozen
        self.low_tail = low_tail
        self.high_tail = high_tail

    @cached_property
    def support(self) -> Support:
        low, high = self.frozen.support()
        return Support(float(low), float(high), discrete=hasattr(self.frozen, "pmf"))

    @cached_property
    def centre(self) -> float:
        return float(self.frozen.median())

    @cached_property
    def scale(self) -> float:
        """Half of the middle half: a standard deviation there may not be."""
        quarter = float(self.frozen.ppf(0.75) - self.frozen.ppf(0.25)) / 2
        return quarter if quarter > 0 and math.isfinite(quarter) else 1.0

    def log_density(self, x: Reals) -> Reals:
        with np.errstate(divide="ignore"):
            if self.support.discrete:
                return np.asarray(self.frozen.logpmf(x))
            return np.asarray(self.frozen.logpdf(x))

    def quantile(self, u: Reals) -> Reals:
        return np.asarray(self.frozen.ppf(u))

    def __str__(self) -> str:
        parameters = [*self.frozen.args, *(f"{k}={v}" for k, v in self.frozen.kwds.items())]
        return f"scipy {self.frozen.dist.name}({', '.join(map(str, parameters))})"
