"""Blocks of bits: Alice searches, Bob looks one word up, and the law is exact."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labbook.channel import DiscretePair
from labbook.channel.coders.bit_blocks import BitBlocks, decode_block
from labbook.channel.coders.block_search import FIRST_LOOK, encode_block
from labbook.channel.laws.truncated import truncated
from labbook.compute import Stream
from labbook.errors import UsageError

KL = DiscretePair((0.5, 0.5), (0.9, 0.1)).kl_bits


def blocks(n: int, eps: float = 0.1, target: float = 0.9) -> BitBlocks:
    return BitBlocks(n, target, n * (KL + eps))


def plainly(each: BitBlocks, stream: Stream, block: int) -> tuple[int, int]:
    """Candidate by candidate, in Python's integers."""
    for k in range(10**6):
        word, coin = (int(w) for w in stream.words(2 * k, 2, block=block))
        z = word & ((1 << each.n) - 1)
        ones = z.bit_count()
        r = (2 * each.target) ** ones * (2 * (1 - each.target)) ** (each.n - ones)
        if coin < 2**64 * r / 2**each.log2_cap:
            return k + 1, z
    raise AssertionError


@pytest.mark.parametrize(("n", "target"), [(1, 0.9), (8, 0.9), (12, 0.2), (16, 0.7), (10, 1.0)])
def test_alice_takes_the_first_that_a_plain_search_takes(n: int, target: float) -> None:
    each = blocks(n, target=target)
    stream = Stream(11, 3)
    for block in range(25):
        message, z = plainly(each, stream, block)
        assert encode_block(each, stream, block) == message
        assert decode_block(n, stream, block, message) == z


@pytest.mark.parametrize("n", [1, 7, 24, 40, 64])
def test_the_acceptance_is_that_of_the_exact_law(n: int) -> None:
    expected = truncated(DiscretePair((0.5, 0.5), (0.1, 0.9)), n, 0.1).acceptance
    assert blocks(n).acceptance == pytest.approx(expected, rel=1e-9)


def test_messages_and_blocks_have_their_exact_laws() -> None:
    each, stream, count = blocks(12), Stream(5), 4000
    messages = np.array([encode_block(each, stream, block) for block in range(count)])
    success = each.acceptance
    sd = math.sqrt(1 - success) / success
    assert abs(messages.mean() - 1 / success) < 4.5 * sd / math.sqrt(count)
    ones = np.array(
        [decode_block(12, stream, b, int(m)).bit_count() for b, m in enumerate(messages)]
    )
    law = truncated(DiscretePair((0.5, 0.5), (0.1, 0.9)), 12, 0.1)
    # A level for each number of ones, in ascending order.
    decoded = law.decoded
    found = np.bincount(ones, minlength=13) / count
    assert (np.abs(found - decoded) < 5 * np.sqrt(decoded / count) + 1e-3).all()


@pytest.mark.parametrize("threads", [2, 3])
def test_threads_find_the_same(threads: int) -> None:
    each, stream = blocks(30), Stream(8)
    for block in range(3):
        assert encode_block(each, stream, block, threads=threads) == encode_block(
            each, stream, block
        )


@given(st.integers(1, 64), st.floats(0, 1), st.floats(-3, 70), st.data())
def test_the_fence_lets_everything_through_that_is_accepted(
    n: int, target: float, log2_cap: float, data: st.DataObject
) -> None:
    each = BitBlocks(n, target, log2_cap)
    words = np.array(
        data.draw(st.lists(st.integers(0, 2**64 - 1), min_size=2, max_size=40)), dtype=np.uint64
    )
    words = words[: len(words) // 2 * 2]
    expected = -1
    for k, (word, coin) in enumerate(words.reshape(-1, 2)):
        ones = (int(word) & ((1 << n) - 1)).bit_count()
        if each.always[ones] or coin < each.limits[ones]:
            expected = k
            break
    assert each.first_accepted(words) == expected


def test_progress_is_told_and_may_end_the_work() -> None:
    seen: list[float] = []

    def stop(examined: float) -> None:
        seen.append(examined)
        if examined > 10**6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        encode_block(blocks(64), Stream(1), 0, progress=stop)
    assert seen == sorted(seen)
    assert seen[0] == FIRST_LOOK


@pytest.mark.parametrize(("n", "target"), [(0, 0.5), (65, 0.5), (8, -0.1), (8, math.nan)])
def test_impossible_blocks_are_refused(n: int, target: float) -> None:
    with pytest.raises(UsageError):
        BitBlocks(n, target, 1.0)
