"""Pairs of all families that the pair kernel has, and how far two tallies are apart."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import product
from typing import Any

import numpy as np

from labbook.kl import Pair, distribution
from labbook.kl.gpu_families import pack
from labbook.kl.joint import Joint
from labbook.kl.moments import Moments
from labbook.kl.tally import Tally

ERROR = 2.0**-49
"""By how much, of its size, each logarithm, exponential and the like of the host is made wrong:
eight to sixteen units in the last place, where a device's functions err by a few. So what agrees
with the CPU in spite of it agrees on a device."""

_LINE = (
    ("normal(0.5,1.2)", "normal(0.2,1.5)"),
    ("exponential(1.5)", "exponential(1.1)"),
    ("laplace(0.3,1.1)", "laplace(0,1.3)"),
    ("cauchy(0.2,0.9)", "cauchy(0,1.2)"),
    ("t(5)", "t(7)"),
    ("gamma(2.5,1.3)", "gamma(2,1.1)"),
    ("beta(2,3)", "beta(1.5,2.5)"),
    ("vonmises(0.4,2)", "vonmises(0,1.5)"),
)
_COUNTS = (
    ("poisson(4)", "poisson(5)"),
    ("geometric(0.3)", "geometric(0.35)"),
    ("categorical(0.5,0.3,0.2)", "categorical(0.45,0.25,0.2,0.1)"),
)


def of(q: str, p: str) -> Pair:
    return Pair(distribution(q), distribution(p))


PAIRS = {
    f"{q} {p}": of(q, p) for group in (_LINE, _COUNTS) for (q, _), (_, p) in product(group, group)
}
"""Each family against each other that it can be compared with; some lose mass, some have no
finite variance."""

_SMALL = (0, 1, 2**11, 2**12, 2**20, 2**40, 2**62)
_MIDDLE = (2**63 - 1, 2**63, 2**63 + 2**11, 3 * 2**62)
_LARGE = tuple(2**64 - each for each in (2**40, 2**20, 2**13, 2**12))
HARD = np.array((*_SMALL, *_MIDDLE, *_LARGE), dtype=np.uint64)
"""Words of the least uniform numbers, the largest but one, and those around the median."""

LAWS = tuple(q for group in (_LINE, _COUNTS) for q, _ in group)


def families(pair: Pair) -> str:
    """The names of the kernel's structs, as `Gamma_Beta`."""
    q, p = pack(pair)
    return f"{q.family}_{p.family}"


def variants(pairs: Iterable[Pair]) -> dict[str, dict[str, str]]:
    """What `HostKernels` compiles them by."""
    packed = map(pack, pairs)
    return {
        f"{q.family}_{p.family}": {"Q_FAMILY": q.family, "P_FAMILY": p.family} for q, p in packed
    }


def apart(found: Tally, expected: Tally) -> float:
    """How far means and moments are apart, each of the size of its terms.

    Means are measured by the standard deviation, or a hundredth of the mean where that is more:
    the spread of numbers so close to each other is not known better. Third moments go by
    √(m2 m4). What is NaN on the CPU must not be a number: there a value is infinite.
    """
    assert list(found.moments) == list(expected.moments)
    gaps = [_gap(found.moments[name], each) for name, each in expected.moments.items()]
    gaps += [_joint_gap(*each) for each in zip(found.folds, expected.folds, strict=True)]
    return max(gaps)


def _gap(a: Moments, b: Moments) -> float:
    assert a.count == b.count
    if not math.isfinite(b.m2):
        assert not math.isfinite(a.mean)
        assert not math.isfinite(a.m2)
        return 0.0
    n, spread = b.count, _spread(b.m2, b.count, b.mean)
    gaps = [(a.mean - b.mean, spread), (a.m2 - b.m2, n * spread**2)]
    if math.isfinite(b.m4):
        fourth = max(b.m4, n * spread**4)
        gaps += [(a.m3 - b.m3, math.sqrt(n * fourth) * spread), (a.m4 - b.m4, fourth)]
    return max(abs(gap) / (size or 1.0) for gap, size in gaps)


def _spread(m2: float, count: int, mean: float) -> float:
    return max(math.sqrt(m2 / count), abs(mean) / 100)


def _joint_gap(a: Joint, b: Joint) -> float:
    assert a.count == b.count
    n = b.count
    if not n or not math.isfinite(b.log_log + b.k3_k3):
        return 0.0
    log, k3 = _spread(b.log_log, n, b.log), _spread(b.k3_k3, n, b.k3)
    gaps = (
        (a.log - b.log, log),
        (a.k3 - b.k3, k3),
        (a.log_log - b.log_log, n * log * log),
        (a.log_k3 - b.log_k3, n * log * k3),
        (a.k3_k3 - b.k3_k3, n * k3 * k3),
    )
    return max(abs(gap) / (size or 1.0) for gap, size in gaps)


def assert_same(found: Tally, expected: Tally, within: float) -> None:
    """Of the counts and the largest log ratios, and of the rest up to rounding."""
    assert (found.count, found.lost, found.clamped) == (
        expected.count,
        expected.lost,
        expected.clamped,
    )
    assert np.array_equal(np.sort(found.largest), np.sort(expected.largest))
    assert apart(found, expected) <= within


def assert_values(pair: Pair, u: np.ndarray, x: np.ndarray, log_ratio: np.ndarray) -> None:
    """Samples made at these u, and L there, are the CPU's in spite of ERROR."""
    q, p = pair.q, pair.p
    expected = q.quantile(u)
    if q.support.discrete:
        assert np.array_equal(x, expected)
    assert np.all(np.abs(x - expected) <= ERROR * _sizes(q, u, expected))
    # From the same sample on, what differs is the rounding of two log densities.
    with np.errstate(divide="ignore"):
        at_x = pair.log_ratio(x)
    there = np.isfinite(at_x)
    assert np.array_equal(log_ratio[~there], at_x[~there])
    gap = np.abs(log_ratio[there] - at_x[there])
    size = np.abs(p.log_density(x[there])) + np.abs(q.log_density(x[there])) + 40
    assert np.all(gap <= 4 * ERROR * size)


def _sizes(q: Any, u: np.ndarray, x: np.ndarray) -> np.ndarray:
    """How far a sample may be off, in units of ERROR.

    That of a table by logit u, which is up to 38: the slope there; of a table by u: what u and
    the distribution function resolve, over the density; else of x and of the middle.
    """
    if hasattr(q, "table") and not hasattr(q, "concentration"):
        nearby = np.clip(u * (1 + 1e-6), 2.0**-54, 1 - 2.0**-53)
        steps = np.log(nearby / u) - np.log1p(-nearby) + np.log1p(-u)
        with np.errstate(divide="ignore", invalid="ignore"):
            slopes = np.abs((q.quantile(nearby) - x) / steps)
        return 100 * np.nan_to_num(slopes, nan=0.0, posinf=0.0) + 10 * np.abs(x)
    if hasattr(q, "concentration"):
        return 10 + 2 / np.exp(q.log_density(x))
    return 4 * (np.abs(x) + abs(q.centre))
