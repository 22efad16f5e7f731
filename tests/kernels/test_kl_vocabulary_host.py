"""The vocabulary kernel's own source, compiled by a host compiler, against SciPy and the CPU."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy.special import log_softmax, rel_entr, softmax

from labbook.compute import cuda, generator
from labbook.errors import UsageError
from labbook.kl import exact_kl, gpu_vocabulary
from labbook.kl.gpu_vocabulary import exact_kl_on_device, lanes
from tests.support.host_kernels import HostKernels

WIDTHS = (1, 2, 31, 1000, 50_000)


@pytest.fixture(scope="module")
def kernels(tmp_path_factory: pytest.TempPathFactory) -> HostKernels:
    types = {"float": {"LOGIT": "float"}, "double": {"LOGIT": "double"}}
    return HostKernels(
        gpu_vocabulary.KERNEL,
        tmp_path_factory.mktemp("host"),
        f"-DSHIM_ERROR={(2.0**-50).hex()}",
        variants=types,
    )


class OnDevice(np.ndarray):
    """An array that says it is on a device."""

    __cuda_array_interface__ = {"version": 3}  # noqa: RUF012  it is read by name alone


@pytest.fixture(autouse=True)
def device(kernels: HostKernels, monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The host in the place of a device; lists the grid and the rows of each launch."""
    launches = []

    def module(_: str, options: tuple[str, ...]) -> SimpleNamespace:
        kind = options[-1].removeprefix("-DLOGIT=")

        def function(name: str) -> Callable[..., None]:
            def launch(grid: tuple[int], block: tuple[int], arguments: tuple[Any, ...]) -> None:
                plain = [
                    each if isinstance(each, np.ndarray) else each.item() for each in arguments
                ]
                assert all(each.dtype.name == f"float{64 if kind == 'double' else 32}"
                           for each in plain[3:5])  # fmt: skip
                launches.append((*grid, plain[0]))
                kernels.launch(f"{name}_{kind}", *grid, *block, *plain)

            return launch

        return SimpleNamespace(get_function=function)

    fake = SimpleNamespace(
        empty=np.empty, asnumpy=np.array, asarray=np.asanyarray,
        ascontiguousarray=lambda array, dtype: np.ascontiguousarray(array, dtype=dtype),
    )  # fmt: skip
    monkeypatch.setattr(cuda, "cupy", lambda: fake)
    monkeypatch.setattr(cuda, "module", module)
    return launches


