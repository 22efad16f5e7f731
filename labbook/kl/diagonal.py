"""Normal distributions of many independent coordinates.

L is a sum over the coordinates, so M(t) = E_q[r^t] is a product, and E_q[r^a L^b], its b-th
derivative at a, comes from the power series of log M there. That is exact for every estimator
that is a sum of such terms; for others, such as clamped k3, the law is not known. Between close
distributions such terms cancel: there an estimator is expanded in powers of L first.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from labbook.errors import UsageError
from labbook.kl.families.inversion import uniforms
from labbook.kl.normal import Normal, NormalPair

if TYPE_CHECKING:
    from numpy.random import Philox
    from numpy.typing import NDArray

    from labbook.kl.statistics import Statistic

    Reals = NDArray[np.float64]
    Wide = NDArray[np.floating]
    Terms = Mapping[tuple[float, int], Fraction]

_NUMBERS = 1 << 15
"""Normal numbers at once, whatever the dimension."""

_CLOSE, _DEGREE = 0.05, 24
"""The spread of L below which estimators are expanded, and how far. What the fourth power of
k3 leaves out is then a part in 10^12 of it; above, its terms lose ten digits of nineteen."""


class DiagonalNormal:
    """A normal distribution with independent coordinates.

    Raises:
        UsageError: there is no coordinate, or not a standard deviation for each mean, or a
            standard deviation is not above 0.
    """

    def __init__(self, means: Sequence[float], sds: Sequence[float]) -> None:
        if not means or len(means) != len(sds):
            raise UsageError(
                "A diagonal normal distribution needs as many standard deviations as means, and "
                f"at least one of each, not {len(means)} means and {len(sds)} deviations."
            )
        self.parts = tuple(Normal(*each) for each in zip(means, sds, strict=True))

    def __str__(self) -> str:
        if len(self.parts) > 4:
            return f"diagonal normal of {len(self.parts):,} coordinates"
        return " × ".join(map(str, self.parts))


@dataclass(frozen=True)
class DiagonalPair:
    """q, from which the samples come, and p, of one dimension.

    Raises:
        UsageError: their dimensions differ.
    """

    q: DiagonalNormal
    p: DiagonalNormal

    lost: ClassVar[float] = 0.0
    missing_mass: ClassVar[float] = 0.0
    is_known: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if len(self.q.parts) != len(self.p.parts):
            raise UsageError(
                f"Distributions of {len(self.q.parts)} and of {len(self.p.parts)} coordinates "
                "cannot be compared."
            )

    @cached_property
    def factors(self) -> tuple[NormalPair, ...]:
        """The pair of each coordinate."""
        return tuple(map(NormalPair, self.q.parts, self.p.parts))

    @property
    def words_per_sample(self) -> int:
        return len(self.factors)

    def draw(self, bits: Philox, count: int) -> Reals:
        """L of the next `count` samples, from a word for each coordinate."""
        from scipy.special import ndtri

        dimension = self.words_per_sample
        c0, c1, c2 = self._coefficients
        found = np.empty(count)
        rows = max(1, _NUMBERS // dimension)
        for first in range(0, count, rows):
            part = found[first : first + rows]
            z = ndtri(uniforms(bits.random_raw(len(part) * dimension)))
            z = z.reshape(len(part), dimension)
            part[:] = c0.sum() + (z * (c1 + z * c2)).sum(axis=1)
        return found

    @cached_property
    def _coefficients(self) -> tuple[Reals, Reals, Reals]:
        c0, c1, c2 = np.array([each.coefficients for each in self.factors]).T
        return c0, c1, c2

    # What is finite

    @cached_property
    def _widening(self) -> tuple[Wide, Wide]:
        """(q.sd² − p.sd²) / p.sd² and the distance of the means in p.sd, by coordinate."""
        q, p = (
            np.array([(each.mean, each.sd) for each in whole.parts], dtype=np.longdouble).T
            for whole in (self.q, self.p)
        )
        return (q[1] - p[1]) * (q[1] + p[1]) / p[1] ** 2, (q[0] - p[0]) / p[1]

    def is_finite(self, ratio_power: float, _log_power: int = 0) -> bool:
        """Whether E_q[r^a |L|^b] is finite: it is where M is, and there for every b."""
        widening, _ = self._widening
        return bool(np.all(1 + ratio_power * widening > 0))

    @property
    def tail_index(self) -> float:
        """sup {t : E_q[r^t] < ∞}: that of the coordinate that p widens most."""
        widest = float(self._widening[0].min())
        return math.inf if widest >= 0 else -1 / widest

    # Expectations

    def moment(self, ratio_power: float, log_power: int = 0) -> float:
        """E_q[r^a L^b], which the caller knows to be finite."""
        return float(self._moment(ratio_power, log_power))

    def expectation(self, statistic: Statistic, order: int = 1, centre: float = 0.0) -> float:
        """E_q[(statistic − centre)^order], which the caller knows to be finite."""
        if statistic.terms is None:
            return math.nan
        terms = {at: Fraction(value) for at, value in statistic.terms.items()}
        terms[0, 0] = terms.get((0, 0), Fraction(0)) - Fraction(centre)
        if self._log_moments[2] < _CLOSE**2:
            coefficients = _power_of_series(_in_powers_of_log(terms), order)
            return float(np.dot(coefficients, self._log_moments))
        with np.errstate(over="ignore", invalid="ignore"):
            total = sum(
                _wide(value) * self._moment(*at) for at, value in _power(terms, order).items()
            )
        return float(total)

    @cached_property
    def _log_moments(self) -> Wide:
        """E_q[L^k] for k up to the degree."""
        factorials = [math.factorial(k) for k in range(_DEGREE + 1)]
        return _exp_series(self._log_series(0, _DEGREE)) * np.array(factorials, np.longdouble)

    def _moment(self, ratio_power: float, log_power: int) -> np.floating:
        series = self._log_series(ratio_power, log_power)
        derivative: np.floating = math.factorial(log_power) * _exp_series(series)[log_power]
        return derivative

    def _log_series(self, at: float, order: int) -> Wide:
        """Σ c_k h^k = log M(at + h), to this order.

        With ρ the widening and g the distance of a coordinate, log M(t) is the sum of
        [t log(1 + ρ) − log(1 + tρ) − t(1 − t) g² / (1 + tρ)] / 2.
        """
        widening, distance = self._widening
        width = 1 + at * widening
        share = widening / width
        powers = np.arange(order + 1, dtype=np.longdouble)[:, None]
        inverse = (-share) ** powers / width
        middle = at * (1 - at) * inverse
        middle[1:] += (1 - 2 * at) * inverse[:-1]
        middle[2:] -= inverse[:-2]
        series = -(distance**2) * middle
        series[1:] += (-share) ** powers[1:] / powers[1:]
        series[0] += at * np.log1p(widening) - np.log1p(at * widening)
        if order:
            series[1] += np.log1p(widening)
        return np.asarray(series.sum(axis=1) / 2)


def _exp_series(series: Wide) -> Wide:
    """The power series of exp of a power series."""
    found = np.zeros_like(series)
    found[0] = np.exp(series[0])
    for k in range(1, len(series)):
        j = np.arange(1, k + 1)
        found[k] = (j * series[j] * found[k - j]).sum() / k
    return found


def _in_powers_of_log(terms: Terms) -> list[Fraction]:
    """The coefficients of 1, L, L², … of a sum of r^a L^b, exactly: what cancels is gone."""
    found = [Fraction(0)] * (_DEGREE + 1)
    for (a, b), value in terms.items():
        for k in range(_DEGREE + 1 - b):
            found[k + b] += value * Fraction(a) ** k / math.factorial(k)
    return found


def _power_of_series(series: list[Fraction], order: int) -> Wide:
    """Its power, to the same degree."""
    wide = np.array([_wide(each) for each in series])
    found = wide
    for _ in range(order - 1):
        found = np.convolve(found, wide)[: _DEGREE + 1]
    return found


def _power(terms: Terms, order: int) -> dict[tuple[float, int], Fraction]:
    """The terms of a sum of r^a L^b, raised to a power."""
    found: dict[tuple[float, int], Fraction] = {(0, 0): Fraction(1)}
    for _ in range(order):
        product: dict[tuple[float, int], Fraction] = defaultdict(Fraction)
        for (a, b), one in found.items():
            for (c, d), other in terms.items():
                product[a + c, b + d] += one * other
        found = product
    return found


def _wide(value: Fraction) -> np.longdouble:
    """As much of it as extended precision holds."""
    high = float(value)
    return np.longdouble(high) + np.longdouble(float(value - Fraction(high)))
