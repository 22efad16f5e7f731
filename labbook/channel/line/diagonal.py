"""Vectors at once: a normal target with independent coordinates, and the prior N(0, I).

Coordinate i of the target is N(m_i, s_i²), in units of its prior. The ratio of the whole vector is
the product of those of the coordinates, so its logarithm falls from its top by the sum of their
drops, D = Σ d_i²; with d = √D the pair is like one on the line (see `falling`), but for the law of
d, the length of a normal vector (see `radial`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from labbook.channel.laws.panels import Panels
from labbook.channel.line.falling import FAR, FallingPair
from labbook.channel.line.gaussian import GaussianPair
from labbook.channel.line.radial import Radial
from labbook.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Reals = NDArray[np.float64]

_WITHIN = 1e-9
"""What a polynomial may miss of an integrand on a stretch: Gauss's rule then misses its square."""

_DEEP = 42.0
"""Where a law has a mass of e^-42 there is nothing."""

_LEAST = -700.0
"""The logarithm of the smallest width that is followed."""


@dataclass(frozen=True)
class DiagonalPair(FallingPair):
    """The target q = N(means, diag sds²) and the prior p = N(0, I).

    A coordinate with mean 0 and standard deviation 1 is as in the prior: it counts for nothing.

    Raises:
        UsageError: there are not as many standard deviations as means, all coordinates are as in
            the prior, or q/p has no largest value.
    """

    means: tuple[float, ...]
    sds: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.means) != len(self.sds):
            raise UsageError(
                f"A target of {len(self.means)} means cannot have {len(self.sds)} standard "
                "deviations.",
                hint="Give one standard deviation for each mean.",
            )
        if not self.coordinates:
            raise UsageError(
                "The target is the prior: nothing need be sent.",
                hint="Give a coordinate a mean other than 0 or a standard deviation below 1.",
            )

    @cached_property
    def coordinates(self) -> dict[int, GaussianPair]:
        """The pairs of coordinates that are not as in the prior, by their places from 0."""
        found = {}
        for place, (mean, sd) in enumerate(zip(self.means, self.sds, strict=True)):
            if (mean, sd) != (0, 1):
                try:
                    found[place] = GaussianPair(mean, sd)
                except UsageError as error:
                    raise UsageError(f"Coordinate {place + 1}: {error}", hint=error.hint) from None
        return found

    @property
    def log_m(self) -> float:
        return math.fsum(pair.log_m for pair in self.coordinates.values())

    @property
    def kl_bits(self) -> float:
        return math.fsum(pair.kl_bits for pair in self.coordinates.values())

    @property
    def variance(self) -> float:
        """The variance of log2 r under q, in bits²."""
        return math.fsum(pair.variance for pair in self.coordinates.values())

    def log2_ratio(self, z: ArrayLike) -> Reals:
        """log2 of q/p at vectors z, of shape (…, coordinates)."""
        z = np.asarray(z, dtype=np.float64)
        found = np.zeros(z.shape[:-1])
        for place, pair in self.coordinates.items():
            found += pair.log2_ratio(z[..., place])
        return found

    @cached_property
    def under_p(self) -> Radial:
        laws = [pair.under_p for pair in self.coordinates.values()]
        return Radial(np.array([law.mean for law in laws]), np.array([law.sd for law in laws]))

    @cached_property
    def under_q(self) -> Radial:
        laws = [pair.under_q for pair in self.coordinates.values()]
        return Radial(np.array([law.mean for law in laws]), np.array([law.sd for law in laws]))

    @property
    def farthest(self) -> float:
        # The length of a normal vector is at most the root of its mean square on average, and
        # varies no more than the coordinate that varies most.
        return math.sqrt(self.under_q.mean_square) + FAR * float(self.under_q.sds.max())

    def edges(self, high: float, step: float) -> Reals:
        # Under q²/p the coordinates of the drop, which are normal, lie nearer to the top than
        # under q, and vary less.
        means, sds = self.under_q.means, self.under_q.sds
        nearer = Radial(means / (1 + sds**2), sds / np.sqrt(1 + sds**2))
        low = _lowest(nearer)
        evenly = np.linspace(low, high, math.ceil((high - low) / step) + 1)
        panels = Panels(evenly).resolving(self.level_density, _WITHIN)
        return panels.resolving(self.under_q.density, _WITHIN).edges

    @cached_property
    def graded_panels(self) -> Panels:
        """The same, closing in on the top, where widths vary like a high power of d."""
        # T(L) is at most P_q(r ≥ L), but may be far less.
        low, edges = _lowest(self.under_q), self.panels.edges
        edges = edges[edges > low]
        octaves = math.ceil(math.log2(edges[0] / low))
        closer = np.geomspace(low, edges[0], octaves + 1)
        panels = Panels(np.append(closer, edges[1:]))
        left = self.left(panels, self.level_density(panels.places))[:: panels.per_stretch]
        nothing = max(0, int((left < math.exp(-_DEEP)).sum()) - 1)
        return Panels(panels.edges[nothing:]).resolving(self._inverse_width, _WITHIN)

    def _inverse_width(self, d: Reals) -> Reals:
        return np.exp(-np.maximum(self.under_p.log_within(d), _LEAST))


def _lowest(law: Radial) -> float:
    """A length below which the law has nothing; above 0."""
    grid = math.sqrt(law.mean_square) * 2.0 ** np.arange(-60, 0.25, 0.25)
    return float(grid[np.append(True, law.log_within(grid[1:]) < -_DEEP)].max())
