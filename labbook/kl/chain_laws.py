"""The exact laws of the estimators of `labbook.kl.chain`, over sequences of T tokens.

The moments of each sum are carried forward from token to token, beside the symbol that was
reached: T products of small matrices, where there are S^T sequences.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from labbook.errors import UsageError
from labbook.kl.estimators import k3
from labbook.kl.exact import Law

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from labbook.kl.chain import ChainPair, Step

    Reals = NDArray[np.float64]

ORDER = 4
"""The highest moments that are carried forward: those that a kurtosis needs."""

EXPONENTS = [(i, n - i) for n in range(ORDER + 1) for i in range(n + 1)]
"""Of D^i ρ^j, in the order of the joint moments: by degree."""

ROUNDING = 1e-13
"""A standard deviation that is a smaller part of the mean is but rounding."""


@dataclass(frozen=True, slots=True)
class SequenceLaws:
    """The exact laws over sequences of so many tokens; divergences in nats.

    chi2: χ²(p ‖ q) = E[(exp L − 1)²]
    laws: of one sequence, by the estimator's name
    """

    tokens: int
    kl: float
    reverse_kl: float
    chi2: float
    laws: dict[str, Law]

    @property
    def best_weight(self) -> float:
        """λ* = (KL(q ‖ p) + KL(p ‖ q)) / χ², at which −L + λ (exp L − 1) varies least."""
        return (self.kl + self.reverse_kl) / self.chi2 if self.chi2 else math.nan

    @property
    def best_sd(self) -> float:
        """The standard deviation of −L + λ* (exp L − 1), in nats."""
        explained = self.best_weight * (self.kl + self.reverse_kl) if self.chi2 else 0.0
        return math.sqrt(max(self.laws["k1"].sd ** 2 - explained, 0.0))


def sequence_laws(pair: ChainPair, lengths: Sequence[int]) -> tuple[SequenceLaws, ...]:
    """The exact laws for each length T, shortest first.

    Moments beyond double precision, which long sequences have, are infinite.

    Raises:
        UsageError: no length, or one below 1.
    """
    if not lengths or min(lengths) < 1:
        raise UsageError("The lengths of sequences are whole numbers from 1 on, at least one.")
    wanted = set(lengths)
    sums = {name: _Sum() for name in pair.first.values}
    joint, under_p, reverse, found = _Joint(pair), np.ones(1), 0.0, []
    with np.errstate(over="ignore", invalid="ignore"):
        for token in range(1, max(wanted) + 1):
            step = pair.step(token)
            for name, each in sums.items():
                each.add(step.q, step.values[name])
            joint.add(token)
            reverse += float(under_p @ step.reverse_kl)
            under_p = under_p @ step.p
            if token in wanted:
                laws = {name: each.law for name, each in sums.items()}
                laws["sequence_k3"] = joint.law
                kl = sums["rao_blackwell"].mean
                found.append(SequenceLaws(token, kl, reverse, joint.chi2, laws))
    return tuple(found)


class _Sum:
    """The moments of a sum over tokens, about its mean, beside the symbol that was reached.

    _moments[k, s] is E[(sum − mean)^k; symbol s].
    """

    def __init__(self) -> None:
        self.mean = 0.0
        self._moments = np.eye(ORDER + 1, 1)

    def add(self, q: Reals, values: Reals) -> None:
        old, here = self._moments, float(self._moments[0] @ (q * values).sum(axis=1))
        powers = [q * (values - here) ** power for power in range(ORDER + 1)]
        self._moments = np.array(
            [
                sum(math.comb(k, j) * (old[k - j] @ powers[j]) for j in range(k + 1))
                for k in range(ORDER + 1)
            ]
        )
        self.mean += here

    @property
    def law(self) -> Law:
        second, fourth = float(self._moments[2].sum()), float(self._moments[4].sum())
        if math.sqrt(second) <= ROUNDING * abs(self.mean):
            return Law(self.mean, 0.0, math.nan)
        return Law(self.mean, math.sqrt(second), fourth / second**2)


class _Joint:
    """The joint moments of D = exp L − 1 − L and ρ = exp L − 1, beside the symbol reached.

    _moments[n, s] is E[D^i ρ^j; symbol s], (i, j) being EXPONENTS[n].
    """

    def __init__(self, pair: ChainPair) -> None:
        self._transfers = (_transfer(pair.first), _transfer(pair.later))
        self._moments = np.eye(len(EXPONENTS), 1)

    def add(self, token: int) -> None:
        transfer = self._transfers[min(token, 2) - 1]
        moments = np.empty((len(EXPONENTS), transfer.shape[-1]))
        # Each degree from those up to it: where the highest is infinite, the lower ones are not.
        for degree in range(ORDER + 1):
            begin, end = degree * (degree + 1) // 2, (degree + 1) * (degree + 2) // 2
            moments[begin:end] = np.einsum(
                "nmrs,mr->ns", transfer[begin:end, :end], self._moments[:end]
            )
        self._moments = moments

    @property
    def chi2(self) -> float:
        found = float(self._moments[EXPONENTS.index((0, 2))].sum())
        return found if math.isfinite(found) else math.inf

    @property
    def law(self) -> Law:
        """Of D."""
        one, two, three, four = (
            float(self._moments[EXPONENTS.index((i, 0))].sum()) for i in range(1, ORDER + 1)
        )
        variance = two - one**2
        if not math.isfinite(variance):
            return Law(one, math.inf, math.inf)
        if variance <= 0:
            return Law(one, 0.0, math.nan)
        central = four - 4 * one * three + 6 * one**2 * two - 3 * one**4
        kurtosis = central / variance / variance if math.isfinite(central) else math.inf
        return Law(one, math.sqrt(variance), kurtosis)


def _transfer(step: Step) -> Reals:
    """How one token changes the joint moments of D and ρ.

    With δ = exp ℓ − 1 and κ = δ − ℓ, D becomes D + κ + δ ρ, and ρ becomes ρ + δ + δ ρ: sums of
    small numbers, in which two close chains lose no digits. Of shape (new moment, old moment,
    rows, S), weighted by q.
    """
    delta, kappa = np.expm1(step.log_ratio), k3(step.log_ratio)
    found = np.zeros((len(EXPONENTS), len(EXPONENTS), *step.q.shape))
    place = {exponents: index for index, exponents in enumerate(EXPONENTS)}
    for i, j in EXPONENTS:
        for a in range(i + 1):
            for c in range(i - a + 1):
                ways = math.comb(i, a) * math.comb(i - a, c)
                from_d = ways * kappa ** (i - a - c) * delta**c
                for d in range(j + 1):
                    from_rho = math.comb(j, d) * delta ** (j - d) * (1 + delta) ** d
                    found[place[i, j], place[a, c + d]] += step.q * from_d * from_rho
    return found
