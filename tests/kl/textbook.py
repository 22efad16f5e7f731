"""f-divergences as the textbooks have them, for sums by hand and other integrals."""

from __future__ import annotations

import math

from labbook.kl.divergences import DIVERGENCES
from labbook.kl.pair import Pair
from labbook.kl.syntax import distribution

FORMS = [(key, name) for key, each in DIVERGENCES.items() for name in each.forms]


def pair_of(q: str, p: str) -> Pair:
    return Pair(distribution(q), distribution(p))


def textbook(key: str, r: float) -> float:
    """f(r) for r > 0."""
    return {
        "kl": lambda: -math.log(r),
        "reverse_kl": lambda: r * math.log(r),
        "jeffreys": lambda: (r - 1) * math.log(r),
        "chi2": lambda: (r - 1) ** 2,
        "reverse_chi2": lambda: (r - 1) ** 2 / r,
        "hellinger": lambda: 1 - math.sqrt(r),
        "jensen_shannon": lambda: (r * math.log(2 * r / (1 + r)) + math.log(2 / (1 + r))) / 2,
        "le_cam": lambda: (r - 1) / (r + 1) * (r - 1) / 2,
        "total_variation": lambda: abs(r - 1) / 2,
    }[key]()


AT_NOTHING = {
    "kl": math.inf,
    "reverse_kl": 0.0,
    "jeffreys": math.inf,
    "chi2": 1.0,
    "reverse_chi2": math.inf,
    "hellinger": 1.0,
    "jensen_shannon": math.log(2) / 2,
    "le_cam": 1 / 2,
    "total_variation": 1 / 2,
}
SLOPE_AT_INFINITY = {
    "kl": 0.0,
    "reverse_kl": math.inf,
    "jeffreys": math.inf,
    "chi2": math.inf,
    "reverse_chi2": 1.0,
    "hellinger": 0.0,
    "jensen_shannon": math.log(2) / 2,
    "le_cam": 1 / 2,
    "total_variation": 1 / 2,
}


def by_hand(key: str, q: list[float], p: list[float]) -> float:
    """Σ q f(p/q), where p is nothing q f(0), and where q is nothing p f'(∞)."""
    terms = []
    for a, b in zip(q, p, strict=True):
        if a and b:
            terms.append(a * textbook(key, b / a))
        elif a:
            terms.append(a * AT_NOTHING[key])
        elif b:
            terms.append(b * SLOPE_AT_INFINITY[key])
    return math.fsum(terms)


def categorical(masses: list[float]) -> str:
    return f"categorical({','.join(map(str, masses))})"
