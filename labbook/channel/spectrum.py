"""The ratio q/p and how often it takes each value: all that the law of an index depends on.

A block of n symbols has as many ratios as its symbols have types (counts of each symbol), so
exact laws of blocks stay small where the blocks themselves are far too many to list. Masses are
kept as logarithms to base 2, since those of long blocks underflow.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from labbook.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from labbook.channel.pairs import DiscretePair

    Reals = NDArray[np.float64]

MOST_LEVELS = 2_000_000
"""Types of a block, or levels of a product, above which nothing is computed."""

LARGEST_LOG2_M = 1000.0

_SAME = 1e-11
"""Logarithms of ratios that differ by less, relative to their size, are one level's."""


@dataclass(frozen=True, eq=False)
class Spectrum:
    """The values of r = q/p in ascending order, and the mass that p and q have on each.

    log2_ratio: (levels,), log2 r; the first is −inf where q has no mass
    log2_p: (levels,), log2 of p's mass; it is q's for r = 1
    """

    log2_ratio: Reals
    log2_p: Reals

    @classmethod
    def of(cls, log2_ratio: Reals, log2_p: Reals) -> Spectrum:
        """From ratios in any order, which may be repeated; those without mass are left out."""
        there = log2_p > -np.inf
        ratio, mass = log2_ratio[there], log2_p[there]
        order, starts = by_ratio(ratio)
        return cls(ratio[order[starts]], log2_sums(mass[order], starts))

    @property
    def log2_q(self) -> Reals:
        """log2 of q's mass on each level."""
        return self.log2_p + self.log2_ratio

    @cached_property
    def ratio(self) -> Reals:
        """r on each level.

        Raises:
            UsageError: it does not fit into double precision.
        """
        if self.log2_m > LARGEST_LOG2_M:
            raise UsageError(
                f"With log2 M = {self.log2_m:.4g} the law of an index does not fit into double "
                "precision.",
                hint="Give shorter blocks.",
            )
        return np.exp2(self.log2_ratio)

    @cached_property
    def p(self) -> Reals:
        """p's mass on each level; 0 where it underflows."""
        return np.exp2(self.log2_p)

    @cached_property
    def q(self) -> Reals:
        """q's mass on each level; 0 where it underflows."""
        return np.exp2(self.log2_q)

    @cached_property
    def log2_above(self) -> tuple[Reals, Reals]:
        """log2 of the masses that p and q have on each level and all above it."""
        return _log2_from_top(self.log2_p), _log2_from_top(self.log2_q)

    @property
    def log2_m(self) -> float:
        """log2 M, M = max r, in bits: the Rényi divergence of order infinity."""
        return float(self.log2_ratio[-1])

    @cached_property
    def kl_bits(self) -> float:
        """KL(q ‖ p) in bits."""
        there = self.q > 0
        return float(np.dot(self.q[there], self.log2_ratio[there]))

    @cached_property
    def variance(self) -> float:
        """The variance of log2 r under q, in bits²."""
        there = self.q > 0
        return float(np.dot(self.q[there], (self.log2_ratio[there] - self.kl_bits) ** 2))

    @cached_property
    def dcs_bits(self) -> float:
        """The channel simulation divergence −∫ w log2 w dh, w(h) = P_p(r ≥ h), in bits.

        C. T. Li, A. El Gamal, IEEE Trans. Inf. Theory 64 (2018) 6967; D. Goc, G. Flamich,
        "On channel simulation with causal rejection samplers", ISIT 2024, arXiv:2401.16579.
        """
        above, _ = self.log2_above
        # Rounding may leave the mass of everything a hair above 1.
        above = np.minimum(above, 0.0)
        rise = log2_difference(self.log2_ratio, np.append(-np.inf, self.log2_ratio[:-1]))
        with np.errstate(invalid="ignore"):
            terms = -above * np.exp2(rise + above)
        return float(terms[np.isfinite(rise)].sum())

    def times(self, other: Spectrum) -> Spectrum:
        """Of the pair of products: of two symbols that are independent, under p and under q.

        Raises:
            UsageError: there would be more levels than can be handled.
        """
        levels = len(self.log2_p) * len(other.log2_p)
        need_few("the product of these pairs", levels)
        ratio = np.add.outer(self.log2_ratio, other.log2_ratio).ravel()
        return Spectrum.of(ratio, np.add.outer(self.log2_p, other.log2_p).ravel())


@dataclass(frozen=True, eq=False)
class Types:
    """The types of blocks of n independent symbols.

    counts: (types, symbols), how often each symbol occurs
    log2_p: (types,), log2 of p's mass of all blocks of the type
    log2_block: (types,), log2 of p's mass of one such block
    log2_ratio: (types,), log2 r of such a block
    """

    counts: NDArray[np.int64]
    log2_p: Reals
    log2_block: Reals
    log2_ratio: Reals

    @cached_property
    def spectrum(self) -> Spectrum:
        return Spectrum.of(self.log2_ratio, self.log2_p)

    @property
    def length(self) -> int:
        """n."""
        return int(self.counts[0].sum())


