"""What a stack codes by: tables of integer frequencies, and uniform laws.

Probabilities become frequencies that sum to 2^r exactly, of which every symbol that has any
probability gets at least 1. With k such symbols in a law, and F the cumulative probability,

    end of symbol s = ⌊(2^r − k) F(s)⌋ + how many of the symbols 0, …, s have any

so f(s) > (2^r − k) p(s), and coding s costs less than −log2 p(s) + log2(2^r / (2^r − k)) bits:
`redundancy` bounds the bits lost on every single symbol, whatever the law.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from labbook.channel.latent.ans import LARGEST_PRECISION
from labbook.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from labbook.channel.latent.ans import Heads, Stack, Symbols

    Integers = NDArray[np.int64]
    Reals = NDArray[np.float64]

PRECISION = 16

_MOST_SLOTS = 1 << 22
"""Larger tables of slots are not made: a search takes 20 ns, a look beyond the cache as long."""


@dataclass(frozen=True, eq=False)
class Tables:
    """Laws on the symbols 0, …, S − 1, one in each context, as frequencies out of 2^precision.

    frequencies: (contexts, S)
    once: they decode a single time: then by a search, since a table of all slots takes longer
          to make than that

    Raises:
        UsageError: a frequency is negative, a context's do not sum to 2^precision, or the
            precision is not from 1 to 24.
    """

    frequencies: Integers
    precision: int
    once: bool = False

    def __post_init__(self) -> None:
        _need_precision(self.precision)
        table = np.atleast_2d(np.asarray(self.frequencies, dtype=np.int64))
        object.__setattr__(self, "frequencies", table)
        if table.ndim != 2 or not table.size or table.min() < 0:
            raise UsageError("Frequencies are a table of integers from 0 on, a row each context.")
        if (table.sum(axis=1) != 1 << self.precision).any():
            raise UsageError(f"The frequencies of a context must sum to 2^{self.precision}.")

    @classmethod
    def of(
        cls, probabilities: ArrayLike, precision: int = PRECISION, *, once: bool = False
    ) -> Tables:
        """Tables for probabilities, each context's divided by its sum.

        probabilities: (contexts, S), or (S,) for a single context

        Raises:
            UsageError: one is negative or no number, a context has none, or 2^precision slots
                are no more than the symbols.
        """
        _need_precision(precision)
        given = np.atleast_2d(np.asarray(probabilities, dtype=np.float64))
        if given.ndim != 2 or not (np.isfinite(given) & (given >= 0)).all():
            raise UsageError("Probabilities are numbers from 0 on, a row for each context.")
        totals = np.cumsum(given, axis=1)
        whole = totals[:, -1:]
        if not given.size or not ((whole > 0) & np.isfinite(whole)).all():
            raise UsageError("In some context no symbol has any probability.")
        counted = np.cumsum(given > 0, axis=1)
        spare = (1 << precision) - counted[:, -1:]
        if spare.min() < 1:
            raise UsageError(
                f"{counted.max():,} symbols cannot share 2^{precision} slots.",
                hint="Give a higher precision.",
            )
        ends = np.floor(spare * (totals / whole)).astype(np.int64) + counted
        return cls(np.diff(ends, axis=1, prepend=0), precision, once)

    @property
    def symbols(self) -> int:
        return int(self.frequencies.shape[1])

    @property
    def redundancy(self) -> float:
        """What `of` makes a symbol cost beyond −log2 p, at the most, in bits."""
        most = int((self.frequencies > 0).sum(axis=1).max())
        return -math.log2(1 - most / (1 << self.precision)) if most > 1 else 0.0

    @property
    def probabilities(self) -> Reals:
        """(contexts, S), what is really coded by."""
        return self.frequencies / (1 << self.precision)

    def lengths(self, symbols: Symbols, contexts: Symbols | None = None) -> Reals:
        """What each symbol costs, in bits; infinite where it has no slot."""
        with np.errstate(divide="ignore"):
            return self.precision - np.log2(self._frequency[self._places(symbols, contexts)])

    def encode(self, stack: Stack, symbols: Symbols, contexts: Symbols | None = None) -> None:
        """Push a symbol on each of the first lanes.

        symbols: (n,), n at most the lanes
        contexts: (n,), whose law each symbol has; the first one's, unless given

        Raises:
            UsageError: a symbol has no probability, or there are more symbols than lanes.
        """
        _need_lanes(stack, len(symbols))
        places = self._places(symbols, contexts)
        frequencies = self._frequency[places]
        if not frequencies.all():
            symbol = symbols[int(np.argmin(frequencies))]
            raise UsageError(f"Symbol {symbol} has no probability here and cannot be coded.")
        stack.push(self._start[places], frequencies, self.precision)

    def decode(self, stack: Stack, count: int, contexts: Symbols | None = None) -> Integers:
        """Pop a symbol from each of the first `count` lanes; the inverse of `encode`.

        Raises:
            UsageError: the stack has too few words, or fewer lanes.
        """
        _need_lanes(stack, count)
        slots = stack.slots(count, self.precision)
        rows = np.zeros(count, dtype=np.int64) if contexts is None else contexts
        if contexts is not None:
            slots += contexts.astype(np.int64) << self.precision
        if self.once or len(self.frequencies) << self.precision > _MOST_SLOTS:
            places = np.searchsorted(self._first_slot, slots, side="right") - 1
            symbols = places - rows * self.symbols
        else:
            symbols = self._symbol_of_slot[slots].astype(np.int64)
            places = symbols + rows * self.symbols
        stack.pop(self._start[places], self._frequency[places], self.precision)
        return symbols

    def _places(self, symbols: Symbols, contexts: Symbols | None) -> Integers:
        places = np.asarray(symbols, dtype=np.int64)
        if places.size and not (places.min() >= 0 and places.max() < self.symbols):
            raise UsageError(f"Symbols are from 0 to {self.symbols - 1}.")
        if contexts is None:
            return places
        return places + np.asarray(contexts, dtype=np.int64) * self.symbols

    @cached_property
    def _frequency(self) -> Heads:
        return self.frequencies.ravel().astype(np.uint64)

    @cached_property
    def _start(self) -> Heads:
        starts = np.cumsum(self.frequencies, axis=1) - self.frequencies
        return starts.ravel().astype(np.uint64)

    @cached_property
    def _first_slot(self) -> Integers:
        """Of every symbol of every context, with the contexts' slots one after the other."""
        flat = self.frequencies.ravel()
        return np.cumsum(flat) - flat

    @cached_property
    def _symbol_of_slot(self) -> NDArray[np.unsignedinteger]:
        kind = np.min_scalar_type(self.symbols - 1)
        names = np.tile(np.arange(self.symbols, dtype=kind), len(self.frequencies))
        return np.repeat(names, self.frequencies.ravel())


