"""Additive noise by dithered quantisation: one rounding, and no search.

Alice and Bob share a stream of random words. Alice rounds what she has, shifted by a shared
fraction of a step, and sends the whole number K; Bob undoes the shift:

    K = round(x / step − U),  Y = step · (K + U),  U uniform on (−1/2, 1/2).

Y is x plus noise that is uniform on an interval of one step, whatever x is (J. Ziv, IEEE Trans.
Inf. Theory 31 (1985) 344; R. Zamir, M. Feder, IEEE Trans. Inf. Theory 38 (1992) 428). Any
unimodal noise is a mixture of uniform ones: with the step itself drawn from the shared words,
the noise is that (C. F. Hegazy, C. T. Li, "Randomized quantization with exact error distribution",
ITW 2022). The normal law N(0, s²) is the mixture of half-widths s √(χ² of 3 degrees).

Samples are numbers from 0 within a block of the stream. A uniform sample i has word i; a layered
one has words 2i, for the width, and 2i + 1, for the shift. A word w stands for the fraction
(⌊w / 2^12⌋ + 1/2) / 2^52.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from labbook.compute.random import uniforms
from labbook.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from labbook.compute import Stream

    Reals = NDArray[np.float64]
    Messages = NDArray[np.int64]
    Words = NDArray[np.uint64]

_MOST_STEPS = 2.0**51
"""From here on doubles are so far apart that nothing is left of the shift."""


@dataclass(frozen=True, slots=True)
class UniformDither:
    """Noise that is uniform on (−step/2, step/2).

    Raises:
        UsageError: the step is not a positive number.
    """

    step: float

    def __post_init__(self) -> None:
        _need_positive("The step of a dithered quantiser", self.step)

    def encode(self, x: ArrayLike, stream: Stream, *, first: int = 0, block: int = 0) -> Messages:
        """K for samples `first`, `first + 1`, … of a block.

        Raises:
            UsageError: an x is so many steps from 0 that it cannot be rounded.
        """
        x = np.asarray(x, dtype=np.float64)
        return _rounded(x / self.step, self._shifts(len(x), stream, first, block))

    def decode(
        self, messages: Messages, stream: Stream, *, first: int = 0, block: int = 0
    ) -> Reals:
        """Y for samples `first`, `first + 1`, … of a block."""
        return self.step * (messages + self._shifts(len(messages), stream, first, block))

    def _shifts(self, count: int, stream: Stream, first: int, block: int) -> Reals:
        return uniforms(stream.words(first, count, block=block)) - 0.5


@dataclass(frozen=True, slots=True)
class LayeredDither:
    """Noise that is normal with mean 0 and standard deviation sd.

    Raises:
        UsageError: sd is not a positive number.
    """

    sd: float

    def __post_init__(self) -> None:
        _need_positive("The standard deviation of the noise", self.sd)

    def encode(self, x: ArrayLike, stream: Stream, *, first: int = 0, block: int = 0) -> Messages:
        """K for samples `first`, `first + 1`, … of a block.

        Raises:
            UsageError: an x is so many steps from 0 that it cannot be rounded.
        """
        x = np.asarray(x, dtype=np.float64)
        half, shifts = self.layers(len(x), stream, first=first, block=block)
        return _rounded(x / (2 * half), shifts)

    def decode(
        self, messages: Messages, stream: Stream, *, first: int = 0, block: int = 0
    ) -> Reals:
        """Y for samples `first`, `first + 1`, … of a block."""
        half, shifts = self.layers(len(messages), stream, first=first, block=block)
        return np.asarray(2 * half * (messages + shifts))

    def layers(
        self, count: int, stream: Stream, *, first: int = 0, block: int = 0
    ) -> tuple[Reals, Reals]:
        """Half-widths and shifts, both (count,), that samples from `first` on share."""
        from scipy.special import gammaincinv

        words = stream.words(2 * first, 2 * count, block=block)
        half = self.sd * np.sqrt(2 * gammaincinv(1.5, uniforms(words[0::2])))
        return half, uniforms(words[1::2]) - 0.5


def ideal_bits(samples: Reals, half_widths: ArrayLike, input_sd: float) -> Reals:
    """−log2 P(K | shared words) for each sample Y, when X is N(0, input_sd²), in bits.

    K says that X lies within the half-width of Y. The mean over samples is the conditional
    entropy of K, which a prefix code exceeds by less than one bit.
    """
    from scipy.special import log_ndtr

    away, half = np.abs(samples) / input_sd, np.asarray(half_widths) / input_sd
    near, far = log_ndtr(half - away), log_ndtr(-half - away)
    return np.asarray(-(near + np.log(-np.expm1(far - near))) / math.log(2))


def _rounded(steps: Reals, shifts: Reals) -> Messages:
    if not (np.abs(steps) < _MOST_STEPS).all():
        raise UsageError(
            "A value is no number, or 2^51 steps or more from 0: its digits end before the step.",
            hint="Give values nearer to 0, or a wider noise.",
        )
    return np.rint(steps - shifts).astype(np.int64)


def _need_positive(what: str, value: float) -> None:
    if not 0 < value < math.inf:
        raise UsageError(f"{what} is a number above 0, not {value:g}.")
