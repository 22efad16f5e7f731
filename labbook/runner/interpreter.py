"""The Python that a command runs on, which need not be labbook's own."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PATIENCE_S = 10.0
_PYTHON = re.compile(r"(python|pypy)w?[0-9]*(\.[0-9]+)*t?d?(\.exe)?")
_QUESTION = (
    "import json, platform, sys; print(json.dumps([platform.python_version(),"
    " platform.python_implementation(), sys.executable, sys.path[1:]]))"
)
_FIRST_LINE_BYTES = 300


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python.

    path: where it looks for modules
    """

    version: str
    implementation: str
    executable: str
    path: tuple[str, ...]


def own() -> Interpreter:
    """The one that this process runs on, and a worker too."""
    return Interpreter(
        platform.python_version(),
        platform.python_implementation(),
        sys.executable,
        tuple(sys.path),
    )


def of_command(
    argv: Sequence[str], directory: Path, environment: Mapping[str, str]
) -> Interpreter | None:
    """The Python that a command is, or is written for; None when it is neither.

    directory: where the command is started
    """
    program = _program(argv, directory, environment)
    if program is None:
        return None
    asked = ["-c", _QUESTION]
    try:
        answer = subprocess.run(
            [program, *asked],
            cwd=directory,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=PATIENCE_S,
            check=False,
        )
        return _understood(json.loads(answer.stdout))
    except (OSError, ValueError, TypeError, subprocess.TimeoutExpired):
        return None


def _understood(told: Any) -> Interpreter:
    version, implementation, executable, path = told
    return Interpreter(
        str(version), str(implementation), str(executable), tuple(str(each) for each in path)
    )


def _program(argv: Sequence[str], directory: Path, environment: Mapping[str, str]) -> str | None:
    """The interpreter's program: the command itself, or the one that its first line names."""
    if not argv:
        return None
    found = _found(argv[0], directory, environment)
    if found is None or _PYTHON.fullmatch(Path(argv[0]).name):
        return found
    try:
        with Path(found).open("rb") as file:
            first = file.read(_FIRST_LINE_BYTES).partition(b"\n")[0]
    except OSError:
        return None
    if not first.startswith(b"#!"):
        return None
    words = os.fsdecode(first[2:]).split()
    named = next((word for word in words if _PYTHON.fullmatch(Path(word).name)), None)
    return named and _found(named, directory, environment)


def _found(program: str, directory: Path, environment: Mapping[str, str]) -> str | None:
    if os.sep in program:
        return str(directory / program)
    return shutil.which(program, path=environment.get("PATH"))
