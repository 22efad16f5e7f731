"""What the machine is made of: processor, memory, GPUs."""

from __future__ import annotations

import functools
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

from labbook.runner import smi

_NAME_LIMIT = 200


@functools.cache
def machine() -> dict[str, Any]:
    """Processor, memory, and where there are any, GPUs and their driver. Asked once."""
    found: dict[str, Any] = {
        "platform": platform.platform(),
        "cpu": _processor()[:_NAME_LIMIT],
        "cpus": os.cpu_count(),
        "memory_bytes": _memory_bytes(),
    }
    columns = ("name", "memory.total", "driver_version")
    devices = smi.ask("gpu", columns)
    if devices:
        found["gpus"] = [
            {"name": row["name"][:_NAME_LIMIT], "memory_bytes": smi.bytes_of(row["memory.total"])}
            for row in devices
        ]
        found["gpu_driver"] = devices[0]["driver_version"][:_NAME_LIMIT]
    return found


def _processor() -> str:
    if sys.platform == "darwin":
        asked = subprocess.run(
            ["sysctl", "-n", "machdep.cpu.brand_string"],
            capture_output=True,
            text=True,
            check=False,
        )
        return asked.stdout.strip()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    told = dict(line.split(":", 1) for line in reversed(lines) if ":" in line)
    named = {key.strip(): value.strip() for key, value in told.items()}
    return named.get("model name") or named.get("Model") or platform.machine()


def _memory_bytes() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (OSError, ValueError):
        return None
