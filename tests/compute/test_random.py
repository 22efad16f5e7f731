"""The words that every run, on any machine, is promised."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from labbook.compute import Stream, generator
from labbook.compute.philox import cipher
from labbook.errors import UsageError
from tests.support.philox_vectors import KNOWN_ANSWERS

LAST = 2**64 - 1


def numpy_words(seed: int, number: int, block: int, count: int) -> np.ndarray:
    """The documented layout, in NumPy alone."""
    return np.random.Philox(
        key=np.array([seed, number], dtype=np.uint64),
        counter=np.array([0, block, 0, 0], dtype=np.uint64),
    ).random_raw(count)


@pytest.mark.parametrize(
    ("seed", "number", "block"), [(0, 0, 0), (20171220, 3, 9), (LAST, LAST, LAST - 1)]
)
def test_words_are_those_of_numpy_alone(seed: int, number: int, block: int) -> None:
    words = Stream(seed, number).words(0, 1000, block=block)
    assert np.array_equal(words, numpy_words(seed, number, block, 1000))


@pytest.mark.parametrize("first", [0, 1, 2, 3, 4, 777, 998])
def test_a_word_is_the_same_whichever_word_one_begins_at(first: int) -> None:
    stream = Stream(4, 2)
    whole = numpy_words(4, 2, 6, 1100)
    assert np.array_equal(stream.words(first, 100, block=6), whole[first : first + 100])


def test_a_far_word_is_had_without_those_before_it() -> None:
    walker = np.random.Philox(key=np.array([4, 0], dtype=np.uint64))
    far = 10**17
    walker.advance(far)
    assert np.array_equal(Stream(4).words(4 * far + 2, 10), walker.random_raw(12)[2:])


def test_many_blocks_at_once_give_the_words_of_each() -> None:
    stream = Stream(11, 5)
    draw = np.random.default_rng(0)
    blocks = draw.integers(0, 2**64, 9000, dtype=np.uint64)
    indices = draw.integers(0, 2**40, 9000, dtype=np.uint64)
    blocks[0], indices[0] = LAST - 1, LAST - 1
    quads = stream.quads(blocks, indices)
    for pair in (*range(40), 4095, 4096, 8999):
        expected = stream.philox(block=int(blocks[pair]), index=int(indices[pair]))
        assert np.array_equal(quads[:, pair], expected.random_raw(4)), pair


@pytest.mark.parametrize("quads", [1, 3, 15, 16, 40])
@pytest.mark.parametrize("index", [0, 12345])
def test_rows_of_blocks_are_the_words_of_each(quads: int, index: int) -> None:
    stream = Stream(2, 9)
    blocks = np.array([0, 7, 2**63 + 5], dtype=np.uint64)
    rows = stream.rows(blocks, index, quads)
    assert rows.shape == (3, 4 * quads)
    for row, block in zip(rows, blocks, strict=True):
        assert np.array_equal(row, stream.words(4 * index, 4 * quads, block=int(block)))


def test_no_blocks_give_no_words() -> None:
    none = np.empty(0, dtype=np.uint64)
    assert Stream(1).quads(none, none).shape == (4, 0)


@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN_ANSWERS)
def test_the_cipher_gives_the_published_answers(
    counter: tuple[int, ...], key: tuple[int, int], expected: tuple[int, ...]
) -> None:
    column = np.array(counter, dtype=np.uint64).reshape(4, 1)
    assert tuple(int(word) for word in cipher(column, key)[:, 0]) == expected


@pytest.mark.parametrize("name", ["Würfel", "walk", "", "probe", "a", "b", "c"])
def test_a_named_stream_is_had_from_numpy_with_plain_lists(name: str) -> None:
    digest = hashlib.sha256(name.encode()).digest()
    number = int.from_bytes(digest[:8], "little") & 0x7FFF_FFFF_FFFF_FFFF
    assert Stream.named(3, name).number == number
    expected = np.random.Philox(key=[3, number], counter=[0, 5, 0, 0]).random_raw(8)
    assert np.array_equal(Stream.named(3, name).words(0, 8, block=5), expected)
    first = np.random.Philox(key=[3, number]).random_raw(8)
    assert np.array_equal(generator(3, name).bit_generator.random_raw(8), first)


def test_streams_of_one_seed_are_unrelated() -> None:
    n = 200_000
    a, b = (generator(8, name).standard_normal(n) for name in ("walk", "noise"))
    c = generator(9, "walk").standard_normal(n)
    for x, y in ((a, b), (a, c)):
        assert abs(np.mean(x * y)) < 5 / np.sqrt(n)


@pytest.mark.parametrize(("seed", "number"), [(-1, 0), (0, -1), (2**64, 0), (0, 2**64)])
def test_a_seed_out_of_range_is_refused(seed: int, number: int) -> None:
    with pytest.raises(UsageError, match="from 0 to 2\\^64 - 1"):
        Stream(seed, number)
