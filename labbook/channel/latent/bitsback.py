"""Bits-back coding: sending items by a model with a latent variable, at the variational bound.

For each item x Alice pops z from the stack by q(z|x), pushes x by p(x|z) and pushes z by p(z).
Bob pops z and x, and pushes z back by q(z|x): the stack is as it was before, to the last bit.
An item adds

    log2 q(z|x) − log2 p(z) − log2 p(x|z)

bits to the stack, in the mean over z the variational bound KL(q(z|x) ‖ p(z)) + E[−log2 p(x|z)],
which is −log2 p(x) where q is the posterior. The first items need random bits to pop from.

That mean is over q only if what is popped is random. In a chain the slot that is popped is the
one that the z before was pushed to, which is uniform only if those z have the law p(z). Where the
mean of q(z|x) over the items is another, the bits are dirty and the chain costs something else,
as a rule more (see `labbook.channel.latent.dirty`); scrambling the heads before each pop cures it.

J. Townsend, T. Bird, D. Barber, "Practical lossless compression with latent variables using bits
back coding", ICLR 2019, https://arxiv.org/abs/1901.04866
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from labbook.channel.latent.ans_tables import PRECISION, Tables
from labbook.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from labbook.channel.latent.ans import Stack, Symbols

    Integers = NDArray[np.integer]
    Reals = NDArray[np.float64]

Recogniser = Callable[["Symbols"], tuple[Tables, "Integers"]]
"""From items, (n, D), tables of laws on z, and which of them each item has, (n,)."""

Progress = Callable[[int, int], None]
"""Called as `progress(done, of)` in items; what it raises ends the work."""


@dataclass(frozen=True, eq=False)
class LatentModel:
    """p(z), p(x|z) and q(z|x), each as integer frequencies: these are its probabilities.

    An item is a row of D symbols, independent for a given z.

    prior: one context, symbols z
    likelihood: D tables, each with the contexts z
    recogniser: q; for the same items it must always give the same
    """

    prior: Tables
    likelihood: tuple[Tables, ...]
    recogniser: Recogniser

    @classmethod
    def of(
        cls,
        prior: ArrayLike,
        likelihood: ArrayLike,
        q: ArrayLike | None = None,
        *,
        precision: int = PRECISION,
    ) -> LatentModel:
        """A model of items of one symbol, by arrays.

        prior: (Z,), p(z)
        likelihood: (Z, X), p(x|z)
        q: (X, Z), q(z|x); the posterior, unless given

        Raises:
            UsageError: these are no probabilities, their shapes do not fit, or q(z|x) has mass
                where p(z) p(x|z) has none.
        """
        joint = _joint(prior, likelihood)
        given = posterior(prior, likelihood) if q is None else np.asarray(q, dtype=np.float64)
        _need_fit(joint, given)
        law = Tables.of(given, precision)
        return cls(
            Tables.of(prior, precision),
            (Tables.of(likelihood, precision),),
            lambda items: (law, items[:, 0]),
        )

    @classmethod
    def with_function(
        cls,
        prior: ArrayLike,
        likelihood: Sequence[ArrayLike],
        q: Callable[[Symbols], Reals],
        *,
        precision: int = PRECISION,
    ) -> LatentModel:
        """A model of items of D symbols.

        prior: (Z,), p(z)
        likelihood: D times (Z, X), p(x_d|z); X may differ
        q: from items, (n, D), the probabilities q(z|x), (n, Z)

        Raises:
            UsageError: prior or likelihood are no probabilities.
        """

        def recogniser(items: Symbols) -> tuple[Tables, Integers]:
            return Tables.of(q(items), precision, once=True), np.arange(len(items))

        tables = tuple(Tables.of(each, precision) for each in likelihood)
        return cls(Tables.of(prior, precision), tables, recogniser)

    def encode(self, stack: Stack, items: Symbols, *, scramble: bool = False) -> Integers:
        """Put an item on each of the first lanes; the latents that were popped, (n,).

        items: (n, D), n at most the lanes

        Raises:
            UsageError: the stack has too few bits to pop from, or p(z) or p(x|z) is 0 for a z
                that q(z|x) gave.
        """
        law, contexts = self.recogniser(items)
        if scramble:
            stack.scramble(law.precision)
        latents = law.decode(stack, len(items), contexts)
        for place in reversed(range(len(self.likelihood))):
            self.likelihood[place].encode(stack, items[:, place], latents)
        self.prior.encode(stack, latents)
        return latents

    def decode(self, stack: Stack, count: int, *, scramble: bool = False) -> Integers:
        """Take an item off each of the first `count` lanes; the inverse of `encode`."""
        latents = self.prior.decode(stack, count)
        items = np.column_stack([each.decode(stack, count, latents) for each in self.likelihood])
        law, contexts = self.recogniser(items)
        law.encode(stack, latents, contexts)
        if scramble:
            stack.unscramble(law.precision)
        return items

    def lengths(self, items: Symbols) -> Reals:
        """(n, Z), −log2 p(z) p(x|z) of each item and each z, in bits."""
        z = np.arange(self.prior.symbols)
        found = np.tile(self.prior.lengths(z), (len(items), 1))
        for place, table in enumerate(self.likelihood):
            every = table.lengths(np.repeat(items[:, place], len(z)), np.tile(z, len(items)))
            found += every.reshape(found.shape)
        return found

    def recognised(self, items: Symbols) -> Reals:
        """(n, Z), q(z|x) of each item."""
        law, contexts = self.recogniser(items)
        return law.probabilities[contexts]


@dataclass(frozen=True, eq=False)
class Chained:
    """What a chain of items did to a stack.

    latents: (n,), the z of each item
    items: how many items were on the stack after each step: (steps + 1,), from 0 on
    content: (steps + 1,), the bits on the stack then
    startup_bits: how many of the bits that it held before were needed: those of its heads, and
        of the words that it had to take off
    """

    latents: Integers
    items: Integers
    content: Reals
    startup_bits: float

    @property
    def net_bits(self) -> Reals:
        """(steps,), bits per item that were added by then, without those at the start."""
        return np.asarray((self.content[1:] - self.content[0]) / self.items[1:])


def encode_chain(
    model: LatentModel,
    stack: Stack,
    items: Symbols,
    *,
    scramble: bool = False,
    progress: Progress | None = None,
) -> Chained:
    """Put items on the stack, as many at a time as it has lanes; its `lowest` counts anew.

    items: (n, D)

    Raises:
        UsageError: as `LatentModel.encode`.
    """
    count, words, held = len(items), len(stack), stack.content
    stack.lowest = words
    latents = np.empty(count, dtype=np.int64)
    done, content = [0], [held]
    for begin in range(0, count, stack.lanes):
        part = slice(begin, min(begin + stack.lanes, count))
        latents[part] = model.encode(stack, items[part], scramble=scramble)
        done.append(part.stop)
        content.append(stack.content)
        if progress is not None:
            progress(part.stop, count)
    startup = held - 32 * stack.lowest
    return Chained(latents, np.array(done), np.array(content), startup)


def decode_chain(
    model: LatentModel, stack: Stack, count: int, *, scramble: bool = False
) -> Integers:
    """The items that `encode_chain` put there, (count, D), in their order; the stack is then as
    it was before them.
    """
    items = np.empty((count, len(model.likelihood)), dtype=np.int64)
    for begin in reversed(range(0, count, stack.lanes)):
        part = slice(begin, min(begin + stack.lanes, count))
        items[part] = model.decode(stack, part.stop - begin, scramble=scramble)
    return items


def posterior(prior: ArrayLike, likelihood: ArrayLike) -> Reals:
    """(X, Z), p(z|x) = p(z) p(x|z) / p(x).

    prior: (Z,)
    likelihood: (Z, X)

    Raises:
        UsageError: the shapes do not fit, or an x has no probability.
    """
    joint = _joint(prior, likelihood).T
    total = joint.sum(axis=1, keepdims=True)
    if not (total > 0).all():
        raise UsageError(
            f"Symbol {int(np.argmin(total))} has no probability under the model, and no posterior."
        )
    return np.asarray(joint / total)


def _joint(prior: ArrayLike, likelihood: ArrayLike) -> Reals:
    """(Z, X), p(z) p(x|z)."""
    first, second = np.asarray(prior, dtype=np.float64), np.asarray(likelihood, dtype=np.float64)
    if first.ndim != 1 or second.ndim != 2 or len(first) != len(second):
        raise UsageError("p(x|z) has a row for each z of p(z), and a column for each x.")
    return first[:, None] * second


def _need_fit(joint: Reals, q: Reals) -> None:
    if q.shape != joint.shape[::-1]:
        raise UsageError("q(z|x) has a row for each x of p(x|z), and a column for each z.")
    bad = np.argwhere((q > 0) & (joint.T == 0))
    if len(bad):
        x, z = bad[0]
        raise UsageError(
            f"q(z|x) gives mass to z = {z} for x = {x}, where p(z) p(x|z) is 0: it cannot be sent."
        )
