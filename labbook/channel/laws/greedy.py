"""The exact law of the index of greedy rejection.

P. Harsha, R. Jain, D. McAllester, J. Radhakrishnan, "The communication complexity of
correlation", IEEE Trans. Inf. Theory 56 (2010) 438.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from labbook.channel.laws.stepped import SteppedLaw

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from labbook.channel.spectrum import Spectrum

    Reals = NDArray[np.float64]


def greedy_law(spectrum: Spectrum) -> SteppedLaw:
    """Of K.

    Trial k + 1 is reached with probability T, accepts with probability clip((r − L)/T, 0, 1),
    and then L grows by T. Between two levels of r, P(r > L) is some constant w and T shrinks by
    1 − w at every trial: the law is geometric from level to level.

    Raises:
        UsageError: indices are too large for double precision.
    """
    plan = schedule(spectrum)
    return SteppedLaw(plan.start, plan.left, plan.success)


@dataclass(frozen=True, eq=False)
class Schedule:
    """L and T, trial by trial: after `start[i]` failures they are `low[i]` and `left[i]`, and
    every further trial succeeds with `success[i]` until the next stretch begins.
    """

    start: Reals
    low: Reals
    left: Reals
    success: Reals

    def at(self, failures: Reals) -> tuple[Reals, Reals]:
        """L and T after so many failures."""
        stretch = np.searchsorted(self.start, failures, side="right") - 1
        success, left = self.success[stretch], self.left[stretch]
        steps = failures - self.start[stretch]
        with np.errstate(divide="ignore", invalid="ignore"):
            decay = np.where(steps > 0, steps * np.log1p(-success), 0.0)
        low = self.low[stretch] + left * -np.expm1(decay) / success
        return low, left * np.exp(decay)


def schedule(spectrum: Spectrum) -> Schedule:
    """The trials of greedy rejection, in stretches.

    Raises:
        UsageError: indices are too large for double precision.
    """
    stretches = _Stretches(spectrum)
    while stretches.go_on():
        pass
    return stretches.schedule()


class _Stretches:
    """Where the law stands: the level that L is below, L itself, T, and trials that failed."""

    def __init__(self, spectrum: Spectrum) -> None:
        self._p = spectrum.p
        self._ratio = spectrum.ratio
        self._above = np.exp2(np.minimum(spectrum.log2_above[0], 0.0))
        self._level = int(np.searchsorted(self._ratio, 0.0, side="right"))
        self._low, self._left, self._failures = 0.0, 1.0, 0.0
        self._found: list[tuple[float, float, float, float]] = []

    def go_on(self) -> bool:
        """Through the trials up to the next level, and the one that crosses it."""
        wide = float(self._above[self._level])
        steps = self._steps(wide)
        if steps:
            self._add(wide)
        if math.isinf(steps):
            return False
        decay = steps * math.log1p(-wide) if steps else 0.0
        self._low += self._left * -math.expm1(decay) / wide
        self._left *= math.exp(decay)
        self._failures += steps
        return self._cross()

    def schedule(self) -> Schedule:
        return Schedule(*np.array(self._found).T)

    def _add(self, success: float) -> None:
        self._found.append((self._failures, self._low, self._left, min(success, 1.0)))

    def _steps(self, wide: float) -> float:
        """Trials after which L is still at most the level; without end at the last level."""
        share = (self._ratio[self._level] - self._low) * wide / self._left
        if self._level == len(self._ratio) - 1 or share >= 1:
            return math.inf
        return 0.0 if wide >= 1 else math.floor(math.log1p(-share) / math.log1p(-wide))

    def _cross(self) -> bool:
        low, before = self._low + self._left, self._level
        self._level = int(np.searchsorted(self._ratio, low, side="right"))
        passed, above = slice(before, self._level), slice(self._level, None)
        # Rounding may have carried L a hair beyond the level that it was to stop at.
        over = np.maximum(self._ratio[passed] - self._low, 0.0)
        accepted = float(np.dot(self._p[passed], over)) / self._left
        self._add(accepted + float(self._p[above].sum()))
        self._left = float(np.dot(self._p[above], self._ratio[above] - low))
        self._low = low
        self._failures += 1
        return self._left > 0
