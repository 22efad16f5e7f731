"""The kernels' own source, compiled by a host compiler, against NumPy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.support.host_kernels import HostKernels
from tests.support.philox_vectors import KNOWN_ANSWERS, ONES


@pytest.fixture(scope="module")
def probe(tmp_path_factory: pytest.TempPathFactory) -> HostKernels:
    return HostKernels("probe.cu", tmp_path_factory.mktemp("host"))


def words_on_host(probe: HostKernels, grid: int, threads: int, *stream: int) -> np.ndarray:
    *_, count = stream
    words = np.zeros(4 * count, dtype=np.uint64)
    probe.launch("probe_words", grid, threads, *stream, words)
    return words


@pytest.mark.parametrize(
    ("seed", "number", "block"), [(0, 0, 0), (1, 0, 0), (7, 2, 12345), (ONES, ONES, ONES - 1)]
)
def test_the_kernel_makes_the_words_that_numpy_makes(
    probe: HostKernels, seed: int, number: int, block: int
) -> None:
    expected = np.random.Philox(
        key=np.array([seed, number], dtype=np.uint64),
        counter=np.array([0, block, 0, 0], dtype=np.uint64),
    ).random_raw(4 * 1000)
    assert np.array_equal(words_on_host(probe, 3, 32, seed, number, block, 0, 1000), expected)


@pytest.mark.parametrize("first", [1, 10**15, ONES - 2])
def test_any_word_is_reached_directly_and_the_counter_carries(
    probe: HostKernels, first: int
) -> None:
    for block in (0, 41, ONES):
        expected = np.random.Philox(
            key=np.array([5, 6], dtype=np.uint64),
            counter=np.array([first, block, 0, 0], dtype=np.uint64),
        ).random_raw(12)
        words = words_on_host(probe, 1, 2, 5, 6, block, first, 3)
        assert np.array_equal(words, expected), f"block {block}"


@pytest.mark.parametrize(("grid", "threads"), [(1, 1), (1, 1024), (7, 33), (64, 256)])
def test_the_words_do_not_depend_on_the_launch(probe: HostKernels, grid: int, threads: int) -> None:
    expected = words_on_host(probe, 2, 64, 9, 0, 3, 17, 501)
    assert np.array_equal(words_on_host(probe, grid, threads, 9, 0, 3, 17, 501), expected)


def test_the_cipher_gives_the_published_answers(probe: HostKernels) -> None:
    counters, keys, expected = (
        np.array(column, dtype=np.uint64) for column in zip(*KNOWN_ANSWERS, strict=True)
    )
    words = np.zeros_like(expected)
    probe.launch("probe_cipher", 1, 2, len(KNOWN_ANSWERS), counters, keys, words)
    assert np.array_equal(words, expected)


@pytest.mark.slow
def test_the_kernel_has_no_undefined_behaviour(tmp_path: Path) -> None:
    checked = HostKernels(
        "probe.cu", tmp_path, "-fsanitize=undefined", "-fno-sanitize-recover=undefined"
    )
    assert words_on_host(checked, 3, 5, 1, 2, ONES, ONES - 1, 40).any()
