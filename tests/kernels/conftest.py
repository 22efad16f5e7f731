"""The pair kernel, compiled for the host once for all files that need it."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from labbook.compute import cuda
from labbook.kl import gpu_pair
from tests.support.host_kernels import HostKernels
from tests.support.pair_laws import ERROR, PAIRS, variants


@pytest.fixture(scope="session")
def pair_kernels(tmp_path_factory: pytest.TempPathFactory) -> HostKernels:
    """For every two families, as `kl_pair_sums_Gamma_Beta`; each function in them errs by ERROR."""
    return HostKernels(
        gpu_pair.KERNEL,
        tmp_path_factory.mktemp("pair"),
        f"-DSHIM_ERROR={ERROR.hex()}",
        "-O1",
        variants=variants(PAIRS.values()),
    )


@pytest.fixture
def device(
    pair_kernels: HostKernels, monkeypatch: pytest.MonkeyPatch
) -> list[tuple[int, int, int]]:
    """The host in the place of a device; lists grid, first and count of each launch."""
    launches = []

    def module(_: str, options: tuple[str, ...]) -> SimpleNamespace:
        suffix = "_".join(each.partition("=")[2] for each in options if each.startswith("-D"))

        def function(name: str) -> Callable[..., None]:
            def launch(grid: tuple[int], block: tuple[int], arguments: tuple[Any, ...]) -> None:
                plain = [
                    each if isinstance(each, np.ndarray) else each.item() for each in arguments
                ]
                launches.append((*grid, *plain[2:4]))
                pair_kernels.launch(f"{name}_{suffix}", *grid, *block, *plain)

            return launch

        return SimpleNamespace(get_function=function)

    fake = SimpleNamespace(empty=np.empty, asnumpy=np.array, asarray=np.asarray)
    monkeypatch.setattr(cuda, "cupy", lambda: fake)
    monkeypatch.setattr(cuda, "module", module)
    return launches
