"""Gathers where a run comes from, beside the run: it may take seconds, and nothing waits for it.

What is gathered stands as files in the run directory, where whoever ends the run finds it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from labbook.errors import LabbookError
from labbook.model import Code
from labbook.runner import interpreter, provenance
from labbook.runner.directory import RunDirectory, write_whole
from labbook.runner.requirements import distributions, requirements
from labbook.text.size import size

PATCH = "code.patch"
UNTRACKED = "untracked.txt"
SUBMODULES = "submodules.txt"
REQUIREMENTS = "requirements.txt"
SHARDS = "shards.csv"
"""Who computed which shard; by the worker, which gave them out."""

NAMES = (PATCH, UNTRACKED, SUBMODULES, REQUIREMENTS, SHARDS)
"""The files that may be there, in `provenance/` of the run directory."""

WARNINGS = "warnings.txt"
"""What could not be gathered, a sentence a line."""


class Gathering:
    """One run's provenance, gathered by a thread.

    code, environment: once it is ready; None where there is none
    """

    def __init__(
        self,
        directory: RunDirectory,
        code: Path,
        argv: Sequence[str] | None = None,
        started_in: Path | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        """Begin.

        code: the directory whose git state counts
        argv: of a command, whose own Python counts; None where labbook's own does
        started_in, variables: the command's directory and environment; else this process's
        """
        self.code: Code | None = None
        self.environment: dict[str, Any] | None = None
        self._directory = directory
        self._place = code
        self._argv = argv
        self._started_in = started_in or Path()
        self._variables = dict(os.environ if variables is None else variables)
        self._warnings: list[str] = []
        self._thread = threading.Thread(target=self._gather, name="provenance", daemon=True)
        self._thread.start()

    def wait(self, timeout_s: float) -> bool:
        """Whether all is gathered, after at most so long."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _gather(self) -> None:
        try:
            self._directory.provenance.mkdir(mode=0o700, exist_ok=True)
            self.code = provenance.code(self._place)
            if self.code is not None:
                self._gather_code(self.code)
            self._gather_environment()
            if self._warnings:
                self._write(WARNINGS, "\n".join(self._warnings).encode())
        except OSError:
            return  # a full disk, or a directory that somebody removed

    def _gather_code(self, code: Code) -> None:
        for name, tell in ((PATCH, _patch), (UNTRACKED, _untracked), (SUBMODULES, _submodules)):
            try:
                content = tell(code)
            except LabbookError as error:
                self._warnings.append(error.message)
                continue
            if content is None:
                self._warnings.append(_TOO_MUCH[name])
            elif content:
                self._write(name, content)

    def _gather_environment(self) -> None:
        argv, variables = self._argv, self._variables
        python = (
            interpreter.own()
            if argv is None
            else interpreter.of_command(argv, self._started_in, variables)
        )
        found = distributions(python.path) if python else ()
        if python:
            self._write(REQUIREMENTS, requirements(python, found).encode())
        self.environment = provenance.environment(python, found, variables)

    def _write(self, name: str, content: bytes) -> None:
        write_whole(self._directory.provenance / name, content)


def _patch(code: Code) -> bytes | None:
    return provenance.changes(code) if code.dirty else b""


def _untracked(code: Code) -> bytes | None:
    return provenance.unknown_files(code)


def _submodules(code: Code) -> bytes | None:
    return provenance.submodules(code).encode()


_TOO_MUCH = {
    PATCH: (
        f"The changes to the code are more than {size(provenance.MOST_PATCH_BYTES)} and were not "
        "kept; commit them, and the commit says what ran."
    ),
    UNTRACKED: "git knows nothing of so many files that their list was not kept.",
}
