"""Every index coder: Bob gets Alice's symbols, and indices and symbols have their exact laws."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labbook.channel import CODERS, DiscretePair, Prior, decode, minimal, ordered
from labbook.channel.coders import search as search_module
from labbook.channel.coders.exponentials import UNIT_BITS, exponentials, log_of
from labbook.channel.coders.greedy import Greedy
from labbook.channel.coders.poisson import encode_poisson, inverse_ratios
from labbook.compute import Stream
from labbook.errors import UsageError

PAIRS = {
    "coin": DiscretePair((0.5, 0.5), (0.9, 0.1)),
    "four": DiscretePair((0.4, 0.3, 0.2, 0.1), (0.1, 0.1, 0.2, 0.6)),
    "same": DiscretePair((0.5, 0.5), (0.5, 0.5)),
    "holes": DiscretePair((0.25, 0.25, 0.5, 0.0), (0.6, 0.4, 0.0, 0.0)),
    "far": DiscretePair((0.98, 0.02), (0.1, 0.9)),
}
N = 32
FINITE = {"ordered": ordered(N), "minimal": minimal(N)}
EVERY = {**CODERS, **FINITE}
each_coder = pytest.mark.parametrize("name", CODERS)
each_pair = pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)


@each_coder
@each_pair
def test_indices_and_symbols_have_their_exact_laws(name: str, pair: DiscretePair) -> None:
    blocks = 20_000
    coder = CODERS[name]
    sent, law = coder.encode(pair, Stream(3, 1), blocks), coder.law(pair)
    assert (decode(Prior(pair.p), Stream(3, 1), sent.messages) == sent.symbols).all()
    shares = np.bincount(sent.symbols, minlength=len(pair.q)) / blocks
    q = np.array(pair.q)
    assert (np.abs(shares - q) <= 4.5 * np.sqrt(q * (1 - q) / blocks)).all()
    logs = np.log2(sent.messages)
    assert abs(logs.mean() - law.mean_log2) <= 4.5 * logs.std() / math.sqrt(blocks)
    assert abs(sent.messages.mean() - law.mean) <= 5 * sent.messages.std() / math.sqrt(blocks)
    k = np.arange(1, 8)
    pmf = np.exp2(law.log2_pmf(k))
    found = np.bincount(np.minimum(sent.messages, 8), minlength=9)[1:8] / blocks
    assert (np.abs(found - pmf) <= 5 * np.sqrt(pmf * (1 - pmf) / blocks) + 1e-12).all()


@pytest.mark.parametrize("name", FINITE)
def test_a_choice_among_few_has_its_exact_laws(name: str) -> None:
    blocks, pair = 20_000, PAIRS["four"]
    coder = FINITE[name]
    sent, law = coder.encode(pair, Stream(3, 1), blocks), coder.law(pair)
    assert (decode(Prior(pair.p), Stream(3, 1), sent.messages) == sent.symbols).all()
    assert sent.messages.max() <= N
    decoded = np.array(coder.decoded(pair))
    assert decoded.sum() == pytest.approx(1, abs=1e-12)
    shares = np.bincount(sent.symbols, minlength=4) / blocks
    assert (np.abs(shares - decoded) <= 5 * np.sqrt(decoded / blocks)).all()
    logs = np.log2(sent.messages)
    assert abs(logs.mean() - law.mean_log2) <= 4.5 * logs.std() / math.sqrt(blocks)


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("memory", [1, 16, 512])
def test_how_far_is_looked_at_once_changes_nothing(
    name: str, memory: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = EVERY[name].encode
    once = encoder(PAIRS["four"], Stream(9), 300, first=5)
    monkeypatch.setattr(search_module, "QUADS_AT_ONCE", memory)
    again = encoder(PAIRS["four"], Stream(9), 300, first=5)
    assert (once.messages == again.messages).all()
    assert (once.symbols == again.symbols).all()


def test_the_functional_representation_is_the_best_of_very_many_points() -> None:
    """With the times in Python's integers, and no stop."""
    pair, stream = PAIRS["four"], Stream(21)
    inverse = inverse_ratios(pair)
    sent = encode_poisson(pair, stream, 60)
    for block in range(60):
        words = stream.words(0, 2 * 2000, block=block)
        times = np.cumsum(exponentials(words[1::2]))
        scores = times.astype(float) * inverse[pair.prior.symbols(words[0::2])]
        assert sent.messages[block] == scores.argmin() + 1


