"""Kernels: their sources, and their modules on a CUDA device.

Kernels live in `.cu` files and share `.cuh` files; nothing here knows what they compute.
Only this module imports CuPy, and only when a device is to be used: the import takes 0.3 s.
"""

from __future__ import annotations

import functools
import importlib
import re
from typing import TYPE_CHECKING, Any

from labbook.errors import ResourceMissing
from labbook.resources import resource_dir

if TYPE_CHECKING:
    from pathlib import Path

INTEGER_OPTIONS = ("--std=c++17", "--fmad=false")
"""For kernels whose every bit is promised: no fused multiply and add."""

_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"[ \t]*$', re.MULTILINE)


def source(name: str) -> str:
    """The text of a kernel file, with what it includes put in its place, once each.

    In one piece it compiles wherever it is sent, and a change of an included file changes
    the text by which CuPy finds a module that it compiled before.

    Raises:
        ResourceMissing: there is no such kernel, or it includes a file that is not there.
    """
    return _expanded(resource_dir("kernels"), name, set())


def cupy() -> Any:
    """The module `cupy`.

    Raises:
        ImportError: it is not installed, or it does not fit the installed NumPy.
    """
    return importlib.import_module("cupy")


@functools.cache
def module(name: str, options: tuple[str, ...] = INTEGER_OPTIONS) -> Any:
    """A kernel file, compiled for the current device: `module("probe.cu").get_function(…)`.

    Compiled at the first use of a function, which takes tenths of a second; CuPy keeps the
    result on disk.
    """
    return cupy().RawModule(code=source(name), options=options, backend="nvrtc")


def _expanded(directory: Path, name: str, seen: set[str]) -> str:
    try:
        text = (directory / name).read_text(encoding="utf-8")
    except OSError as error:
        raise ResourceMissing(
            f"The kernel file {name} cannot be read: {error.strerror}.",
            hint="Install labbook again.",
        ) from error
    seen.add(name)
    # Each file goes in once anyway, and in a main file compilers complain of the pragma.
    text = text.replace("#pragma once\n", "\n")

    def included(match: re.Match[str]) -> str:
        other = match[1]
        if other in seen:
            return ""
        line = text.count("\n", 0, match.start()) + 2
        # Compilers then name the file and the line that the text came from.
        return f'#line 1 "{other}"\n{_expanded(directory, other, seen)}\n#line {line} "{name}"'

    return _INCLUDE.sub(included, text)
