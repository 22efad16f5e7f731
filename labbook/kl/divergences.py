"""Nine f-divergences D_f(p‖q) = E_q[f(r)], and the ways to estimate each from samples of q.

With r = p(x)/q(x), L = log r, and f convex with f(1) = 0, each sample contributes one of

    plain      f(r)
    tangent    f(r) − f'(1) (r − 1)     never negative; of KL(q‖p) it is k3
    tail-safe  f(r) − f'(∞) (r − 1)     grows slower than r; of KL(q‖p) it is k1

Since E_q[r] = 1 where supports match, the three have one mean. The tail-safe form has a finite
variance also where r has none, and is there only if f'(∞) = lim f(r)/r is finite.

F. Liese, I. Vajda, "On divergences and informations in statistics and information theory",
IEEE Trans. Inf. Theory 52 (2006) 4394, has the divergences and f'(∞); J. Schulman,
"Approximating KL divergence", 2020, http://joschu.net/blog/kl-approx.html, the tangent.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from labbook.errors import UsageError
from labbook.kl.estimators import k1, k3

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from labbook.kl.normal import NormalPair

    Reals = NDArray[np.float64]
    Statistic = Callable[[Reals], Reals]

LOG_2 = math.log(2)

_NO_RATIO = -800.0
"""Below this, r is 0 in float64, and 0 · L has to be 0."""

_FAR = 300.0
"""|L| from which 1 is nothing beside √r, and r² still fits into float64."""


@dataclass(frozen=True, slots=True)
class Form:
    """One way to estimate a divergence.

    values: what samples contribute, from their L; float64, infinite only beyond its range
    growth: a where it grows like r^a as r → ∞, up to a power of L
    decline: b where it grows like r^−b as r → 0, up to a power of L
    """

    values: Statistic
    growth: float
    decline: float = 0.0

    def scaled(self, log_ratio: Reals) -> Reals:
        """The values, divided by r^growth where r > 1 and by r^−decline below: never infinite."""
        edges = np.array([_FAR, _FAR - 1, 1 - _FAR, -_FAR])
        near = np.clip(log_ratio, -_FAR, _FAR)
        high, less_high, less_low, low = self._scaled_near(edges)
        # So far out each is a line in L, up to powers of 1/r.
        slope = np.where(log_ratio > 0, high - less_high, less_low - low)
        return np.asarray(self._scaled_near(near) + (log_ratio - near) * slope)

    def _scaled_near(self, log_ratio: Reals) -> Reals:
        return np.asarray(self.values(log_ratio) * np.exp(-self.log_size(log_ratio)))

    def log_size(self, log_ratio: Reals) -> Reals:
        """log r^growth, or log r^−decline."""
        above, below = np.maximum(log_ratio, 0), np.minimum(log_ratio, 0)
        return np.asarray(self.growth * above - self.decline * below)

    def has_moment(self, pair: NormalPair, order: int) -> bool:
        """Whether E_q[|form|^order] is finite.

        M(t) = E_q[r^t] is finite on an open set of t for a pair of normal distributions, so
        powers of L decide nothing.
        """
        exponents = (order * self.growth, -order * self.decline)
        return all(math.isfinite(pair.log_moment(each)) for each in exponents)


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
    plain: Form
    tangent: Form
    tail_safe: Form | None

    @property
    def forms(self) -> dict[str, Form]:
        """The forms there are, by name."""
        both = {"plain": self.plain, "tangent": self.tangent}
        return both if self.tail_safe is None else both | {"tail-safe": self.tail_safe}


def _half_gap(log_ratio: Reals) -> Reals:
    """(r − 1) / 2. As a product, it is finite up to the last double."""
    half = log_ratio / 2
    return np.asarray(np.expm1(half) / 2 * (np.exp(half) + 1))


def _reverse_kl(log_ratio: Reals) -> Reals:
    log_ratio = np.maximum(log_ratio, _NO_RATIO)
    return np.asarray(np.exp(log_ratio) * log_ratio)


def _reverse_kl_tangent(log_ratio: Reals) -> Reals:
    """r L − (r − 1) = r · k3(−L), which keeps its precision for small L."""
    near = np.maximum(log_ratio, -1)
    far = np.clip(log_ratio, _NO_RATIO, -1)
    beyond = np.exp(far) * (far - 1) + 1
    return np.asarray(np.where(log_ratio > -1, np.exp(near) * k3(-near), beyond))


def _jensen_shannon(log_ratio: Reals) -> Reals:
    """[r log(2r/(1+r)) + log(2/(1+r))] / 2.

    With t = tanh(L/2) it is (1 + r)/4 · [(1+t) log(1+t) + (1−t) log(1−t)], and the bracket is
    Σ t^2j / (j (2j − 1)): near L = 0 the two logarithms would cancel.
    """
    t = np.tanh(log_ratio / 2)
    small = np.abs(t) < 1 / 4
    squared = np.square(np.where(small, t, 0.0))
    series = np.zeros_like(squared)
    for j in range(14, 0, -1):
        series = (series + 1 / (j * (2 * j - 1))) * squared
    root = np.exp(log_ratio / 2)
    near = series / 4 * (1 + np.square(np.where(small, root, 0.0)))
    far = np.where(small, 1.0, np.maximum(log_ratio, _NO_RATIO))
    root = np.exp(far / 2)
    above, below = LOG_2 - np.logaddexp(0, -far), LOG_2 - np.logaddexp(0, far)
    return np.asarray(np.where(small, near, root * (root * above / 2) + below / 2))


def _jensen_shannon_tail_safe(log_ratio: Reals) -> Reals:
    """[r log(r/(1+r)) + log(4/(1+r))] / 2, whose first term tends to −1/2 for large r."""
    near = np.clip(log_ratio, -1 / 2, 1 / 2)
    close = _jensen_shannon(near) - LOG_2 / 2 * np.expm1(near)
    ratio = np.clip(log_ratio, _NO_RATIO, 700)
    first = -np.exp(ratio) * np.logaddexp(0, -ratio)
    far = (first + 2 * LOG_2 - np.logaddexp(0, log_ratio)) / 2
    return np.asarray(np.where(np.abs(log_ratio) < 1 / 2, close, far))


_K1, _K3 = Form(k1, 0), Form(k3, 1)
_REVERSE_KL, _REVERSE_KL_TANGENT = Form(_reverse_kl, 1), Form(_reverse_kl_tangent, 1)
_JEFFREYS = Form(lambda x: x * np.expm1(x), 1)
_CHI2 = Form(lambda x: np.square(np.expm1(x)), 2)
_REVERSE_CHI2 = Form(lambda x: np.square(2 * np.sinh(x / 2)), 1, 1)
_REVERSE_CHI2_SAFE = Form(lambda x: np.expm1(-x), 0, 1)
_HELLINGER = Form(lambda x: -np.expm1(x / 2), 1 / 2)
_HELLINGER_TANGENT = Form(lambda x: np.expm1(x / 2) / 2 * np.expm1(x / 2), 1)
_JS, _JS_SAFE = Form(_jensen_shannon, 1), Form(_jensen_shannon_tail_safe, 0)
_LE_CAM = Form(lambda x: np.tanh(x / 2) * _half_gap(x), 1)
_LE_CAM_SAFE = Form(lambda x: -np.tanh(x / 2), 0)
_TV = Form(lambda x: np.abs(_half_gap(x)), 1)
_TV_SAFE = Form(lambda x: -np.expm1(np.minimum(x, 0)), 0)

DIVERGENCES: dict[str, Divergence] = {
    "kl": Divergence("KL(q‖p)", -1, 1, 0, _K1, _K3, _K1),
    "reverse_kl": Divergence("KL(p‖q)", 1, 1, math.inf, _REVERSE_KL, _REVERSE_KL_TANGENT, None),
    "jeffreys": Divergence("Jeffreys", 0, 2, math.inf, _JEFFREYS, _JEFFREYS, None),
    "chi2": Divergence("χ²(p‖q)", 0, 2, math.inf, _CHI2, _CHI2, None),
    "reverse_chi2": Divergence(
        "χ²(q‖p)", 0, 2, 1, _REVERSE_CHI2, _REVERSE_CHI2, _REVERSE_CHI2_SAFE
    ),
    "hellinger": Divergence(
        "Hellinger²", -1 / 2, 1 / 4, 0, _HELLINGER, _HELLINGER_TANGENT, _HELLINGER
    ),
    "jensen_shannon": Divergence("Jensen–Shannon", 0, 1 / 4, LOG_2 / 2, _JS, _JS, _JS_SAFE),
    "le_cam": Divergence("Le Cam", 0, 1 / 2, 1 / 2, _LE_CAM, _LE_CAM, _LE_CAM_SAFE),
    "total_variation": Divergence("total variation", 0, math.nan, 1 / 2, _TV, _TV, _TV_SAFE),
}
"""f(r): −log r, r log r, (r − 1) log r, (r − 1)², (r − 1)²/r, 1 − √r,
[r log(2r/(1+r)) + log(2/(1+r))]/2, (r − 1)²/(2(r + 1)), |r − 1|/2."""


# Exact values


def exact_value(divergence: Divergence, pair: NormalPair) -> float:
    """D_f(p‖q); infinite where it is.

    Raises:
        UsageError: p and q are so far apart that r does not fit into double precision.
    """
    form = divergence.tangent
    if not form.has_moment(pair, 1):
        return math.inf
    # Its terms are not negative: nothing cancels, however close the distributions.
    log_weight, log_ratio = _weighed(form, pair, 1)
    with np.errstate(over="ignore"):
        sizes = np.exp(log_weight + form.log_size(log_ratio))
        return _finite(float((sizes * form.scaled(log_ratio)).sum()), divergence, pair)


def exact_sd(divergence: Divergence, form: Form, pair: NormalPair) -> float:
    """The standard deviation of one sample's contribution; infinite where it is.

    Raises:
        UsageError: p and q are so far apart that r does not fit into double precision.
    """
    if not form.has_moment(pair, 2):
        return math.inf
    mean = exact_value(divergence, pair)
    log_weight, log_ratio = _weighed(form, pair, 2)
    with np.errstate(over="ignore", invalid="ignore"):
        sizes = np.exp(log_weight / 2 + form.log_size(log_ratio))
        terms = sizes * form.scaled(log_ratio) - np.exp(log_weight / 2) * mean
        largest = float(np.abs(terms).max())
        sd = largest * float(np.linalg.norm(terms / largest)) if largest else 0.0
    return _finite(sd, divergence, pair)


def _finite(result: float, divergence: Divergence, pair: NormalPair) -> float:
    if math.isfinite(result):
        return result
    raise UsageError(
        f"{pair.q} and {pair.p} lie too far apart: {divergence.name} or its spread does not fit "
        "into double precision."
    )


def _weighed(form: Form, pair: NormalPair, order: int) -> tuple[Reals, Reals]:
    """Logarithms of weights under q, and L, at points that matter to E_q[|form|^order]."""
    z, log_weight = _nodes(pair, {0.0, order * form.growth, -order * form.decline, 1.0})
    c0, c1, c2 = pair.coefficients
    log_ratio = c0 + z * (c1 + z * c2)
    log_terms = log_weight + order * form.log_size(log_ratio)
    matters = log_terms > log_terms.max() - 90
    return log_weight[matters], log_ratio[matters]


def _nodes(pair: NormalPair, tilts: set[float]) -> tuple[Reals, Reals]:
    """Points z of a standard normal law and the logarithms of their weights.

    Gauss–Legendre panels that grow with the distance from every place where something happens:
    the centre of r^t times the normal density for each tilt t, and where r = 1, since f has a
    kink there, or a transition as sharp as L is steep.
    """
    _, c1, c2 = pair.coefficients
    places = []
    for tilt in tilts:
        narrowing = 1 - 2 * tilt * c2
        if narrowing > 0:
            places.append((tilt * c1 / narrowing, 1 / math.sqrt(narrowing)))
    low = min(centre - 14 * width for centre, width in places)
    high = max(centre + 14 * width for centre, width in places)
    for root in _where_equal(pair):
        steepness = abs(c1 + 2 * c2 * root)
        places.append((root, 1 / max(1.0, steepness)))
    reach = np.exp2(np.arange(-24, 4 * math.log2((high - low) / min(w for _, w in places))) / 4)
    edges = [np.array([low, high])]
    for centre, width in places:
        edges += [np.array([centre]), centre - width * reach, centre + width * reach]
    found = np.unique(np.concatenate(edges))
    found = found[(found >= low) & (found <= high)]
    position, weight = np.polynomial.legendre.leggauss(16)
    half = np.diff(found)[:, None] / 2
    z = (found[:-1, None] + half + half * position).ravel()
    log_weight = (np.log(half) + np.log(weight)).ravel()
    return z, log_weight - z * z / 2 - math.log(2 * math.pi) / 2


def _where_equal(pair: NormalPair) -> tuple[float, ...]:
    """The z where p = q: there is one, or there are two, unless p and q are the same."""
    c0, c1, c2 = pair.coefficients
    if c2 == 0:
        return () if c1 == 0 else (-c0 / c1,)
    # p and q cross, so that only rounding can make the discriminant negative.
    far = -(c1 + math.copysign(math.sqrt(max(c1 * c1 - 4 * c0 * c2, 0.0)), c1)) / 2
    return (far / c2,) if far == 0 else (far / c2, c0 / far)
