"""Single samples of the pair kernel, made of words that are hard to get right."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from labbook.compute import Stream
from labbook.kl import Categorical, Pair, distribution, gpu_pair
from labbook.kl.families.inversion import uniforms
from labbook.kl.gpu_families import pack
from tests.support.host_kernels import HostKernels
from tests.support.pair_laws import HARD, LAWS, PAIRS, assert_values, families, variants

pytestmark = pytest.mark.xdist_group("pair kernel")

STREAM = Stream(2**63 + 9, 4)


def values(kernels: HostKernels, pair: Pair, words: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The samples that the kernel makes of these words, and L there."""
    q, p = pack(pair)
    x, log_ratio = np.full(len(words), np.nan), np.full(len(words), np.nan)
    kernels.launch(
        f"kl_pair_values_{families(pair)}", 2, 33, len(words), words,
        q.constants, q.table, p.constants, p.table, x, log_ratio,
    )  # fmt: skip
    return x, log_ratio


@pytest.mark.parametrize("law", [*LAWS, "t(0.5)", "gamma(0.1,1)", "beta(0.2,0.3)"])
def test_samples_at_the_ends_and_in_the_middle_are_those_of_the_cpu(
    pair_kernels: HostKernels, law: str
) -> None:
    q = distribution(law)
    words = np.concatenate((HARD, STREAM.words(0, 2001)))
    u = uniforms(words)
    for pair in (each for each in PAIRS.values() if type(each.q) is type(q)):
        found, log_ratio = values(pair_kernels, Pair(q, pair.p), words)
        assert_values(Pair(q, pair.p), u, found, log_ratio)


@pytest.mark.parametrize("law", LAWS)
def test_the_last_words_do_not_make_a_sample_infinite(pair_kernels: HostKernels, law: str) -> None:
    pair = next(each for each in PAIRS.values() if type(each.q) is type(distribution(law)))
    words = np.array([2**64 - 1, 2**64 - 2**11, 0], dtype=np.uint64)
    x, _ = values(pair_kernels, pair, words)
    assert np.isfinite(x).all()
    assert x[0] == x[1] == pytest.approx(pair.q.quantile(np.array([1 - 2.0**-53]))[0], rel=1e-9)


def test_samples_of_a_whole_vocabulary_are_those_of_the_cpu(pair_kernels: HostKernels) -> None:
    mass = 1 / np.arange(1, 50_001)
    mass[17::50] = 0
    pair = Pair(Categorical(mass / mass.sum()), Categorical(np.full(50_000, 1 / 50_000)))
    words = STREAM.words(0, 20_001)
    x, log_ratio = values(pair_kernels, pair, words)
    assert np.array_equal(x, pair.q.quantile(uniforms(words)))
    assert np.array_equal(log_ratio, pair.log_ratio(x))


@pytest.mark.slow
def test_the_kernel_has_no_undefined_behaviour(tmp_path: Path) -> None:
    pairs = [pair for pair in PAIRS.values() if type(pair.q) is type(pair.p)]
    checked = HostKernels(
        gpu_pair.KERNEL,
        tmp_path,
        "-fsanitize=undefined",
        "-fno-sanitize-recover=undefined",
        variants=variants(pairs),
    )
    rows, centres = np.zeros((2, gpu_pair.SUMS)), np.zeros(7)
    for pair in pairs:
        assert np.isfinite(values(checked, pair, HARD)[0]).all()
        q, p = pack(pair)
        checked.launch(
            f"kl_pair_sums_{families(pair)}", 2, 3, 5, 6, 2**64 - 8, 7,
            q.constants, q.table, p.constants, p.table, 0.5, centres, rows,
        )  # fmt: skip
        assert rows.any()
