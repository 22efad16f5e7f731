"""What is kept of samples that have gone by: sums that merge, whatever the order and sizes."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from labbook.kl import statistics as of
from labbook.kl.joint import Joint
from labbook.kl.moments import Moments

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from labbook.kl.statistics import Statistic

    Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Tally:
    """The sums over one part of a sample.

    moments: of each statistic's values, and of `ratio`, which is r − 1
    folds: L and k3 of the samples with even and with odd number
    largest: the `keep` largest log ratios
    lost: how many samples fell where p is nothing
    clamped: how many had a k3 that a trainer's clamp changes
    """

    moments: Mapping[str, Moments] = field(default_factory=dict)
    folds: tuple[Joint, Joint] = (Joint(), Joint())
    largest: Reals = field(default_factory=lambda: np.empty(0))
    lost: int = 0
    clamped: int = 0

    @property
    def count(self) -> int:
        """How many samples it is of."""
        return self.moments["ratio"].count if self.moments else 0

    @classmethod
    def of(
        cls,
        log_ratio: Reals,
        statistics: Mapping[str, Statistic],
        clamp: Statistic,
        keep: int,
        least: float = -math.inf,
    ) -> Tally:
        """From the log ratios of neighbouring samples, the first of even number.

        least: smaller log ratios are certain to be none of the largest
        """
        # Where p is nothing, L is −inf and so are the means made of it, as they should be.
        with np.errstate(over="ignore", invalid="ignore"):
            ratio = np.expm1(log_ratio)
            values = {name: each.of(log_ratio) for name, each in statistics.items()}
            values["clamped"] = clamp.of(log_ratio)
            moments = {name: Moments.of(each) for name, each in values.items()}
            moments["ratio"] = Moments.of(ratio)
            k3 = values["k3"] if "k3" in values else of.K3.of(log_ratio)
            folds = (
                Joint.of(log_ratio[0::2], k3[0::2]),
                Joint.of(log_ratio[1::2], k3[1::2]),
            )
            differs = values["clamped"] != k3
        return cls(
            moments,
            folds,
            largest_of(log_ratio[log_ratio >= least], keep),
            int(np.count_nonzero(np.isneginf(log_ratio))),
            int(np.count_nonzero(differs)),
        )

    def least(self, keep: int) -> float:
        """What a log ratio must reach to be one of the `keep` largest."""
        return float(self.largest.min()) if len(self.largest) >= keep else -math.inf

    def merge(self, other: Tally, keep: int) -> Tally:
        """Of both parts together."""
        if not self.moments or not other.moments:
            one = self if self.moments else other
            return replace(one, largest=largest_of(one.largest, keep))
        with np.errstate(over="ignore", invalid="ignore"):
            return Tally(
                {name: each.merge(other.moments[name]) for name, each in self.moments.items()},
                (
                    self.folds[0].merge(other.folds[0]),
                    self.folds[1].merge(other.folds[1]),
                ),
                largest_of(np.concatenate((self.largest, other.largest)), keep),
                self.lost + other.lost,
                self.clamped + other.clamped,
            )


def largest_of(log_ratio: Reals, keep: int) -> Reals:
    """The `keep` largest, in any order."""
    if len(log_ratio) <= keep:
        return log_ratio.copy()
    return np.partition(log_ratio, len(log_ratio) - keep)[len(log_ratio) - keep :]
