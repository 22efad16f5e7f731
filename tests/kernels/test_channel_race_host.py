"""The kernels whose candidates come at exponential times, compiled for the host, against NumPy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from labbook.channel import DiscretePair, Sent
from labbook.channel.coders.exponentials import exponentials, log_of
from labbook.channel.coders.greedy_poisson import encode_greedy_poisson
from labbook.channel.coders.interface import minimal, ordered
from labbook.channel.coders.poisson import encode_poisson, inverse_ratios
from labbook.channel.gpu import encode as gpu
from labbook.channel.gpu import first_accept, launch, races
from labbook.compute import Stream, cuda
from labbook.errors import UsageError
from tests.support.channel_pairs import PAIRS, STREAMS, spread
from tests.support.host_device import Launch, take_the_place
from tests.support.host_kernels import HostKernels

NOBODY, INFINITY = int(launch.NOBODY), int(races.INFINITY)
FILES = (races.KERNEL, first_accept.FIRST_KERNEL, first_accept.BITS_KERNEL)
ENCODERS = {"poisson": encode_poisson, "greedy-poisson": encode_greedy_poisson}
CHOICES = {"minimal": minimal, "ordered": ordered}

AT_ZERO = Stream(1), 9_306_467_966
"""A stream and a block whose first candidate has the exponential number 0, and a symbol below
0.2 of p."""

each_pair = pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
each_coder = pytest.mark.parametrize("coder", ENCODERS)
each_choice = pytest.mark.parametrize("coder", CHOICES)
each_stream = pytest.mark.parametrize("stream", STREAMS.values(), ids=STREAMS)


@pytest.fixture(scope="module")
def kernels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, HostKernels]:
    directory = tmp_path_factory.mktemp("host")
    return {name: HostKernels(name, directory) for name in FILES}


@pytest.fixture(scope="module")
def race_kernels(kernels: dict[str, HostKernels]) -> HostKernels:
    return kernels[races.KERNEL]


@pytest.fixture
def device(kernels: dict[str, HostKernels], monkeypatch: pytest.MonkeyPatch) -> list[Launch]:
    return take_the_place(kernels, monkeypatch)


def assert_same(found: Sent, expected: Sent) -> None:
    assert np.array_equal(found.messages, expected.messages)
    assert np.array_equal(found.symbols, expected.symbols)
    assert found.messages.dtype == expected.messages.dtype
    assert found.symbols.dtype == expected.symbols.dtype


# Exponential numbers


def edge_words() -> np.ndarray:
    """Around every power of two, the root of a half, and both ends."""
    shares = [2**power for power in range(12, 64)] + [int(0.5**0.5 * 2**64), 0, 2**64 - 2**12]
    near = [share + step * 2**12 for share in shares for step in (-2, -1, 0, 1, 2)]
    near += [2**64 - 2**power for power in range(1, 40)] + [*range(5000)]
    return np.array([word % 2**64 for word in near], dtype=np.uint64)


def test_exponential_numbers_are_those_of_the_cpu(race_kernels: HostKernels) -> None:
    words = np.concatenate([edge_words(), Stream(12).words(0, 1 << 18)])
    units = np.zeros_like(words)
    race_kernels.launch("channel_exponentials", 3, 64, len(words), words, units)
    assert np.array_equal(units, exponentials(words))


def test_logarithms_are_those_of_the_cpu_to_the_last_bit(race_kernels: HostKernels) -> None:
    rng = np.random.default_rng(5)
    shares = ((np.concatenate([edge_words(), Stream(13).words(0, 1 << 18)]) >> 12) + 0.5) / 2**52
    near = np.concatenate([np.nextafter(2.0 ** np.arange(-1021, 1024), way) for way in (0, np.inf)])
    wide = rng.uniform(1, 2, 50_000) * 2.0 ** rng.integers(-1022, 1024, 50_000)
    root = np.nextafter(0.5**0.5, [0, 1]) * np.array([[1.0], [2.0], [0.125]])
    ends = [np.finfo(float).tiny, np.finfo(float).max, 1.0, 0.5**0.5, 0.5]
    values = np.concatenate([shares, near, wide, root.ravel(), ends])
    logs = np.zeros_like(values)
    race_kernels.launch("channel_logarithms", 2, 32, len(values), values, logs)
    assert np.array_equal(logs.view(np.uint64), log_of(values).view(np.uint64))


@pytest.mark.parametrize(("grid", "threads"), [(1, 1), (2, 33), (3, 256)])
def test_numbers_do_not_depend_on_the_launch(
    race_kernels: HostKernels, grid: int, threads: int
) -> None:
    words = Stream(14).words(0, 501)
    units = np.full(502, 7, dtype=np.uint64)
    race_kernels.launch("channel_exponentials", grid, threads, 501, words, units)
    assert np.array_equal(units[:-1], exponentials(words))
    assert units[-1] == 7


@pytest.mark.parametrize("threads", [1, 3, 32, 100, 256])
@pytest.mark.parametrize(("quads", "parts"), [(1, 1), (1, 5), (16, 4), (700, 2)])
def test_the_times_of_parts_are_sums(
    race_kernels: HostKernels, threads: int, quads: int, parts: int
) -> None:
    numbers = np.array([3, 2**64 - 1, 7], dtype=np.uint64)
    stream, begin = Stream(5, 9), 1000
    times = np.zeros((3, parts), dtype=np.uint64)
    key = (stream.seed, stream.number)
    race_kernels.launch(
        "channel_times", 3 * parts, threads, *key, begin, quads, parts, numbers, times
    )
    for number, row in zip(numbers, times, strict=True):
        words = stream.words(4 * begin, 4 * quads * parts, block=int(number))
        assert np.array_equal(row, exponentials(words[1::2]).reshape(parts, -1).sum(axis=1))


# Messages


@pytest.mark.usefixtures("device")
@each_coder
@each_stream
@each_pair
def test_messages_are_those_of_the_cpu(coder: str, pair: DiscretePair, stream: Stream) -> None:
    blocks = 150 if pair.acceptance > 0.01 else 20
    for first in (0, 2**50 + 1):
        expected = ENCODERS[coder](pair, stream, blocks, first=first)
        assert_same(gpu.encode_on_device(coder, pair, stream, blocks, first=first), expected)


@pytest.mark.usefixtures("device")
@each_choice
@each_stream
@each_pair
def test_choices_are_those_of_the_cpu(coder: str, pair: DiscretePair, stream: Stream) -> None:
    for number in (1, 2, 7, 130, 1001):
        blocks = 100 if number < 100 else 8
        expected = CHOICES[coder](number).encode(pair, stream, blocks, first=11)
        found = gpu.encode_on_device(coder, pair, stream, blocks, candidates=number, first=11)
        assert_same(found, expected)


@pytest.mark.usefixtures("device")
@pytest.mark.parametrize("coder", [*ENCODERS, *CHOICES])
@pytest.mark.parametrize("slice_of", [1, 8, 64, 2**20])
@pytest.mark.parametrize("part", [1, 4])
@pytest.mark.parametrize("most_threads", [1, 4, 64])
def test_how_far_is_looked_at_once_changes_nothing(
    coder: str, slice_of: int, part: int, most_threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair, number = PAIRS["four"], 101
    if coder in CHOICES:
        expected = CHOICES[coder](number).encode(pair, Stream(9), 20, first=5)
    else:
        expected = ENCODERS[coder](pair, Stream(9), 20, first=5)
    for name, value in (
        ("SLICE", slice_of),
        ("TILE", 1),
        ("PART", part),
        ("WORTH_PARTS", 2),
        ("LEAST_THREADS", 1),
        ("MOST_THREADS", most_threads),
    ):
        monkeypatch.setattr(races, name, value)
    monkeypatch.setattr(launch, "SLAB", 8)
    found = gpu.encode_on_device(coder, pair, Stream(9), 20, first=5, candidates=number)
    assert_same(found, expected)


@each_coder
def test_few_blocks_are_looked_through_in_parts(device: list[Launch], coder: str) -> None:
    pair = DiscretePair((1 - 2e-5, 2e-5), (0.3, 0.7))
    expected = ENCODERS[coder](pair, Stream(2), 3)
    assert expected.messages.max() > 20_000
    device.clear()
    assert_same(gpu.encode_on_device(coder, pair, Stream(2), 3), expected)
    parts = {int(each.arguments[4]) for each in device if each.entry == "channel_times"}
    assert parts
    assert min(parts) >= races.WORTH_PARTS


@pytest.mark.usefixtures("device")
@each_coder
def test_far_pairs_are_those_of_the_cpu(coder: str) -> None:
    pair = spread(40, 6, 11)
    expected = ENCODERS[coder](pair, Stream(5), 12)
    assert_same(gpu.encode_on_device(coder, pair, Stream(5), 12), expected)


@pytest.mark.usefixtures("device")
def test_a_time_of_zero_where_q_has_no_mass_chooses_nobody() -> None:
    stream, block = AT_ZERO
    assert exponentials(stream.words(1, 1, block=block)) == 0
    hole, mass = DiscretePair((0.2, 0.8), (0.0, 1.0)), DiscretePair((0.2, 0.8), (0.5, 0.5))
    for pair, first in ((hole, False), (mass, True)):
        expected = encode_poisson(pair, stream, 3, first=block)
        assert (expected.messages[0] == 1) == first
        assert_same(gpu.encode_on_device("poisson", pair, stream, 3, first=block), expected)
        for coder, make in CHOICES.items():
            for number in (1, 5):
                expected = make(number).encode(pair, stream, 3, first=block)
                found = gpu.encode_on_device(coder, pair, stream, 3, candidates=number, first=block)
                assert_same(found, expected)


@pytest.mark.usefixtures("device")
def test_no_mass_among_the_candidates_sends_the_first() -> None:
    pair = DiscretePair((0.999, 0.001), (0.0, 1.0))
    for coder in CHOICES:
        found = gpu.encode_on_device(coder, pair, Stream(1), 100, candidates=2)
        assert set(found.messages.tolist()) == {1}
        assert (found.symbols == 0).all()


# One launch


def poisson_launch(
    race_kernels: HostKernels,
    pair: DiscretePair,
    inverse: np.ndarray,
    span: tuple[int, int, int],
    threads: int,
    key: int = INFINITY,
) -> np.ndarray:
    """(blocks, parts, 3), of blocks 40 to 42, with what no stop ends; times begin at 0."""
    numbers = np.arange(40, 43, dtype=np.uint64)
    parts = span[-1]
    found = np.full((3 * parts + 1, 3), 5, dtype=np.uint64)
    starts, keys = np.zeros(3 * parts, dtype=np.uint64), np.full(3, key, dtype=np.uint64)
    prior = (len(pair.prior.thresholds), pair.prior.thresholds)
    race_kernels.launch(
        "channel_poisson", 3 * parts, threads, 6, 2, *prior, inverse, 0.0, *span, numbers, starts,
        keys, found,
    )  # fmt: skip
    assert (found[-1] == 5).all()
    return found[:-1].reshape(3, parts, 3)


@pytest.mark.parametrize("threads", [1, 2, 3, 31, 32, 100, 256])
@pytest.mark.parametrize("span", [(0, 1, 1), (3, 64, 1), (5, 65, 3), (1000, 401, 2)])
def test_what_is_found_does_not_depend_on_the_launch(
    race_kernels: HostKernels, threads: int, span: tuple[int, int, int]
) -> None:
    pair, (begin, quads, _) = PAIRS["seventeen"], span
    inverse = inverse_ratios(pair)
    found = poisson_launch(race_kernels, pair, inverse, span, threads)
    for block, row in zip(range(40, 43), found, strict=True):
        for part, (key, candidate, time) in enumerate(row):
            first = begin + part * quads
            words = Stream(6, 2).words(4 * first, 4 * quads, block=block)
            times = np.cumsum(exponentials(words[1::2]))
            scores = times.astype(float) * inverse[pair.prior.symbols(words[0::2])]
            best = scores.argmin()
            assert time == times[-1]
            assert key == scores[best].view(np.uint64)
            assert candidate == (2 * first + best if scores[best] < np.inf else NOBODY)


@pytest.mark.parametrize("threads", [1, 3, 32, 256])
def test_the_first_of_equal_scores_is_chosen(race_kernels: HostKernels, threads: int) -> None:
    """Where 1/r is 0, so is every score."""
    pair = PAIRS["four"]
    for zero in range(4):
        inverse = np.where(np.arange(4) == zero, 0.0, np.inf)
        found = poisson_launch(race_kernels, pair, inverse, (0, 300, 2), threads)
        for block, row in zip(range(40, 43), found, strict=True):
            for part, (key, candidate, _) in enumerate(row):
                words = Stream(6, 2).words(1200 * part, 1200, block=block)
                is_zero = pair.prior.symbols(words[0::2]) == zero
                assert key == 0
                assert candidate == 600 * part + is_zero.argmax()


@pytest.mark.parametrize("threads", [1, 32])
def test_a_candidate_has_to_be_better_than_what_is_there(
    race_kernels: HostKernels, threads: int
) -> None:
    pair = PAIRS["four"]
    inverse = inverse_ratios(pair)
    found = poisson_launch(race_kernels, pair, inverse, (0, 100, 1), threads)
    lowest = int(found[0, 0, 0])
    again = poisson_launch(race_kernels, pair, inverse, (0, 100, 1), threads, key=lowest)
    assert again[0, 0].tolist() == [lowest, NOBODY, int(found[0, 0, 2])]
    above = poisson_launch(race_kernels, pair, inverse, (0, 100, 1), threads, key=lowest + 1)
    assert above[0, 0].tolist() == found[0, 0].tolist()


@pytest.mark.parametrize("threads", [1, 32])
def test_a_time_has_to_come_before_the_limit(race_kernels: HostKernels, threads: int) -> None:
    quads, numbers = 5, np.array([4], dtype=np.uint64)
    words = Stream(6, 2).words(0, 4 * quads, block=4)
    times = np.cumsum(exponentials(words[1::2]))
    starts, keys = np.zeros(1, dtype=np.uint64), np.array([INFINITY], dtype=np.uint64)
    for step in (0, 1):
        # No thresholds: every candidate has symbol 0.
        limits, found = times[:1] + np.uint64(step), np.zeros(3, dtype=np.uint64)
        race_kernels.launch(
            "channel_greedy_poisson", 1, threads, 6, 2, 0, times, limits, 0, quads, 1, numbers,
            starts, keys, found,
        )  # fmt: skip
        assert found[:2].tolist() == ([0, 0] if step else [INFINITY, NOBODY])


def test_keys_of_equal_parts_go_to_the_first(
    device: list[Launch], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(races, "PART", 1)
    pair, inverse = PAIRS["four"], np.where(np.arange(4) == 3, 0.0, np.inf)
    given = (*first_accept.prior_on_device(pair.prior), inverse, np.float64(0))
    rule = races.Rule("channel_poisson", given, 64, True, lambda _, keys, __: keys == 0)
    stream = Stream(6, 2)
    messages = launch.encode_with(lambda numbers: races.Race(rule, stream, numbers), 5)
    assert device[0].grid == 5 * 64
    for block, message in enumerate(messages):
        symbols = pair.prior.symbols(stream.words(0, 256, block=block)[0::2])
        assert message == (symbols == 3).argmax() + 1


# Launches


def test_parts_follow_from_blocks_and_quads() -> None:
    assert races.parts_of(1, 2**29) == races.BLOCKS
    assert races.parts_of(1, races.PART) == 1
    assert races.parts_of(2, 8 * races.PART) == 8
    assert races.parts_of(100, 2**29) == 4
    assert races.parts_of(200, 2**29) == 1
    assert races.parts_of(10**6, 2**29) == 1


@pytest.mark.usefixtures("device")
def test_progress_counts_blocks_and_may_end_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "SLAB", 50)
    seen: list[tuple[int, int]] = []
    gpu.encode_on_device(
        "poisson", PAIRS["four"], Stream(1), 120, progress=lambda *at: seen.append(at)
    )
    assert sorted(seen) == seen
    assert [done for done, _ in seen][-1] == 120

    def stop(done: int, of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        gpu.encode_on_device("poisson", PAIRS["far"], Stream(1), 10, progress=stop)


@pytest.mark.usefixtures("device")
@pytest.mark.parametrize("number", [0, -1, 2**21])
def test_an_impossible_number_of_candidates_is_refused(number: int) -> None:
    for coder in CHOICES:
        with pytest.raises(UsageError, match="From 1 to"):
            gpu.encode_on_device(coder, PAIRS["four"], Stream(1), 10, candidates=number)


@pytest.mark.usefixtures("device")
def test_a_device_passes_the_trial_or_fails_it(monkeypatch: pytest.MonkeyPatch) -> None:
    gpu.try_device()
    monkeypatch.setattr(gpu, "TRIED_LAUNCHES", 6)
    for limit, message in ((2**60, "by greedy-poisson"), (0, "does not find")):
        limits = np.full(4, limit, dtype=np.uint64)
        monkeypatch.setattr(races, "time_limits", lambda _, limits=limits: limits)
        with pytest.raises(RuntimeError, match=message):
            gpu.try_device()


@pytest.mark.usefixtures("device")
def test_a_device_that_sends_other_bits_fails_the_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(first_accept, "_uploaded", lambda limits, always: (limits // 2, always))
    with pytest.raises(RuntimeError, match="blocks of bits"):
        gpu.try_device()


def test_the_kernels_and_their_launcher_agree() -> None:
    text = cuda.source(races.KERNEL)
    assert f"RACE_MOST_THREADS = {races.MOST_THREADS};" in text
    assert f"RACE_QUADS_EACH = {races.QUADS_EACH};" in text
    assert f"RACE_INFINITY = 0x{INFINITY:X}ull;" in text
    assert f"RACE_CHOSEN = {races.CHOSEN};" in text


@pytest.mark.slow
def test_the_kernels_have_no_undefined_behaviour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options: Any = ("-fsanitize=undefined", "-fno-sanitize-recover=undefined")
    checked = {name: HostKernels(name, tmp_path, *options) for name in FILES}
    take_the_place(checked, monkeypatch)
    monkeypatch.setattr(races, "PART", 4)
    for pair in PAIRS.values():
        for coder, encoder in ENCODERS.items():
            expected = encoder(pair, STREAMS["largest"], 6)
            assert_same(gpu.encode_on_device(coder, pair, STREAMS["largest"], 6), expected)
        for coder, make in CHOICES.items():
            expected = make(33).encode(pair, Stream(1), 6)
            found = gpu.encode_on_device(coder, pair, Stream(1), 6, candidates=33)
            assert_same(found, expected)
