"""Which backend is taken, and what is said about it. GPUs themselves: tests/gpu."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from labbook.compute import Backend, backend
from labbook.errors import BackendUnavailable, UsageError

BOTH = ("numpy", "cupy")


@pytest.fixture
def a_machine_with(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Puts a CuPy in place that behaves as it does on some machine without a usable GPU."""

    def put(**attributes: Any) -> None:
        fake = SimpleNamespace(__spec__=SimpleNamespace(), **attributes)
        monkeypatch.setitem(sys.modules, "cupy", fake)

    return put


def insufficient_driver(*_: Any, **__: Any) -> None:
    raise RuntimeError("cudaErrorInsufficientDriver: CUDA driver version is insufficient\nmore")


def test_numpy_is_taken_when_asked_for() -> None:
    assert backend("numpy", offered=BOTH) == Backend("numpy", "it was asked for")


def test_auto_says_that_an_experiment_has_no_kernel() -> None:
    assert backend("auto") == Backend("numpy", "this experiment has no CUDA kernel")


def test_auto_says_that_no_device_answers(a_machine_with: Any) -> None:
    a_machine_with(is_available=lambda: False)
    assert backend("auto", offered=BOTH) == Backend("numpy", "no CUDA device answers")


def test_auto_says_why_a_first_kernel_failed(a_machine_with: Any) -> None:
    a_machine_with(is_available=lambda: True, empty=insufficient_driver, uint64="uint64")
    chosen = backend("auto", offered=BOTH)
    assert chosen.name == "numpy"
    assert chosen.reason == (
        "a first kernel failed (RuntimeError: cudaErrorInsufficientDriver: "
        "CUDA driver version is insufficient)"
    )


def test_a_device_that_fails_an_experiments_own_trial_is_not_taken(
    a_machine_with: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = SimpleNamespace(getDeviceProperties=lambda _: {"name": b"a card"})
    a_machine_with(is_available=lambda: True, cuda=SimpleNamespace(runtime=runtime))
    monkeypatch.setattr(sys.modules["labbook.compute.backend"], "_try_kernel", lambda _: None)

    def fail() -> None:
        raise RuntimeError("its sums are off by 0.5 of their size")

    chosen = backend("auto", offered=BOTH, try_device=fail)
    reason = "a first kernel failed (RuntimeError: its sums are off by 0.5 of their size)"
    assert chosen == Backend("numpy", reason)
    passed = backend("auto", offered=BOTH, try_device=lambda: None)
    assert passed == Backend("cupy", "a CUDA device passed the trial", "a card")


def test_auto_says_that_cupy_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cupy", None)
    assert backend("auto", offered=BOTH) == Backend("numpy", "CuPy is not installed")


def test_asking_for_cupy_where_there_is_none_is_an_error_that_says_why(a_machine_with: Any) -> None:
    a_machine_with(is_available=lambda: False)
    with pytest.raises(BackendUnavailable) as refused:
        backend("cupy", offered=BOTH)
    assert refused.value.message == (
        "The backend cupy cannot be used here: no CUDA device answers."
    )
    assert "--backend numpy" in refused.value.hint


def test_asking_for_cupy_where_an_experiment_has_no_kernel_is_an_error() -> None:
    with pytest.raises(BackendUnavailable, match="this experiment has no CUDA kernel"):
        backend("cupy")


def test_an_unknown_backend_is_refused() -> None:
    with pytest.raises(UsageError, match="no backend 'torch'"):
        backend("torch")


def test_choosing_numpy_imports_no_cupy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "cupy", raising=False)
    backend("auto")
    assert "cupy" not in sys.modules
