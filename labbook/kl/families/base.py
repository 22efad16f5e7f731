"""What a family of distributions offers to the rest."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from labbook.errors import UsageError
from labbook.kl.tails import Tail

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Reals = NDArray[np.float64]

SMOOTH = Tail.at_edge(0.0)
"""A finite end where the density neither vanishes nor grows without bound."""


@dataclass(frozen=True, slots=True)
class Support:
    """From `low` to `high`; the integers among them where `discrete`."""

    low: float
    high: float
    discrete: bool = False


class Distribution(Protocol):
    """A distribution on the line or on the integers.

    support: where it has mass
    centre, scale: about where it has most of it; they place the nodes of quadratures
    low_tail, high_tail: how the density falls off towards the ends of the support
    """

    @property
    def support(self) -> Support: ...
    @property
    def centre(self) -> float: ...
    @property
    def scale(self) -> float: ...
    @property
    def low_tail(self) -> Tail: ...
    @property
    def high_tail(self) -> Tail: ...

    def log_density(self, x: Reals) -> Reals:
        """The log density, or log mass, in nats; −inf outside the support."""
        ...

    def quantile(self, u: Reals) -> Reals:
        """The value below which a share u of the mass lies, 0 < u < 1."""
        ...


REAL_LINE = Support(-math.inf, math.inf)
HALF_LINE = Support(0.0, math.inf)


def need_finite(family: str, **values: float) -> None:
    """Refuse what is no finite number.

    Raises:
        UsageError: naming the parameter and its value.
    """
    for name, value in values.items():
        if not math.isfinite(value):
            raise UsageError(f"The {name} of {family} cannot be {value:g}.")


def need_positive(family: str, **values: float) -> None:
    """Refuse what is no finite number above 0.

    Raises:
        UsageError: naming the parameter and its value.
    """
    for name, value in values.items():
        if not (math.isfinite(value) and value > 0):
            raise UsageError(f"The {name} of {family} must be above 0, not {value:g}.")