@dataclass(frozen=True, slots=True)
class Uniform:
    """All of 0, …, count − 1 alike, without a table; exactly so where count is a power of two.

    Symbol s has the slots from ⌊2^r s / count⌋ on; as with tables, `redundancy` bounds the loss.

    Raises:
        UsageError: count is not from 1 to 2^precision, or the precision not from 1 to 24.
    """

    count: int
    precision: int = PRECISION

    def __post_init__(self) -> None:
        _need_precision(self.precision)
        if not 1 <= self.count <= 1 << self.precision:
            raise UsageError(f"{self.count:,} symbols cannot share 2^{self.precision} slots.")

    @property
    def redundancy(self) -> float:
        """What a symbol costs beyond log2 count, at the most, in bits."""
        return math.log2((1 << self.precision) / self.count) - math.log2(
            (1 << self.precision) // self.count
        )

    def lengths(self, symbols: Symbols) -> Reals:
        """What each symbol costs, in bits."""
        return self.precision - np.log2(self._slots(symbols)[1])

    def encode(self, stack: Stack, symbols: Symbols) -> None:
        """Push a symbol on each of the first lanes; as `Tables.encode`."""
        _need_lanes(stack, len(symbols))
        stack.push(*self._slots(symbols), self.precision)

    def decode(self, stack: Stack, count: int) -> Integers:
        """Pop a symbol from each of the first `count` lanes; as `Tables.decode`."""
        _need_lanes(stack, count)
        slots = stack.slots(count, self.precision)
        symbols = ((slots + 1) * self.count - 1) >> self.precision
        stack.pop(*self._slots(symbols), self.precision)
        return symbols

    def _slots(self, symbols: Symbols) -> tuple[Heads, Heads]:
        """The first slot of each symbol, and how many it has."""
        given = np.asarray(symbols, dtype=np.int64)
        if given.size and not (given.min() >= 0 and given.max() < self.count):
            raise UsageError(f"Symbols are from 0 to {self.count - 1}.")
        starts = (given << self.precision) // self.count
        ends = ((given + 1) << self.precision) // self.count
        return starts.astype(np.uint64), (ends - starts).astype(np.uint64)


def _need_precision(precision: int) -> None:
    if not 1 <= precision <= LARGEST_PRECISION:
        raise UsageError(f"A precision is from 1 to {LARGEST_PRECISION} bits, not {precision}.")


def _need_lanes(stack: Stack, count: int) -> None:
    if count > stack.lanes:
        raise UsageError(f"{count:,} symbols do not fit on {stack.lanes:,} lanes at once.")
