"""Alice and Bob: the documented layout, the exact law, and Bob's sample in every block."""

from __future__ import annotations

import functools
import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from scipy import stats

from labbook.channel import (
    DiscretePair,
    IndexCounts,
    Prior,
    decode,
    elias_delta,
    elias_gamma,
    encode,
    expected_elias_delta,
    expected_elias_gamma,
    message_law,
)
from labbook.channel.coders import search
from labbook.compute import Stream
from tests.channel.test_pairs import PAIRS
from tests.support.memory import peak_growth_mb

QUICK = {name: pair for name, pair in PAIRS.items() if name != "rare"}


def bob_alone(p: tuple[float, ...], seed: int, number: int, block: int, message: int) -> int:
    """Bob, by the documented layout, with NumPy's generator and Python's integers alone."""
    quad, second = divmod(message - 1, 2)
    bits = np.random.Philox(key=[seed, number], counter=[quad, block, 0, 0])
    word = int(bits.random_raw(4)[2 * second])
    return next(z for z, end in enumerate(ends_of(p)) if word < math.floor(2**64 * end))


@functools.cache
def ends_of(p: tuple[float, ...]) -> list[Fraction]:
    """The cumulative probabilities, without rounding."""
    weights = [Fraction(each) for each in p]
    return [total / sum(weights) for total in itertools.accumulate(weights)]


def alice_alone(
    p: tuple[float, ...], q: tuple[float, ...], seed: int, block: int
) -> tuple[int, int]:
    """Alice, candidate after candidate, in exact arithmetic: her message and her symbol."""
    bits = np.random.Philox(key=[seed, 0], counter=[0, block, 0, 0])
    ratio = [Fraction(b) / Fraction(a) if b else Fraction(0) for a, b in zip(p, q, strict=True)]
    message = 0
    while True:
        message += 1
        symbol_word, word = (Fraction(int(each), 2**64) for each in bits.random_raw(2))
        symbol = next(z for z, end in enumerate(ends_of(p)) if symbol_word < end)
        if word < ratio[symbol] / max(ratio):
            return message, symbol


@pytest.mark.parametrize(("p", "q"), QUICK.values(), ids=QUICK)
def test_alice_sends_the_first_candidate_that_she_accepts(
    p: tuple[float, ...], q: tuple[float, ...]
) -> None:
    sent = encode(DiscretePair(p, q), Stream(12), 150)
    alone = [alice_alone(p, q, 12, block) for block in range(150)]
    assert list(zip(sent.messages.tolist(), sent.symbols.tolist(), strict=True)) == alone


@pytest.mark.parametrize(("p", "q"), QUICK.values(), ids=QUICK)
def test_bob_needs_only_numpy_and_the_documented_layout(
    p: tuple[float, ...], q: tuple[float, ...]
) -> None:
    stream = Stream.named(99, "shared")
    sent = encode(DiscretePair(p, q), stream, 300, first=1000)
    for offset in range(300):
        decoded = bob_alone(p, 99, stream.number, 1000 + offset, int(sent.messages[offset]))
        assert decoded == sent.symbols[offset]


@pytest.mark.parametrize(("p", "q"), QUICK.values(), ids=QUICK)
def test_bob_has_alices_sample_in_every_block(p: tuple[float, ...], q: tuple[float, ...]) -> None:
    sent = encode(DiscretePair(p, q), Stream(5), 50_000)
    assert np.array_equal(decode(Prior(p), Stream(5), sent.messages), sent.symbols)
    # Another seed is another stream: the check above can fail.
    if max(p) < 1:
        assert not np.array_equal(decode(Prior(p), Stream(6), sent.messages), sent.symbols)


def test_bob_finds_a_far_candidate_at_once() -> None:
    prior, stream = Prior((0.5, 0.25, 0.25)), Stream(3)
    messages = np.array([1, 2, 3, 10**12, 10**15 + 1, 2**62])
    expected = [
        bob_alone(prior.probabilities, 3, 0, block, int(message))
        for block, message in enumerate(messages)
    ]
    assert decode(prior, stream, messages).tolist() == expected


@pytest.mark.parametrize(("p", "q"), QUICK.values(), ids=QUICK)
def test_blocks_are_sent_alike_alone_and_together(
    p: tuple[float, ...], q: tuple[float, ...]
) -> None:
    pair = DiscretePair(p, q)
    together = encode(pair, Stream(8), 3000, first=17)
    for begin, end in ((0, 1), (1, 700), (700, 3000)):
        part = encode(pair, Stream(8), end - begin, first=17 + begin)
        assert np.array_equal(part.messages, together.messages[begin:end])
        assert np.array_equal(part.symbols, together.symbols[begin:end])


