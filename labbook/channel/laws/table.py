"""The law of an index as a table: exact where the index is small, points of an integral beyond."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Reals = NDArray[np.float64]


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
