"""Chooses what an experiment computes on: NumPy, or CuPy on a CUDA device."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import numpy as np

from labbook.compute import cuda
from labbook.compute.random import Stream
from labbook.errors import BackendUnavailable, UsageError

CHOICES = ("auto", "numpy", "cupy")

NO_KERNEL = "this experiment has no CUDA kernel"


@dataclass(frozen=True, slots=True)
class Backend:
    """What computes, and why.

    name: "numpy" or "cupy"
    reason: why it was taken, in words that fit after "because"
    device: the GPU's name; empty on a CPU
    """

    name: str
    reason: str
    device: str = ""


def backend(
    wanted: str = "auto",
    *,
    offered: Collection[str] = ("numpy",),
    try_device: Callable[[], None] | None = None,
) -> Backend:
    """Choose among the backends that an experiment offers.

    "auto" takes CuPy when the experiment has a kernel for it, CuPy imports, a device answers,
    and a first small kernel gives there the words that NumPy gives here; else NumPy.

    try_device: the experiment's own first trial of the device; raises if the device fails it

    Raises:
        BackendUnavailable: "cupy" is wanted and cannot be had.
        UsageError: there is no backend of that name.
    """
    if wanted not in CHOICES:
        raise UsageError(
            f"There is no backend {wanted!r}.", hint=f"Choose one of {', '.join(CHOICES)}."
        )
    if wanted == "numpy":
        return Backend("numpy", "it was asked for")
    try:
        if "cupy" not in offered:
            raise _NoDevice(NO_KERNEL)
        device = _working_device(try_device)
    except _NoDevice as lacking:
        if wanted == "auto":
            return Backend("numpy", str(lacking))
        raise BackendUnavailable(
            f"The backend cupy cannot be used here: {lacking}.",
            hint="Run it with --backend numpy, or auto to take CuPy only where it works.",
        ) from lacking
    asked = "it was asked for" if wanted == "cupy" else "a CUDA device passed the trial"
    return Backend("cupy", asked, device)


class _NoDevice(Exception):
    """Why CuPy cannot be used."""


def _working_device(try_device: Callable[[], None] | None) -> str:
    """The name of a device on which a kernel has just worked.

    CuPy and the driver below it fail in ways of their own, so any exception counts as a
    reason; none is lost, since the reason is recorded with the run.
    """
    if importlib.util.find_spec("cupy") is None:
        raise _NoDevice("CuPy is not installed")
    try:
        cupy = cuda.cupy()
    except Exception as error:
        raise _NoDevice(f"CuPy cannot be imported ({_first_line(error)})") from error
    try:
        if not cupy.is_available():
            raise _NoDevice("no CUDA device answers")
        _try_kernel(cupy)
        if try_device is not None:
            try_device()
        return str(cupy.cuda.runtime.getDeviceProperties(0)["name"].decode())
    except _NoDevice:
        raise
    except Exception as error:
        raise _NoDevice(f"a first kernel failed ({_first_line(error)})") from error


def _try_kernel(cupy: Any) -> None:
    stream = Stream.named(2011, "probe")
    count = 64
    words = cupy.empty(4 * count, dtype=cupy.uint64)
    cuda.module("probe.cu").get_function("probe_words")(
        (2,),
        (32,),
        (
            np.uint64(stream.seed),
            np.uint64(stream.number),
            np.uint64(0),
            np.uint64(0),
            np.uint64(count),
            words,
        ),
    )
    if not np.array_equal(cupy.asnumpy(words), stream.words(0, 4 * count)):
        raise _NoDevice("a first kernel gave other random numbers than NumPy")


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
