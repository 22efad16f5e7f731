"""An axis of a text plot: its limits, where a value lies on it, and its ticks."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from labbook.report.numbers import short_exponent
from labbook.report.words import HUGE, TINY, fits

_PLAIN_POWERS = range(-4, 5)  # decades that are written out: 0.0001 to 10000


@dataclass(frozen=True, slots=True)
class Tick:
    """A labelled value of an axis; the label, read as a number, is the value."""

    value: float
    label: str


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis from `low` to `high`, linear or logarithmic."""

    low: float
    high: float
    log: bool = False

    @classmethod
    def over(cls, values: Iterable[float], *, log: bool = False, pad: float = 0.03) -> Scale:
        """The axis that holds all values that can be drawn on it, with a margin.

        pad: the margin on each side, as a part of the axis
        """
        drawn = [value for value in values if fits(value, log=log)]
        if not drawn:
            return cls(1.0, 10.0, log) if log else cls(0.0, 1.0)
        low, high = min(drawn), max(drawn)
        if log:
            return cls(*_log_limits(low, high, pad), log=True)
        return cls(*_linear_limits(low, high, pad))

    @classmethod
    def standing(cls, values: Iterable[float], *, pad: float = 0.03) -> Scale:
        """The linear axis of bars: zero is on it, at its end when no bar lies beyond."""
        drawn = [0.0, *(value for value in values if fits(value, log=False))]
        scale, low, high = cls.over(drawn, pad=pad), min(drawn), max(drawn)
        if high - low <= TINY:
            return cls(0.0, 1.0)
        return cls(scale.low if low < 0 else 0.0, scale.high if high > 0 else 0.0)

    def fraction(self, value: float) -> float | None:
        """Where a value lies, 0 at the low end and 1 at the high; None if it cannot be drawn."""
        if not fits(value, log=self.log):
            return None
        if self.log:
            low, high = math.log10(self.low), math.log10(self.high)
            return (math.log10(value) - low) / (high - low)
        return (value - self.low) / (self.high - self.low)

    def ticks(self, most: int) -> tuple[Tick, ...]:
        """At most `most` ticks at round values, as many as that allows.

        Linear ones are 1, 2 or 5 times a power of ten apart. Logarithmic ones are whole
        decades, with 2 and 5 between where there is room; an axis of less than a decade
        has linear ones.
        """
        find = _log_ticks if self.log else _linear_ticks
        found = find(self.low, self.high, max(2, most))
        return tuple(tick for tick in found if fits(tick.value, log=self.log))


def _linear_limits(low: float, high: float, pad: float) -> tuple[float, float]:
    largest = max(abs(low), abs(high))
    if high - low <= max(largest * 1e-12, TINY):  # constant, but for rounding
        margin = largest * 0.1 if largest > TINY * 10 else 1.0
    else:
        margin = (high - low) * pad
    return low - margin, high + margin


def _log_limits(low: float, high: float, pad: float) -> tuple[float, float]:
    first, last = math.log10(low), math.log10(high)
    margin = min((last - first) * pad, 5.0) if last - first > 1e-6 else 0.5
    return max(10 ** (first - margin), TINY), min(10 ** (last + margin), HUGE)


def _linear_ticks(low: float, high: float, most: int) -> tuple[Tick, ...]:
    power = math.floor(math.log10((high - low) / most))
    for mantissa, exponent in _steps(power - 1):
        step = mantissa * 10.0**exponent
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        if last - first + 1 <= most:
            return tuple(
                Tick(float(label), label)
                for label in _linear_labels(range(first, last + 1), mantissa, exponent)
            )
    return ()


def _steps(power: int) -> Iterable[tuple[int, int]]:
    return ((mantissa, exponent) for exponent in range(power, power + 4) for mantissa in (1, 2, 5))


def _linear_labels(counts: range, mantissa: int, exponent: int) -> list[str]:
    """The values `count * mantissa * 10**exponent`, in as many decimals as they have."""
    whole = [count * mantissa for count in counts]
    largest = max((abs(each) for each in whole), default=1) or 1
    power = len(str(largest)) - 1 + exponent
    if -4 <= power < 6 and exponent >= -6:
        decimals = max(0, -exponent)
        # Whole numbers keep the label equal to the value to the last digit.
        return [f"{each * 10 ** max(0, exponent) / 10**decimals:.{decimals}f}" for each in whole]
    return ["0" if not each else short_exponent(_scientific(each, exponent)) for each in whole]


def _scientific(whole: int, exponent: int) -> str:
    digits = str(abs(whole))
    sign = "-" if whole < 0 else ""
    return f"{sign}{digits[0]}.{digits[1:] or '0'}e{exponent + len(digits) - 1}"


def _log_ticks(low: float, high: float, most: int) -> tuple[Tick, ...]:
    first, last = math.log10(low), math.log10(high)
    decades = range(math.ceil(first - 1e-9), math.floor(last + 1e-9) + 1)
    for mantissas in ((1, 2, 5), (1, 3)):
        finer = [
            (mantissa, power)
            for power in range(decades.start - 1, decades.stop)
            for mantissa in mantissas
            if first - 1e-9 <= power + math.log10(mantissa) <= last + 1e-9
        ]
        if 3 <= len(finer) <= most and len(decades) >= 1:
            return _decade_labels(finer)
    if len(decades) < 2:
        return _linear_ticks(low, high, most)
    stride = math.ceil(len(decades) / most)
    kept = [(1, power) for power in decades if power % stride == 0]
    return _decade_labels(kept if len(kept) > 1 else [(1, decades[0]), (1, decades[-1])])


def _decade_labels(ticks: list[tuple[int, int]]) -> tuple[Tick, ...]:
    if all(power in _PLAIN_POWERS for _, power in ticks):
        labels = [f"{float(f'{mantissa}e{power}'):g}" for mantissa, power in ticks]
    else:
        labels = [f"{mantissa}e{power}" for mantissa, power in ticks]
    return tuple(Tick(float(label), label) for label in labels)
