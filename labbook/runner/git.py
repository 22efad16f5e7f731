"""Asks git about a working tree; asking changes nothing, not even git's own index."""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path

from labbook.errors import LabbookError

PATIENCE_S = 10.0
"""The state of a large working tree on a network disk takes seconds."""


def ask(directory: Path, *question: str, patience_s: float = PATIENCE_S) -> str:
    """What git answers about the working tree around `directory`.

    Raises:
        LabbookError: git is not there, refused, or took longer than `patience_s`.
    """
    try:
        answer = subprocess.run(
            ["git", "-C", str(directory), *question],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=patience_s,
            check=False,
            env=_environment(),
        )
    except subprocess.TimeoutExpired:
        raise LabbookError(f"git took longer than {patience_s:g} s in {directory}.") from None
    except OSError as error:
        raise LabbookError(f"git cannot be started: {error.strerror}.") from error
    if answer.returncode:
        why = answer.stderr.strip().partition("\n")[0] or f"exit code {answer.returncode}"
        raise LabbookError(f"git says of {directory}: {why}")
    return answer.stdout


def read(
    directory: Path, *question: str, at_most_bytes: int, patience_s: float = PATIENCE_S
) -> bytes | None:
    """What git answers, byte for byte; None when it is more than `at_most_bytes`.

    Raises:
        LabbookError: git is not there, refused, or took longer than `patience_s`.
    """
    command = ["git", "-C", str(directory), *question]
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
        )
    except OSError as error:
        raise LabbookError(f"git cannot be started: {error.strerror}.") from error
    timer = threading.Timer(patience_s, process.kill)
    timer.start()
    try:
        with process:
            answer = process.stdout.read(at_most_bytes + 1) if process.stdout else b""
            if len(answer) > at_most_bytes:
                process.kill()
                return None
    finally:
        timer.cancel()
    if process.returncode:
        raise LabbookError(f"git did not answer about {directory}.")
    return answer


def _environment() -> dict[str, str]:
    """The caller's, without what a git hook sets: git would answer for another tree."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return {**kept, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
