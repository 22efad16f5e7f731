"""The channel kernels compile for a GPU as they are launched, and round as NumPy does."""

from __future__ import annotations

import re

import pytest

from labbook.channel.gpu import first_accept, races
from labbook.compute import cuda
from tests.support.nvrtc import cubin_of, ptx_of

ARCHITECTURES = (80, 90)
ENTRIES = {
    first_accept.BITS_KERNEL: {"channel_bits"},
    first_accept.FIRST_KERNEL: {"channel_first", "channel_symbols"},
    races.KERNEL: {
        "channel_poisson", "channel_greedy_poisson", "channel_ordered", "channel_minimal",
        "channel_times", "channel_exponentials", "channel_logarithms",
    },
}  # fmt: skip
REALS = {
    "add.rn.f64", "mul.rn.f64", "div.rn.f64", "cvt.rni.f64.f64", "cvt.rn.f64.u64",
    "cvt.rn.f64.s32", "cvt.rzi.u64.f64",
}  # fmt: skip
"""What may be computed with doubles: each is rounded by itself, as IEEE 754 says."""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=ARCHITECTURES)
def ptx(request: pytest.FixtureRequest) -> dict[str, str]:
    return {
        name: ptx_of(cuda.source(name), name, cuda.INTEGER_OPTIONS, request.param)
        for name in ENTRIES
    }


@pytest.mark.parametrize("name", ENTRIES)
def test_they_compile_to_ptx(ptx: dict[str, str], name: str) -> None:
    assert set(re.findall(r"\.visible \.entry (\w+)\(", ptx[name])) == ENTRIES[name]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("name", ENTRIES)
def test_they_compile_to_machine_code(name: str, architecture: int) -> None:
    code = cubin_of(cuda.source(name), name, cuda.INTEGER_OPTIONS, architecture)
    assert code.startswith(b"\x7fELF")


@pytest.mark.parametrize("name", ENTRIES)
def test_nothing_is_fused_approximate_or_called_or_kept_in_local_memory(
    ptx: dict[str, str], name: str
) -> None:
    assert not re.findall(r"\bfma\b|\.approx|\.ftz|\.f16|\.f32", ptx[name])
    assert not re.findall(r"^\s*(?:call|ld\.local|st\.local)\b", ptx[name], re.MULTILINE)


@pytest.mark.parametrize("name", [first_accept.BITS_KERNEL, first_accept.FIRST_KERNEL])
def test_the_first_accepted_are_found_with_integers_alone(ptx: dict[str, str], name: str) -> None:
    assert ".f64" not in ptx[name]
    assert "mul.hi.u64" in ptx[name]


def test_races_are_run_with_what_ieee_754_rounds(ptx: dict[str, str]) -> None:
    moved = re.compile(r"(?:ld|st|mov|selp|setp|neg)\b")
    computed = re.findall(r"^\s*(?:@\S+\s+)?([\w.]+\.f64[\w.]*)\s", ptx[races.KERNEL], re.MULTILINE)
    assert {each for each in computed if not moved.match(each)} <= REALS


@pytest.mark.parametrize("name", ENTRIES)
def test_only_minima_are_taken_together(ptx: dict[str, str], name: str) -> None:
    """They come out the same in any order."""
    together = re.findall(r"^\s*(?:@\S+\s+)?((?:atom|red)\.[\w.]+)", ptx[name], re.MULTILINE)
    assert all(each.endswith(".min.u64") for each in together)
    assert together
