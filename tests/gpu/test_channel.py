"""Alice on a real device. Needs NumPy, SciPy, CuPy and pytest, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from labbook.channel import DiscretePair, Sent, decode, encode
from labbook.channel.coders.bit_blocks import BitBlocks, decode_block
from labbook.channel.coders.block_search import encode_block
from labbook.channel.coders.exponentials import exponentials, log_of
from labbook.channel.coders.greedy import encode_greedy
from labbook.channel.coders.greedy_poisson import encode_greedy_poisson
from labbook.channel.coders.interface import minimal, ordered
from labbook.channel.coders.poisson import encode_poisson
from labbook.channel.gpu import encode as gpu
from labbook.channel.gpu import first_accept, races
from labbook.compute import Stream
from labbook.compute.cuda import cupy, module
from tests.support.channel_pairs import PAIRS

pytestmark = pytest.mark.gpu

ENCODERS: dict[str, Callable[..., Sent]] = {
    "rejection": encode,
    "greedy-rejection": encode_greedy,
    "poisson": encode_poisson,
    "greedy-poisson": encode_greedy_poisson,
}
CHOICES = {"minimal": minimal, "ordered": ordered}


STREAM = Stream(2**63 + 9, 4)
FAR = DiscretePair((1 - 1e-6, 1e-6), (0.3, 0.7))


def assert_same(found: Sent, expected: Sent) -> None:
    assert np.array_equal(found.messages, expected.messages)
    assert np.array_equal(found.symbols, expected.symbols)


def test_the_device_passes_the_trial() -> None:
    gpu.try_device()


@pytest.mark.parametrize("first", [0, 2**50 + 1])
@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
@pytest.mark.parametrize("coder", ENCODERS)
def test_messages_are_those_of_the_cpu(coder: str, pair: DiscretePair, first: int) -> None:
    expected = ENCODERS[coder](pair, STREAM, 2000, first=first)
    assert_same(gpu.encode_on_device(coder, pair, STREAM, 2000, first=first), expected)


@pytest.mark.parametrize("number", [1, 7, 1001, 2**17])
@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
@pytest.mark.parametrize("coder", CHOICES)
def test_choices_are_those_of_the_cpu(coder: str, pair: DiscretePair, number: int) -> None:
    blocks = max(3, 20_000 // number)
    expected = CHOICES[coder](number).encode(pair, STREAM, blocks)
    found = gpu.encode_on_device(coder, pair, STREAM, blocks, candidates=number)
    assert_same(found, expected)


@pytest.mark.parametrize("blocks", [1, 3, 20])
@pytest.mark.parametrize("coder", ENCODERS)
def test_a_long_search_is_that_of_the_cpu(coder: str, blocks: int) -> None:
    expected = ENCODERS[coder](FAR, STREAM, blocks)
    assert_same(gpu.encode_on_device(coder, FAR, STREAM, blocks), expected)


@pytest.mark.parametrize("coder", ENCODERS)
def test_many_blocks_decode_to_what_was_meant(coder: str) -> None:
    pair, blocks = PAIRS["coin"], 3_000_001
    sent = gpu.encode_on_device(coder, pair, STREAM, blocks)
    assert np.array_equal(decode(pair.prior, STREAM, sent.messages), sent.symbols)
    shares = np.bincount(sent.symbols) / blocks
    assert np.abs(shares - pair.q).max() < 5 * 0.5 / blocks**0.5
    assert_same(
        gpu.encode_on_device(coder, pair, STREAM, 1000, first=blocks - 1000),
        Sent(sent.messages[-1000:], sent.symbols[-1000:]),
    )


@pytest.mark.parametrize(
    "bits",
    [
        BitBlocks(1, 0.9, 0.8),
        BitBlocks(9, 0.9, 2.5),
        BitBlocks(12, 0.7, -3.0),
        BitBlocks(10, 1.0, 10.0),
        BitBlocks(32, 0.9, 20.0),
        BitBlocks(64, 0.6, 8.0),
    ],
    ids=lambda bits: f"{bits.n} bits",
)
def test_blocks_of_bits_get_the_messages_of_the_cpu(bits: BitBlocks) -> None:
    expected = [encode_block(bits, STREAM, block) for block in range(7, 107)]
    assert gpu.encode_bits_on_device(bits, STREAM, 100, first=7).tolist() == expected


def test_a_message_of_billions_is_the_first_that_is_accepted() -> None:
    bits = BitBlocks(48, 0.9, 48 * (PAIRS["coin"].kl_bits + 0.1))
    message = int(gpu.encode_bits_on_device(bits, STREAM, 1)[0])
    ones = decode_block(48, STREAM, 0, message).bit_count()
    coin = STREAM.words(2 * message - 1, 1)[0]
    assert bits.always[ones] or coin < bits.limits[ones]
    # In the quads before it, and at the start, nothing is accepted.
    for first in (0, max(0, message - 1 - 10**6)):
        words = STREAM.words(2 * first, 2 * min(10**6, message - 1 - first))
        assert bits.first_accepted(words) == -1


def test_two_calls_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    pair = PAIRS["far"]
    for coder in ENCODERS:
        once = gpu.encode_on_device(coder, pair, STREAM, 5000)
        with monkeypatch.context() as patch:
            patch.setattr(first_accept, "SLICE", 1 << 14)
            patch.setattr(races, "SLICE", 1 << 16)
            patch.setattr(races, "MOST_THREADS", 64)
            assert_same(gpu.encode_on_device(coder, pair, STREAM, 5000), once)


def test_exponential_numbers_and_logarithms_are_those_of_the_cpu() -> None:
    edges = np.array([2**power for power in range(64)] + [2**64 - 1, 0], dtype=np.uint64)
    words = np.concatenate([edges, edges - np.uint64(1), STREAM.words(0, 1 << 20)])
    values = (words.astype(np.float64) + 0.5) * 2.0**-60
    count, kernels = np.uint64(len(words)), module(races.KERNEL)
    units, logs = cupy().zeros(len(words), np.uint64), cupy().zeros(len(words), np.float64)
    kernels.get_function("channel_exponentials")(
        (100,), (128,), (count, cupy().asarray(words), units)
    )
    kernels.get_function("channel_logarithms")(
        (100,), (128,), (count, cupy().asarray(values), logs)
    )
    assert np.array_equal(cupy().asnumpy(units), exponentials(words))
    assert np.array_equal(cupy().asnumpy(logs).view(np.uint64), log_of(values).view(np.uint64))
