"""Runs a command that an experiment is, and waits for its end."""

from __future__ import annotations

import subprocess
from pathlib import Path

from labbook.errors import ExperimentError

PATIENCE_S = 5.0
"""How long a command may take to end when its run is cancelled."""


def start(argv: tuple[str, ...], directory: Path) -> None:
    """Start a command, with this process's environment and output, and wait for its end.

    Raises:
        ExperimentError: it could not be started, or said by its exit code that it failed.
    """
    if not directory.is_dir():
        raise ExperimentError(f"There is no directory {directory} to start {argv[0]} in.")
    try:
        process = subprocess.Popen(argv, cwd=directory, stdin=subprocess.DEVNULL)
    except OSError as error:
        raise ExperimentError(f"{argv[0]} could not be started: {error.strerror}.") from error
    try:
        code = process.wait()
    except BaseException:
        process.terminate()
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
        raise
    if code < 0:
        raise ExperimentError(f"{Path(argv[0]).name} was ended by signal {-code}.")
    if code:
        raise ExperimentError(f"{Path(argv[0]).name} ended with exit code {code}.")