@pytest.mark.parametrize("memory", [1, 7, 64, 4096])
def test_the_size_of_a_look_changes_nothing(memory: int, monkeypatch: pytest.MonkeyPatch) -> None:
    pair = DiscretePair((0.98, 0.02), (0.5, 0.5))
    expected = encode(pair, Stream(2), 2000)
    monkeypatch.setattr(search, "QUADS_AT_ONCE", memory)
    found = encode(pair, Stream(2), 50)
    assert np.array_equal(found.messages, expected.messages[:50])
    assert np.array_equal(found.symbols, expected.symbols[:50])


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(("p", "q"), QUICK.values(), ids=QUICK)
def test_messages_have_the_exact_geometric_law(
    p: tuple[float, ...], q: tuple[float, ...], seed: int
) -> None:
    pair, blocks = DiscretePair(p, q), 50_000
    law, messages = message_law(pair), encode(pair, Stream(seed), blocks).messages
    if law.success == 1:
        assert (messages == 1).all()
        return
    counts = IndexCounts.of(messages)
    for function, exact in (
        (lambda k: k, law.mean),
        (np.log2, law.mean_log2),
        (lambda k: -law.log2_pmf(k), law.entropy),
        (elias_gamma, expected_elias_gamma(law)),
        (elias_delta, expected_elias_delta(law)),
    ):
        mean, se = counts.mean(function)
        assert abs(mean - exact) < 5 * se
    largest = int(math.log(50 / blocks) / math.log1p(-law.success)) + 1
    observed = np.bincount(np.minimum(messages, largest + 1), minlength=largest + 2)[1:]
    edges = law.exceeds(np.arange(largest + 1))
    expected = blocks * np.append(edges[:-1] - edges[1:], edges[-1])
    assert stats.chisquare(observed, expected).pvalue > 1e-6


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(("p", "q"), QUICK.values(), ids=QUICK)
def test_decoded_symbols_have_the_target_law(
    p: tuple[float, ...], q: tuple[float, ...], seed: int
) -> None:
    pair, blocks = DiscretePair(p, q), 50_000
    messages = encode(pair, Stream(seed), blocks).messages
    decoded = decode(Prior(p), Stream(seed), messages)
    target = np.array(q) / sum(q)
    counts = np.bincount(decoded, minlength=len(q))
    assert not counts[target == 0].any()
    distance = np.abs(counts / blocks - target).sum() / 2
    floor = np.sqrt(2 * target * (1 - target) / (math.pi * blocks)).sum() / 2
    assert distance <= 4 * floor
    for z in np.flatnonzero(target):
        # K and the symbol are independent: each symbol's messages have the same mean.
        mean, law = messages[decoded == z].mean(), message_law(pair)
        assert abs(mean - law.mean) <= 5 * law.sd / math.sqrt(counts[z])


def test_a_long_search_takes_the_same_candidates() -> None:
    pair = DiscretePair((1 - 1e-5, 1e-5), (0.5, 0.5))
    sent = encode(pair, Stream(4), 12)
    assert sent.messages.max() > 50_000
    bits = np.random.Philox(key=[4, 0], counter=[0, 11, 0, 0])
    words = bits.random_raw(2 * int(sent.messages[11])).reshape(-1, 2)
    symbols = (words[:, 0] >= pair.prior.thresholds[0]).astype(int)
    accepted = pair.always[symbols] | (words[:, 1] < pair.limits[symbols])
    assert accepted.sum() == 1
    assert accepted[-1]
    assert symbols[-1] == sent.symbols[11]


def test_progress_counts_blocks_and_can_end_the_work() -> None:
    seen: list[tuple[int, int]] = []
    encode(DiscretePair(*PAIRS["coin"]), Stream(1), 70_000, progress=lambda *at: seen.append(at))
    assert seen[-1] == (70_000, 70_000)
    assert seen == sorted(seen)

    def cancel(done: int, of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        encode(DiscretePair(*PAIRS["rare"]), Stream(1), 10, progress=cancel)


def test_memory_does_not_grow_with_the_candidates() -> None:
    before = (
        "from labbook.channel import DiscretePair, encode\n"
        "from labbook.compute import Stream\n"
        "def send(rare, blocks):\n"
        "    pair = DiscretePair((1 - rare, rare), (0.5, 0.5))\n"
        "    encode(pair, Stream(1), blocks)"
    )
    assert peak_growth_mb(before, "send(0.25, 20_000)") < 12
    assert peak_growth_mb(before, "send(1e-6, 5)") < 12
