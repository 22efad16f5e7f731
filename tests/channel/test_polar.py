"""Polar simulation: the law of what Bob decodes, and what Alice sends for it."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labbook.channel.polar.blocks import Polar, decode, differences, simulate, thresholds, transform
from labbook.channel.polar.rates import exact_law, learnt_law
from labbook.compute import Stream, generator
from labbook.errors import UsageError


def h(p: float) -> float:
    return -sum(x * math.log2(x) for x in (p, 1 - p) if x > 0)


def kernel(m: int) -> np.ndarray:
    """Arıkan's matrix, as its Kronecker power."""
    found = np.array([[1]])
    for _ in range(m):
        found = np.kron(found, [[1, 0], [1, 1]])
    return found


@pytest.mark.parametrize("m", range(6))
def test_the_transform_is_the_kronecker_power_and_its_own_inverse(m: int) -> None:
    bits = generator(1, "bits").integers(0, 2, (1 << m, 20)).astype(np.uint8)
    expected = (bits.T.astype(int) @ kernel(m)) % 2
    assert (expected == transform(bits).T).all()
    assert (transform(transform(bits)) == bits).all()


@pytest.mark.parametrize("n", [1, 2, 4, 8])
def test_differences_are_those_of_summing_over_all_outputs(n: int) -> None:
    ones = generator(n, "ones").uniform(0.02, 0.98, n)
    outputs = np.array(list(itertools.product((0, 1), repeat=n)), dtype=np.uint8)
    mass = np.where(outputs, ones, 1 - ones).prod(axis=1)
    u = transform(np.ascontiguousarray(outputs.T)).T
    found = differences(np.tile(ones, (len(outputs), 1)), outputs)
    for row, bits in enumerate(u):
        for bit in range(n):
            same = (u[:, :bit] == bits[:bit]).all(axis=1)
            zero, one = (mass[same & (u[:, bit] == value)].sum() for value in (0, 1))
            assert found[bit, row] == pytest.approx((zero - one) / (zero + one), abs=1e-12)


@pytest.mark.parametrize("one", [0.5, 0.3])
@pytest.mark.parametrize("n", [1, 2, 4])
def test_what_is_decoded_has_exactly_the_channels_law(n: int, one: float) -> None:
    """With Bob's guess integrated out: P(u_i) is q_i whatever the prior, so y is the product."""
    blocks = 60_000
    target = generator(n, "target").uniform(0.05, 0.95, n)
    stream = Stream(7, 3)
    code = Polar(n, one)
    found = simulate(code, np.tile(target, (blocks, 1)), stream)
    assert (decode(code, found.flips, stream) == found.outputs).all()
    numbers = found.outputs @ (1 << np.arange(n))
    shares = np.bincount(numbers, minlength=1 << n) / blocks
    for number, share in enumerate(shares):
        bits = number >> np.arange(n) & 1
        law = float(np.where(bits, target, 1 - target).prod())
        assert abs(share - law) < 5 * math.sqrt(law * (1 - law) / blocks) + 1e-9


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 6), st.floats(0.02, 0.98), st.integers(1, 9), st.integers(0, 2**40), st.data()
)
def test_bob_has_alices_bits(
    m: int, one: float, blocks: int, first: int, data: st.DataObject
) -> None:
    code, stream = Polar(1 << m, one), Stream(data.draw(st.integers(0, 2**63)))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    ones = np.clip(rng.uniform(-0.2, 1.2, (blocks, 1 << m)), 0, 1)
    found = simulate(code, ones, stream, first=first)
    assert (decode(code, found.flips, stream, first=first) == found.outputs).all()
    assert (found.outputs >= (ones == 1)).all()
    assert (found.outputs <= (ones > 0)).all()


def test_a_target_that_is_the_prior_needs_no_flip() -> None:
    code = Polar(64, 0.3)
    found = simulate(code, np.full((50, 64), 0.3), Stream(2))
    assert not found.flips.any()
    assert abs(found.outputs.mean() - 0.3) < 5 * math.sqrt(0.21 / 3200)


def test_a_block_does_not_depend_on_those_beside_it() -> None:
    code, ones = Polar(16), np.full((8, 16), 0.9)
    whole = simulate(code, ones, Stream(5))
    part = simulate(code, ones[3:5], Stream(5), first=3)
    assert (whole.flips[:, 3:5] == part.flips).all()


# Rates


@pytest.mark.parametrize("flip", [0.01, 0.1, 0.3])
def test_one_symbol_meets_the_floor_and_the_plain_code_does_not(flip: float) -> None:
    law = exact_law(flip, 1)
    assert law.conditional_rate == pytest.approx(1 - 2 * flip, abs=1e-12)
    assert law.plain_rate == pytest.approx(h((1 - 2 * flip) / 2), abs=1e-12)


def test_rates_fall_towards_mutual_information() -> None:
    laws = [exact_law(0.1, n) for n in (1, 2, 4, 8, 16)]
    conditional = [law.conditional_rate for law in laws]
    assert conditional == sorted(conditional, reverse=True)
    assert conditional[-1] > 1 - h(0.1)
    for law in laws:
        assert law.conditional_rate <= law.plain_rate


def test_two_symbols_by_hand() -> None:
    """|δ| of the sum is 0.64; of the second, 1.6/1.64 after a likely sum, and 0 after another."""
    law = exact_law(0.1, 2)
    likely = 0.82
    strong = 1.6 / 1.64
    assert law.plain_rate == pytest.approx((h(0.32) + h(likely * strong / 2)) / 2, abs=1e-12)
    second = strong * h(likely / 2)
    assert law.conditional_rate == pytest.approx((0.64 + second) / 2, abs=1e-12)


@pytest.mark.parametrize("n", [1, 8, 16])
def test_lengths_have_the_exact_rate_as_their_mean(n: int) -> None:
    blocks, stream, code = 20_000, Stream(9), Polar(n)
    inputs = generator(3, "inputs").integers(0, 2, (blocks, n))
    found = simulate(code, np.where(inputs, 0.9, 0.1), stream)
    law = exact_law(0.1, n)
    for lengths, rate in (
        (law.plain_lengths(found), law.plain_rate),
        (
            law.conditional_lengths(found, thresholds(code, stream, blocks)),
            law.conditional_rate,
        ),
    ):
        assert abs(lengths.mean() / n - rate) < 4.5 * lengths.std() / n / math.sqrt(blocks)


@pytest.mark.parametrize(
    ("n", "rate"), [(256, 0.638), pytest.param(4096, 0.588, marks=pytest.mark.slow)]
)
def test_long_blocks_have_the_published_rates(n: int, rate: float) -> None:
    blocks, code = 400, Polar(n)
    rng = generator(4, "inputs")
    learnt, sent = (
        simulate(code, np.where(rng.integers(0, 2, (blocks, n)), 0.9, 0.1), Stream(seed))
        for seed in (1, 2)
    )
    law = learnt_law(2 * learnt.chances)
    lengths = law.conditional_lengths(sent, thresholds(code, Stream(2), blocks)) / n
    assert lengths.mean() == pytest.approx(rate, abs=0.006)


@pytest.mark.parametrize(
    ("n", "one"), [(0, 0.5), (3, 0.5), (1 << 21, 0.5), (4, 0.0), (4, math.nan)]
)
def test_impossible_blocks_are_refused(n: int, one: float) -> None:
    with pytest.raises(UsageError):
        Polar(n, one)


def test_too_many_outputs_are_refused() -> None:
    with pytest.raises(UsageError, match="too many to go through"):
        exact_law(0.1, 32)