def logits(rows: int, width: int, apart: float, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    rng = generator(seed, "logits")
    q = 3 * rng.standard_normal((rows, width))
    p = q + apart * rng.standard_normal((rows, width))
    return q.astype(np.float32), p.astype(np.float32)


def divergence(q: np.ndarray, p: np.ndarray) -> np.ndarray:
    """SciPy's, in double."""
    q, p = q.astype(np.float64), p.astype(np.float64)
    return np.asarray(rel_entr(softmax(q, axis=-1), softmax(p, axis=-1)).sum(axis=-1))


def close_divergence(q: np.ndarray, p: np.ndarray) -> np.ndarray:
    """As sums of terms of one sign, in extended precision: SciPy's cancel."""
    log_q, log_p = (log_softmax(each.astype(np.longdouble), axis=-1) for each in (q, p))
    log_ratio = log_p - log_q
    k3 = np.expm1(log_ratio) - log_ratio
    small = np.abs(log_ratio) < 1e-4
    series = log_ratio**2 * (1 / 2 + log_ratio * (1 / 6 + log_ratio / 24)).astype(np.longdouble)
    return np.asarray((np.exp(log_q) * np.where(small, series, k3)).sum(axis=-1), dtype=np.float64)


# Values


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("shift", [0.0, 80.0, -1e4])
def test_a_divergence_is_scipys_whatever_is_added_to_the_logits(width: int, shift: float) -> None:
    q, p = logits(3, width, 0.7)
    q += np.float32(shift)
    found = exact_kl_on_device(q, p)
    assert found.dtype == np.float64
    assert found == pytest.approx(divergence(q, p), rel=1e-9, abs=1e-14 * (1 + abs(shift)))


@pytest.mark.parametrize("width", WIDTHS[1:])
@pytest.mark.parametrize("apart", [1e-6, 1e-4, 1e-3, 1e-2, 0.1, 1.0, 3.0])
def test_ten_digits_are_right_however_close_the_rows(width: int, apart: float) -> None:
    q, p = logits(3, width, apart)
    assert exact_kl_on_device(q, p) == pytest.approx(close_divergence(q, p), rel=1e-10, abs=0)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("apart", [0.01, 0.5])
def test_it_agrees_with_the_cpu(width: int, apart: float) -> None:
    q, p = logits(4, width, apart)
    np.testing.assert_allclose(exact_kl_on_device(q, p), exact_kl(q, p), rtol=1e-4, atol=5e-7)
    wide = (q.astype(np.float64), p.astype(np.float64))
    np.testing.assert_allclose(exact_kl_on_device(*wide), exact_kl(*wide), rtol=1e-9, atol=1e-14)
    np.testing.assert_allclose(exact_kl_on_device(q, p), exact_kl(*wide), rtol=1e-9, atol=1e-14)


def test_equal_rows_have_no_divergence_at_all() -> None:
    q, _ = logits(5, 999, 0.0)
    assert exact_kl_on_device(q, q).tolist() == [0.0] * 5
    # Nor has a constant, but for the rounding of the shift, which counts by its square.
    assert exact_kl_on_device(q, q.astype(np.float64) + 12.5).max() < 1e-25


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_masked_symbols_count_as_the_definition_says(dtype: type[np.floating]) -> None:
    q, p = (each.astype(dtype) for each in logits(6, 1000, 0.5))
    q[0, ::3] = p[0, ::3] = -np.inf
    q[1, ::3] = -np.inf
    p[2, 17] = -np.inf
    p[3, 17], q[3, 17] = -np.inf, -500.0
    q[4], p[4] = -np.inf, 0.0
    q[4, 5] = p[4, 5] = 1.0
    q[5, 1:] = p[5, 1:] = -np.inf
    found, expected = exact_kl_on_device(q, p), divergence(q, p)
    assert found[[0, 1, 4]] == pytest.approx(expected[[0, 1, 4]], rel=1e-9)
    assert found[2:4].tolist() == [math.inf, math.inf]
    assert found[5] == 0
    np.testing.assert_allclose(found, exact_kl(q, p), rtol=1e-5, atol=5e-7)


@pytest.mark.parametrize("logit", [-14.0, -30.0, -math.inf])
def test_mass_that_q_lacks_counts_in_close_rows_too(logit: float) -> None:
    q = np.array([0.0, -1.0, logit, -math.inf])
    p = np.array([0.0, -1.0, -12.0, -math.inf])
    shares = [np.exp(each.astype(np.longdouble)) for each in (q, p)]
    one, other = (each / each.sum() for each in shares)
    there = one > 0
    terms = one[there] * np.log(other[there] / one[there])
    assert float(exact_kl_on_device(q, p)) == pytest.approx(-float(terms.sum()), rel=1e-10)


def test_a_tiny_probability_of_q_where_p_has_much_is_not_lost() -> None:
    q = np.array([0.0, -1.0, -2000.0], dtype=np.float32)
    for high in (1.0, -7.0, -20.0):
        p = np.array([0.0, -1.0, high], dtype=np.float32)
        expected = float(divergence(q, p)) if high > -10 else math.log1p(
            math.exp(high) / (1 + math.exp(-1))
        )  # fmt: skip
        assert float(exact_kl_on_device(q, p)) == pytest.approx(expected, rel=1e-9)


def test_wide_logits_do_not_overflow() -> None:
    q = np.array([[3e38, -3e38, 0.0], [0.0, 1.0, 2.0]], dtype=np.float32)
    p = np.array([[3e38, 0.0, -3e38], [2.0, 1.0, 0.0]], dtype=np.float32)
    found = exact_kl_on_device(q, p)
    assert found == pytest.approx([0.0, float(divergence(q[1], p[1]))], rel=1e-12)


# Arrays


def test_leading_axes_are_kept() -> None:
    q, p = logits(6, 100, 0.5)
    found = exact_kl_on_device(q.reshape(2, 3, 100), p.reshape(2, 3, 100))
    assert found.shape == (2, 3)
    assert found.ravel() == pytest.approx(divergence(q, p), rel=1e-9)
    assert exact_kl_on_device(q[0], p[0]).shape == ()
    assert exact_kl_on_device(q[:0], p[:0]).shape == (0,)
    assert exact_kl_on_device(q[:0].reshape(4, 0, 100), p[:0].reshape(4, 0, 100)).shape == (4, 0)


@pytest.mark.parametrize("kind", [np.float16, np.int32, list])
def test_other_kinds_of_numbers_are_read(kind: Any) -> None:
    q, p = logits(2, 99, 0.5)
    q, p = (each.round().tolist() if kind is list else each.astype(kind) for each in (q, p))
    expected = divergence(np.asarray(q), np.asarray(p))
    assert exact_kl_on_device(q, p) == pytest.approx(expected, rel=1e-9, abs=1e-14)


def test_gaps_between_rows_cost_no_copy_of_the_whole(device: list[tuple[int, int]]) -> None:
    q, p = (each.reshape(2, 4, 99) for each in logits(8, 99, 0.5))
    whole = exact_kl_on_device(q, p)
    assert np.array_equal(exact_kl_on_device(q[:, :-1], p[:, :-1]), whole[:, :-1])
    assert [rows for _, rows in device] == [8, 3, 3]
    strided = exact_kl_on_device(q[..., ::2], p[..., ::2])
    assert strided == pytest.approx(divergence(q[..., ::2], p[..., ::2]), rel=1e-9)


@pytest.mark.parametrize("on_device", [(True, True), (True, False), (False, True)])
def test_arrays_may_be_on_the_device(on_device: tuple[bool, bool]) -> None:
    both = logits(3, 40, 0.5)
    q, p = (each.view(OnDevice) if there else each
            for each, there in zip(both, on_device, strict=True))  # fmt: skip
    assert np.array_equal(exact_kl_on_device(q, p), exact_kl_on_device(*both))


def test_slabs_change_no_bit(
    device: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    q, p = logits(7, 1000, 0.3)
    whole = exact_kl_on_device(q, p)
    for limit, rows in ((8000, [2, 2, 2, 1]), (100, [1] * 7)):
        device.clear()
        monkeypatch.setattr(gpu_vocabulary, "SLAB_BYTES", limit)
        assert np.array_equal(exact_kl_on_device(q, p), whole)
        assert [each for _, each in device] == rows


@pytest.mark.parametrize(
    ("width", "threads"), [(1, 1), (16, 1), (17, 2), (31, 2), (1000, 64), (4096, 256), (10**6, 256)]
)
def test_threads_follow_from_the_width_alone(width: int, threads: int) -> None:
    assert lanes(width) == threads


def test_few_symbols_share_a_block_with_other_rows(device: list[tuple[int, int]]) -> None:
    q, p = logits(1000, 31, 0.5)
    assert exact_kl_on_device(q, p) == pytest.approx(divergence(q, p), rel=1e-9)
    assert device == [(8, 1000)]


# What is refused


@pytest.mark.parametrize(
    ("q", "p"),
    [
        ([0.0, math.nan], [0.0, 0.0]),
        ([0.0, 0.0], [math.nan, 0.0]),
        ([0.0, 0.0], [0.0, math.inf]),
        ([math.inf, 0.0], [0.0, 0.0]),
        ([-math.inf, -math.inf], [0.0, 0.0]),
        ([0.0, 0.0], [-math.inf, -math.inf]),
        ([-math.inf, -math.inf], [-math.inf, -math.inf]),
        ([0.0, 0.0, math.nan], [0.0, -math.inf, 0.0]),
        ([0.0], [0.0, 0.0]),
        ([], []),
        (0.0, 0.0),
        (["a"], ["b"]),
        ([1j], [1j]),
    ],
)
def test_what_is_no_distribution_is_refused_in_a_sentence(q: Any, p: Any) -> None:
    with pytest.raises(UsageError) as refused:
        exact_kl_on_device(q, p)
    assert refused.value.message.endswith(".")
    with pytest.raises(UsageError) as on_cpu:
        exact_kl(q, p)
    assert refused.value.message == on_cpu.value.message


def test_a_device_passes_the_trial_or_fails_it(monkeypatch: pytest.MonkeyPatch) -> None:
    gpu_vocabulary.try_device()
    monkeypatch.setattr(gpu_vocabulary, "TOLERATED", 0.0)
    with pytest.raises(RuntimeError, match="off by"):
        gpu_vocabulary.try_device()


def test_the_kernel_and_its_launcher_agree() -> None:
    text = cuda.source(gpu_vocabulary.KERNEL)
    assert f"ROWS_MOST_THREADS = {gpu_vocabulary.THREADS};" in text


@pytest.mark.slow
def test_the_kernel_has_no_undefined_behaviour(tmp_path: Path) -> None:
    checked = HostKernels(
        gpu_vocabulary.KERNEL, tmp_path, "-fsanitize=undefined", "-fno-sanitize-recover=undefined"
    )
    q, p = logits(7, 33, 0.5)
    found = np.zeros(7)
    checked.launch("kl_vocabulary_rows", 2, 16, 7, 33, 4, q, p, found)
    assert found == pytest.approx(divergence(q, p), rel=1e-9)
