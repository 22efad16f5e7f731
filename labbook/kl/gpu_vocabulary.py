"""The exact KL(q ‖ p) of rows of logits on a CUDA device: `labbook.kl.vocabulary.exact_kl` there.

The device works in double whatever the logits' precision: ten digits, also of small divergences,
where the CPU's float32 keeps four.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from labbook.compute import cuda, generator
from labbook.errors import UsageError
from labbook.kl.vocabulary import NO_DISTRIBUTION, exact_kl, logits_dtype

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Reals = NDArray[np.float64]

KERNEL = "kl_vocabulary.cu"

THREADS = 256
SYMBOLS_EACH = 16
"""Of a row, for each thread: adding up what the threads found costs as much as a few symbols."""

SLAB_BYTES = 1 << 26
"""Of each of two arrays on the device, unless a row is longer: a launch's worth of rows."""

TRIED, TOLERATED = (8, 1000), 1e-9
"""Rows and symbols of the first trial of a device, and how far it may be from the CPU in double,
in nats."""


def try_device() -> None:
    """Compare a few rows' divergences on the device with those of the CPU.

    Raises:
        RuntimeError: they differ.
        Exception: whatever CuPy and the driver raise where the kernel does not run.
    """
    rng = generator(2011, "probe")
    q, p = (rng.standard_normal(TRIED, dtype=np.float32) for _ in "qp")
    expected = exact_kl(q.astype(np.float64), p.astype(np.float64))
    apart = float(np.abs(exact_kl_on_device(q, p) - expected).max())
    if not apart <= TOLERATED:
        raise RuntimeError(f"its divergences are off by {apart:.1g} nats")


def exact_kl_on_device(logits_q: ArrayLike, logits_p: ArrayLike) -> Reals:
    """KL(q ‖ p) of each row, in nats; infinite where p excludes a symbol that q does not.

    Logits of shape (…, V), on the host or on the device (CuPy's arrays, and whatever else has
    `__cuda_array_interface__`, such as torch's tensors); results of shape (…), on the host.
    Some 10⁻¹⁵ nats are lost, or ten digits kept where that is less. Device memory: what is there
    already, and three times `SLAB_BYTES`.

    Raises:
        ImportError: CuPy cannot be imported.
        UsageError: shapes differ, or a row is no distribution: NaN, +inf, −inf throughout.
    """
    cupy = cuda.cupy()
    q, p = (_array(cupy, each) for each in (logits_q, logits_p))
    dtype = logits_dtype(q, p)
    parts = [_kl(cupy, dtype, *slabs) for slabs in _slabs(q, p, dtype.itemsize)]
    found = np.concatenate(parts or [np.empty(0)]).reshape(q.shape[:-1])
    if np.isnan(found).any():
        raise UsageError(NO_DISTRIBUTION)
    return found


def lanes(width: int) -> int:
    """Threads for a row of so many symbols: a power of two, at most a block's."""
    wanted = -(-width // SYMBOLS_EACH)
    return min(THREADS, 1 << (wanted - 1).bit_length())


def options(dtype: np.dtype[np.floating]) -> tuple[str, ...]:
    """How the kernel for logits of this type is compiled."""
    logit = "float" if dtype == np.float32 else "double"
    return (*cuda.INTEGER_OPTIONS, f"-DLOGIT={logit}")


def _array(cupy: Any, logits: Any) -> Any:
    on_device = hasattr(logits, "__cuda_array_interface__")
    return cupy.asarray(logits) if on_device else np.asarray(logits)


def _slabs(q: Any, p: Any, itemsize: int) -> Iterator[tuple[Any, Any]]:
    """Neighbouring rows of both, in order, as arrays (rows, V) of bounded size."""
    dense = q.flags.c_contiguous and p.flags.c_contiguous
    if q.ndim > 2 and not dense:
        for each in range(q.shape[0]):
            yield from _slabs(q[each], p[each], itemsize)
        return
    width = q.shape[-1]
    q, p = q.reshape(-1, width), p.reshape(-1, width)
    rows = max(1, SLAB_BYTES // (width * itemsize))
    for begin in range(0, q.shape[0], rows):
        yield q[begin : begin + rows], p[begin : begin + rows]


def _kl(cupy: Any, dtype: np.dtype[np.floating], q: Any, p: Any) -> Reals:
    """By one launch; returns when it has ended."""
    rows, width = q.shape
    own = lanes(width)
    found = cupy.empty(rows, dtype=np.float64)
    arguments = (np.uint64(rows), np.uint64(width), np.uint32(own))
    logits = tuple(cupy.ascontiguousarray(cupy.asarray(each), dtype=dtype) for each in (q, p))
    kernel = cuda.module(KERNEL, options(dtype)).get_function("kl_vocabulary_rows")
    kernel((-(-rows * own // THREADS),), (THREADS,), (*arguments, *logits, found))
    return np.asarray(cupy.asnumpy(found))
