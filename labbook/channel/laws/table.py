"""The law of an index as a table: exact where the index is small, points of an integral beyond."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Reals = NDArray[np.float64]


_FINE = 1 << 14
"""Points, evenly in ln k, at which the tail beyond the single places is tabulated."""

NOTHING = 1e-18
"""Places that stand for less mass add nothing to a sum of 16 digits."""


@dataclass(frozen=True, eq=False)
class IndexTable:
    """Places k, the mass that each stands for, and log2 P(K = k).

    The first `single` places are k = 1, 2, … and stand for themselves; the others are those of
    a rule for the sum over all larger k.

    k, masses, log2_pmf: (places,), k ascending, masses summing to 1
    mean: E K, to which places that stand for nothing else may contribute
    """

    k: Reals
    masses: Reals
    log2_pmf: Reals
    single: int
    mean: float

    @classmethod
    def of(cls, k: Reals, masses: Reals, pmf: Reals, *, single: int, mean: float) -> IndexTable:
        """Without the places where there is nothing."""
        there = masses > NOTHING
        with np.errstate(divide="ignore"):
            log2_pmf = np.log2(pmf[there])
        single = int(there[:single].sum())
        return cls(k[there], masses[there], log2_pmf, single, mean)

    @property
    def pmf(self) -> Reals:
        """P(K = k) for k = 1 to `single`."""
        return self.masses[: self.single]

    @property
    def mean_log2(self) -> float:
        """E log2 K, in bits."""
        return float((self.masses * np.log2(self.k)).sum())

    @property
    def entropy(self) -> float:
        """H(K), in bits."""
        return float(-(self.masses * self.log2_pmf).sum())

    def exceeds(self, k: ArrayLike) -> Reals:
        """P(K > k); beyond the single places to some part in 10^6, by interpolation."""
        k = np.asarray(k, dtype=np.float64)
        reached = np.append(np.cumsum(self.masses[::-1])[::-1], 0.0)
        near = reached[np.clip(k, 0, self.single).astype(np.intp)]
        if self.single == len(self.k):
            return np.where(k < self.single, near, 0.0)
        places, tail = self._tail
        beyond = np.interp(np.log(np.maximum(k, self.single) + 0.5), places, tail, right=0.0)
        return np.asarray(np.where(k <= self.single, near, beyond * reached[self.single]))

    @cached_property
    def _tail(self) -> tuple[Reals, Reals]:
        """ln (k + ½) and P(K > k), given that K is beyond the single places."""
        from scipy.interpolate import CubicSpline

        known = slice(max(self.single - 2, 0), None)
        curve = CubicSpline(np.log(self.k[known]), self.log2_pmf[known])
        places = np.linspace(np.log(self.single + 0.5), np.log(self.k[-1] + 0.5), _FINE)
        density = np.exp2(curve(places)) * np.exp(places)
        stretches = (density[1:] + density[:-1])[::-1]
        tail = np.append(np.cumsum(stretches)[::-1], 0.0)
        return places, tail / tail[0]
