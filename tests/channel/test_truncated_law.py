"""Grouped rejection with a cap, against enumeration of all blocks and published bounds."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy.stats import norm

from labbook.channel import DiscretePair
from labbook.channel.laws.truncated import truncated
from labbook.channel.spectrum import spectrum
from labbook.errors import UsageError

COIN = DiscretePair((0.5, 0.5), (0.9, 0.1))
FOUR = DiscretePair((0.4, 0.3, 0.2, 0.1), (0.1, 0.1, 0.2, 0.6))
HOLES = DiscretePair((0.25, 0.25, 0.5), (0.6, 0.4, 0.0))


def entropy(*masses: float) -> float:
    return -sum(x * math.log2(x) for x in masses if x > 0)


def geometric_entropy(success: float) -> float:
    return entropy(success, 1 - success) / success


class Listed:
    """The same quantities from a list of all blocks."""

    def __init__(self, pair: DiscretePair, n: int, eps: float) -> None:
        self.blocks = list(itertools.product(range(len(pair.p)), repeat=n))
        self.p = np.array([math.prod(pair.p[z] for z in block) for block in self.blocks])
        self.q = np.array([math.prod(pair.q[z] for z in block) for block in self.blocks])
        self.cap = 2 ** (n * (pair.kl_bits + eps))
        self.below = self.q <= self.cap * self.p * (1 + 1e-12)
        capped = np.minimum(self.p, self.q / self.cap)
        self.acceptance = capped.sum()
        self.decoded = capped / self.acceptance

    def distance(self, law: np.ndarray) -> float:
        return float(np.abs(law - self.q).sum() / 2)

    def restricted(self) -> float:
        inside = self.q[self.below].sum()
        direct = -(self.q * np.log2(self.p))[~self.below].sum()
        return entropy(inside, 1 - inside) + inside * geometric_entropy(inside / self.cap) + direct

    def residual(self) -> float:
        kept = self.acceptance * self.cap
        over = np.maximum(self.q - self.cap * self.p, 0)
        return (
            entropy(kept, 1 - kept)
            + kept * geometric_entropy(self.acceptance)
            - float(over @ np.log2(self.p))
        )


@pytest.mark.parametrize("eps", [0.0, 0.1, 0.3])
@pytest.mark.parametrize(("pair", "n"), [(COIN, 1), (COIN, 8), (FOUR, 4), (HOLES, 5)])
def test_every_figure_is_that_of_all_blocks_listed(pair: DiscretePair, n: int, eps: float) -> None:
    found, listed = truncated(pair, n, eps), Listed(pair, n, eps)
    inside = listed.q[listed.below].sum()
    assert found.acceptance == pytest.approx(listed.acceptance, rel=1e-12)
    assert found.typical == pytest.approx(inside, rel=1e-12)
    assert found.tv_joint == pytest.approx(listed.distance(listed.decoded), abs=1e-13)
    beyond = np.where(listed.below, 0, listed.q)
    literal = listed.distance(inside * listed.decoded + beyond)
    assert found.tv_literal == pytest.approx(literal, abs=1e-13)
    first = np.array([block[0] for block in listed.blocks])
    shares = [listed.decoded[first == z].sum() for z in range(len(pair.p))]
    marginal = np.abs(np.array(shares) - pair.q).sum() / 2
    assert found.tv_marginal == pytest.approx(marginal, abs=1e-13)
    assert found.bits_restricted == pytest.approx(listed.restricted(), rel=1e-10)
    assert found.bits_residual == pytest.approx(listed.residual(), rel=1e-10)


def test_the_sketch_is_not_exact_and_the_residual_form_mixes_to_the_target() -> None:
    found, listed = truncated(COIN, 8, 0.1), Listed(COIN, 8, 0.1)
    assert found.tv_literal == pytest.approx(
        found.typical * (1 - found.typical / found.kept), rel=1e-10
    )
    assert found.tv_literal > 0.1
    over = np.maximum(listed.q - listed.cap * listed.p, 0)
    mixed = found.kept * listed.decoded + over
    assert mixed == pytest.approx(listed.q, rel=1e-12)


@pytest.mark.parametrize("n", [1, 16, 256, 1024])
@pytest.mark.parametrize("eps", [0.02, 0.1])
def test_the_rate_tends_to_kl_and_the_slack(n: int, eps: float) -> None:
    found = truncated(COIN, n, eps)
    cost = -math.log2(found.acceptance)
    assert found.log2_cap <= cost + 1e-9
    assert cost <= found.log2_cap - math.log2(found.typical) + 1e-9
    assert found.tv_joint <= 1 - found.typical + 1e-12


def test_the_typical_set_fills_as_the_central_limit_theorem_says() -> None:
    n, c = 1024, 1.0
    deviation = math.sqrt(spectrum(COIN).variance)
    found = truncated(COIN, n, c * deviation / math.sqrt(n))
    assert 1 - found.typical == pytest.approx(norm.sf(c), abs=0.02)


def test_marginals_come_close_long_before_blocks_do() -> None:
    found = truncated(COIN, 1024, 0.0)
    assert found.tv_marginal < 0.01
    assert found.tv_joint > 0.4


def test_a_cap_above_m_changes_nothing() -> None:
    found = truncated(COIN, 6, 1.0)
    assert found.typical == pytest.approx(1)
    assert found.tv_joint == pytest.approx(0, abs=1e-14)
    assert found.bits_residual == pytest.approx(found.index.entropy, rel=1e-9)


def test_bad_slack_and_sizes_are_refused() -> None:
    with pytest.raises(UsageError, match="not nan"):
        truncated(COIN, 4, math.nan)
    with pytest.raises(UsageError, match="does not fit"):
        _ = truncated(COIN, 1024, 1.0).index
