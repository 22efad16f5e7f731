"""In which floating-point format numbers were once held, and what its rounding does to a KL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Reals = NDArray[np.float64]

FORMATS = {"bfloat16": 8, "float16": 11, "float32": 24}
"""The bits of a significand, with the leading one. Everything else counts as float64."""

FEW_VALUES = 16
"""So many different values at least are needed to tell: a handful may be round by chance."""


def coarsest_format(values: Reals) -> str:
    """The coarsest format that holds all of the values: "bfloat16", …, "float64"."""
    finite = np.unique(values[np.isfinite(values)])
    if finite.size >= FEW_VALUES:
        significand, _ = np.frexp(finite)
        for name, bits in FORMATS.items():
            scaled = np.ldexp(significand, bits)
            if np.array_equal(scaled, np.rint(scaled)):
                return name
    return "float64"


def rounding_variance(values: Reals, name: str) -> float:
    """The mean square of what rounding to a format has taken from the values, or added.

    That of a uniform error of one spacing: spacing² / 12. Zeros and infinities are exact.
    """
    inexact = values[np.isfinite(values) & (values != 0)]
    if name == "float64" or not inexact.size:
        return 0.0
    _, exponent = np.frexp(inexact)
    spacing = np.ldexp(1.0, exponent - FORMATS[name])
    return float(np.square(spacing).sum()) / 12 / values.size
