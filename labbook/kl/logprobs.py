"""KL(q ‖ p) from the log-probabilities of tokens that were really sampled.

Logs hold, for each token, log q of the policy that it was sampled from and log p of the
reference, in arrays of shape (tokens,) or (sequences, tokens); L = log p − log q. Everything is
in nats. Standard errors by sequence are those of cluster sampling: W. Cochran, "Sampling
techniques", 1977, section 9A.3.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from labbook.errors import UsageError
from labbook.kl.estimators import ESTIMATORS
from labbook.kl.logprob_doubts import doubts
from labbook.kl.pareto import pareto_k
from labbook.kl.vocabulary import exact_kl

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Reals = NDArray[np.float64]
    Flags = NDArray[np.bool_]

RAO_BLACKWELL = "rao-blackwell"


@dataclass(frozen=True, slots=True)
class Row:
    """The mean of one estimator over the tokens, its standard error, and a token's spread; nats.

    se: by sequence where there are sequences, since tokens of one are not independent; NaN
        where a single one cannot tell
    """

    name: str
    mean: float
    se: float
    sd: float


@dataclass(frozen=True, slots=True)
class Report:
    """What log-probabilities say of KL(q ‖ p).

    sequences: 0 where every token stands alone
    rows: of k1, k2, k3, and "rao-blackwell" where logits were given
    k1_sums, k3_sums: (sequences,): the sum over the tokens of each sequence that has any, in
        nats; the mean of either estimates the KL of whole sequences
    mean_ratio: of r = p/q, which is 1 where q and p share their support
    pareto_k: the shape of r's tail, see `labbook.kl.pareto`; NaN where it cannot be told
    clamp_fraction: of tokens with |L| beyond the clamp; their estimates are biased
    log_ratio: (tokens,): L of each token that counts, not clamped
    warnings: sentences that the reader of the numbers should know
    """

    tokens: int
    sequences: int
    rows: dict[str, Row]
    k1_sums: Reals
    k3_sums: Reals
    mean_ratio: float
    mean_ratio_se: float
    pareto_k: float
    clamp_fraction: float
    log_ratio: Reals
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Tokens:
    """The tokens that count, one after the other, and the number of each one's sequence."""

    logq: Reals
    logp: Reals
    sequence: NDArray[np.intp] | None

    @property
    def sequences(self) -> int:
        return 0 if self.sequence is None else int(self.sequence.max()) + 1

    def sums(self, values: Reals) -> Reals:
        if self.sequence is None:
            return np.empty(0)
        return np.asarray(np.bincount(self.sequence, weights=values), dtype=np.float64)

    def row(self, name: str, values: Reals) -> Row:
        mean = float(values.mean())
        sd = float(values.std(ddof=1)) if values.size > 1 else math.nan
        return Row(name, mean, self._se(values, mean, sd), sd)

    def _se(self, values: Reals, mean: float, sd: float) -> float:
        if self.sequence is None:
            return sd / math.sqrt(values.size)
        count = self.sequences
        if count < 2:
            return math.nan
        squares = float(np.square(self.sums(values - mean)).sum())
        return math.sqrt(squares * count / (count - 1)) / values.size


def from_logprobs(
    logq: ArrayLike,
    logp: ArrayLike,
    *,
    mask: ArrayLike | None = None,
    sequence: ArrayLike | None = None,
    logits_q: ArrayLike | None = None,
    logits_p: ArrayLike | None = None,
    clamp: float | None = None,
) -> Report:
    """Estimate KL(q ‖ p) from the log-probabilities of tokens sampled from q, in nats.

    mask: of their shape; only tokens where it is true (1) count
    sequence: (tokens,): any label of the sequence that each token belongs to
    logits_q, logits_p: (…, V) beside (…): then the exact KL of each token's context is averaged
    clamp: |L| is held to at most this before k1, k2 and k3, as trainers do

    Raises:
        UsageError: shapes do not fit, no token counts, or a token has NaN or +inf, or −inf
            under q, which sampled it.
    """
    q, p, counts = _checked(logq, logp, mask)
    if clamp is not None and not clamp > 0:
        raise UsageError(f"A clamp is a size of log ratios above 0, not {clamp:g}.")
    tokens = _Tokens(q[counts], p[counts], _numbers(sequence, counts))
    found = _measured(tokens, _exact(logits_q, logits_p, counts), clamp)
    return replace(found, warnings=tuple(doubts(tokens.logq, tokens.logp, found)))


