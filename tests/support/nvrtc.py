"""Compiles kernels for a GPU where there is none: NVRTC needs no device."""

from __future__ import annotations

import importlib.util
import os
from typing import Any

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
