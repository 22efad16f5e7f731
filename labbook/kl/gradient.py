"""Gradient estimators of KL(q ‖ p) in a parameter θ of q, from samples of q, beside their laws.

With g = ∂ log q(x) / ∂θ, L = log p(x) − log q(x) and r = exp L, one sample contributes

    k1_loss       g             the derivative of k1 = −L; its mean is 0
    k2_loss       −L g          the derivative of k2 = L²/2; the same as k1 in the reward, and
                                the same as the derivative of w k3, w being the importance
                                weight q/b of the sampler b, once samples are on policy
    centred       −(L + KL) g   k1 in the reward, with the exact KL for a baseline
    k3_loss       (1 − r) g     the derivative of k3; its mean is the gradient of KL(p ‖ q)
    weighted_k1   (1 − L) g     the derivative of w k1, on policy
    pathwise      the derivative of −L along x = μ + σ z with z fixed

All but the first and k3_loss have the gradient of KL(q ‖ p) for a mean.

Sources: K. Liu et al., "Rethinking KL regularization in RLHF", 2025, https://arxiv.org/abs/2510.01555;
Y. Tang, R. Munos, "On a few pitfalls in KL divergence gradient estimation for RL", 2025,
https://arxiv.org/abs/2506.09477; D. P. Kingma, M. Welling, "Auto-encoding variational Bayes",
2014, https://arxiv.org/abs/1312.6114, for the pathwise one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.polynomial import Polynomial
from numpy.polynomial.polynomial import polyval

from labbook.compute import Stream
from labbook.errors import UsageError
from labbook.kl.draws import NormalDraws
from labbook.kl.estimate import Measured
from labbook.kl.exact import Law
from labbook.kl.moments import Moments

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from labbook.kl.estimate import Progress
    from labbook.kl.normal import NormalPair

    Reals = NDArray[np.float64]

Parameter = Literal["mean", "log_sd"]
"""What θ is: the mean of q, or the logarithm of its standard deviation."""

Terms = dict[int, Polynomial]
"""Σ r^a P(z): the polynomial P in the standard normal z = (x − μ)/σ, by its power a of r."""

CHUNK = 1 << 15
"""Samples at once; a buffer of them in float64 fits the second-level cache."""

LARGEST_EXPONENT = 690.0
"""Of an expectation that double precision still holds, with room for the polynomial."""


@dataclass(frozen=True, slots=True)
class Gradients:
    """What one sample says of every gradient estimator.

    true: ∂ KL(q ‖ p) / ∂θ, in nats for a unit of θ
    reverse: ∂ KL(p ‖ q) / ∂θ, likewise
    """

    pair: NormalPair
    wrt: Parameter
    samples: int
    true: float
    reverse: float
    measured: dict[str, Measured] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Measured:
        return self.measured[name]


def gradients(
    pair: NormalPair,
    wrt: Parameter,
    samples: int,
    *,
    seed: int,
    progress: Progress | None = None,
    chunk: int = CHUNK,
) -> Gradients:
    """Draw samples of q and gather the moments of the gradient estimators.

    wrt: the parameter θ of q

    Raises:
        UsageError: fewer than two samples.
    """
    if samples < 2:
        raise UsageError(f"A gradient needs at least 2 samples, not {samples}.")
    draws, done = NormalDraws(Stream(seed), chunk), 0
    found = dict.fromkeys(terms(pair, wrt), Moments())
    while done < samples:
        count = min(chunk, samples - done)
        z = draws.take(count).astype(np.float64)
        for name, values in _values(pair, wrt, z):
            found[name] = found[name].merge(Moments.of(values))
        done += count
        if progress is not None:
            progress(done, samples)
    known = gradient_laws(pair, wrt)
    measured = {name: Measured(name, found[name], known[name]) for name in found}
    true, reverse = true_gradient(pair, wrt), reverse_gradient(pair, wrt)
    return Gradients(pair, wrt, samples, true, reverse, measured)


def true_gradient(pair: NormalPair, wrt: Parameter) -> float:
    """∂ KL(q ‖ p) / ∂θ."""
    if wrt == "mean":
        return (pair.q.mean - pair.p.mean) / pair.p.sd**2
    return (pair.q.sd - pair.p.sd) * (pair.q.sd + pair.p.sd) / pair.p.sd**2


def reverse_gradient(pair: NormalPair, wrt: Parameter) -> float:
    """∂ KL(p ‖ q) / ∂θ, which k3 as a loss follows."""
    gap = pair.q.mean - pair.p.mean
    if wrt == "mean":
        return gap / pair.q.sd**2
    return ((pair.q.sd - pair.p.sd) * (pair.q.sd + pair.p.sd) - gap * gap) / pair.q.sd**2


def terms(pair: NormalPair, wrt: Parameter) -> dict[str, Terms]:
    """Each estimator as Σ r^a P(z), by name."""
    log_ratio = Polynomial(pair.coefficients)
    score, path = _score(pair, wrt), _path(pair, wrt)
    return {
        "k1_loss": {0: score},
        "k2_loss": {0: -log_ratio * score},
        "centred": {0: -(log_ratio + pair.kl) * score},
        "k3_loss": {0: score, 1: -score},
        "weighted_k1": {0: (1 - log_ratio) * score},
        "pathwise": {0: path},
    }


def _score(pair: NormalPair, wrt: Parameter) -> Polynomial:
    """g = ∂ log q(x) / ∂θ."""
    return Polynomial([0, 1 / pair.q.sd] if wrt == "mean" else [-1, 0, 1])


def _path(pair: NormalPair, wrt: Parameter) -> Polynomial:
    """d/dθ of −L at x = μ + σ z: along the path, log q is −log σ and a constant."""
    gap = pair.q.mean - pair.p.mean
    pull = Polynomial([gap, pair.q.sd]) / pair.p.sd**2
    return pull if wrt == "mean" else pull * Polynomial([0, pair.q.sd]) - 1


def _values(pair: NormalPair, wrt: Parameter, z: Reals) -> Iterator[tuple[str, Reals]]:
    """The estimators' values at x = μ + σ z, by name."""
    # The difference g − r g would lose the digits of a small L.
    shrink = -np.expm1(polyval(z, np.asarray(pair.coefficients)))
    score = _score(pair, wrt).coef
    for name, each in terms(pair, wrt).items():
        if name == "k3_loss":
            yield name, np.asarray(shrink * polyval(z, score))
        else:
            yield name, np.asarray(polyval(z, each[0].coef))