def _measured(tokens: _Tokens, exact: Reals | None, clamp: float | None) -> Report:
    log_ratio = tokens.logp - tokens.logq
    limit = math.inf if clamp is None else clamp
    held = np.clip(log_ratio, -limit, limit)
    with np.errstate(over="ignore", invalid="ignore"):
        values = {name: kind(held) for name, kind in ESTIMATORS.items()}
        if exact is not None:
            values[RAO_BLACKWELL] = exact
        ratio = tokens.row("ratio", np.exp(log_ratio))
        return Report(
            tokens=log_ratio.size,
            sequences=tokens.sequences,
            rows={name: tokens.row(name, each) for name, each in values.items()},
            k1_sums=tokens.sums(values["k1"]),
            k3_sums=tokens.sums(values["k3"]),
            mean_ratio=ratio.mean,
            mean_ratio_se=ratio.se,
            pareto_k=pareto_k(log_ratio),
            clamp_fraction=float(np.mean(np.abs(log_ratio) > limit)),
            log_ratio=log_ratio,
        )


def _checked(
    logq: ArrayLike, logp: ArrayLike, mask: ArrayLike | None
) -> tuple[Reals, Reals, Flags]:
    q, p = _reals("logq", logq), _reals("logp", logp)
    if q.shape != p.shape or q.ndim not in (1, 2):
        raise UsageError(
            "logq and logp need one shape, (tokens,) or (sequences, tokens), "
            f"not {q.shape} and {p.shape}."
        )
    counts = np.ones(q.shape, dtype=np.bool_) if mask is None else _flags(mask, q.shape)
    if not counts.any():
        raise UsageError("There is no token that counts.")
    for name, values in (("logq", q), ("logp", p)):
        _refuse(name, "NaN", np.isnan(values) & counts)
        _refuse(name, "+inf", np.isposinf(values) & counts)
    _refuse("logq", "-inf", np.isneginf(q) & counts, "q cannot have sampled such a token")
    return q, p, counts


def _reals(name: str, values: ArrayLike) -> Reals:
    found = np.asarray(values)
    if found.dtype.kind not in "fiu":
        raise UsageError(f"{name} holds no real numbers, but values of type {found.dtype}.")
    return found.astype(np.float64, copy=False)


def _flags(mask: ArrayLike, shape: tuple[int, ...]) -> Flags:
    found = np.asarray(mask)
    if found.shape != shape:
        raise UsageError(f"The mask has shape {found.shape}, and the tokens {shape}.")
    if found.dtype.kind not in "biuf" or not np.isin(found, (0, 1)).all():
        raise UsageError("A mask holds 1 for tokens that count and 0 for the others.")
    return found.astype(np.bool_)


def _refuse(name: str, what: str, where: Flags, why: str = "") -> None:
    if where.any():
        first = ", ".join(str(int(each)) for each in np.argwhere(where)[0])
        raise UsageError(
            f"{name} has {what} at {np.count_nonzero(where):,} of {where.size:,} positions, "
            f"the first at [{first}]{f': {why}' if why else ''}."
        )


def _numbers(sequence: ArrayLike | None, counts: Flags) -> NDArray[np.intp] | None:
    """The number of each token's sequence, from 0 and without gaps."""
    if sequence is None:
        rows = np.nonzero(counts)[0]
        return np.unique(rows, return_inverse=True)[1] if counts.ndim == 2 else None
    labels = np.asarray(sequence)
    if labels.shape != counts.shape or labels.ndim != 1:
        raise UsageError(f"{labels.shape} labels of sequences do not fit {counts.shape} tokens.")
    return np.unique(labels[counts], return_inverse=True)[1]


def _exact(logits_q: ArrayLike | None, logits_p: ArrayLike | None, counts: Flags) -> Reals | None:
    if logits_q is None and logits_p is None:
        return None
    if logits_q is None or logits_p is None:
        raise UsageError("The exact KL needs the logits of both q and p.")
    q, p = np.asarray(logits_q), np.asarray(logits_p)
    if q.shape != p.shape or q.shape[:-1] != counts.shape:
        raise UsageError(
            f"Logits of shapes {q.shape} and {p.shape} do not fit tokens of shape {counts.shape}: "
            "they have one axis more, the vocabulary."
        )
    return np.array([exact_kl(q[at], p[at]) for at in zip(*np.nonzero(counts), strict=True)])
