"""Normal random numbers of words, the same on every machine.

The quantile function is made of additions, multiplications, divisions and square roots alone,
which IEEE 754 rounds in one way, and of the logarithm of `exponentials`, which is too. So what
Alice and Bob must share is the stream: neither a library's version nor a processor makes a
difference. M. J. Wichura, "Algorithm AS 241: the percentage points of the normal distribution",
Applied Statistics 37 (1988) 477.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from labbook.channel.coders.exponentials import log_of
from labbook.compute.random import uniforms

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Words = NDArray[np.uint64]
    Reals = NDArray[np.float64]

_MIDDLE = 0.425
"""Quantiles of probabilities that lie no farther from a half have a formula of their own."""

_OUTER = 5.0
"""So have those beyond this √(−ln p), p the mass that is farther out."""

_NEAR = (
    (
        2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4,
        4.5921953931549871457e4, 1.3731693765509461125e4, 1.9715909503065514427e3,
        1.3314166789178437745e2, 3.3871328727963666080e0,
    ),
    (
        5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4,
        2.1213794301586595867e4, 5.3941960214247511077e3, 6.8718700749205790830e2,
        4.2313330701600911252e1, 1.0,
    ),
)  # fmt: skip
_TAIL = (
    (
        7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1,
        1.27045825245236838258e0, 3.64784832476320460504e0, 5.76949722146069140550e0,
        4.63033784615654529590e0, 1.42343711074968357734e0,
    ),
    (
        1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2,
        1.48103976427480074590e-1, 6.89767334985100004550e-1, 1.67638483018380384940e0,
        2.05319162663775882187e0, 1.0,
    ),
)  # fmt: skip
_FAR_TAIL = (
    (
        2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3,
        2.65321895265761230930e-2, 2.96560571828504891230e-1, 1.78482653991729133580e0,
        5.46378491116411436990e0, 6.65790464350110377720e0,
    ),
    (
        2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5,
        7.86869131145613259100e-4, 1.48753612908506148525e-2, 1.36929880922735805310e-1,
        5.99832206555887937690e-1, 1.0,
    ),
)  # fmt: skip
"""Coefficients of numerator and denominator, from the highest power."""

_Ratio = tuple[tuple[float, ...], tuple[float, ...]]


def normals(words: Words) -> Reals:
    """The normal quantile of (⌊word / 2^12⌋ + ½) / 2^52, for each word; off by 2 parts in 10^15."""
    u = uniforms(words)
    away = u - 0.5
    found = away * _quotient(_NEAR, 0.180625 - away * away)
    outside = np.abs(away) > _MIDDLE
    out = u[outside]
    root = np.sqrt(-log_of(np.minimum(out, 1 - out)))
    size = np.where(
        root <= _OUTER, _quotient(_TAIL, root - 1.6), _quotient(_FAR_TAIL, root - _OUTER)
    )
    found[outside] = np.where(out < 0.5, -size, size)
    return np.asarray(found)


def _quotient(ratio: _Ratio, x: Reals) -> Reals:
    over, under = (_polynomial(each, x) for each in ratio)
    return over / under


def _polynomial(coefficients: tuple[float, ...], x: Reals) -> Reals:
    found = np.full_like(x, coefficients[0])
    for each in coefficients[1:]:
        found *= x
        found += each
    return found
