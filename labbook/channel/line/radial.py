"""The length of a normal vector whose coordinates are independent, each with its own spread.

Its square D is a weighted sum of noncentral χ² variables. With the transform
E exp(−sD) = Π (1 + 2 v s)^(−1/2) exp(−μ² s / (1 + 2 v s)), v the variances and μ the means,

    P(D ≤ x) = 1/(2πi) ∫ exp(s x) E exp(−sD) ds / s,

the path of integration upwards to the right of 0; to the left of it one has −P(D > x). The path
taken here crosses the real axis at the saddle point of the integrand, near which it is largest,
and bends to the left in a hyperbola around the singularities, which are real: so what is added up
hardly cancels, and even tails of e^-1000 keep their relative accuracy, whatever the weights.
S. O. Rice, SIAM J. Sci. Stat. Comput. 1 (1980) 438; J. A. C. Weideman, L. N. Trefethen, Math. Comp.
76 (2007) 1341, for the hyperbola.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Reals = NDArray[np.float64]
    Complex = NDArray[np.complex128]

_DEEP = 45.0
"""A path ends where the integrand has fallen to e^-45 of its largest value."""

_STEP = 0.065
"""Between places on a path, in its own parameter: an error of e^-38."""

_ACROSS = 0.6
"""The same in standard deviations of the bell that the integrand is where it is steep: e^-55."""

_BESIDE = 0.17
"""The same in distances from the pole at 0, for a path between it and the others: e^-37."""

_ENDS = np.linspace(0.0, 1.0, 12)
"""Where a path may end, evenly in the logarithm from where a bell ends to where all does."""

_HALVINGS = 26
_AT_ONCE = 1 << 12
_LOGIT = 60.0
"""A saddle point below 0 is found between so far from either end of where it may be."""


@dataclass(frozen=True, slots=True)
class _Path:
    """A hyperbola around its focus, on the real axis, that opens to the left by 120°.

    reach: (rows, 1), how far right of the focus the path crosses the axis
    """

    focus: float
    reach: Reals

    def at(self, u: Reals) -> tuple[Complex, Complex]:
        """The place with this parameter, 0 where it crosses the axis, and its derivative."""
        turn = math.sqrt(3) * 1j
        s = self.focus + self.reach * (2 - np.cosh(u) + turn * np.sinh(u))
        return s, self.reach * (turn * np.cosh(u) - np.sinh(u))


@dataclass(frozen=True, eq=False)
class Radial:
    """|X| for a normal vector X.

    means: (coordinates,)
    sds: (coordinates,), above 0
    """

    means: Reals
    sds: Reals

    def log_within(self, d: Reals) -> Reals:
        """ln P(|X| ≤ d)."""
        low, log_tail, _ = self._tails(d)
        with np.errstate(divide="ignore"):
            return np.where(low, log_tail, np.log1p(-np.exp(np.where(low, -1.0, log_tail))))

    def beyond(self, d: Reals) -> Reals:
        """P(|X| > d)."""
        low, log_tail, _ = self._tails(d)
        return np.where(low, -np.expm1(log_tail), np.exp(log_tail))

    def density(self, d: Reals) -> Reals:
        """Of |X| at d ≥ 0."""
        return np.asarray(2 * d * np.exp(self._tails(d)[2]))

    @property
    def mean_square(self) -> float:
        """E |X|²."""
        return float((self.means**2 + self.sds**2).sum())

    @cached_property
    def _groups(self) -> list[tuple[float, int, float]]:
        """Each variance, how many coordinates have it, and the sum of their squared means."""
        groups = []
        for sd in np.unique(self.sds):
            same = self.sds == sd
            groups.append((float(sd) ** 2, int(same.sum()), float((self.means[same] ** 2).sum())))
        return groups

    def _tails(self, d: Reals) -> tuple[NDArray[np.bool_], Reals, Reals]:
        """Whether d is low, ln of P(|X| ≤ d) if it is and else of P(|X| > d), ln density of D."""
        x = np.square(np.asarray(d, dtype=np.float64))
        low = x <= self.mean_square
        log_tail = np.full(x.shape, -np.inf)
        log_density = np.full(x.shape, -np.inf)
        for side, rows in ((1, low & (x > 0)), (-1, ~low & np.isfinite(x))):
            places = x[rows]
            parts = [
                self._one_side(places[begin : begin + _AT_ONCE], side)
                for begin in range(0, len(places), _AT_ONCE)
            ]
            if parts:
                log_tail[rows] = np.concatenate([part[0] for part in parts])
                log_density[rows] = np.concatenate([part[1] for part in parts])
        return low, log_tail, log_density

    def _one_side(self, x: Reals, side: int) -> tuple[Reals, Reals]:
        """ln of the tail and of the density of D at x, by a path right (1) or left (-1) of 0."""
        saddle = self._saddle_above(x) if side > 0 else self._saddle_below(x)
        focus = 0.0 if side > 0 else -1 / (2 * self._groups[-1][0])
        path = _Path(focus, (saddle - focus)[:, None])
        bell = 1 / (math.sqrt(3) * path.reach[:, 0] * np.sqrt(self._bend(saddle)))
        end = self._end(path, saddle, x, bell)
        finest = np.minimum(_STEP, _ACROSS * bell)
        if side < 0:
            finest = np.minimum(finest, _BESIDE * -saddle / (math.sqrt(3) * path.reach[:, 0]))
        nodes = math.ceil(float((end / finest).max()))
        step = (end / nodes)[:, None]
        s, along = path.at(step * np.arange(nodes + 1))
        along[:, 0] /= 2
        terms = self._fallen(s, saddle[:, None], x[:, None]) * along * (step / math.pi)
        tail, density = (terms / (side * s)).imag.sum(axis=1), terms.imag.sum(axis=1)
        top = x * saddle + self._log_transform(saddle)
        with np.errstate(divide="ignore"):
            return top + np.log(np.maximum(tail, 0.0)), top + np.log(np.maximum(density, 0.0))

    def _end(self, path: _Path, saddle: Reals, x: Reals, bell: Reals) -> Reals:
        """Where each path may end, if its bell has this standard deviation."""
        all_ends = np.arccosh(1 + _DEEP / np.minimum(path.reach[:, 0] * x, 1.0))
        bell_ends = np.minimum(math.sqrt(_DEEP) * bell, all_ends)
        ends = bell_ends[:, None] * (all_ends / bell_ends)[:, None] ** _ENDS
        size = np.abs(self._fallen(path.at(ends)[0], saddle[:, None], x[:, None]))
        over = size < math.exp(-_DEEP)
        over[:, -1] = True
        return np.asarray(ends[np.arange(len(x)), over.argmax(axis=1)])

    def _fallen(self, s: Complex, saddle: Reals, x: Reals) -> Complex:
        """exp(s x) E exp(−sD) over its value at the saddle point."""
        exponent = x * (s - saddle)
        factor = np.ones_like(s)
        for variance, count, square in self._groups:
            there = 1 + 2 * variance * saddle
            shrunk = there / (1 + 2 * variance * s)
            factor *= np.sqrt(shrunk) ** count
            if square:
                exponent += square / (2 * variance) * (shrunk - 1) / there
        return np.asarray(factor * np.exp(exponent))

    def _log_transform(self, s: Reals) -> Reals:
        """ln E exp(−sD)."""
        found = np.zeros_like(s)
        for variance, count, square in self._groups:
            widened = 1 + 2 * variance * s
            found -= count / 2 * np.log(widened) + square * s / widened
        return found

    def _pull(self, s: Reals) -> Reals:
        """What x is where the integrand of the tail has its saddle point at s."""
        found = 1 / s
        for variance, count, square in self._groups:
            widened = 1 + 2 * variance * s
            found = found + (count * variance + square / widened) / widened
        return found

    def _bend(self, s: Reals) -> Reals:
        """The second derivative of the logarithm of the integrand."""
        found = 1 / s**2
        for variance, count, square in self._groups:
            widened = 1 + 2 * variance * s
            found = found + 2 * variance * (count * variance + 2 * square / widened) / widened**2
        return found

    def _saddle_above(self, x: Reals) -> Reals:
        most = 1 + sum(count / 2 + square / (2 * v) for v, count, square in self._groups)
        low, high = np.zeros_like(x), np.full_like(x, math.log(most))
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            beyond = self._pull(np.exp(middle) / x) > x
            low, high = np.where(beyond, middle, low), np.where(beyond, high, middle)
        return np.asarray(np.exp((low + high) / 2) / x)

    def _saddle_below(self, x: Reals) -> Reals:
        end = 1 / (2 * self._groups[-1][0])
        low, high = np.full_like(x, -_LOGIT), np.full_like(x, _LOGIT)
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            beyond = self._pull(-end / (1 + np.exp(middle))) > x
            low, high = np.where(beyond, middle, low), np.where(beyond, high, middle)
        return np.asarray(-end / (1 + np.exp((low + high) / 2)))
