"""Compiles a kernel file with g++ and runs its kernels on the host."""

from __future__ import annotations

import ctypes
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from labbook.compute import cuda
from tests.support.tools import need

SHIM = Path(__file__).with_name("cuda_shim.hpp")
OPTIONS = (
    "-std=c++20", "-O2", "-shared", "-fPIC", "-ffp-contract=off",
    "-Wall", "-Wextra", "-Werror", "-Wno-unknown-pragmas",
)  # fmt: skip

_KERNEL = re.compile(r'extern\s+"C"\s+__global__\s+void\s+(\w+)\s*\(([^)]*)\)', re.DOTALL)
_SCALARS: dict[str, Any] = {
    "u64": ctypes.c_uint64,
    "unsigned": ctypes.c_uint,
    "int": ctypes.c_int,
    "float": ctypes.c_float,
    "double": ctypes.c_double,
}


class HostKernels:
    """The kernels of one file, as `launch(name, grid, block, *arguments)`.

    Arrays are passed as they are, and written in place.

    variants: macros and their values, by a name: the kernels are there once for each of these,
        as `kernel_name`
    """

    def __init__(
        self,
        name: str,
        directory: Path,
        *options: str,
        variants: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        need("g++")
        text = _with_launchers(cuda.source(name), variants or {"": {}})
        self._signatures = {kernel[1]: _types(kernel[2]) for kernel in _KERNEL.finditer(text)}
        assert self._signatures, f"{name} has no kernels"
        unit = directory / f"{Path(name).stem}.cpp"
        unit.write_text(f'#include "{SHIM}"\n{text}')
        library = unit.with_suffix(".so")
        subprocess.run(
            ["g++", *OPTIONS, *options, "-o", str(library), str(unit)], check=True, timeout=120
        )
        self._library = ctypes.CDLL(str(library))

    def launch(self, name: str, grid: int, block: int, *arguments: Any) -> None:
        types = self._signatures[name]
        assert len(types) == len(arguments)
        converted = [
            kind(value.ctypes.data if isinstance(value, np.ndarray) else value)
            for kind, value in zip(types, arguments, strict=True)
        ]
        self._library[f"host_{name}"](ctypes.c_uint(grid), ctypes.c_uint(block), *converted)


def _with_launchers(text: str, variants: Mapping[str, Mapping[str, str]]) -> str:
    """The kernels, which a file ends with, and what runs them, once for each variant."""
    begin = min((kernel.start() for kernel in _KERNEL.finditer(text)), default=len(text))
    parts = [text[:begin]]
    for suffix, macros in variants.items():
        parts += [f"#undef {macro}\n#define {macro} {value}\n" for macro, value in macros.items()]
        kernels = text[begin:]
        for kernel in _KERNEL.finditer(kernels) if suffix else ():
            kernels = kernels.replace(f" {kernel[1]}(", f" {kernel[1]}_{suffix}(")
        parts += [kernels, '\n#line 1 "launchers"\n']
        parts += [_launcher(kernel) for kernel in _KERNEL.finditer(kernels)]
    return "".join(parts)


def _parameters(text: str) -> list[str]:
    return [" ".join(part.replace("__restrict__", "").split()) for part in text.split(",")]


def _types(parameters: str) -> list[Any]:
    return [
        ctypes.c_void_p if "*" in part else _SCALARS[part.rpartition(" ")[0]]
        for part in _parameters(parameters)
    ]


def _launcher(kernel: re.Match[str]) -> str:
    parts = _parameters(kernel[2])
    names = ", ".join(part.replace("*", " ").split()[-1] for part in parts)
    return (
        f'extern "C" void host_{kernel[1]}(unsigned grid_, unsigned block_, {", ".join(parts)})\n'
        f"{{ run_on_host(grid_, block_, [&] {{ {kernel[1]}({names}); }}); }}\n"
    )