def test_symbols_of_one_ratio_share_what_is_decoded() -> None:
    """And where q has mass at none of two candidates, the first is sent."""
    pair = DiscretePair((0.3, 0.1, 0.4, 0.2), (0.6, 0.2, 0.0, 0.2))
    blocks = 40_000
    sent = ordered(2).encode(pair, Stream(2), blocks)
    decoded = np.array(ordered(2).decoded(pair))
    shares = np.bincount(sent.symbols, minlength=4) / blocks
    assert (np.abs(shares - decoded) <= 5 * np.sqrt(decoded / blocks)).all()
    assert decoded[2] == pytest.approx(0.4**2)
    assert ordered(2).total_variation(pair) > ordered(64).total_variation(pair) > 0
    assert CODERS["poisson"].total_variation(pair) == 0


@pytest.mark.parametrize("scale", [1 - 9e-10, 1.0, 1 + 9e-10])
def test_greedy_rejection_always_ends_whatever_the_last_digits_of_the_sums(scale: float) -> None:
    """Where q is p the first candidate is certain; another scale of q would pass it over."""
    coder = Greedy(DiscretePair((0.3, 0.7), (0.3 * scale, 0.7 * scale)))
    limits, always = coder.limits(0, 1)
    # Of a chance of 1 − ε, ε the spacing of doubles, a word fails once in 2^52.
    assert (always | (limits >= 2**64 - 2**12)).all()


def test_no_mass_among_the_candidates_sends_the_first() -> None:
    pair = DiscretePair((0.999, 0.001), (0.0, 1.0))
    sent = minimal(2).encode(pair, Stream(1), 200)
    assert set(sent.messages.tolist()) == {1}
    assert (sent.symbols == decode(Prior(pair.p), Stream(1), sent.messages)).all()


@pytest.mark.parametrize("memory", [1, 2, 512])
def test_a_time_of_zero_where_q_has_no_mass_chooses_nobody(
    memory: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first candidate of this block has the exponential number 0, and a symbol below 0.2."""
    monkeypatch.setattr(search_module, "QUADS_AT_ONCE", memory)
    pair, stream, block = DiscretePair((0.2, 0.8), (0.0, 1.0)), Stream(1), 9_306_467_966
    words = stream.words(0, 16, block=block)
    numbers, outside = exponentials(words[1::2]), pair.prior.symbols(words[0::2]) == 0
    assert numbers[0] == 0
    assert outside[0]
    race = np.where(outside, np.inf, np.cumsum(numbers).astype(float)).argmin() + 1
    least = np.where(outside, np.inf, numbers.astype(float)).argmin() + 1
    assert encode_poisson(pair, stream, 1, first=block).messages == race
    assert minimal(8).encode(pair, stream, 1, first=block).messages == least
    assert ordered(8).encode(pair, stream, 1, first=block).messages == race


@pytest.mark.parametrize("candidates", [0, -1, 2**21])
def test_an_impossible_number_of_candidates_is_refused(candidates: int) -> None:
    for make in (minimal, ordered):
        with pytest.raises(UsageError, match="From 1 to"):
            make(candidates).encode(PAIRS["four"], Stream(1), 10)


# Exponential numbers


@given(st.floats(1e-300, 1e300))
def test_the_logarithm_is_the_logarithm(value: float) -> None:
    assert log_of(np.array([value]))[0] == pytest.approx(math.log(value), rel=4e-16, abs=4e-16)


@settings(max_examples=30)
@given(st.lists(st.integers(0, 2**64 - 1), min_size=1))
def test_exponentials_are_logarithms_of_the_words(words: list[int]) -> None:
    found = exponentials(np.array(words, dtype=np.uint64))
    for word, number in zip(words, found, strict=True):
        expected = -math.log(((word >> 12) + 0.5) / 2**52)
        assert abs(int(number) / 2**UNIT_BITS - expected) <= 0.5 / 2**UNIT_BITS + 1e-14


def test_exponentials_have_mean_and_variance_one() -> None:
    numbers = exponentials(Stream(4).words(0, 400_000)) / 2.0**UNIT_BITS
    assert abs(numbers.mean() - 1) < 5 / math.sqrt(400_000)
    assert abs(numbers.var() - 1) < 5 * math.sqrt(8 / 400_000)


def test_the_largest_and_the_least_word() -> None:
    least, largest = exponentials(np.array([2**64 - 1, 0], dtype=np.uint64))
    assert least == 0
    assert largest / 2**UNIT_BITS == pytest.approx(53 * math.log(2))


def test_progress_counts_blocks() -> None:
    seen: list[tuple[int, int]] = []
    encode_poisson(PAIRS["coin"], Stream(1), 1000, progress=lambda *at: seen.append(at))
    assert seen[-1] == (1000, 1000)
    assert sorted(seen) == seen
