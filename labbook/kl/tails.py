"""How densities fall off, and which expectations that leaves finite.

Towards an end of the support, with y → ∞ (y = |x|, or 1/δ at a distance δ from a finite end),
the logarithm of a density is, up to a constant,

    xlogx · y log y + x2 · y² + x · y + log · log y

Of r^a L^b under q the coefficients are a·p + (1 − a)·q; the first one that is not 0 decides
whether the expectation is finite. So the answers are exact: no sample and no quadrature can
tell an infinite variance from a large one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

_DECISIVE = 1e-12
"""Coefficients this close to 0, relative to their terms, count as 0: they were meant equal."""


@dataclass(frozen=True, slots=True)
class Tail:
    """The coefficients at one end."""

    xlogx: float = 0.0
    x2: float = 0.0
    x: float = 0.0
    log: float = 0.0

    @classmethod
    def at_edge(cls, exponent: float) -> Tail:
        """Where the density is δ^exponent at a distance δ from a finite end."""
        return cls(log=-(exponent + 2))

    @property
    def terms(self) -> tuple[float, float, float, float]:
        return self.xlogx, self.x2, self.x, self.log


_GROWTH = (1.0, 2.0, 1.0, 0.0)
"""The power of y with which L grows where that term of p and q differs."""

_THRESHOLD = (0.0, 0.0, 0.0, -1.0)
"""The integral converges where the first coefficient that counts lies below this."""

Ends = Iterable[tuple[Tail, Tail]]
"""The tails of q and of p at each end that both reach."""


def is_finite(ends: Ends, ratio_power: float, log_power: int = 0) -> bool:
    """Whether E_q[r^a |L|^b] is finite, as far as the ends tell."""
    return all(_end_is_finite(q, p, ratio_power, log_power) for q, p in ends)


def tail_index(ends: Ends) -> float:
    """sup {t : E_q[r^t] < ∞}; r exceeds y with a probability of about y to the minus this."""
    return min((_end_index(q, p) for q, p in ends), default=math.inf)


def _end_is_finite(q: Tail, p: Tail, a: float, b: int) -> bool:
    for cq, cp in list(zip(q.terms, p.terms, strict=True))[:-1]:
        mixed = a * cp + (1 - a) * cq
        if abs(mixed) > _DECISIVE * (abs(a * cp) + abs((1 - a) * cq)):
            return mixed < 0
    growth = next(
        (
            power
            for power, cq, cp in zip(_GROWTH, q.terms, p.terms, strict=True)
            if not math.isclose(cq, cp, rel_tol=_DECISIVE)
        ),
        0.0,
    )
    mixed = a * p.log + (1 - a) * q.log + b * growth
    return mixed < -1 - _DECISIVE * (1 + abs(p.log) + abs(q.log))


def _end_index(q: Tail, p: Tail) -> float:
    for threshold, cq, cp in zip(_THRESHOLD, q.terms, p.terms, strict=True):
        if cq == cp == 0:
            continue
        if cp <= cq or math.isclose(cq, cp, rel_tol=_DECISIVE):
            return math.inf
        return (threshold - cq) / (cp - cq)
    return math.inf
