"""KL(q ‖ p) over a whole vocabulary, from the logits of both: exact, where samples only estimate.

Logits have shape (…, V) and no normalisation; results have shape (…). A logit of −inf is a
symbol that cannot come. Given the token's context, the exact divergence is the expectation of
every unbiased estimator from sampled tokens: their Rao-Blackwell form.

Sources: A. Amini, T. Vieira, R. Cotterell, "Better estimation of the KL divergence between
language models", 2025, https://arxiv.org/abs/2504.10637; the sets that are kept: A. Holtzman et
al., "The curious case of neural text degeneration", 2020, https://arxiv.org/abs/1904.09751.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from labbook.errors import UsageError
from labbook.kl.estimators import ESTIMATORS, k3, k3_single_small
from labbook.kl.exact import Law

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Reals = NDArray[np.float64]
    Logits = NDArray[np.floating]

TILE_BYTES = 1 << 16
"""Of each buffer. Measured with 2 MiB of second-level cache, in ns for a float32 logit: 4.7 at
16 KiB, 2.8 at 32, 2.4 at 64, 2.9 at 128. As float64 it is short enough for BLAS to keep to one
thread."""

CLOSE = 0.01
"""Divergences in nats below which float32 takes a second look: the first errs by some 10^-7."""
_AGREED = 1e-5
"""How far the second look may be from the first; beyond, it has lost symbols to underflow."""

NO_DISTRIBUTION = "A row of logits is no distribution: it has a NaN or +inf, or nothing but -inf."

_CONSTANT = 1e-14
"""Relative spread that is but rounding: r is constant where q is p cut to some symbols."""


def exact_kl(logits_q: ArrayLike, logits_p: ArrayLike) -> Reals:
    """KL(q ‖ p) of each row, in nats; infinite where p excludes a symbol that q does not.

    float32 logits are worked on in float32, tile by tile, and summed in float64: the error is
    about 2·10^-7 nats, or one part in 10^4 where that is less.

    Raises:
        UsageError: shapes differ, or a row is no distribution: NaN, +inf, −inf throughout.
    """
    q, p = _pair_of(logits_q, logits_p)
    rows = _Rows(q.shape[-1], q.dtype)
    found = np.empty(q.shape[:-1])
    with np.errstate(all="ignore"):
        for row in np.ndindex(found.shape):
            found[row] = rows.kl(q[row], p[row])
    return found


class _Rows:
    """Works on one row after the other, in the same two buffers.

    With e = exp(a − max a), Z its sum, and the same for b:
    KL = Σ e (a − b) / Z_a − (max a − max b) − log(Z_a / Z_b).
    """

    def __init__(self, width: int, dtype: np.dtype[np.floating]) -> None:
        self._tile = TILE_BYTES // dtype.itemsize
        self._one = np.empty(min(width, self._tile), dtype=dtype)
        self._two = np.empty_like(self._one)

    def kl(self, a: Logits, b: Logits) -> float:
        top_a, top_b = a.max(), b.max()
        total_a = total_b = weighed = 0.0
        for begin in range(0, a.size, self._tile):
            tile_a, tile_b = a[begin : begin + self._tile], b[begin : begin + self._tile]
            one, two = self._one[: tile_a.size], self._two[: tile_a.size]
            np.subtract(tile_b, top_b, out=two)
            total_b += float(np.exp(two, out=two).sum())
            np.subtract(tile_a, top_a, out=one)
            total_a += float(np.exp(one, out=one).sum())
            weighed += float(np.dot(one, np.subtract(tile_a, tile_b, out=two)))
        shift = float(top_a) - float(top_b) + math.log(total_a / total_b) if total_b else math.nan
        kl = weighed / total_a - shift
        if not math.isfinite(kl):
            return _kl_with_excluded(a, b)
        if kl < CLOSE and a.dtype == np.float32:
            again = self._close(a, b, top_a, shift) / total_a
            kl = again if abs(again - kl) < _AGREED else kl
        return max(kl, 0.0)

    def _close(self, a: Logits, b: Logits, top: np.floating, shift: float) -> float:
        """Σ e k3(L): no term is negative, and an error in `shift` counts only by its square."""
        found = 0.0
        for begin in range(0, a.size, self._tile):
            tile_a, tile_b = a[begin : begin + self._tile], b[begin : begin + self._tile]
            one, two = self._one[: tile_a.size], self._two[: tile_a.size]
            np.subtract(tile_b, tile_a, out=one)
            one += np.float32(shift)
            k3_single_small(one, two)
            np.subtract(tile_a, top, out=one)
            found += float(np.dot(np.exp(one, out=one), two))
        return found


def _kl_with_excluded(a: Logits, b: Logits) -> float:
    log_q, log_p = log_probabilities(a), log_probabilities(b)
    there = np.isfinite(log_q)
    if np.isneginf(log_p[there]).any():
        return math.inf
    weights, log_ratio = np.exp(log_q[there]), log_p[there] - log_q[there]
    return max(float(-(weights * log_ratio).sum()), 0.0)


def log_probabilities(logits: ArrayLike) -> Reals:
    """log softmax over the last axis, in nats and float64.

    Raises:
        UsageError: a row is no distribution.
    """
    values = np.asarray(logits, dtype=np.float64)
    top = values.max(axis=-1, keepdims=True)
    if not np.isfinite(top).all():
        raise UsageError(NO_DISTRIBUTION)
    shifted = values - top
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)))


@dataclass(frozen=True, slots=True)
class VocabularyMoments:
    """What a sampled symbol says of KL(q ‖ p), exactly.

    laws: of k1, k2 and k3, in nats
    kl, reverse_kl: KL(q ‖ p) and KL(p ‖ q), in nats
    chi2: χ²(p ‖ q)
    best_weight: the λ for which −L + λ(r − 1) has the least variance: (kl + reverse_kl) / chi2
        where q excludes nothing that p has; NaN where r is constant
    max_ratio: the largest r = p/q of a symbol that q has
    missing_mass: of p, where q has nothing: the mean of k3 is too low by it
    """

    laws: dict[str, Law]
    kl: float
    reverse_kl: float
    chi2: float
    best_weight: float
    max_ratio: float
    missing_mass: float


def moments(logits_q: ArrayLike, logits_p: ArrayLike) -> VocabularyMoments:
    """The moments of one row (V,), by sums over all symbols in float64.

    Raises:
        UsageError: shapes differ, or a row is no distribution.
    """
    log_q, log_p = (log_probabilities(each) for each in _pair_of(logits_q, logits_p))
    if log_q.ndim != 1:
        raise UsageError(f"Moments are of one row of logits, not of shape {log_q.shape}.")
    q, p = np.exp(log_q), np.exp(log_p)
    there = q > 0
    missing = float(p[~there].sum())
    q, p, log_ratio = q[there], p[there], log_p[there] - log_q[there]
    with np.errstate(all="ignore"):
        laws = {name: _law(q, kind(log_ratio)) for name, kind in ESTIMATORS.items()}
        ratio = np.exp(log_ratio)
        spread = ratio - float((q * ratio).sum())
        variance = float((q * spread * spread).sum())
        # k3 sums to the divergence without cancellation.
        kl = float((q * k3(log_ratio)).sum()) + missing
        lean = log_ratio - float((q * log_ratio).sum())
        covariance = float((q * spread * lean).sum())
    laws["k1"] = Law(kl, laws["k1"].sd, laws["k1"].kurtosis)
    shared = p > 0
    reverse = float((p[shared] * log_ratio[shared]).sum())
    return VocabularyMoments(
        laws=laws,
        kl=kl,
        reverse_kl=math.inf if missing else max(reverse, 0.0),
        chi2=math.inf if missing else variance,
        best_weight=covariance / variance if variance > _CONSTANT**2 else math.nan,
        max_ratio=float(ratio.max()),
        missing_mass=missing,
    )


def _law(weights: Reals, values: Reals) -> Law:
    if not np.isfinite(values).all():
        return Law(math.inf, math.inf, math.nan)
    mean = float((weights * values).sum())
    squares = np.square(values - mean)
    variance = float((weights * squares).sum())
    if variance <= (_CONSTANT * mean) ** 2:
        return Law(mean, 0.0, math.nan)
    return Law(mean, math.sqrt(variance), float((weights * squares**2).sum()) / variance**2)


@dataclass(frozen=True, slots=True)
class Truncated:
    """Logits (…, V) with −inf for what is left out, and the mass (…) that was kept."""

    logits: Logits
    kept: Reals


def truncate(
    logits: ArrayLike, *, top_k: int | None = None, top_p: float | None = None
) -> Truncated:
    """Keep the `top_k` likeliest symbols, and of these the fewest that hold a share `top_p`.

    Of symbols with equal logits the first are kept.

    Raises:
        UsageError: top_k is below 1, top_p is not above 0 and at most 1, or a row is no
            distribution.
    """
    if top_k is not None and top_k < 1:
        raise UsageError(f"top_k is the number of symbols to keep, at least 1, not {top_k}.")
    if top_p is not None and not 0 < top_p <= 1:
        raise UsageError(f"top_p is a share of the mass, above 0 and at most 1, not {top_p:g}.")
    given = np.asarray(logits)
    log_mass = log_probabilities(given)
    order = np.argsort(-log_mass, axis=-1, stable=True)
    mass = np.exp(np.take_along_axis(log_mass, order, axis=-1))
    if top_k is not None:
        mass[..., top_k:] = 0
    keep = mass > 0
    if top_p is not None and top_p < 1:
        before = np.cumsum(mass, axis=-1) - mass
        keep &= before < top_p * mass.sum(axis=-1, keepdims=True)
    kept = np.where(keep, mass, 0.0).sum(axis=-1)
    mask = np.empty_like(keep)
    np.put_along_axis(mask, order, keep, axis=-1)
    floating = given if np.issubdtype(given.dtype, np.floating) else given.astype(np.float64)
    return Truncated(np.where(mask, floating, floating.dtype.type(-np.inf)), np.asarray(kept))


def bucket_kl(logits_q: ArrayLike, logits_p: ArrayLike, top_k: int) -> Reals:
    """KL(q ‖ p) of each row with all but q's `top_k` likeliest symbols in one bucket, in nats.

    It is a divergence of its own, of K + 1 categories: never negative, and never above the
    exact one, since merging symbols cannot tell distributions better apart.

    Raises:
        UsageError: top_k is below 1, shapes differ, or a row is no distribution.
    """
    q, p = _pair_of(logits_q, logits_p)
    top = np.isfinite(truncate(q, top_k=top_k).logits)
    mass_q, mass_p = np.exp(log_probabilities(q)), np.exp(log_probabilities(p))
    inside = np.where(top, _terms(mass_q, mass_p), 0.0).sum(axis=-1)
    rest_q, rest_p = (np.where(top, 0.0, each).sum(axis=-1) for each in (mass_q, mass_p))
    return np.asarray(np.maximum(inside + _terms(rest_q, rest_p), 0.0))


def _terms(q: Reals, p: Reals) -> Reals:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(q > 0, q * (np.log(q) - np.log(p)), 0.0)


def _pair_of(logits_q: ArrayLike, logits_p: ArrayLike) -> tuple[Logits, Logits]:
    q, p = np.asarray(logits_q), np.asarray(logits_p)
    dtype = logits_dtype(q, p)
    return q.astype(dtype, copy=False), p.astype(dtype, copy=False)


def logits_dtype(q: Any, p: Any) -> np.dtype[np.floating]:
    """float32 or float64: what to work in, of two arrays of logits, of NumPy or a device.

    Raises:
        UsageError: their shapes differ, or they are no numbers.
    """
    if q.shape != p.shape or q.ndim == 0 or q.shape[-1] == 0:
        raise UsageError(
            f"The logits of q and p need one shape (..., V), not {q.shape} and {p.shape}."
        )
    kind = np.result_type(q.dtype, p.dtype)
    if kind.kind not in "fiu":
        raise UsageError(f"Logits are real numbers, not of type {kind}.")
    single = kind in (np.dtype(np.float16), np.dtype(np.float32))
    return np.dtype(np.float32) if single else np.dtype(np.float64)
