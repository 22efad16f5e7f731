"""The exact law of the index of the Poisson functional representation.

C. T. Li, A. El Gamal, "Strong functional representation lemma and applications to coding
theorems", IEEE Trans. Inf. Theory 64 (2018) 6967.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from labbook.channel.laws.mixture import GeometricMixture

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from labbook.channel.spectrum import Spectrum

    Reals = NDArray[np.float64]

BOUND = math.log2(math.e) / math.e
"""E log2 K exceeds KL(q ‖ p) by at most this, in bits (Li and El Gamal, 2018)."""


def poisson_law(spectrum: Spectrum) -> GeometricMixture:
    """Of K = argmin T_i / r(z_i).

    With θ = min T/r, which is exponential of mean 1 and independent of the chosen z, the points
    before it are a Poisson number of mean θ g(z), g(z) = E_p (r(z) − r(Z))_+. So K is geometric
    with success 1/(1 + g(z)) for a given z, whose law is q.

    Raises:
        UsageError: indices are too large for double precision.
    """
    there = spectrum.log2_q > -np.inf
    weights = np.exp2(spectrum.log2_q[there])
    return GeometricMixture(weights / weights.sum(), 1 / (1 + passed_over(spectrum)[there]))


def passed_over(spectrum: Spectrum) -> Reals:
    """g on each level: E_p (r − r(Z))_+, from increments, none of which is negative."""
    ratio = spectrum.ratio
    below = np.cumsum(spectrum.p)[:-1]
    return np.append(0.0, np.cumsum(below * np.diff(ratio)))
