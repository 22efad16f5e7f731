"""Grouped rejection with a cap, against enumeration of all blocks and published bounds."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from labbook.channel import DiscretePair
from labbook.channel.laws.truncated import Truncated, capped, truncated
from labbook.channel.levels import MOST_MEANS, Kinds, Levels, levels, need_few_levels
from labbook.channel.spectrum import spectrum
from labbook.errors import UsageError

COIN = DiscretePair((0.5, 0.5), (0.9, 0.1))
FOUR = DiscretePair((0.4, 0.3, 0.2, 0.1), (0.1, 0.1, 0.2, 0.6))
HOLES = DiscretePair((0.25, 0.25, 0.5), (0.6, 0.4, 0.0))
BENT = DiscretePair((0.3, 0.7), (0.8, 0.2))
SURE = DiscretePair((1.0,), (1.0,))


def entropy(*masses: float) -> float:
    return -sum(x * math.log2(x) for x in masses if x > 0)


def geometric_entropy(success: float) -> float:
    return entropy(success, 1 - success) / success


class Listed:
    """The same quantities from a list of all blocks."""

    def __init__(self, pairs: list[DiscretePair], eps: float) -> None:
        self.pairs = pairs
        blocks = list(itertools.product(*(range(len(pair.p)) for pair in pairs)))
        self.blocks = np.array(blocks)
        self.p, self.q = (
            np.array(
                [math.prod(a[z] for a, z in zip(laws, block, strict=True)) for block in blocks]
            )
            for laws in ([pair.p for pair in pairs], [pair.q for pair in pairs])
        )
        self.cap = 2 ** sum(pair.kl_bits + eps for pair in pairs)
        self.below = self.q <= self.cap * self.p * (1 + 1e-12)
        capped = np.minimum(self.p, self.q / self.cap)
        self.acceptance = capped.sum()
        self.decoded = capped / self.acceptance

    def distance(self, law: np.ndarray) -> float:
        return float(np.abs(law - self.q).sum() / 2)

    def marginal(self) -> float:
        """The largest distance of one position."""
        found = []
        for position, pair in enumerate(self.pairs):
            at = self.blocks[:, position]
            shares = [self.decoded[at == z].sum() for z in range(len(pair.p))]
            found.append(np.abs(np.array(shares) - pair.q).sum() / 2)
        return max(found)

    def restricted(self) -> float:
        inside = self.q[self.below].sum()
        direct = -(self.q[~self.below] @ np.log2(self.p[~self.below]))
        return entropy(inside, 1 - inside) + inside * geometric_entropy(inside / self.cap) + direct

    def residual(self) -> float:
        kept = self.acceptance * self.cap
        over = np.maximum(self.q - self.cap * self.p, 0)
        named = -float(over[over > 0] @ np.log2(self.p[over > 0]))
        return entropy(kept, 1 - kept) + kept * geometric_entropy(self.acceptance) + named


def check(found: Truncated, listed: Listed) -> None:
    inside = listed.q[listed.below].sum()
    assert found.log2_cap == pytest.approx(math.log2(listed.cap), rel=1e-12)
    assert found.acceptance == pytest.approx(listed.acceptance, rel=1e-12)
    assert found.typical == pytest.approx(inside, rel=1e-12)
    assert found.kept == pytest.approx(listed.acceptance * listed.cap, rel=1e-11)
    assert found.tv_joint == pytest.approx(listed.distance(listed.decoded), abs=1e-13)
    beyond = np.where(listed.below, 0, listed.q)
    literal = listed.distance(inside * listed.decoded + beyond)
    assert found.tv_literal == pytest.approx(literal, abs=1e-13)
    assert found.tv_marginal == pytest.approx(listed.marginal(), abs=1e-13)
    assert found.bits_restricted == pytest.approx(listed.restricted(), rel=1e-10)
    assert found.bits_residual == pytest.approx(listed.residual(), rel=1e-10)


@pytest.mark.parametrize("eps", [0.0, 0.1, 0.3])
@pytest.mark.parametrize(("pair", "n"), [(COIN, 1), (COIN, 8), (FOUR, 4), (HOLES, 5)])
def test_every_figure_is_that_of_all_blocks_listed(pair: DiscretePair, n: int, eps: float) -> None:
    check(truncated(pair, n, eps), Listed([pair] * n, eps))


@pytest.mark.parametrize("eps", [0.0, 0.1, 0.3])
@pytest.mark.parametrize(
    "pairs",
    [[COIN, FOUR], [COIN, BENT, COIN, BENT, COIN], [FOUR, HOLES, COIN, HOLES], [SURE, COIN, FOUR]],
)
def test_symbols_of_a_block_may_each_have_their_own_pair(
    pairs: list[DiscretePair], eps: float
) -> None:
    check(capped(Counter(pairs), eps), Listed(pairs, eps))


def laws(symbols: int) -> st.SearchStrategy[tuple[float, ...]]:
    weights = st.lists(st.floats(0.01, 1), min_size=symbols, max_size=symbols)
    return weights.map(lambda each: tuple(float(x) for x in np.array(each) / sum(each)))


def pairs_of_laws() -> st.SearchStrategy[DiscretePair]:
    both = st.integers(1, 3).flatmap(lambda symbols: st.tuples(laws(symbols), laws(symbols)))
    return both.map(lambda each: DiscretePair(*each))


@given(st.lists(pairs_of_laws(), min_size=1, max_size=5), st.floats(0.001, 0.5))
def test_any_pairs_have_the_figures_of_all_blocks_listed(
    pairs: list[DiscretePair], eps: float
) -> None:
    found, listed = capped(Counter(pairs), eps), Listed(pairs, eps)
    assert found.acceptance == pytest.approx(listed.acceptance, rel=1e-9)
    assert found.tv_joint == pytest.approx(listed.distance(listed.decoded), abs=1e-9)
    assert found.tv_marginal == pytest.approx(listed.marginal(), abs=1e-9)
    assert found.bits_residual == pytest.approx(listed.residual(), abs=1e-7)


def test_kinds_that_are_the_same_but_for_their_names_make_the_block_of_one_kind() -> None:
    """Its levels come by the product, and are those that types alone give."""
    turned = DiscretePair(COIN.p, COIN.q[::-1])
    both, one = capped({COIN: 20, turned: 30}, 0.1), truncated(COIN, 50, 0.1)
    assert both.blocks.spectrum.log2_ratio == pytest.approx(one.blocks.spectrum.log2_ratio)
    for name in (
        "acceptance",
        "typical",
        "kept",
        "tv_joint",
        "tv_marginal",
        "tv_literal",
        "bits_restricted",
        "bits_residual",
    ):
        assert getattr(both, name) == pytest.approx(getattr(one, name), rel=1e-9)


def test_the_sketch_is_not_exact_and_the_residual_form_mixes_to_the_target() -> None:
    found, listed = truncated(COIN, 8, 0.1), Listed([COIN] * 8, 0.1)
    assert found.tv_literal == pytest.approx(
        found.typical * (1 - found.typical / found.kept), rel=1e-10
    )
    assert found.tv_literal > 0.1
    over = np.maximum(listed.q - listed.cap * listed.p, 0)
    mixed = found.kept * listed.decoded + over
    assert mixed == pytest.approx(listed.q, rel=1e-12)


@pytest.mark.parametrize("n", [4, 16, 64, 256])
def test_the_rate_of_differing_symbols_tends_to_the_mean_of_kl_and_the_slack(n: int) -> None:
    found = capped({COIN: n // 2, BENT: n // 2}, 0.1)
    mean = (COIN.kl_bits + BENT.kl_bits) / 2
    assert found.log2_cap == pytest.approx(n * (mean + 0.1))
    cost = -math.log2(found.acceptance)
    assert found.log2_cap <= cost <= found.log2_cap - math.log2(found.typical)
    assert found.tv_joint <= 1 - found.typical
    deviation = math.sqrt(n / 2 * (spectrum(COIN).variance + spectrum(BENT).variance))
    assert 1 - found.typical == pytest.approx(norm.sf(n * 0.1 / deviation), abs=0.4 / math.sqrt(n))


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
    with pytest.raises(UsageError, match="not 0"):
        truncated(COIN, 0, 0.1)
    for empty in (levels, need_few_levels):
        with pytest.raises(UsageError, match="at least one symbol"):
            empty({})


@pytest.mark.parametrize("make", [levels, need_few_levels])
def test_too_many_kinds_are_refused_before_they_fill_the_memory(
    make: Callable[[Kinds], Levels | None],
) -> None:
    third = DiscretePair((0.5, 0.5), (0.77, 0.23))
    with pytest.raises(
        UsageError, match=r"blocks of \d+ symbols of . kinds has .* more than the 2,000,000"
    ):
        make({COIN: 200, BENT: 200, third: 200})
    wide = DiscretePair((1 / 60,) * 60, (0.2, *[0.8 / 59] * 59))
    one, two = (DiscretePair((t, 1 - t), (1 - t, t)) for t in (0.31, 0.17))
    with pytest.raises(UsageError, match=rf"needs .* more than the {MOST_MEANS:,}"):
        make({one: 900, two: 900, wide: 1})
