"""The kernels that look for the first accepted candidate, compiled for the host, against NumPy."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from labbook.channel import DiscretePair, Sent, decode, encode
from labbook.channel.coders.bit_blocks import BitBlocks
from labbook.channel.coders.block_search import encode_block
from labbook.channel.coders.greedy import encode_greedy
from labbook.channel.gpu import encode as gpu
from labbook.channel.gpu import first_accept, launch
from labbook.compute import Stream, cuda
from labbook.errors import UsageError
from tests.support.channel_pairs import PAIRS, STREAMS, spread
from tests.support.host_device import Launch, take_the_place
from tests.support.host_kernels import HostKernels

NOBODY = int(launch.NOBODY)
FILES = (first_accept.BITS_KERNEL, first_accept.FIRST_KERNEL)
ENCODERS = {"rejection": encode, "greedy-rejection": encode_greedy}

BITS = {
    "one": BitBlocks(1, 0.9, 0.8),
    "always accepted": BitBlocks(12, 0.7, -3.0),
    "often capped": BitBlocks(9, 0.9, 2.5),
    "seldom capped": BitBlocks(16, 0.9, 12.0),
    "rare ones": BitBlocks(10, 0.2, 4.0),
    "all ones": BitBlocks(10, 1.0, 10.0),
    "sixty-three": BitBlocks(63, 0.6, 6.0),
    "sixty-four": BitBlocks(64, 0.6, 8.0),
}
SIXTEEN = BITS["seldom capped"]

each_pair = pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
each_coder = pytest.mark.parametrize("coder", ENCODERS)
each_stream = pytest.mark.parametrize("stream", STREAMS.values(), ids=STREAMS)


@pytest.fixture(scope="module")
def kernels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, HostKernels]:
    directory = tmp_path_factory.mktemp("host")
    return {name: HostKernels(name, directory) for name in FILES}


@pytest.fixture
def device(kernels: dict[str, HostKernels], monkeypatch: pytest.MonkeyPatch) -> list[Launch]:
    return take_the_place(kernels, monkeypatch)


def bits_on_cpu(bits: BitBlocks, stream: Stream, count: int, first: int = 0) -> list[int]:
    return [encode_block(bits, stream, block) for block in range(first, first + count)]


def assert_same(found: Sent, expected: Sent) -> None:
    assert np.array_equal(found.messages, expected.messages)
    assert np.array_equal(found.symbols, expected.symbols)
    assert found.messages.dtype == expected.messages.dtype
    assert found.symbols.dtype == expected.symbols.dtype


def search(
    kernels: dict[str, HostKernels],
    bits: BitBlocks,
    stream: Stream,
    numbers: list[int],
    span: tuple[int, int],
    log2_lanes: int = 0,
    launch: tuple[int, int] = (1, 1),
    held: int = NOBODY,
) -> list[int]:
    """By one launch; two more rows than are at work are watched."""
    found = np.full(len(numbers) + 2, held, dtype=np.uint64)
    kernels[first_accept.BITS_KERNEL].launch(
        "channel_bits", *launch, stream.seed, stream.number, bits.n, bits.limits,
        bits.always.view(np.uint8), *span, log2_lanes, len(numbers),
        np.array(numbers, dtype=np.uint64), found,
    )  # fmt: skip
    assert (found[-2:] == held).all()
    return [int(each) for each in found[:-2]]


# Blocks of bits


@pytest.mark.usefixtures("device")
@each_stream
@pytest.mark.parametrize("bits", BITS.values(), ids=BITS)
def test_blocks_of_bits_get_the_messages_of_the_cpu(bits: BitBlocks, stream: Stream) -> None:
    for first in (0, 2**40 + 7):
        found = gpu.encode_bits_on_device(bits, stream, 60, first=first)
        assert found.dtype == np.int64
        assert found.tolist() == bits_on_cpu(bits, stream, 60, first)


@pytest.mark.usefixtures("device")
def test_a_long_search_over_one_block_is_that_of_the_cpu() -> None:
    bits, stream = BitBlocks(28, 0.9, 19.0), Stream(5)
    found = gpu.encode_bits_on_device(bits, stream, 6)
    assert found.tolist() == bits_on_cpu(bits, stream, 6)
    assert found.max() > 900_000


@pytest.mark.parametrize("slice_of", [1, 2, 8, 64, 4096])
@pytest.mark.parametrize("most_lanes", [1, 16])
def test_how_far_is_looked_at_once_changes_nothing(
    device: list[Launch], slice_of: int, most_lanes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = 5 if slice_of < 64 else 40
    monkeypatch.setattr(first_accept, "SLICE", slice_of)
    monkeypatch.setattr(first_accept, "QUADS_EACH", 1)
    monkeypatch.setattr(first_accept, "MOST_LANES", most_lanes)
    monkeypatch.setattr(launch, "SLAB", 3)
    found = gpu.encode_bits_on_device(BITS["rare ones"], Stream(9), count, first=5)
    assert found.tolist() == bits_on_cpu(BITS["rare ones"], Stream(9), count, 5)
    assert len(device) > count / 3


@pytest.mark.parametrize("log2_lanes", [0, 1, 4])
def test_an_accepted_candidate_counts_in_each_range_that_has_it(
    kernels: dict[str, HostKernels], log2_lanes: int
) -> None:
    """Ranges end and begin just before it, just after it, and at it."""
    stream = Stream(4)
    for block, message in enumerate(bits_on_cpu(SIXTEEN, stream, 12)):
        candidate, quad = message - 1, (message - 1) // 2
        for begin in {0, max(0, quad - 3), quad}:
            for end in (quad, quad + 1, quad + 5):
                span = (begin, end - begin)
                found = search(kernels, SIXTEEN, stream, [block], span, log2_lanes, (1, 16))
                assert found == [candidate if begin <= quad < end else NOBODY]
        words = stream.words(4 * (quad + 1), 4 * 50_000, block=block)
        after = search(kernels, SIXTEEN, stream, [block], (quad + 1, 50_000), log2_lanes, (2, 8))
        assert after == [2 * (quad + 1) + SIXTEEN.first_accepted(words)]


@pytest.mark.parametrize(
    ("log2_lanes", "launch"),
    [
        (0, (1, 7)),
        (0, (3, 32)),
        (1, (2, 7)),
        (3, (7, 8)),
        (5, (1, 224)),
        (5, (40, 32)),
        (9, (4, 1024)),
    ],
)
def test_what_is_found_does_not_depend_on_the_launch(
    kernels: dict[str, HostKernels], log2_lanes: int, launch: tuple[int, int]
) -> None:
    stream, numbers = Stream(6, 2), [9, 0, 2**64 - 1, 5, 5, 123, 10**12]
    expected = [encode_block(SIXTEEN, stream, block) - 1 for block in numbers]
    found = search(kernels, SIXTEEN, stream, numbers, (0, 50_000), log2_lanes, launch)
    assert found == expected


def test_a_smaller_number_that_is_there_stays(kernels: dict[str, HostKernels]) -> None:
    stream = Stream(6)
    candidate = encode_block(SIXTEEN, stream, 0) - 1
    for held in (0, candidate - 1, candidate, candidate + 1):
        found = search(kernels, SIXTEEN, stream, [0], (0, 50_000), 2, (1, 4), held)
        assert found == [min(held, candidate)]


def test_the_limit_itself_is_not_below_it(kernels: dict[str, HostKernels]) -> None:
    stream = Stream(8)
    first, second = (int(word) for word in stream.words(0, 2))
    bits = BitBlocks(8, 0.5, 4.0)
    ones = (first & 255).bit_count()
    for limit, accepted in ((second, False), (second + 1, True), (0, False)):
        bits.limits[:] = 0
        bits.limits[ones] = limit
        found = search(kernels, bits, stream, [0], (0, 1))
        assert (found == [0]) == accepted


# Symbols


@pytest.mark.usefixtures("device")
@each_coder
@each_stream
@each_pair
def test_symbols_get_the_messages_of_the_cpu(
    coder: str, pair: DiscretePair, stream: Stream
) -> None:
    blocks = 300 if pair.acceptance > 0.01 else 40
    for first in (0, 2**50 + 1):
        expected = ENCODERS[coder](pair, stream, blocks, first=first)
        assert_same(gpu.encode_on_device(coder, pair, stream, blocks, first=first), expected)


@pytest.mark.usefixtures("device")
@each_coder
def test_rare_symbols_are_found_where_the_cpu_finds_them(coder: str) -> None:
    pair = DiscretePair((1 - 1e-5, 1e-5), (0.3, 0.7))
    expected = ENCODERS[coder](pair, Stream(2), 12)
    assert expected.messages.max() > 10**5
    assert_same(gpu.encode_on_device(coder, pair, Stream(2), 12), expected)


@pytest.mark.usefixtures("device")
@each_coder
@pytest.mark.parametrize("slice_of", [1, 4, 256])
@pytest.mark.parametrize("table_bytes", [1, 10_000])
def test_how_far_is_looked_at_symbols_changes_nothing(
    coder: str, slice_of: int, table_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = spread(5, 1, 3)
    expected = ENCODERS[coder](pair, Stream(9), 30, first=5)
    monkeypatch.setattr(first_accept, "SLICE", slice_of)
    monkeypatch.setattr(first_accept, "TABLE_BYTES", table_bytes)
    monkeypatch.setattr(first_accept, "QUADS_EACH", 1)
    monkeypatch.setattr(launch, "SLAB", 7)
    assert_same(gpu.encode_on_device(coder, pair, Stream(9), 30, first=5), expected)


def test_tables_of_thresholds_stay_small(
    device: list[Launch], monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = PAIRS["three hundred"]
    monkeypatch.setattr(first_accept, "TABLE_BYTES", 20_000)
    gpu.encode_on_device("greedy-rejection", pair, Stream(1), 60)
    tables = [each.arguments for each in device if each.entry == "channel_first"]
    assert len(tables) > 2
    for arguments in tables:
        limits, always = arguments[5:7]
        assert limits.nbytes + always.nbytes <= 20_000
        assert limits.shape == always.shape == (2 * arguments[8], 300)


@pytest.mark.usefixtures("device")
@each_stream
@each_pair
def test_symbols_are_those_that_bob_decodes(pair: DiscretePair, stream: Stream) -> None:
    messages = np.array([1, 2, 3, 4, 5, 10**6, 2**33, 2**33 + 1, 2**62 - 1, 2**62], dtype=np.int64)
    found = first_accept.symbols_of(pair.prior, stream, messages, first=77)
    assert np.array_equal(found, decode(pair.prior, stream, messages, first=77))


def test_a_threshold_that_is_the_word_is_passed(kernels: dict[str, HostKernels]) -> None:
    rows = 20
    candidates, symbols = np.arange(rows, dtype=np.uint64), np.zeros(rows, dtype=np.uint64)
    words = np.array([Stream(8).words(2 * k, 1, block=k)[0] for k in range(rows)])
    for step in (0, 1):
        thresholds = np.sort(words) + np.uint64(step)
        kernels[first_accept.FIRST_KERNEL].launch(
            "channel_symbols", 1, 3, 8, 0, rows, thresholds, rows, 0, candidates, symbols
        )
        assert np.array_equal(symbols, words.argsort().argsort() + 1 - step)


@pytest.mark.parametrize("stride", [0, 2])
@pytest.mark.parametrize("candidate", [0, 1])
def test_the_limit_of_a_symbol_is_not_below_it(
    kernels: dict[str, HostKernels], stride: int, candidate: int
) -> None:
    """The first candidate has symbol 0, the second 1; a table has a row for each."""
    begin = 3
    words = Stream(9).words(4 * begin, 4)
    assert words[0] < words[2]
    for step in (0, 1):
        limits, always = np.zeros(4, dtype=np.uint64), np.zeros(4, dtype=np.uint8)
        limits[(stride + 1) * candidate] = words[2 * candidate + 1] + np.uint64(step)
        found = np.array([NOBODY], dtype=np.uint64)
        kernels[first_accept.FIRST_KERNEL].launch(
            "channel_first", 1, 1, 9, 0, 1, words[2:3], stride, limits, always, begin, 1, 0, 1,
            np.zeros(1, dtype=np.uint64), found,
        )  # fmt: skip
        assert found[0] == (2 * begin + candidate if step else NOBODY)


def test_many_symbols_are_made_a_slab_at_a_time(
    device: list[Launch], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch, "SLAB", 64)
    monkeypatch.setattr(first_accept, "SLAB", 64)
    pair, messages = PAIRS["seventeen"], np.arange(1, 200, dtype=np.int64)
    found = first_accept.symbols_of(pair.prior, Stream(1), messages, first=3)
    assert np.array_equal(found, decode(pair.prior, Stream(1), messages, first=3))
    assert [each.arguments[4] for each in device] == [64, 64, 64, 7]


# Launches


def test_the_threads_of_a_launch_follow_from_blocks_and_quads() -> None:
    assert first_accept.lanes(1, 1) == 1
    assert first_accept.lanes(1, 2**40) == first_accept.MOST_LANES
    assert first_accept.lanes(100, 2**40) == 2**13
    assert first_accept.lanes(2**20, 2**40) == 1
    assert first_accept.lanes(3_000_000, 1) == 1
    assert first_accept.lanes(7, 16 * 4) == 4


def test_short_searches_are_one_launch(device: list[Launch]) -> None:
    gpu.encode_on_device("rejection", PAIRS["coin"], Stream(1), 500)
    assert [each.entry for each in device] == ["channel_first", "channel_symbols"]


def test_blocks_that_are_done_are_dropped_and_the_others_look_farther(
    device: list[Launch],
) -> None:
    gpu.encode_bits_on_device(SIXTEEN, Stream(1), 200)
    spans = [(int(each.arguments[5]), int(each.arguments[6])) for each in device]
    rows = [int(each.arguments[8]) for each in device]
    assert [begin for begin, _ in spans] == [
        sum(q for _, q in spans[:i]) for i in range(len(spans))
    ]
    assert [quads for _, quads in spans] == [spans[0][1] << i for i in range(len(spans))]
    assert rows == sorted(set(rows), reverse=True)
    assert rows[0] == 200


@pytest.mark.usefixtures("device")
def test_progress_counts_blocks_and_may_end_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "SLAB", 50)
    seen: list[tuple[int, int]] = []
    gpu.encode_bits_on_device(SIXTEEN, Stream(1), 120, progress=lambda *at: seen.append(at))
    assert sorted(seen) == seen
    assert {of for _, of in seen} == {120}
    assert {50, 100, 120} <= {done for done, _ in seen}

    def stop(done: int, of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        gpu.encode_on_device("rejection", PAIRS["far"], Stream(1), 10, progress=stop)


@pytest.mark.usefixtures("device")
def test_no_blocks_have_no_messages() -> None:
    assert gpu.encode_bits_on_device(SIXTEEN, Stream(1), 0).shape == (0,)
    for coder in ENCODERS:
        sent = gpu.encode_on_device(coder, PAIRS["four"], Stream(1), 0)
        assert sent.messages.shape == sent.symbols.shape == (0,)


@pytest.mark.usefixtures("device")
@pytest.mark.parametrize(
    ("coder", "message"), [("fast", "No kernel"), ("minimal", "a given number")]
)
def test_what_no_kernel_does_is_refused(coder: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        gpu.encode_on_device(coder, PAIRS["four"], Stream(1), 1)


def test_the_kernels_and_their_launcher_agree() -> None:
    text = cuda.source(first_accept.BITS_KERNEL)
    assert f"CHANNEL_QUADS_IN_TURN = {first_accept.QUADS_EACH};" in text
    assert math.log2(first_accept.MOST_LANES).is_integer()


@pytest.mark.slow
def test_the_kernels_have_no_undefined_behaviour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options: Any = ("-fsanitize=undefined", "-fno-sanitize-recover=undefined")
    checked = {name: HostKernels(name, tmp_path, *options) for name in FILES}
    take_the_place(checked, monkeypatch)
    for bits in BITS.values():
        expected = bits_on_cpu(bits, STREAMS["largest"], 10, 2**63)
        found = gpu.encode_bits_on_device(bits, STREAMS["largest"], 10, first=2**63)
        assert found.tolist() == expected
    for coder, encoder in ENCODERS.items():
        for pair in PAIRS.values():
            expected_sent = encoder(pair, Stream(1), 10)
            assert_same(gpu.encode_on_device(coder, pair, Stream(1), 10), expected_sent)
