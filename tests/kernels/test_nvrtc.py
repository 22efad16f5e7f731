"""Every kernel file compiles for a GPU, on a machine without one."""

from __future__ import annotations

import re

import pytest

from labbook.compute import cuda
from labbook.resources import resource_dir
from tests.support.nvrtc import cubin_of, ptx_of

KERNELS = sorted(path.name for path in resource_dir("kernels").glob("*.cu"))
ARCHITECTURES = (80, 90)

pytestmark = pytest.mark.slow


def entries(text: str) -> set[str]:
    return set(re.findall(r'extern\s+"C"\s+__global__\s+void\s+(\w+)', text))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("name", KERNELS)
def test_a_kernel_compiles_to_ptx_and_machine_code(name: str, architecture: int) -> None:
    text = cuda.source(name)
    ptx = ptx_of(text, name, cuda.INTEGER_OPTIONS, architecture)
    assert set(re.findall(r"\.visible \.entry (\w+)\(", ptx)) == entries(text)
    machine_code = cubin_of(text, name, cuda.INTEGER_OPTIONS, architecture)
    assert machine_code.startswith(b"\x7fELF")


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_probe_computes_with_integers_alone(architecture: int) -> None:
    ptx = ptx_of(cuda.source("probe.cu"), "probe.cu", cuda.INTEGER_OPTIONS, architecture)
    assert "mul.hi.u64" in ptx
    assert not re.findall(r"^\s*(?:fma\b|\w+\.approx|\w+\.f(?:16|32|64))", ptx, re.MULTILINE)
