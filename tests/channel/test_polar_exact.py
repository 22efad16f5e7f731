"""Polar simulation against exact laws: of what is decoded, and of what the flips cost."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labbook.channel.codes.bit_strings import Bits as Written
from labbook.channel.named import DiscreteChannel, symmetric, z_channel
from labbook.channel.polar import blocks as polar
from labbook.channel.polar.bits import read_flips, write_flips
from labbook.channel.polar.blocks import Flips, Polar, decode, simulate, thresholds, transform
from labbook.channel.polar.guess_law import GuessLaw, exact_guess_law, guess_law
from labbook.channel.polar.law import rate_bounds
from labbook.channel.polar.rates import binary_entropy, exact_law, learnt_law
from labbook.compute import Stream, generator
from labbook.errors import UsageError
from tests.support.memory import peak_growth_mb

THREE_INPUTS = DiscreteChannel((0.2, 0.5, 0.3), ((0.9, 0.1), (0.4, 0.6), (1.0, 0.0)))
CHANNELS = {
    "symmetric": symmetric(0.1),
    "symmetric, biased": symmetric(0.1, 0.2),
    "z": z_channel(0.3),
    "z, biased": z_channel(0.5, 0.2),
    "three inputs": THREE_INPUTS,
}
WORD_VALUES = 1 << 64


def all_blocks(n: int) -> np.ndarray:
    return np.array(list(itertools.product((0, 1), repeat=n)), dtype=np.uint8)


# What is decoded, with all coins integrated out


@dataclass(frozen=True)
class Given:
    """A stream whose blocks have the words of a table."""

    table: np.ndarray

    def rows(self, blocks: np.ndarray, index: int, quads: int) -> np.ndarray:
        assert index == 0
        rows = np.zeros((len(blocks), 4 * quads), dtype=np.uint64)
        rows[:, : self.table.shape[1]] = self.table[blocks.astype(int)]
        return rows


def share_below(run, count: int) -> np.ndarray:  # type: ignore[no-untyped-def]
    """For each of so many blocks, the share of words for which `run(words)` holds: small ones."""
    low, high = np.zeros(count, dtype=object), np.full(count, WORD_VALUES, dtype=object)
    for _ in range(64):
        middle = (low + high) // 2
        holds = run((middle - 1).astype(np.uint64))
        low, high = np.where(holds, middle, low), np.where(holds, high, middle)
    return (low + run(np.zeros(count, dtype=np.uint64)) * (low == 0)).astype(float) / WORD_VALUES


def law_of_outputs(code: Polar, target: np.ndarray) -> np.ndarray:
    """Of all 2^n blocks, by measuring how many words lead each bit where it is to go.

    Each block has the words that bring forth one u, but for the one that is measured.
    """
    us = all_blocks(code.n)
    count = len(us)
    ones = np.tile(target, (count, 1))
    # A second word as large as can be flips nothing, so that the guess decides.
    table = np.full((count, 2 * code.n), WORD_VALUES - 1, dtype=np.uint64)
    table[:, 0::2] = np.where(us, np.uint64(WORD_VALUES - 1), np.uint64(0))

    def found(bit: int, word: int, values: np.ndarray) -> Flips:
        changed = table.copy()
        changed[:, 2 * bit + word] = values
        return simulate(code, ones, Given(changed))  # type: ignore[arg-type]

    law = np.ones(count)
    for bit in range(code.n):

        def guesses_zero(values: np.ndarray, bit: int = bit) -> np.ndarray:
            return decided(found(bit, 0, values), bit) == 0

        zero = share_below(guesses_zero, count)
        flipped = []
        for guess in (0, WORD_VALUES - 1):
            table[:, 2 * bit] = guess
            flipped.append(
                share_below(lambda values, bit=bit: found(bit, 1, values).flips[bit] == 1, count)
            )
        of_zero = zero * (1 - flipped[0]) + (1 - zero) * flipped[1]
        law *= np.where(us[:, bit], 1 - of_zero, of_zero)
        table[:, 2 * bit] = np.where(us[:, bit], np.uint64(WORD_VALUES - 1), np.uint64(0))
    numbers = transform(np.ascontiguousarray(us.T)).T @ (1 << np.arange(code.n))
    return law[np.argsort(numbers)]


def decided(found: Flips, bit: int) -> np.ndarray:
    return np.asarray(transform(np.ascontiguousarray(found.outputs.T))[bit])


@pytest.mark.parametrize("one", [0.5, 0.3, 0.95])
@pytest.mark.parametrize("n", [1, 2, 4])
def test_with_all_coins_integrated_out_the_law_is_the_product(n: int, one: float) -> None:
    target = generator(n, "target").uniform(0.05, 0.95, n)
    law = law_of_outputs(Polar(n, one), target)
    numbers = np.arange(1 << n)[:, None] >> np.arange(n) & 1
    expected = np.where(numbers, target, 1 - target).prod(axis=1)
    assert np.abs(law - expected).max() < 1e-12
    assert law.sum() == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("block", [0, 7, 2**40])
def test_bob_needs_only_numpy_and_the_documented_layout(block: int) -> None:
    n = 16
    sent = simulate(Polar(n), np.full((1, n), 0.9), Stream(3, 4), first=block)
    words = np.random.Philox(key=[3, 4], counter=[0, block, 0, 0]).random_raw(2 * n)
    kernel = np.array([[1]])
    for _ in range(4):
        kernel = np.kron(kernel, [[1, 0], [1, 1]])
    u = (words[0::2] >> np.uint64(63)).astype(int) ^ sent.flips[:, 0]
    assert (u @ kernel % 2 == sent.outputs[0]).all()


@pytest.mark.parametrize("one", [0.5, 0.3])
def test_the_number_of_blocks_taken_together_changes_nothing(
    one: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, ones = Polar(32, one), generator(1, "ones").uniform(0, 1, (50, 32))
    whole = simulate(code, ones, Stream(6))
    monkeypatch.setattr(polar, "_NEAR", 100)
    monkeypatch.setattr(polar, "_FEW", 7)
    parts = simulate(code, ones, Stream(6))
    assert (parts.flips == whole.flips).all()
    assert (parts.chances == whole.chances).all()
    assert (decode(code, whole.flips, Stream(6)) == whole.outputs).all()


def test_memory_grows_with_the_result_alone() -> None:
    before = (
        "import numpy as np\n"
        "from labbook.channel.polar.blocks import Polar, simulate\n"
        "from labbook.compute import Stream\n"
        "ones = np.broadcast_to(0.9, (1 << 14, 256))\n"
        "simulate(Polar(256), ones[:2000], Stream(1))"
    )
    # Ten bytes for each of 4 M symbols, where working on all of them together takes 400 MiB.
    assert peak_growth_mb(before, "found = simulate(Polar(256), ones, Stream(1))") < 80


# Bounds


@pytest.mark.parametrize("flip", [0.01, 0.1, 0.3, 0.45])
def test_bounds_are_the_exact_rates_of_short_blocks(flip: float) -> None:
    bounds = rate_bounds((flip, 1 - flip), (0.5, 0.5), 8)
    for n, each in bounds.items():
        law = exact_law(flip, n)
        assert each.plain == pytest.approx((law.plain_rate,) * 2, abs=1e-11)
        assert each.conditional == pytest.approx((law.conditional_rate,) * 2, abs=1e-11)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0.05, 1)), min_size=1, max_size=3))
def test_coarse_bounds_hold_what_is_exact(inputs: list[tuple[float, float]]) -> None:
    ones, weights = np.array(inputs).T
    weights = weights / weights.sum()
    coarse, exact = (rate_bounds(ones, weights, 8, cells=cells) for cells in (8, 1 << 20))
    information = 1 - float(weights @ binary_entropy(ones))
    for n, wide in coarse.items():
        within = exact[n]
        assert wide.plain[0] - 1e-9 <= within.plain[0] <= wide.plain[1] + 1e-9
        assert wide.conditional[0] - 1e-9 <= within.conditional[0] <= wide.conditional[1] + 1e-9
        assert information - 1e-9 <= within.conditional[0] <= within.plain[0] + 1e-9


def test_rates_fall_from_length_to_length() -> None:
    bounds = rate_bounds((0.1,), (1.0,), 512)
    for kind in ("plain", "conditional"):
        pairs = [getattr(each, kind) for each in bounds.values()]
        assert all(after[1] < before[0] for before, after in itertools.pairwise(pairs))
    low, high = bounds[256].conditional
    assert low < 0.6388 < high < low + 3e-4


@pytest.mark.slow
def test_the_longest_bounded_blocks_have_the_published_rate() -> None:
    low, high = rate_bounds((0.1,), (1.0,), 4096)[4096].conditional
    assert low == pytest.approx(0.588, abs=5e-4)
    assert 0 < high - low < 3e-4


@pytest.mark.parametrize("n", [3, 8192])
def test_lengths_without_bounds_are_refused(n: int) -> None:
    with pytest.raises(UsageError):
        rate_bounds((0.1,), (1.0,), n)


# Any prior


def law_of(channel: DiscreteChannel, n: int) -> GuessLaw:
    ones = np.array(channel.rows)[:, 1]
    return exact_guess_law(Polar(n, channel.output[1]), ones, np.array(channel.inputs))


def sent_over(channel: DiscreteChannel, n: int, blocks: int, seed: int) -> tuple[np.ndarray, Flips]:
    cumulative = np.cumsum(channel.inputs)[:-1]
    drawn = generator(seed, "inputs").uniform(size=(blocks, n))
    ones = np.array(channel.rows)[np.searchsorted(cumulative, drawn, side="right"), 1]
    return ones, simulate(Polar(n, channel.output[1]), ones, Stream(seed))


@pytest.mark.parametrize("channel", CHANNELS.values(), ids=CHANNELS)
def test_one_symbol_of_any_channel_meets_the_floor(channel: DiscreteChannel) -> None:
    assert law_of(channel, 1).conditional_rate == pytest.approx(channel.floor, abs=1e-12)


@pytest.mark.parametrize("n", [1, 2, 4])
def test_of_a_symmetric_channel_the_guess_says_nothing(n: int) -> None:
    law, same = law_of(symmetric(0.1), n), exact_law(0.1, n)
    assert law.conditional_rate == pytest.approx(same.conditional_rate, abs=1e-12)
    assert law.plain_rate == pytest.approx(same.plain_rate, abs=1e-12)


@pytest.mark.parametrize("n", [1, 2, 4])
@pytest.mark.parametrize("channel", CHANNELS.values(), ids=CHANNELS)
def test_lengths_with_the_guess_have_the_exact_rate_as_their_mean(
    channel: DiscreteChannel, n: int
) -> None:
    blocks = 20_000
    law = law_of(channel, n)
    _, found = sent_over(channel, n, blocks, seed=8)
    seconds = thresholds(law.code, Stream(8), blocks)
    for lengths, rate in (
        (law.conditional_lengths(found, seconds) / n, law.conditional_rate),
        (law.plain_lengths(found) / n, law.plain_rate),
    ):
        assert abs(lengths.mean() - rate) < 4.5 * lengths.std() / math.sqrt(blocks)
    assert channel.mutual_information < law.conditional_rate < law.plain_rate


def test_the_plain_code_of_one_symbol_pays_for_the_mean_distance_of_the_targets() -> None:
    law = law_of(THREE_INPUTS, 1)
    assert THREE_INPUTS.output[1] == pytest.approx(0.32)
    flipped = 0.2 * abs(0.1 - 0.32) + 0.5 * abs(0.6 - 0.32) + 0.3 * 0.32
    assert law.plain_rate == pytest.approx(float(binary_entropy(np.array(flipped))), abs=1e-12)


def test_too_many_blocks_to_go_through_are_refused() -> None:
    with pytest.raises(UsageError, match="16 symbols are too many to go through for 3 inputs"):
        law_of(THREE_INPUTS, 16)


def test_a_learnt_law_of_a_biased_channel_pays_little_for_what_it_has_not_seen() -> None:
    channel, n, blocks = z_channel(0.5, 0.2), 64, 2000
    ones, learnt = sent_over(channel, n, blocks, seed=1)
    law = guess_law(Polar(n, channel.output[1]), ones, learnt.outputs, unseen=0.25 / blocks)
    _, found = sent_over(channel, n, blocks, seed=2)
    lengths = law.conditional_lengths(found, thresholds(law.code, Stream(2), blocks)) / n
    assert law.conditional_rate < lengths.mean() < law.conditional_rate + 0.02
    assert channel.mutual_information < law.conditional_rate < channel.floor


# Real bits


@pytest.mark.parametrize(("n", "blocks"), [(1, 300), (8, 200), (64, 60)])
def test_flips_are_written_in_their_ideal_length_and_read_back(n: int, blocks: int) -> None:
    code, ones = Polar(n), np.full((blocks, n), 0.9)
    found, seconds = simulate(code, ones, Stream(1)), thresholds(code, Stream(1), blocks)
    law = exact_law(0.1, n) if n < 64 else learnt_law(2 * simulate(code, ones, Stream(2)).chances)
    written = write_flips(law, found.flips, seconds)
    assert (read_flips(law, written, seconds) == found.flips).all()
    ideal = law.conditional_lengths(found, seconds).sum()
    # The coder leaves out the zeros at the end.
    assert ideal - 16 < written.count < ideal + 2


def test_bits_of_another_law_do_not_give_these_flips() -> None:
    code = Polar(64)
    found = simulate(code, np.full((20, 64), 0.9), Stream(1))
    seconds = thresholds(code, Stream(1), 20)
    law = learnt_law(2 * found.chances)
    written = write_flips(law, found.flips, seconds)
    try:
        other = read_flips(law, Written(written.data[::-1], written.count), seconds)
    except UsageError:
        return
    assert not (other == found.flips).all()
