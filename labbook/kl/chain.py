"""KL(q ‖ p) of whole sequences, for Markov chains over S symbols: exact, sampled, differentiated.

A sequence is T tokens x_1 … x_T; the first has a law of its own, each other the law of a row of
a matrix. With the conditional log ratios ℓ_t = log p(x_t|x_(t−1)) − log q(x_t|x_(t−1)) and
L = Σ ℓ_t, each sequence contributes, in nats,

    k1             −L
    token_k3       Σ k3(ℓ_t), unbiased since every prefix comes from q
    rao_blackwell  Σ KL(q(·|x_(t−1)) ‖ p(·|x_(t−1))), the expectation of either, given the prefixes
    sequence_k3    exp L − 1 − L

Their exact laws stand in `labbook.kl.chain_laws`.

Sources: A. Amini, T. Vieira, R. Cotterell, "Better estimation of the KL divergence between
language models", 2025, https://arxiv.org/abs/2504.10637; Y. Tang, R. Munos, "On a few pitfalls in
KL divergence gradient estimation for RL", 2025, https://arxiv.org/abs/2506.09477.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from labbook.compute import Stream
from labbook.errors import UsageError
from labbook.kl.chain_laws import sequence_laws
from labbook.kl.estimate import Measured
from labbook.kl.estimators import k3
from labbook.kl.moments import Moments

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from labbook.kl.estimate import Progress

    Reals = NDArray[np.float64]

SUM_TOLERANCE = 1e-9
CHUNK = 1 << 13
"""Sequences at once."""


@dataclass(frozen=True, eq=False)
class Step:
    """What one token does, from each symbol before it (rows) to each that it can be (columns).

    q, p: probabilities, of shape (rows, S)
    """

    q: Reals
    p: Reals

    @cached_property
    def log_ratio(self) -> Reals:
        """ℓ = log p − log q, in nats; 0 where the token cannot come."""
        there = self.q > 0
        return np.log(np.where(there, self.p, 1.0)) - np.log(np.where(there, self.q, 1.0))

    @cached_property
    def kl(self) -> Reals:
        """KL(q ‖ p) of each row, of shape (rows,)."""
        return np.asarray((self.q * k3(self.log_ratio)).sum(axis=1))

    @property
    def reverse_kl(self) -> Reals:
        """KL(p ‖ q) of each row, of shape (rows,)."""
        return np.asarray((self.p * k3(-self.log_ratio)).sum(axis=1))

    @cached_property
    def values(self) -> dict[str, Reals]:
        """What one token adds to each of the sums, of shape (rows, S)."""
        blackwell = np.repeat(self.kl[:, None], self.q.shape[1], axis=1)
        return {"k1": -self.log_ratio, "token_k3": k3(self.log_ratio), "rao_blackwell": blackwell}


@dataclass(frozen=True, eq=False)
class ChainPair:
    """Sequences come from the chain q; p is what it is compared with.

    first: the first token, rows = 1
    later: every other token, rows = S
    """

    first: Step
    later: Step

    def __post_init__(self) -> None:
        size = self.first.q.shape[-1]
        for step, rows in ((self.first, 1), (self.later, size)):
            for law in (step.q, step.p):
                if law.shape != (rows, size) or not _sums_to_one(law):
                    raise UsageError(
                        "A chain over S symbols is S probabilities that sum to 1, for the first "
                        "token, and S rows of them for the others."
                    )
            if np.any((step.q > 0) != (step.p > 0)):
                raise UsageError("One chain can do a step that the other cannot.")

    @classmethod
    def of(
        cls, first_q: ArrayLike, later_q: ArrayLike, first_p: ArrayLike, later_p: ArrayLike
    ) -> ChainPair:
        """From probabilities: of the first token, shape (S,), and of the others, shape (S, S).

        Raises:
            UsageError: they are none, or one chain can do a step that the other cannot.
        """
        one, two, three, four = (
            np.atleast_2d(np.asarray(each, dtype=np.float64))
            for each in (first_q, later_q, first_p, later_p)
        )
        return cls(Step(one, three), Step(two, four))

    @classmethod
    def softmax(
        cls, first_q: ArrayLike, later_q: ArrayLike, first_p: ArrayLike, later_p: ArrayLike
    ) -> ChainPair:
        """From logits of the same shapes as the probabilities."""
        laws = []
        for each in (first_q, later_q, first_p, later_p):
            logits = np.asarray(each, dtype=np.float64)
            weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
            laws.append(weights / weights.sum(axis=-1, keepdims=True))
        return cls.of(*laws)

    def step(self, token: int) -> Step:
        """The step of token number 1, 2, …"""
        return self.first if token == 1 else self.later


def _sums_to_one(law: Reals) -> bool:
    return bool(np.all(law >= 0) and np.all(np.abs(law.sum(axis=1) - 1) <= SUM_TOLERANCE))


def simulate(
    pair: ChainPair,
    lengths: Sequence[int],
    sequences: int,
    *,
    seed: int,
    progress: Progress | None = None,
    chunk: int = CHUNK,
) -> dict[int, dict[str, Measured]]:
    """Draw sequences of q; each estimator's moments beside its law, by length and by name.

    Token t of sequence k comes from word k of block t − 1 of the seed's unnamed stream: its
    upper 53 bits are a number u from 0 to 1, and the token is the first symbol up to which the
    row's probabilities sum to more than u. Shorter sequences begin the longer ones.

    progress: told how many tokens are drawn, and of how many

    Raises:
        UsageError: a length is below 1, or fewer than two sequences.
    """
    if sequences < 2:
        raise UsageError(f"A standard deviation needs at least 2 sequences, not {sequences}.")
    exact = sequence_laws(pair, lengths)
    found = {each.tokens: dict.fromkeys(each.laws, Moments()) for each in exact}
    longest, stream = max(found), Stream(seed)
    for begin in range(0, sequences, chunk):
        count = min(chunk, sequences - begin)
        walk = _Walk(count)
        for token in range(1, longest + 1):
            walk.advance(pair.step(token), stream.words(begin, count, block=token - 1))
            for name, values in walk.values().items() if token in found else ():
                found[token][name] = found[token][name].merge(Moments.of(values))
        if progress is not None:
            progress((begin + count) * longest, sequences * longest)
    return {
        each.tokens: {
            name: Measured(name, found[each.tokens][name], law) for name, law in each.laws.items()
        }
        for each in exact
    }


class _Walk:
    """Sequences on their way, all of one length."""

    def __init__(self, count: int) -> None:
        self._symbols = np.zeros(count, dtype=np.intp)
        self._sums: dict[str, Reals] = {}

    def advance(self, step: Step, words: NDArray[np.uint64]) -> None:
        u = (words >> np.uint64(11)) * 2.0**-53
        until = np.cumsum(step.q, axis=1)
        until /= until[:, -1:]
        symbols = np.zeros_like(self._symbols)
        for column in until.T[:-1]:
            symbols += u >= column[self._symbols]
        cells = self._symbols * step.q.shape[1] + symbols
        for name, values in step.values.items():
            added = values.ravel()[cells]
            self._sums[name] = self._sums[name] + added if name in self._sums else added
        self._symbols = symbols

    def values(self) -> dict[str, Reals]:
        """The estimators, from the tokens so far."""
        return {**self._sums, "sequence_k3": k3(-self._sums["k1"])}


@dataclass(frozen=True, eq=False, slots=True)
class ChainGradient:
    """∂/∂ logits of q, in nats: of the first token, shape (S,), and of the others, (S, S)."""

    first: Reals
    later: Reals

    @property
    def flat(self) -> Reals:
        """Both as one vector, of shape (S + S²,)."""
        return np.concatenate((self.first, self.later.ravel()))


def kl_gradient(pair: ChainPair, tokens: int, *, partial: bool = False) -> ChainGradient:
    """The exact gradient of KL(q ‖ p) over sequences, in the logits of q's softmax.

    partial: the mean of Σ_t −ℓ_t ∂ log q(x_t|x_(t−1)) instead, which a loss that is summed over
        tokens follows: each token answers for its own divergence, not for that of the tokens
        after it, whose prefixes it decides.

    Raises:
        UsageError: fewer than one token.
    """
    if tokens < 1:
        raise UsageError(f"A sequence has at least 1 token, not {tokens}.")
    to_go = [np.zeros(pair.first.q.shape[1])]
    for _ in range(tokens - 1):
        to_go.append(pair.later.kl + pair.later.q @ to_go[-1])
    if partial:
        to_go = [np.zeros_like(to_go[0])] * tokens
    first = _logit_gradient(pair.first, to_go[tokens - 1])[0]
    later, reached = np.zeros_like(pair.later.q), pair.first.q[0]
    for token in range(2, tokens + 1):
        later += reached[:, None] * _logit_gradient(pair.later, to_go[tokens - token])
        reached = reached @ pair.later.q
    return ChainGradient(first, later)


def _logit_gradient(step: Step, to_go: Reals) -> Reals:
    """∂/∂ logits of Σ q (−ℓ + what is to come), row by row."""
    cost = to_go - step.log_ratio
    return np.asarray(step.q * (cost - (step.q * cost).sum(axis=1, keepdims=True)))
