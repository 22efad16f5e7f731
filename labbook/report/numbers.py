"""How labbook writes numbers: in tables, metrics, parameters and on axes alike.

Exponents are written as a person types them (`1e-5`, `1e7`), because what is read here is
often typed again as a parameter. JSON never passes here: it carries the full value.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from labbook.text.duration import duration
from labbook.text.plain import plain_line
from labbook.text.size import size

__all__ = ["column", "duration", "exact", "number", "short_exponent", "size", "with_error"]

DIGITS = 4
"""Significant digits of a measured value: a standard error is seldom known better."""

NOTHING = "–"

# Outside of these powers of ten a number is written with an exponent.
_SMALLEST = -4
_LARGEST = 7
# A column that spans more has each number in its own digits: those that the smallest needs would
# say of the largest what nobody knows.
_WIDEST_SPAN = 3
_LARGEST_SCORE = 1e4


def number(value: float, digits: int = DIGITS) -> str:
    """A number in `digits` significant digits, without zeros that say nothing.

    >>> [number(x) for x in (0.0050126, 1e7, 1.41421356e-7, 123456.7, -2.5, 0)]
    ['0.005013', '1e7', '1.414e-7', '123457', '-2.5', '0']
    """
    if not math.isfinite(value):
        return _not_finite(value)
    if value == 0:
        return "0"
    power = _power(value, digits)
    if _SMALLEST <= power < _LARGEST:
        return _strip(f"{value:.{max(0, digits - 1 - power)}f}")
    return short_exponent(f"{value:.{digits - 1}e}")


def exact(value: Any) -> str:
    """A value so that typing it gives it back: a parameter, a seed.

    >>> [exact(x) for x in (0.1, 10_000_000, 1234567, True, (0.5, 0.25), None)]
    ['0.1', '1e7', '1234567', 'true', '0.5,0.25', '–']
    """
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return _exact_int(value)
    if isinstance(value, float):
        text = repr(value)
        return short_exponent(text) if "e" in text else _strip(text)
    if isinstance(value, (list, tuple)):
        return ",".join(exact(item) for item in value)
    return plain_line(str(value))


def with_error(value: float, error: float | None) -> str:
    """A value and its uncertainty, the value to the error's second digit.

    >>> with_error(0.00210345, 0.0000412), with_error(1.5, None), with_error(1.5, 0.0)
    ('0.002103 ± 0.000041', '1.5', '1.5')
    """
    if error is None or not (math.isfinite(value) and math.isfinite(error) and error > 0):
        return number(value)
    last = _power(error, 2) - 1
    largest = max(_power(value, 15) if value else last, last)
    if largest >= _LARGEST or last < -7:
        digits = max(1, min(15, largest - last + 1))
        return f"{number(value, digits)} ± {number(error, 2)}"
    decimals = max(0, -last)
    return f"{value:.{decimals}f} ± {error:.{decimals}f}"


def column(values: Sequence[Any], digits: int = DIGITS) -> list[str]:
    """The cells of one column, numbers written alike so that they can be compared by eye.

    Whole numbers stand in full. Others share one number of decimals, so many that the
    smallest keeps its significant digits, or all have an exponent. Where they span too much for
    that, each has its own digits, and their points stand below each other.
    """
    floats = [value for value in values if isinstance(value, float) and math.isfinite(value)]
    if not floats:
        return [_cell(value, None) for value in values]
    known = [value for value in floats if value]
    if known and _have_own_digits([_power(value, digits) for value in known]):
        return _points_aligned(values, digits)
    style = _style(known, digits)
    return [_cell(value, style) for value in values]


def scores(values: Sequence[Any]) -> list[str]:
    """The cells of a column of distances in standard errors, to a hundredth.

    >>> scores([-0.30216, 12, None, 1.5e9])
    ['-0.30', '12.00', '–', '1.5e9']
    """
    return [
        f"{value:.2f}"
        if isinstance(value, (int, float)) and abs(value) < _LARGEST_SCORE
        else column([value])[0]
        for value in values
    ]


def short_exponent(text: str) -> str:
    """ "1.50e-05" as "1.5e-5"."""
    mantissa, _, power = text.partition("e")
    return f"{_strip(mantissa)}e{int(power)}"


def _have_own_digits(powers: Sequence[int]) -> bool:
    """Whether numbers with these leading digits span much, and do not all need exponents."""
    low, high = min(powers), max(powers)
    return high - low > _WIDEST_SPAN and high < _LARGEST and (low >= _SMALLEST - 1 or high >= 0)


def _style(values: list[float], digits: int) -> str:
    """The format that suits all of a column's values: "f" or "e", with decimals."""
    if not values:
        return ".0f"
    powers = [_power(value, digits) for value in values]
    low, high = min(powers), max(powers)
    fits = low >= _SMALLEST - 1 and high < _LARGEST and high - low <= _WIDEST_SPAN
    kind, decimals = ("f", max(0, digits - 1 - low)) if fits else ("e", digits - 1)
    while decimals and all(
        float(f"{value:.{decimals - 1}{kind}}") == float(f"{value:.{decimals}{kind}}")
        for value in values
    ):
        decimals -= 1
    return f".{decimals}{kind}"


def _points_aligned(values: Sequence[Any], digits: int) -> list[str]:
    """Floats in so many digits each, with blanks behind them; other cells as they are."""
    cells = [
        number(value, digits) if isinstance(value, float) else _cell(value, None)
        for value in values
    ]
    behind = [
        _behind(cell) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
        for value, cell in zip(values, cells, strict=True)
    ]
    widest = max(past for past in behind if past is not None)
    return [
        cell if past is None else cell + " " * (widest - past)
        for cell, past in zip(cells, behind, strict=True)
    ]


def _behind(cell: str) -> int:
    """How much of a number stands from its point, or its exponent, on."""
    return len(cell) - next((at for at, each in enumerate(cell) if each in ".e"), len(cell))


def _cell(value: Any, style: str | None) -> str:
    if isinstance(value, bool) or value is None or not isinstance(value, (int, float)):
        return exact(value)
    if not math.isfinite(value):
        return _not_finite(value)
    if isinstance(value, int) or style is None:
        return str(value)
    text = f"{value:{style}}"
    if style.endswith("f"):
        return text
    mantissa, _, power = text.partition("e")
    return f"{mantissa}e{int(power)}"


def _power(value: float, digits: int) -> int:
    """The power of ten of the leading digit, after rounding to `digits`."""
    return int(f"{value:.{digits - 1}e}".partition("e")[2])


def _exact_int(value: int) -> str:
    # Above 2**53 a number with an exponent would not be read back as the same integer.
    if not 10**6 <= abs(value) < 2**53:
        return str(value)
    significant = str(abs(value)).rstrip("0")
    if len(significant) > 3:
        return str(value)
    return short_exponent(f"{value:.{len(significant) - 1}e}")


def _strip(text: str) -> str:
    return text.rstrip("0").removesuffix(".") if "." in text else text


def _not_finite(value: float) -> str:
    return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
