"""A measured value beside the exact one."""

from __future__ import annotations

import math

_ROUNDING = 1e-9


def z_score(measured: float, exact: float, se: float, *, certain: bool = False) -> float | None:
    """How many standard errors lie between the two.

    Where there is no standard error, it is 0 for equal values. Others are infinitely far apart
    if the law itself does not vary; a small sample that happens not to vary says nothing: None.

    certain: a standard error of 0 is the law's, and not just the sample's
    """
    if se > 0:
        return (measured - exact) / se
    if math.isclose(measured, exact, rel_tol=_ROUNDING, abs_tol=_ROUNDING):
        return 0.0
    return math.inf if certain else None