def spectrum(pair: DiscretePair, n: int = 1) -> Spectrum:
    """Of blocks of n symbols.

    Raises:
        UsageError: n is below 1, or there are too many types.
    """
    if n == 1:
        # Types of one symbol are its values; as counts they would be a square of as many.
        p, log2_p, log2_ratio = _symbols(pair)
        return Spectrum.of(log2_ratio[p > 0], log2_p[p > 0])
    return types(pair, n).spectrum


def product(pairs: Sequence[DiscretePair]) -> Spectrum:
    """Of a block whose symbols are independent and each of its own pair.

    Raises:
        UsageError: there is no pair, or there would be too many levels.
    """
    if not pairs:
        raise UsageError("A block has at least one symbol.")
    whole = spectrum(pairs[0])
    for pair in pairs[1:]:
        whole = whole.times(spectrum(pair))
    return whole


def types(pair: DiscretePair, n: int) -> Types:
    """The types of blocks of n symbols, those without mass under p left out.

    Raises:
        UsageError: n is below 1, or there are too many types.
    """
    need_few_types(len(pair.p), n)
    counts = _counts(len(pair.p), n)
    p, log2_p, log2_ratio = _symbols(pair)
    there = ~((counts > 0) & (p == 0)).any(axis=1)
    counts = counts[there]
    block = _weighted(counts, log2_p)
    mass = _log2_multinomial(counts) + block
    return Types(counts, mass, block, _weighted(counts, log2_ratio))


def _symbols(pair: DiscretePair) -> tuple[Reals, Reals, Reals]:
    """(symbols,): p, log2 p and log2 q/p, which is −inf where q has no mass."""
    p, q = (np.array(each) / math.fsum(each) for each in (pair.p, pair.q))
    with np.errstate(divide="ignore"):
        return p, np.log2(p), np.log2(q) - np.log2(np.where(p > 0, p, 1.0))


def need_few_types(symbols: int, n: int) -> None:
    """Refuse blocks whose types cannot be gone through.

    Raises:
        UsageError: n is below 1, or there are too many types.
    """
    if n < 1:
        raise UsageError(f"A block has at least one symbol, not {n}.")
    need_few(f"blocks of {n} from {symbols} symbols", math.comb(n + symbols - 1, symbols - 1))


def by_ratio(log2_ratio: Reals) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The order of ratios that may be repeated, and where in it each level begins."""
    order = np.argsort(log2_ratio, kind="stable")
    ratio = log2_ratio[order]
    with np.errstate(invalid="ignore"):
        step = np.diff(ratio) > _SAME * np.maximum(1.0, np.abs(ratio[1:]))
    return order, np.flatnonzero(np.append(True, step))


def log2_difference(larger: Reals, smaller: Reals) -> Reals:
    """log2(2^a − 2^b) for a ≥ b."""
    with np.errstate(divide="ignore", invalid="ignore"):
        rest = np.log1p(-np.exp2(smaller - larger)) / math.log(2)
        return np.where(np.isneginf(larger), -np.inf, larger + rest)


def need_few(what: str, levels: int) -> None:
    """Refuse what has too many levels.

    Raises:
        UsageError: it has.
    """
    if levels > MOST_LEVELS:
        raise UsageError(
            f"The exact law of {what} has {levels:,} levels, more than the {MOST_LEVELS:,} that "
            "can be handled.",
            hint="Give shorter blocks, or fewer symbols.",
        )


def log2_sums(values: Reals, starts: NDArray[np.intp]) -> Reals:
    """log2 Σ 2^value over the stretches that begin at `starts`."""
    top = np.maximum.reduceat(values, starts)
    stretch = np.repeat(top, np.diff(np.append(starts, len(values))))
    return np.asarray(top + np.log2(np.add.reduceat(np.exp2(values - stretch), starts)))


def _counts(symbols: int, n: int) -> NDArray[np.int64]:
    """Every way to write n as an ordered sum of so many counts."""
    rows = np.zeros((1, 0), dtype=np.int64)
    left = np.array([n])
    for _ in range(symbols - 1):
        choices = left + 1
        owner = np.repeat(np.arange(len(left)), choices)
        first = np.repeat(np.cumsum(choices) - choices, choices)
        taken = np.arange(choices.sum()) - first
        rows = np.column_stack([rows[owner], taken])
        left = left[owner] - taken
    return np.column_stack([rows, left])


def _log2_multinomial(counts: NDArray[np.int64]) -> Reals:
    from scipy.special import gammaln

    n = counts[0].sum()
    whole = gammaln(n + 1.0) - gammaln(counts + 1.0).sum(axis=1)
    return np.asarray(whole / math.log(2))


def _weighted(counts: NDArray[np.int64], values: Reals) -> Reals:
    """Σ count · value, where a count of 0 makes nothing of −inf."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(counts > 0, counts * values, 0.0).sum(axis=1))


def _log2_from_top(values: Reals) -> Reals:
    """log2 of the sums of 2^value from each place to the end."""
    return np.asarray(np.logaddexp2.accumulate(values[::-1])[::-1])
