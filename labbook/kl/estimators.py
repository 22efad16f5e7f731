"""The estimators of KL(q ‖ p) from samples x of q, as functions of L = log p(x) − log q(x).

With r = exp L, each sample contributes

    k1 = −L               unbiased
    k2 = L² / 2           biased, of low variance for close distributions
    k3 = (r − 1) − L      unbiased where p and q share support, and never negative

J. Schulman, "Approximating KL divergence", 2020, http://joschu.net/blog/kl-approx.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from labbook.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Reals = NDArray[np.float64]
    Singles = NDArray[np.float32]

# k3 / L² = Σ L^j / (j + 2)!, j = 0 to 7.
_SERIES = (1 / 2, 1 / 6, 1 / 24, 1 / 120, 1 / 720, 1 / 5040, 1 / 40320, 1 / 362880)

SERIES_BELOW = 1 / 32
"""In float64: what eight terms leave out is below one part in 10^16 here."""

_SINGLE_TERMS = 6
SINGLE_SERIES_BELOW = 1 / 4
"""In float32: what six terms leave out is below one part in 5·10^7 here."""

SMALL_RATIO = 1 / 16
"""Root mean square of L below which float32 takes the series. Above, the mean of expm1(L) − L
is off by 2.5 parts in 10^7 at most; at a KL of 5·10^-5 it would be off by 8 parts in 10^6, from
5·10^-7 down by 3 in 10^5 (measured; the bias is that of NumPy's float32 expm1, which is not
rounded to nearest)."""

SMALLEST = 3e-10
"""The root mean square of L from which its fourth power fits into float32."""


def need_single_precision(size: float) -> None:
    """Refuse log ratios of this root mean square if float32 does not resolve them; 0 it does.

    Raises:
        UsageError: it does not.
    """
    if 0 < size < SMALLEST:
        raise UsageError(
            f"The log ratios of these distributions are of the size {size:.1g}, too close for "
            "single precision.",
            hint="Use labbook.kl.measure, which computes in double precision.",
        )


def k1(log_ratio: Reals) -> Reals:
    """−L, in nats."""
    return np.negative(log_ratio)


def k2(log_ratio: Reals) -> Reals:
    """L² / 2, in nats."""
    return np.asarray(np.square(log_ratio) / 2)


def k3(log_ratio: Reals) -> Reals:
    """(exp L − 1) − L, in nats, with full relative precision for small L too."""
    log_ratio = np.asarray(log_ratio, dtype=np.float64)
    small = np.abs(log_ratio) < SERIES_BELOW
    near = np.where(small, log_ratio, 0.0)
    series = np.full_like(near, _SERIES[-1])
    for coefficient in _SERIES[-2::-1]:
        series = series * near + coefficient
    return np.asarray(np.where(small, near * near * series, np.expm1(log_ratio) - log_ratio))


ESTIMATORS: dict[str, Callable[[Reals], Reals]] = {"k1": k1, "k2": k2, "k3": k3}


def k3_single(log_ratio: Singles, out: Singles) -> None:
    """k3 in float32, into `out`, for log ratios of which most are not small."""
    np.expm1(log_ratio, out=out)
    out -= log_ratio


def k3_single_small(log_ratio: Singles, out: Singles) -> None:
    """k3 in float32, into `out`, with full relative precision for small log ratios."""
    np.multiply(log_ratio, np.float32(_SERIES[_SINGLE_TERMS - 1]), out=out)
    for coefficient in _SERIES[_SINGLE_TERMS - 2 : 0 : -1]:
        out += np.float32(coefficient)
        out *= log_ratio
    out += np.float32(_SERIES[0])
    out *= log_ratio
    out *= log_ratio
    if max(log_ratio.max(), -log_ratio.min()) > SINGLE_SERIES_BELOW:
        large = np.flatnonzero(np.abs(log_ratio) > SINGLE_SERIES_BELOW)
        out[large] = np.expm1(log_ratio[large]) - log_ratio[large]
