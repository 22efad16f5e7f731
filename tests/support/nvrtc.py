"""Compiles kernels for a GPU where there is none: NVRTC needs no device."""

from __future__ import annotations

import importlib.util
import os
import re
from typing import Any, NamedTuple

import pytest


def need_nvrtc() -> Any:
    """CuPy's binding of NVRTC; skips without it, or fails where LABBOOK_NEED_TOOLS is set."""
    if importlib.util.find_spec("cupy") is None:
        return _lacking("CuPy")
    from cupy.cuda import nvrtc

    try:
        nvrtc.getVersion()
    except RuntimeError as error:
        return _lacking(f"NVRTC: {error}")
    return nvrtc


def ptx_of(text: str, name: str, options: tuple[str, ...], architecture: int) -> str:
    """The portable assembly of a kernel file, for compute capability 80, 90, …"""
    nvrtc, program = _compiled(text, name, (*options, f"-arch=compute_{architecture}"))
    ptx = nvrtc.getPTX(program)
    return ptx.decode() if isinstance(ptx, bytes) else str(ptx)


def cubin_of(text: str, name: str, options: tuple[str, ...], architecture: int) -> bytes:
    """The machine code of a kernel file."""
    nvrtc, program = _compiled(text, name, (*options, f"-arch=sm_{architecture}"))
    return bytes(nvrtc.getCUBIN(program))


class Use(NamedTuple):
    """What a kernel takes on a device: registers of a thread, bytes that did not fit in them and
    bytes of shared memory of a block."""

    registers: int
    spilled: int
    shared: int


_USE = re.compile(
    r"Compiling entry function '(\w+)'.*?(\d+) bytes spill stores, (\d+) bytes spill loads"
    r".*?Used (\d+) registers(?:[^\n]*?(\d+) bytes smem)?",
    re.DOTALL,
)


def use_of(text: str, name: str, options: tuple[str, ...], architecture: int) -> dict[str, Use]:
    """What each kernel of a file takes, as the assembler tells."""
    told = (*options, "--ptxas-options=-v", f"-arch=sm_{architecture}")
    nvrtc, program = _compiled(text, name, told)
    return {
        kernel: Use(int(registers), int(stores) + int(loads), int(shared or 0))
        for kernel, stores, loads, registers, shared in _USE.findall(nvrtc.getProgramLog(program))
    }


def _compiled(text: str, name: str, options: tuple[str, ...]) -> tuple[Any, Any]:
    nvrtc = need_nvrtc()
    program = nvrtc.createProgram(text, name, [], [])
    try:
        nvrtc.compileProgram(program, list(options))
    except nvrtc.NVRTCError:
        pytest.fail(f"{name} {options}:\n{nvrtc.getProgramLog(program)}")
    return nvrtc, program


def _lacking(what: str) -> Any:
    if os.environ.get("LABBOOK_NEED_TOOLS"):
        pytest.fail(f"needs {what}")
    pytest.skip(f"needs {what}")
