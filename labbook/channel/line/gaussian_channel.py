"""The scalar Gaussian channel Y = X + N, seen as a prior and the targets of all inputs.

X and N are normal and independent. With the law of Y as the prior, N(0, 1) after scaling, the
target of an input is N(m, s²) with s = 2^−I, I the mutual information in bits, and m is itself
normal with variance 1 − s². By symmetry the pairs P_{X|Y}, P_X are the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from labbook.channel.codes.integers import expected_zeta
from labbook.channel.laws.mixture import GeometricMixture
from labbook.channel.laws.poisson import BOUND
from labbook.channel.line.gaussian import GaussianPair
from labbook.channel.line.gaussian_laws import poisson_law
from labbook.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Reals = NDArray[np.float64]

LARGEST_BITS = 40.0
"""Mutual information up to which the laws of indices are computed."""

_INPUTS = 28
_FAR = 9.0
_RARE = 1e-14
"""Shares of inputs that are left out: with them the largest index would only be larger."""

UPPER_BOUNDS: dict[str, tuple[str, Callable[[float], float]]] = {
    "li_el_gamal_2018": (
        "Li, El Gamal 2018",
        lambda bits: bits + math.log2(bits + 1) + BOUND + 2 + math.log2(BOUND + 2),
    ),
    "li_anantharam_2021": (
        "Li, Anantharam 2021",
        lambda bits: bits + math.log2(bits + 1) + 3.732,
    ),
    "flamich_2023": (
        "Flamich 2023",
        lambda bits: bits + math.log2(bits + 1) + 6,
    ),
    "li_2025": (
        "Li 2025",
        lambda bits: bits + math.log2(bits + 3.4) + 1,
    ),
    "ring_toss_2026": (
        "ring toss code 2026",
        lambda bits: bits + math.log2(bits + 1) + 2.45,
    ),
}
"""Published upper bounds for any channel of mutual information I, in bits, and their names.

On H(Y|S), S the shared randomness: I + log2(I + 1) + 3.871, C. T. Li, A. El Gamal, IEEE Trans. Inf.
Theory 64 (2018) 6967, and with 3.732, C. T. Li, V. Anantharam, IEEE Trans. Inf. Theory 67 (2021)
2624; I + log2(I + 3.4) + 1, C. T. Li, ISIT 2025, https://arxiv.org/abs/2501.13736. On the mean
length of a code: I + log2(I + 1) + 6, G. Flamich, NeurIPS 2023, https://arxiv.org/abs/2305.15313,
and with 2.45, "Rejection sampling is optimal for relative entropy coding", 2026,
https://arxiv.org/abs/2604.23076.
"""


@dataclass(frozen=True)
class GaussianChannel:
    """Y = X + N, by its mutual information.

    bits: I(X; Y)

    Raises:
        UsageError: bits is not above 0, or too large for the laws of indices.
    """

    bits: float

    def __post_init__(self) -> None:
        if not 0 < self.bits <= LARGEST_BITS:
            raise UsageError(
                f"A Gaussian channel is worked on for a mutual information above 0 and up to "
                f"{LARGEST_BITS:g} bits, not for {self.bits:g}."
            )

    @property
    def scale(self) -> float:
        """The standard deviation of the noise in those of Y."""
        return math.exp2(-self.bits)

    @property
    def input_sd(self) -> float:
        """The standard deviation of X in those of Y."""
        return math.sqrt(-math.expm1(-2 * self.bits * math.log(2)))

    def pair(self, x: float) -> GaussianPair:
        """Target and prior for the input x, in standard deviations of X."""
        return GaussianPair(x * self.input_sd, self.scale)

    @cached_property
    def pairs(self) -> list[tuple[float, GaussianPair]]:
        """Inputs for which a mean over X is Σ share · value: the share and the pair of each.

        Gauss and Legendre's rule for x > 0, since all depends on |x|; what it must resolve
        varies over the standard deviation of X.
        """
        places, weights = np.polynomial.legendre.leggauss(math.ceil(_INPUTS / self.input_sd))
        x = _FAR / 2 * (1 + places)
        shares = _FAR * weights * np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
        return [
            (float(share), self.pair(float(each)))
            for each, share in zip(x, shares, strict=True)
            if share > _RARE
        ]

    def mean(self, of: Callable[[GaussianPair], float]) -> float:
        """The mean over X of a function of the pair."""
        return math.fsum(share * of(pair) for share, pair in self.pairs)

    @property
    def floor_bits(self) -> float:
        """E D_CS(P_{X|Y} ‖ P_X): no scheme whatever takes fewer bits for one sample.

        C. T. Li, A. El Gamal, IEEE Trans. Inf. Theory 64 (2018) 6967; G. Flamich, S. M. Sriramu,
        A. B. Wagner, "The redundancy of non-singular channel simulation", ISIT 2025.
        """
        return self.mean(lambda pair: pair.dcs_bits)

    @cached_property
    def poisson_index(self) -> GeometricMixture:
        """The law of the index of the Poisson functional representation, over all inputs."""
        laws = [(share, poisson_law(pair)) for share, pair in self.pairs]
        weights = np.concatenate([share * law.weights for share, law in laws])
        success = np.concatenate([law.success for _, law in laws])
        return GeometricMixture(weights / weights.sum(), success)

    @property
    def poisson_bits(self) -> float:
        """H(K) of that index: what the best code for it takes that knows the channel only."""
        return self.poisson_index.entropy

    @property
    def poisson_zeta_bits(self) -> float:
        """The mean length of that index in the zeta code for this mutual information."""
        return expected_zeta(self.poisson_index, self.bits)
