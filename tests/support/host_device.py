"""The host in the place of a CUDA device: launchers then run their kernels as g++ compiled them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest

from labbook.compute import cuda
from tests.support.host_kernels import HostKernels


class Launch(NamedTuple):
    entry: str
    grid: int
    block: int
    arguments: tuple[Any, ...]


def take_the_place(
    kernels: Mapping[str, HostKernels], monkeypatch: pytest.MonkeyPatch
) -> list[Launch]:
    """Of a device, for the kernel files of these names; returns a list of all launches."""
    launches: list[Launch] = []

    def module(name: str, *_: Any) -> SimpleNamespace:
        def function(entry: str) -> Callable[..., None]:
            def launch(grid: tuple[int], block: tuple[int], arguments: tuple[Any, ...]) -> None:
                plain = [
                    each if isinstance(each, np.ndarray) else each.item() for each in arguments
                ]
                launches.append(Launch(entry, *grid, *block, arguments))
                kernels[name].launch(entry, *grid, *block, *plain)

            return launch

        return SimpleNamespace(get_function=function)

    fake = SimpleNamespace(empty=_garbage, asnumpy=np.array, asarray=np.array)
    monkeypatch.setattr(cuda, "cupy", lambda: fake)
    monkeypatch.setattr(cuda, "module", module)
    return launches


def _garbage(shape: Any, dtype: Any) -> np.ndarray:
    """Memory as it may be found: not zeros."""
    return (
        np.frombuffer(b"\xa5" * (int(np.prod(shape)) * np.dtype(dtype).itemsize), dtype=dtype)
        .reshape(shape)
        .copy()
    )
