"""Asks `nvidia-smi`, which is there wherever NVIDIA's driver is."""

from __future__ import annotations

import csv
import shutil
import subprocess
from collections.abc import Sequence

PATIENCE_S = 10.0
"""Where no program holds the driver open, it is loaded anew for each question."""

_MEBI = 1 << 20


def command(question: str, columns: Sequence[str]) -> list[str] | None:
    """The command that asks; None where there is none.

    question: "gpu" or "compute-apps"
    """
    program = shutil.which("nvidia-smi")
    if program is None:
        return None
    return [program, f"--query-{question}={','.join(columns)}", "--format=csv,noheader,nounits"]


def ask(question: str, columns: Sequence[str]) -> list[dict[str, str]]:
    """A row for each device or process; nothing where nobody answers."""
    asked = command(question, columns)
    if asked is None:
        return []
    try:
        answer = subprocess.run(
            asked,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [] if answer.returncode else rows(answer.stdout, columns)


def rows(answer: bytes, columns: Sequence[str]) -> list[dict[str, str]]:
    """The rows of an answer that have as many cells as were asked for."""
    lines = answer.decode("utf-8", "replace").splitlines()
    cells = ([cell.strip() for cell in row] for row in csv.reader(lines))
    return [dict(zip(columns, row, strict=True)) for row in cells if len(row) == len(columns)]


def number(cell: str) -> float | None:
    """A number, or None for "[N/A]", "[Not Supported]" and the like."""
    try:
        return float(cell)
    except ValueError:
        return None


def bytes_of(cell: str) -> int | None:
    """A number of mebibytes, as nvidia-smi tells memory, in bytes."""
    found = number(cell)
    return None if found is None else round(found * _MEBI)
