"""Nine f-divergences D_f(p‖q) = E_q[f(r)], and the ways to estimate each from samples of q.

With r = p(x)/q(x), L = log r, and f convex with f(1) = 0, each sample contributes one of

    plain      f(r)
    tangent    f(r) − f'(1) (r − 1)     never negative; of KL(q‖p) it is k3
    tail-safe  f(r) − f'(∞) (r − 1)     grows slower than r; of KL(q‖p) it is k1

Where supports match, E_q[r] = 1 and the three have one mean. The tail-safe form has a finite
variance also where r has none, and is there only if f'(∞) = lim f(r)/r is finite.

Where p has a mass m that q has not, E_q[r] = 1 − m, and D_f(p‖q) is E_q[f(r)] + m f'(∞): the
mean of the tail-safe form alone. The other two cannot see what is missing; without a
tail-safe form, D_f is infinite.

F. Liese, I. Vajda, "On divergences and informations in statistics and information theory",
IEEE Trans. Inf. Theory 52 (2006) 4394, has the divergences, f'(∞), and the term with it; J.
Schulman, "Approximating KL divergence", 2020, http://joschu.net/blog/kl-approx.html, the tangent.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labbook.errors import UsageError
from labbook.kl import forms as by
from labbook.kl.normal import NormalPair
from labbook.kl.pair import Pair
from labbook.kl.pair_laws import has_moment, is_constant
from labbook.kl.statistics import K1, K3, REVERSE, REVERSE_RATIO

if TYPE_CHECKING:
    from labbook.kl.statistics import Statistic


@dataclass(frozen=True, slots=True)
class Divergence:
    """An f-divergence; those with the same function for two forms share the form itself.

    slope: f'(1); 0 for the total variation, whose f has a kink there
    curvature: f''(1): between close distributions, the divergence is curvature · KL; NaN for
        the total variation, which is not smooth
    slope_at_infinity: f'(∞), infinite where there is no tail-safe form
    """

    name: str
    slope: float
    curvature: float
    slope_at_infinity: float
    plain: Statistic
    tangent: Statistic
    tail_safe: Statistic | None

    @property
    def forms(self) -> dict[str, Statistic]:
        """The forms there are, by name."""
        both = {"plain": self.plain, "tangent": self.tangent}
        return both if self.tail_safe is None else both | {"tail-safe": self.tail_safe}

    @property
    def distinct_forms(self) -> tuple[tuple[tuple[str, ...], Statistic], ...]:
        """Each function once, with all names that it has."""
        named: dict[int, tuple[tuple[str, ...], Statistic]] = {}
        for name, form in self.forms.items():
            names, _ = named.get(id(form), ((), form))
            named[id(form)] = ((*names, name), form)
        return tuple(named.values())

    def slope_of(self, form: Statistic) -> float:
        """c, where the form is f(r) − c (r − 1)."""
        if form is self.plain:
            return 0.0
        return self.slope if form is self.tangent else self.slope_at_infinity


DIVERGENCES: dict[str, Divergence] = {
    "kl": Divergence("KL(q‖p)", -1, 1, 0, K1, K3, K1),
    "reverse_kl": Divergence("KL(p‖q)", 1, 1, math.inf, by.REVERSE_KL, REVERSE, None),
    "jeffreys": Divergence("Jeffreys", 0, 2, math.inf, by.JEFFREYS, by.JEFFREYS, None),
    "chi2": Divergence("χ²(p‖q)", 0, 2, math.inf, by.CHI2, by.CHI2, None),
    "reverse_chi2": Divergence(
        "χ²(q‖p)", 0, 2, 1, REVERSE_RATIO, REVERSE_RATIO, by.REVERSE_CHI2_SAFE
    ),
    "hellinger": Divergence(
        "Hellinger²", -1 / 2, 1 / 4, 0, by.HELLINGER, by.HELLINGER_TANGENT, by.HELLINGER
    ),
    "jensen_shannon": Divergence(
        "Jensen–Shannon",
        *(0, 1 / 4, by.LOG_2 / 2),
        *(by.JENSEN_SHANNON, by.JENSEN_SHANNON, by.JENSEN_SHANNON_SAFE),
    ),
    "le_cam": Divergence("Le Cam", 0, 1 / 2, 1 / 2, by.LE_CAM, by.LE_CAM, by.LE_CAM_SAFE),
    "total_variation": Divergence(
        "total variation",
        *(0, math.nan, 1 / 2),
        *(by.TOTAL_VARIATION, by.TOTAL_VARIATION, by.TOTAL_VARIATION_SAFE),
    ),
}
"""f(r): −log r, r log r, (r − 1) log r, (r − 1)², (r − 1)²/r, 1 − √r,
[r log(2r/(1+r)) + log(2/(1+r))]/2, (r − 1)²/(2(r + 1)), |r − 1|/2."""


def exact_value(divergence: Divergence, pair: Pair | NormalPair, share: float = 1.0) -> float:
    """D_f(p‖q), or D_f((1 − ε) q + ε p ‖ q) for a share 0 < ε < 1; infinite where it is.

    NaN where it is unknown, as `Pair.expectation` is.

    Raises:
        UsageError: it is finite, but p and q are so far apart that it does not fit into double
            precision.
    """
    pair = _general(pair)
    mean = _mean_of_tangent(divergence, pair, share)
    missing = share * pair.missing_mass
    return mean + (divergence.slope_at_infinity - divergence.slope) * missing if missing else mean


def exact_mean(divergence: Divergence, form: Statistic, pair: Pair | NormalPair) -> float:
    """E_q of one of its forms: not D_f where p has mass that q has not.

    Raises:
        UsageError: as `exact_value` does.
    """
    pair = _general(pair)
    mean = _mean_of_tangent(divergence, pair)
    missing = pair.missing_mass
    return mean + (divergence.slope_of(form) - divergence.slope) * missing if missing else mean


def exact_sd(divergence: Divergence, form: Statistic, pair: Pair | NormalPair) -> float:
    """The standard deviation of one sample's contribution; infinite where it is.

    Raises:
        UsageError: as `exact_value` does.
    """
    pair = _general(pair)
    if not has_moment(pair, form, 2):
        return math.inf
    mean = exact_mean(divergence, form, pair)
    sd = pair.deviation(form, mean)
    return 0.0 if is_constant(mean, sd) else _fitting(sd, divergence, pair)


def _general(pair: Pair | NormalPair) -> Pair:
    return Pair(pair.q, pair.p) if isinstance(pair, NormalPair) else pair


def _mean_of_tangent(divergence: Divergence, pair: Pair, share: float = 1.0) -> float:
    """Its terms are not negative: nothing cancels, however close the distributions."""
    form = divergence.tangent if share == 1 else by.mixed(divergence.tangent, share)
    if not has_moment(pair, form, 1):
        return math.inf
    return _fitting(pair.expectation(form), divergence, pair)


def _fitting(result: float, divergence: Divergence, pair: Pair) -> float:
    if math.isinf(result):
        raise UsageError(
            f"{pair.q} and {pair.p} lie too far apart: {divergence.name} or its spread does not "
            "fit into double precision."
        )
    return result
