"""How often each index was sent: all that a summary of many messages needs."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    Integers = NDArray[np.int64]


def _none() -> Integers:
    return np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class IndexCounts:
    """Different indices in ascending order, and how often each occurred.

    Its size grows with the number of different indices, about M · log(messages) for the
    geometric law of mean M, and not with the number of messages.
    """

    indices: Integers = field(default_factory=_none)
    counts: Integers = field(default_factory=_none)

    @classmethod
    def of(cls, messages: Integers) -> IndexCounts:
        indices, counts = np.unique(messages, return_counts=True)
        return cls(indices, counts.astype(np.int64))

    def merge(self, other: IndexCounts) -> IndexCounts:
        """The counts of both together."""
        indices, where = np.unique(
            np.concatenate([self.indices, other.indices]), return_inverse=True
        )
        counts = np.zeros(len(indices), dtype=np.int64)
        np.add.at(counts, where, np.concatenate([self.counts, other.counts]))
        return IndexCounts(indices, counts)

    @property
    def total(self) -> int:
        return int(self.counts.sum())

    def mean(self, of: Callable[[Integers], ArrayLike]) -> tuple[float, float]:
        """The mean of a function of the index, and its standard error; NaN for one message."""
        values = np.asarray(of(self.indices), dtype=np.float64)
        mean = float(np.average(values, weights=self.counts))
        squares = float((self.counts * (values - mean) ** 2).sum())
        se = math.sqrt(squares / (self.total - 1) / self.total) if self.total > 1 else math.nan
        return mean, se

    @property
    def entropy(self) -> float:
        """The entropy of the observed frequencies, in bits.

        It falls short of the true entropy by `entropy_bias` or more.
        """
        frequencies = self.counts / self.total
        return float((frequencies * np.log2(1 / frequencies)).sum())

    @property
    def entropy_bias(self) -> float:
        """How much too low `entropy` is on average, in bits, at the least: Miller's first-order
        term, (different indices − 1) / 2n nats. Indices so rare that none was seen add to it.

        G. Miller, "Note on the bias of information estimates", 1955.
        """
        return (len(self.indices) - 1) / (2 * self.total * math.log(2))
