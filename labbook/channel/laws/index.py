"""What is known of the law of an index K = 1, 2, … that a coder sends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    Reals = NDArray[np.float64]


class CodedIndex(Protocol):
    """What the mean lengths of an index in codes for integers depend on.

    mean_log2: E log2 K, in bits
    """

    @property
    def mean_log2(self) -> float: ...

    def exceeds(self, k: ArrayLike) -> Reals:
        """P(K > k)."""
        ...


class IndexLaw(CodedIndex, Protocol):
    """The exact law of an index.

    mean: E K
    entropy: H(K), in bits: the length of an ideal code for it
    """

    @property
    def mean(self) -> float: ...
    @property
    def entropy(self) -> float: ...

    def log2_pmf(self, k: ArrayLike) -> Reals:
        """log2 P(K = k)."""
        ...
