"""Numbers in JSON: it has no NaN and no infinities, so labbook writes them as strings."""

from __future__ import annotations

import math
from typing import Any

_NON_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def encode(value: Any) -> Any:
    """Return `value` with each non-finite float as "nan", "inf" or "-inf"."""
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    if isinstance(value, dict):
        return {key: encode(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [encode(item) for item in value]
    return value


def number(value: Any) -> float:
    """Read back one number that `encode` wrote.

    Raises:
        ValueError: it is no number.
    """
    if isinstance(value, str):
        if value in _NON_FINITE:
            return _NON_FINITE[value]
        raise ValueError(f"not a number: {value!r}")
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"not a number: {value!r}")
    return float(value)


def decode_cell(value: Any) -> Any:
    """Read back one cell: the three strings become floats again, all else stays."""
    return _NON_FINITE.get(value, value) if isinstance(value, str) else value
