"""Families of distributions as the kernels have them: a struct's name, constants and a table.

The layout of the arrays stands in `kernels/kl_families.cuh`. Whatever needs a special function
is computed here, once, as the CPU's densities and quantiles compute it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from labbook.errors import UsageError
from labbook.kl.families.counts import Bernoulli, Categorical, Geometric, Poisson
from labbook.kl.families.line import Cauchy, Laplace, StudentT
from labbook.kl.families.part import Beta, Exponential, Gamma, VonMises
from labbook.kl.normal import Normal, NormalPair

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from labbook.kl.diagonal import DiagonalNormal, DiagonalPair
    from labbook.kl.families.base import Distribution
    from labbook.kl.families.inversion import HermiteTable
    from labbook.kl.pair import Pair

    Reals = NDArray[np.float64]

_NOTHING = np.zeros(1)


@dataclass(frozen=True, slots=True)
class Packed:
    """One distribution of a pair.

    family: the struct of kl_families.cuh
    constants, table: what it is made from
    """

    family: str
    constants: Reals
    table: Reals


def supports(pair: Pair | DiagonalPair) -> bool:
    """Whether the kernel has both families: no mixture, SciPy's own, or of many coordinates."""
    return type(pair.q) in _CONSTANTS and type(pair.p) in _CONSTANTS


def pack(pair: Pair | DiagonalPair) -> tuple[Packed, Packed]:
    """What the kernel needs of q, with what inverts it, and of p.

    Raises:
        UsageError: the kernel lacks one of the families.
    """
    if isinstance(pair.q, Normal) and isinstance(pair.p, Normal):
        polynomial = np.array(NormalPair(pair.q, pair.p).coefficients)
        return _packed(pair.q, sampled=True), Packed("NormalToNormal", polynomial, _NOTHING)
    return _packed(pair.q, sampled=True), _packed(pair.p, sampled=False)


def _packed(law: Distribution | DiagonalNormal, *, sampled: bool) -> Packed:
    if type(law) not in _CONSTANTS:
        raise UsageError(f"The CUDA kernel has no {law}: such pairs are for the CPU.")
    needs_table = type(law) in _TABLES and (sampled or isinstance(law, Categorical))
    family = Categorical if isinstance(law, Categorical) else type(law)
    return Packed(
        family.__name__,
        np.array(_CONSTANTS[type(law)](law), dtype=np.float64),
        _TABLES[type(law)](law) if needs_table else _NOTHING,
    )


def _of_student_t(law: StudentT) -> tuple[float, ...]:
    half = (law.df + 1) / 2
    constant = math.lgamma(half) - math.lgamma(law.df / 2) - math.log(law.df * math.pi) / 2
    return math.sqrt(law.df), 2 * half, constant


def _of_gamma(law: Gamma) -> tuple[float, ...]:
    constant = law.shape * math.log(law.rate) - math.lgamma(law.shape)
    return law.shape - 1, law.rate, constant


def _of_beta(law: Beta) -> tuple[float, ...]:
    from scipy.special import betaln

    return law.a - 1, law.b - 1, float(betaln(law.a, law.b))


def _of_von_mises(law: VonMises) -> tuple[float, ...]:
    from scipy.special import i0e

    return law.mean, law.concentration, math.log(2 * math.pi * i0e(law.concentration))


def _number_of_symbols(law: Categorical) -> tuple[float, ...]:
    return (len(law.probabilities),)


_CONSTANTS: dict[type, Callable[[Any], tuple[float, ...]]] = {
    Normal: lambda law: (law.mean, law.sd, math.log(law.sd * math.sqrt(2 * math.pi))),
    Exponential: lambda law: (law.rate, math.log(law.rate)),
    Laplace: lambda law: (law.mean, law.scale, math.log(2 * law.scale)),
    Cauchy: lambda law: (law.location, law.scale, math.log(math.pi * law.scale)),
    StudentT: _of_student_t,
    Gamma: _of_gamma,
    Beta: _of_beta,
    VonMises: _of_von_mises,
    Poisson: lambda law: (law.mean, math.log(law.mean)),
    Geometric: lambda law: (math.log(law.prob), math.log1p(-law.prob)),
    Categorical: _number_of_symbols,
    Bernoulli: _number_of_symbols,
}


def _function(table: HermiteTable) -> Reals:
    knots = np.column_stack((table.values, table.rises)).ravel()
    return np.concatenate(([table.first, table.step, len(table.values), 0.0], knots))


def _of_symbols(law: Categorical) -> Reals:
    with np.errstate(divide="ignore"):
        return np.concatenate((law.cumulative, np.log(law.probabilities)))


def _of_poisson(law: Poisson) -> Reals:
    first, cumulative = law.table
    return np.concatenate(([first, len(cumulative)], cumulative))


_TABLES: dict[type, Callable[[Any], Reals]] = {
    StudentT: lambda law: _function(law.table),
    Gamma: lambda law: _function(law.table),
    Beta: lambda law: _function(law.table),
    VonMises: lambda law: _function(law.table[1]),
    Poisson: _of_poisson,
    Categorical: _of_symbols,
    Bernoulli: _of_symbols,
}
