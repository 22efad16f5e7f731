"""On a real device. Needs NumPy, CuPy and pytest, and nothing else of labbook's packages."""

from __future__ import annotations

import numpy as np
import pytest

from labbook.compute import Stream, backend
from labbook.compute.cuda import cupy, module

pytestmark = pytest.mark.gpu


@pytest.mark.parametrize("first", [0, 3, 10**15, 2**64 - 2])
@pytest.mark.parametrize("block", [0, 17, 2**64 - 1])
def test_the_device_makes_the_words_that_numpy_makes(block: int, first: int) -> None:
    count, stream = 100_003, Stream(2**63 - 1, 5)
    words = cupy().zeros(4 * count, dtype=np.uint64)
    arguments = [np.uint64(each) for each in (stream.seed, stream.number, block, first, count)]
    module("probe.cu").get_function("probe_words")((132,), (256,), (*arguments, words))
    expected = stream.philox(block=block, index=first).random_raw(4 * count)
    assert np.array_equal(cupy().asnumpy(words), expected)


def test_auto_takes_the_device_and_names_it() -> None:
    chosen = backend("auto", offered=("numpy", "cupy"))
    assert chosen.name == "cupy"
    assert chosen.device
