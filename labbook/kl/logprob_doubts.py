"""What the reader of a KL from log-probabilities should know before believing it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from labbook.kl.pareto import INFINITE_VARIANCE, reliable_below
from labbook.kl.precision import coarsest_format, rounding_variance

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from labbook.kl.logprobs import Report

    Reals = NDArray[np.float64]

FAR = 5.0
"""Standard errors from what should be, from which the reader is told."""

FEW_SEQUENCES = 10
"""With fewer, a mean lies 5 of its standard errors off by chance more often than in 1 of 1000."""

_ABOVE_ZERO = 1e-3
"""A log-probability up to this is taken for 0: so coarse are those of 16 bits."""
_TOO_COARSE = 0.05
"""The share of k3 that rounding may account for."""
_ROUNDING = 1e-5
"""What the rounding of float32 logarithms may do to a mean ratio."""


def doubts(logq: Reals, logp: Reals, found: Report) -> Iterator[str]:
    """A sentence for each thing that is wrong or doubtful with the tokens that count.

    logq, logp: (tokens,), in nats
    """
    yield from _about_values(logq, logp)
    yield from _about_precision(logq, logp, found)
    yield from _about_means(found)
    yield from _about_tail(found)
    yield from _about_clamp(found)


def _about_values(logq: Reals, logp: Reals) -> Iterator[str]:
    for name, values in (("logq", logq), ("logp", logp)):
        above = np.count_nonzero(values > _ABOVE_ZERO)
        if above:
            yield (
                f"{name} is above 0 at {above:,} of {values.size:,} tokens, up to "
                f"{values.max():.3g}: these are no log-probabilities."
            )
    excluded = np.count_nonzero(np.isneginf(logp))
    if excluded:
        yield (
            f"logp is -inf at {excluded:,} of {logp.size:,} tokens: "
            "p excludes them, so KL(q‖p) is infinite."
        )


def _about_precision(logq: Reals, logp: Reals, found: Report) -> Iterator[str]:
    """What rounding has added to squares of L, and so to k2 and k3."""
    formats = [coarsest_format(each) for each in (logq, logp)]
    pairs = zip((logq, logp), formats, strict=True)
    added = sum(rounding_variance(each, name) for each, name in pairs) / 2
    k3 = found.rows["k3"].mean
    if added > _TOO_COARSE * k3 and np.any(logq != logp):
        held = " and ".join(
            f"{name} as {each}" for name, each in zip(("logq", "logp"), formats, strict=True)
        )
        yield (
            f"The numbers are too coarse for this KL: {held} were rounded by so much that this "
            f"alone adds about {added:.2g} nats to k2 and k3 (k3 reads {k3:.2g}). Log them in a "
            "finer format."
        )


def _about_means(found: Report) -> Iterator[str]:
    if 0 < found.sequences < FEW_SEQUENCES:
        yield (
            f"Standard errors by sequence mean little with {found.sequences} of them: whether "
            "the means are what they should be was not judged."
        )
        return
    k1, mean, se = found.rows["k1"], found.mean_ratio, found.mean_ratio_se
    if k1.mean < -FAR * k1.se:
        yield (
            f"The mean of k1 is {k1.mean:.4g} ± {k1.se:.2g} nats, and a KL divergence is never "
            "negative: logq and logp may be swapped, or the tokens were not sampled from q."
        )
    if math.isinf(mean):
        yield "p/q is too large for float64 at some tokens: k3 is infinite there."
    elif mean - 1 > FAR * se + _ROUNDING:
        yield (
            f"The mean of p/q is {mean:.4g} ± {se:.2g}, not 1: the likely causes are a wrong "
            "direction (logq and logp swapped), or tokens that were not sampled from q."
        )
    elif 1 - mean > FAR * se + _ROUNDING:
        yield (
            f"The mean of p/q is {mean:.4g} ± {se:.2g}, not 1: the likely causes are truncated "
            f"sampling (top-p or top-k) with a kept mass of {mean:.4g}, or a wrong direction. k3 "
            f"reads {1 - mean:.3g} nats lower than k1 for it."
        )


def _about_tail(found: Report) -> Iterator[str]:
    limit = reliable_below(found.tokens)
    if found.pareto_k > INFINITE_VARIANCE:
        yield (
            f"The tail of p/q has a Pareto k of {found.pareto_k:.2f}, above 0.5: the variance of "
            "k3 is infinite, its standard error means little, and it tends to read low."
        )
    if found.pareto_k > limit:
        yield (
            f"A Pareto k of {found.pareto_k:.2f} is above {limit:.2f}: {found.tokens:,} tokens "
            "are too few for a mean over p/q; take k1, or the exact KL from the logits."
        )


def _about_clamp(found: Report) -> Iterator[str]:
    if found.clamp_fraction > 0:
        yield (
            f"The log ratio was clamped at {found.clamp_fraction:.3%} of the tokens: the "
            "estimates are biased by what was cut off."
        )
