"""Mixtures of distributions of one kind."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from labbook.errors import UsageError
from labbook.kl.families.base import Support

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from labbook.kl.families.base import Distribution
    from labbook.kl.tails import Tail

    Reals = NDArray[np.float64]

SUM_TOLERANCE = 1e-9


class Mixture:
    """Components with weights that sum to 1; all on the line, or all on the integers.

    Raises:
        UsageError: a weight is not above 0, or they do not sum to 1, or kinds are mixed.
    """

    def __init__(self, weights: Sequence[float], components: Sequence[Distribution]) -> None:
        if len(weights) != len(components) or not components:
            raise UsageError(
                f"A mixture needs as many weights as components, not {len(weights)} for "
                f"{len(components)}."
            )
        bad = [weight for weight in weights if not weight > 0]
        if bad:
            raise UsageError(f"The weights of a mixture must be above 0, not {bad[0]:g}.")
        if abs(math.fsum(weights) - 1) > SUM_TOLERANCE:
            raise UsageError(f"The weights of a mixture sum to {math.fsum(weights):.12g}, not 1.")
        if len({each.support.discrete for each in components}) > 1:
            raise UsageError("A mixture is on the line or on the integers, not on both.")
        self.weights = tuple(weights)
        self.components = tuple(components)

    @cached_property
    def support(self) -> Support:
        supports = [each.support for each in self.components]
        return Support(
            min(each.low for each in supports),
            max(each.high for each in supports),
            supports[0].discrete,
        )

    @property
    def centre(self) -> float:
        return self.components[0].centre

    @property
    def scale(self) -> float:
        return self.components[0].scale

    @property
    def low_tail(self) -> Tail:
        low = self.support.low
        reaching = [each.low_tail for each in self.components if each.support.low == low]
        return max(reaching, key=lambda tail: tail.terms)

    @property
    def high_tail(self) -> Tail:
        """The heaviest of the components': its first coefficient that differs is the largest."""
        high = self.support.high
        reaching = [each.high_tail for each in self.components if each.support.high == high]
        return max(reaching, key=lambda tail: tail.terms)

    def log_density(self, x: Reals) -> Reals:
        parts = np.array(
            [
                math.log(weight) + each.log_density(x)
                for weight, each in zip(self.weights, self.components, strict=True)
            ]
        )
        largest = parts.max(axis=0)
        held = np.where(np.isfinite(largest), largest, 0.0)
        with np.errstate(divide="ignore"):
            return np.asarray(held + np.log(np.exp(parts - held).sum(axis=0)))

    def quantile(self, u: Reals) -> Reals:
        """A sample for each uniform number: it picks a component, and what is left of it a value.

        Not monotone in u, but of the right law, and of one number each.
        """
        bounds = np.cumsum(self.weights)
        chosen = np.minimum(np.searchsorted(bounds, u, side="right"), len(bounds) - 1)
        x = np.empty_like(u)
        for number, (weight, each) in enumerate(zip(self.weights, self.components, strict=True)):
            own = chosen == number
            left = (u[own] - (bounds[number] - weight)) / weight
            x[own] = each.quantile(np.clip(left, 2.0**-54, 1 - 2.0**-53))
        return x

    def __str__(self) -> str:
        parts = zip(self.weights, self.components, strict=True)
        return " + ".join(f"{weight:g} {each}" for weight, each in parts)
