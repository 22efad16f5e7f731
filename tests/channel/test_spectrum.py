"""The values of q/p: of symbols and of blocks, against enumeration and closed forms."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from labbook.channel import DiscretePair
from labbook.channel.spectrum import Spectrum, product, spectrum, types
from labbook.errors import UsageError

COIN = DiscretePair((0.5, 0.5), (0.9, 0.1))
FOUR = DiscretePair((0.4, 0.3, 0.2, 0.1), (0.1, 0.1, 0.2, 0.6))
HOLES = DiscretePair((0.25, 0.25, 0.5, 0.0), (0.6, 0.4, 0.0, 0.0))
PAIRS = {"coin": COIN, "four": FOUR, "holes": HOLES}


def enumerated(pairs: list[DiscretePair]) -> dict[float, float]:
    """log2 r of every block, and p's mass where it is that."""
    found: dict[float, float] = {}
    for block in itertools.product(*(range(len(pair.p)) for pair in pairs)):
        p = math.prod(pair.p[z] for pair, z in zip(pairs, block, strict=True))
        q = math.prod(pair.q[z] for pair, z in zip(pairs, block, strict=True))
        if p:
            ratio = round(math.log2(q / p), 9) if q else -math.inf
            found[ratio] = found.get(ratio, 0.0) + p
    return dict(sorted(found.items()))


def agrees(found: Spectrum, expected: dict[float, float]) -> None:
    assert found.log2_ratio == pytest.approx(np.array(list(expected)), abs=1e-8)
    assert found.p == pytest.approx(np.array(list(expected.values())), rel=1e-12)


@pytest.mark.parametrize("n", [1, 2, 5])
@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_a_block_has_the_levels_that_counting_its_words_finds(pair: DiscretePair, n: int) -> None:
    agrees(spectrum(pair, n), enumerated([pair] * n))


def test_symbols_of_a_block_may_each_have_their_own_pair() -> None:
    agrees(product([COIN, FOUR, COIN, HOLES]), enumerated([COIN, FOUR, COIN, HOLES]))


def test_a_product_of_equal_pairs_is_the_block() -> None:
    one, other = product([FOUR] * 6), spectrum(FOUR, 6)
    assert one.log2_ratio == pytest.approx(other.log2_ratio, abs=1e-10)
    assert one.p == pytest.approx(other.p, rel=1e-11)


@pytest.mark.parametrize("n", [1, 7, 64, 1024])
def test_masses_sum_to_one_and_divergences_grow_with_n(n: int) -> None:
    found = spectrum(COIN, n)
    assert found.q.sum() == pytest.approx(1, rel=1e-11)
    assert found.kl_bits == pytest.approx(n * COIN.kl_bits, rel=1e-11)
    assert found.log2_m == pytest.approx(n * COIN.log2_m, rel=1e-11)
    assert found.variance == pytest.approx(n * spectrum(COIN).variance, rel=1e-9)


def test_four_symbols_in_blocks_of_64() -> None:
    found = spectrum(FOUR, 64)
    assert found.p.sum() == pytest.approx(1, rel=1e-10)
    assert found.kl_bits == pytest.approx(64 * FOUR.kl_bits, rel=1e-10)


def test_counts_of_a_type_say_how_often_a_symbol_occurs() -> None:
    found = types(FOUR, 9)
    assert (found.counts.sum(axis=1) == 9).all()
    assert len(found.counts) == math.comb(12, 3)
    assert (found.counts / 9 * np.exp2(found.log2_p)[:, None]).sum(axis=0) == pytest.approx(FOUR.p)


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
@pytest.mark.parametrize("n", [1, 4])
def test_the_channel_simulation_divergence_is_its_integral(pair: DiscretePair, n: int) -> None:
    found = spectrum(pair, n)
    ratio = np.exp2(found.log2_ratio)

    def integrand(h: float) -> float:
        wide = float(found.p[ratio >= h].sum())
        return -wide * math.log2(wide) if wide > 0 else 0.0

    steps = [0.0, *ratio]
    whole = sum(quad(integrand, low, high)[0] for low, high in itertools.pairwise(steps))
    assert found.dcs_bits == pytest.approx(whole, rel=1e-9)


def test_it_is_kl_where_the_ratio_is_constant_and_between_its_bounds_elsewhere() -> None:
    indicator = spectrum(DiscretePair((1 / 8,) * 8, (1.0, *[0.0] * 7)))
    assert (indicator.dcs_bits, indicator.kl_bits) == (3.0, 3.0)
    for n in (1, 8, 100, 1000):
        found = spectrum(COIN, n)
        assert found.kl_bits < found.dcs_bits < found.kl_bits + math.log2(found.kl_bits + 1) + 1


def test_a_fair_coin_sent_as_a_biased_one_costs_what_an_erasure_channel_does() -> None:
    """Flip probability f: the floor is 1 − 2f bits."""
    assert spectrum(COIN).dcs_bits == pytest.approx(0.8, rel=1e-14)


def test_the_excess_over_kl_grows_by_half_a_bit_when_a_block_doubles() -> None:
    excess = [spectrum(COIN, n).dcs_bits - n * COIN.kl_bits for n in (256, 512, 1024)]
    assert np.diff(excess) == pytest.approx([0.5, 0.5], abs=1e-3)


@given(st.lists(st.floats(0.01, 1), min_size=2, max_size=5), st.integers(1, 6))
def test_equal_laws_have_one_level(weights: list[float], n: int) -> None:
    p = tuple(np.array(weights) / sum(weights))
    found = spectrum(DiscretePair(p, p), n)
    assert found.log2_ratio == pytest.approx([0.0], abs=1e-12)
    assert found.dcs_bits == pytest.approx(0.0, abs=1e-12)


def test_what_is_too_much_is_refused() -> None:
    with pytest.raises(UsageError, match="at least one symbol, not 0"):
        spectrum(COIN, 0)
    with pytest.raises(UsageError, match="more than the 2,000,000 that can be handled"):
        spectrum(DiscretePair((0.1,) * 10, (0.1,) * 10), 64)
    with pytest.raises(UsageError, match="at least one symbol"):
        product([])
