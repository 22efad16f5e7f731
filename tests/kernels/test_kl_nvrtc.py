"""The KL kernel compiles for a GPU as it is launched, with fast arithmetic."""

from __future__ import annotations

import re

import pytest

from labbook.compute import cuda
from labbook.kl import gpu
from tests.support.nvrtc import cubin_of, ptx_of

ARCHITECTURES = (80, 90)
ENTRIES = {"kl_normal_sums", "kl_normal_numbers"}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=ARCHITECTURES)
def ptx(request: pytest.FixtureRequest) -> str:
    return ptx_of(cuda.source(gpu.KERNEL), gpu.KERNEL, gpu.OPTIONS, request.param)


def test_it_compiles_to_ptx(ptx: str) -> None:
    assert set(re.findall(r"\.visible \.entry (\w+)\(", ptx)) == ENTRIES


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_it_compiles_to_machine_code(architecture: int) -> None:
    code = cubin_of(cuda.source(gpu.KERNEL), gpu.KERNEL, gpu.OPTIONS, architecture)
    assert code.startswith(b"\x7fELF")


@pytest.mark.parametrize("function", ["lg2", "sqrt", "sin", "cos", "ex2"])
def test_functions_are_the_fast_ones(ptx: str, function: str) -> None:
    assert f"{function}.approx.ftz.f32" in ptx


def test_nothing_is_called_or_kept_in_local_memory_and_nothing_is_atomic(ptx: str) -> None:
    assert not re.findall(r"^\s*(?:call|ld\.local|st\.local|atom|red)\b", ptx, re.MULTILINE)


def test_samples_are_worked_on_in_single_precision(ptx: str) -> None:
    """Six additions of doubles a group, and those that add up threads: none for a sample."""
    sums = ptx.partition(".entry kl_normal_sums")[2].partition(".entry")[0]
    lines = sums.splitlines()
    last_draw = max(place for place, line in enumerate(lines) if "sin.approx" in line)
    first_draw = min(place for place, line in enumerate(lines) if "lg2.approx" in line)
    assert not [line for line in lines[first_draw:last_draw] if ".f64" in line]
    assert len(re.findall(r"cvt\S*\.f64\.f32", sums)) == gpu.SUMS
