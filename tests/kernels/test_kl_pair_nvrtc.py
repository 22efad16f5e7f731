"""The kernels of pairs and of vocabularies compile for a GPU as they are launched."""

from __future__ import annotations

import re

import numpy as np
import pytest

from labbook.compute import cuda
from labbook.kl import Pair, gpu_pair, gpu_vocabulary
from labbook.kl.gpu_families import pack
from tests.support.nvrtc import ptx_of, use_of
from tests.support.pair_laws import PAIRS

ARCHITECTURES = (80, 90)
LOGITS = (np.dtype(np.float32), np.dtype(np.float64))

pytestmark = pytest.mark.slow


def options_of(pair: Pair) -> tuple[str, ...]:
    return gpu_pair.options(*pack(pair))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_every_two_families_fit_in_their_registers(pair: Pair, architecture: int) -> None:
    text = cuda.source(gpu_pair.KERNEL)
    use = use_of(text, gpu_pair.KERNEL, options_of(pair), architecture)
    assert set(use) == {"kl_pair_sums", "kl_pair_values"}
    for each in use.values():
        assert each.registers <= gpu_pair.REGISTERS
        assert each.spilled == 0
    # Four blocks at a time, which 128 registers allow, find room for theirs on an A100 too.
    assert 4 * use["kl_pair_sums"].shared < 100_000


@pytest.mark.parametrize("pair", [PAIRS["t(5) gamma(2,1.1)"], PAIRS["poisson(4) poisson(5)"]])
def test_nothing_is_atomic_and_no_operations_are_fused_but_in_functions(pair: Pair) -> None:
    ptx = ptx_of(cuda.source(gpu_pair.KERNEL), gpu_pair.KERNEL, options_of(pair), 90)
    assert not re.findall(r"^\s*(?:atom|red)\b", ptx, re.MULTILINE)
    # The sums are the last that a sample comes to: multiplied and added in two steps.
    assert len(re.findall(r"^\s*add\.(?:rn\.)?f64", ptx, re.MULTILINE)) > gpu_pair.SUMS


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("logit", LOGITS, ids=str)
def test_the_vocabulary_kernel_keeps_five_blocks_to_a_processor(
    logit: np.dtype[np.floating], architecture: int
) -> None:
    text, options = cuda.source(gpu_vocabulary.KERNEL), gpu_vocabulary.options(logit)
    use = use_of(text, gpu_vocabulary.KERNEL, options, architecture)["kl_vocabulary_rows"]
    assert use.spilled == 0
    # A processor has 65,536 registers; a block takes 256 times as many as a thread.
    assert use.registers <= 65_536 // (5 * gpu_vocabulary.THREADS)


def test_the_vocabulary_kernel_has_nothing_atomic() -> None:
    options = gpu_vocabulary.options(LOGITS[0])
    ptx = ptx_of(cuda.source(gpu_vocabulary.KERNEL), gpu_vocabulary.KERNEL, options, 90)
    assert not re.findall(r"^\s*(?:atom|red)\b", ptx, re.MULTILINE)
