"""KL over the vocabulary of a language model: exact, and from sampled tokens."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from labbook.experiments import Above, AtLeast, Between, Trial, experiment
from labbook.model import Axis, Cell, Column, Figure, Series, Table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from labbook.kl.exact import Law
    from labbook.kl.vocabulary import VocabularyMoments

    Reals = NDArray[np.float64]

LARGEST_VOCABULARY = 2_000_000
TOKENS_AT_ONCE = 1 << 18
SHARES = (0.8, 0.9, 0.95, 0.99)
"""The top-p whose bias is tabulated."""

FEWEST_GROUPS = 8
"""An error is shown where so many groups of tokens tell it."""


def check(vocabulary: int, top_k: int) -> None:
    if vocabulary > LARGEST_VOCABULARY:
        raise ValueError(
            f"vocabulary={vocabulary:,} is too large: at most {LARGEST_VOCABULARY:,} symbols "
            "are worked on."
        )
    if top_k > vocabulary:
        raise ValueError(
            f"top_k={top_k:,} keeps more symbols than the vocabulary of {vocabulary:,} has."
        )


@experiment(
    "kl.vocabulary",
    title="KL over a vocabulary, exact and from sampled tokens",
    check=check,
    references=(
        "J. Schulman, Approximating KL divergence, 2020, http://joschu.net/blog/kl-approx.html",
        "A. Amini et al., Better estimation of the KL divergence, https://arxiv.org/abs/2504.10637",
    ),
)
def kl_vocabulary(
    trial: Trial,
    *,
    vocabulary: Annotated[int, AtLeast(2)] = 50_000,
    s: Annotated[float, Between(0.05, 5)] = 1.5,
    temperature: Annotated[float, Between(0.1, 10)] = 1.5,
    top_k: Annotated[int, AtLeast(0)] = 0,
    top_p: Annotated[float, Above(0), Between(0, 1)] = 1.0,
    samples: Annotated[int, Between(100, 2e7)] = 1_000_000,
) -> None:
    """The KL of one token's law, from all logits and from sampled tokens.

    The policy q has logits -s log(1 + i), i = 0 to V - 1, which is Zipf's law; p has these
    logits divided by a temperature. Tokens are sampled from q, cut to its top-k and top-p. With
    r = p/q, k1 = -log r, k2 = (log r)²/2 and k3 = (r - 1) - log r estimate KL(q‖p); the
    Rao-Blackwell form takes the expectation over all symbols instead, which float32 logits
    give without any error of sampling. Where sampling is truncated and p is not, the mean of
    k3 is too low by the mass of p outside: against the own untruncated policy, with a kept
    mass c, it is -log c - (1 - c) where the KL is -log c.

    vocabulary: how many symbols there are
    s: the exponent of Zipf's law
    temperature: of p, relative to q; above 1, p is the flatter one
    top_k: how many symbols q is cut to; 0 for all
    top_p: the share of its mass that q is cut to; 1 for all
    samples: how many tokens to draw
    """
    import numpy as np

    from labbook.kl.vocabulary import exact_kl, moments, truncate

    full = -s * np.log1p(np.arange(vocabulary))
    cut = truncate(full, top_k=top_k or None, top_p=top_p)
    logits_q, logits_p = np.asarray(cut.logits, dtype=np.float64), full / temperature
    exact = moments(logits_q, logits_p)
    found = _sample(trial, logits_q, logits_p, samples)
    blackwell = float(exact_kl(logits_q.astype(np.float32), logits_p.astype(np.float32)))
    _record(trial, exact, found, blackwell, float(cut.kept))
    trial.table(_table(exact, found, blackwell, samples))
    trial.table(_kept_table(full, logits_p, top_k, top_p))
    if any(each.law.sd > 0 for each in found.values()):
        trial.figure(_figure(exact, found))


@dataclass(frozen=True, slots=True)
class _Found:
    """What the tokens say of one estimator.

    errors: (tokens in a group, root mean square error of a group's mean, its standard error)
    """

    mean: float
    se: float
    stdev: float
    law: Law
    errors: tuple[tuple[int, float, float], ...]

    @property
    def z(self) -> float | None:
        return (self.mean - self.law.mean) / self.se if self.se > 0 else None


def _sample(trial: Trial, logits_q: Reals, logits_p: Reals, samples: int) -> dict[str, _Found]:
    import numpy as np

    from labbook.kl import ESTIMATORS, Moments
    from labbook.kl.vocabulary import log_probabilities, moments

    log_q, log_p = log_probabilities(logits_q), log_probabilities(logits_p)
    there = np.flatnonzero(np.exp(log_q))
    log_ratio = log_p[there] - log_q[there]
    tokens = _tokens(trial, np.exp(log_q[there]), samples)
    laws = moments(logits_q, logits_p).laws
    found = {}
    for name, kind in ESTIMATORS.items():
        values = kind(log_ratio)[tokens]
        seen, law = Moments.of(values), laws[name]
        se = law.sd / math.sqrt(samples)
        found[name] = _Found(seen.mean, se, seen.sd, law, _errors(values, law.mean))
    return found


def _tokens(trial: Trial, q: Reals, samples: int) -> NDArray[np.intp]:
    """Indices into q, by inverting its distribution function: one number for each token."""
    import numpy as np

    until = np.cumsum(q)
    rng = trial.rng("tokens")
    tokens = np.empty(samples, dtype=np.intp)
    for first in range(0, samples, TOKENS_AT_ONCE):
        part = tokens[first : first + TOKENS_AT_ONCE]
        part[:] = np.searchsorted(until, rng.random(part.size) * until[-1], side="right")
        trial.progress(first + part.size, of=samples)
    return np.minimum(tokens, q.size - 1)


def _errors(values: Reals, truth: float) -> tuple[tuple[int, float, float], ...]:
    import numpy as np

    found, size = [], 16
    while values.size // size >= FEWEST_GROUPS:
        groups = values.size // size
        means = values[: groups * size].reshape(groups, size).mean(axis=1)
        error = float(np.sqrt(np.mean(np.square(means - truth))))
        found.append((size, error, error / math.sqrt(2 * groups)))
        size *= 4
    return tuple(found)


def _record(
    trial: Trial,
    exact: VocabularyMoments,
    found: dict[str, _Found],
    blackwell: float,
    kept: float,
) -> None:
    trial.metric("true_kl", exact.kl)
    trial.metric("best_weight", exact.best_weight)
    trial.metric("max_ratio", exact.max_ratio)
    trial.metric("kept_mass", kept)
    trial.metric("missing_mass", exact.missing_mass)
    for name, row in found.items():
        trial.metric(f"{name}.mean", row.mean)
        trial.metric(f"{name}.se", row.se)
        trial.metric(f"{name}.exact_mean", row.law.mean)
        trial.metric(f"{name}.stdev", row.stdev)
        trial.metric(f"{name}.exact_stdev", row.law.sd)
    trial.metric("rao_blackwell.mean", blackwell)
    if exact.missing_mass > 0:
        trial.warn(
            f"Sampling leaves out {exact.missing_mass:.3g} of p's mass: the mean of k3 is too low "
            "by it."
        )
    if found["k3"].law.sd > found["k1"].law.sd:
        trial.warn(
            f"k3 scatters more than k1 here: the best weight of r - 1 is {exact.best_weight:.3g}, "
            "below 1/2, since p/q is large for rare tokens."
        )


def _table(
    exact: VocabularyMoments, found: dict[str, _Found], blackwell: float, samples: int
) -> Table:
    names = ("mean", "standard error", "exact mean", "z", "stdev", "exact stdev")
    rows: list[tuple[Cell, ...]] = [
        (name, each.mean, each.se, each.law.mean, each.z, each.stdev, each.law.sd)
        for name, each in found.items()
    ]
    rows.append(("Rao-Blackwell", blackwell, 0.0, exact.kl, None, 0.0, 0.0))
    return Table(
        "estimators",
        (
            Column("estimator"),
            *(Column(name, "" if name == "z" else "nats") for name in names),
        ),
        tuple(rows),
        title=f"KL(q‖p) = {exact.kl:.7g} nats, {samples:,} tokens",
    )


def _kept_table(full: Reals, logits_p: Reals, top_k: int, top_p: float) -> Table:
    from labbook.kl.vocabulary import moments, truncate

    cuts: list[tuple[int | None, float]] = [(None, share) for share in SHARES]
    chosen = (top_k or None, top_p)
    if (top_k or top_p < 1) and chosen not in cuts:
        cuts.insert(0, chosen)
    rows: list[tuple[Cell, ...]] = []
    for count, share in cuts:
        cut = truncate(full, top_k=count, top_p=share)
        own, other = moments(cut.logits, full), moments(cut.logits, logits_p)
        label = f"top-p {share:g}" if count is None else f"top-k {count:,}, top-p {share:g}"
        rows.append(
            (label, float(cut.kept), own.kl, own.laws["k3"].mean, other.kl, other.laws["k3"].mean)
        )
    columns = (
        Column("sampled from"),
        Column("kept mass"),
        Column("KL to own policy", "nats"),
        Column("mean k3 to own policy", "nats"),
        Column("KL to p", "nats"),
        Column("mean k3 to p", "nats"),
    )
    return Table(
        "kept-mass",
        columns,
        tuple(rows),
        title="What k3 misses when sampling is truncated and the reference is not; exact",
    )


def _figure(exact: VocabularyMoments, found: dict[str, _Found]) -> Figure:
    series = []
    for name, each in found.items():
        if not each.law.sd > 0 or not each.errors:
            continue
        sizes, errors, bars = zip(*each.errors, strict=True)
        series.append(Series(name, sizes, errors, kind="points", error=bars))
        expected = tuple(each.law.sd / math.sqrt(size) for size in sizes)
        series.append(Series(f"{name}: stdev / √n", sizes, expected))
    return Figure(
        "error",
        x=Axis("tokens", scale="log"),
        y=Axis("error of the mean", "nats", scale="log"),
        series=tuple(series),
        title=f"KL(q‖p) = {exact.kl:.4g} nats; from all logits there is no such error",
    )