def gradient_laws(pair: NormalPair, wrt: Parameter) -> dict[str, Law]:
    """Mean, standard deviation and kurtosis of one sample of each estimator, in closed form.

    Those of k3_loss are differences of numbers near 1: of its variance, some 10^-16 are lost,
    and of its fourth moment.
    """
    return {name: _law(pair, each) for name, each in terms(pair, wrt).items()}


def _law(pair: NormalPair, each: Terms) -> Law:
    mean = expectation(pair, each)
    square = _squared({**each, 0: each[0] - mean})
    variance = max(expectation(pair, square), 0.0)
    fourth = expectation(pair, _squared(square))
    if not variance:
        return Law(mean, 0.0, math.nan)
    if math.isinf(fourth):
        return Law(mean, math.sqrt(variance), math.inf)
    return Law(mean, math.sqrt(variance), max(fourth / variance**2, 1.0))


def _squared(each: Terms) -> Terms:
    found: Terms = {}
    for one, first in each.items():
        for two, second in each.items():
            found[one + two] = found.get(one + two, Polynomial([0.0])) + first * second
    return found


def expectation(pair: NormalPair, each: Terms) -> float:
    """E_q Σ r^a P(z), where the polynomial of the highest a is not negative at infinity.

    r^a is the exponential of a polynomial of degree 2: it makes the law of z another normal
    one, of variance v = 1/(1 − 2 a c2) and mean a c1 v, times a weight. Infinite where there
    is no such v, or where double precision ends.
    """
    total = 0.0
    c0, c1, c2 = pair.coefficients
    for power in sorted(each, reverse=True):
        width = 1 - 2 * power * c2
        if width <= 0:
            return math.inf
        mean = power * c1 / width
        exponent = power * (c0 + c1 * mean / 2)
        if exponent > LARGEST_EXPONENT:
            return math.inf
        weight = math.exp(exponent) / math.sqrt(width)
        total += weight * _normal_expectation(each[power], mean, 1 / width)
    return total


def _normal_expectation(polynomial: Polynomial, mean: float, variance: float) -> float:
    """E P(y) of y ~ N(m, v): E y^n = m E y^(n−1) + (n − 1) v E y^(n−2)."""
    before, moment, total = 0.0, 1.0, 0.0
    for power, coefficient in enumerate(polynomial.coef):
        total += float(coefficient) * moment
        before, moment = moment, mean * moment + power * variance * before
    return total
