"""Reads the specifications of a researcher's code without importing it here.

A child process imports it; its answer is kept in a file, and holds for as long as the code's
file has the same SHA-256. An answer that is an error is not kept: what was missing may be
installed tomorrow.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from labbook import __version__
from labbook.errors import ExperimentError, UsageError
from labbook.experiments.spec import Signature

TIMEOUT_S = 120.0
"""A first import of a large framework from a network disk can take a minute."""


class Specifications:
    """What each target holds, by way of a child process and a cache.

    cache: a directory for the answers; without one each question starts a child
    """

    def __init__(self, cache: Path | None) -> None:
        self._cache = cache

    def read(self, targets: Iterable[str]) -> dict[str, tuple[Signature, ...] | ExperimentError]:
        """The signatures at each target, or why there are none."""
        wanted = list(targets)
        if not wanted:
            return {}
        with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
            return dict(zip(wanted, pool.map(self._read_one, wanted), strict=True))

    def check(
        self, target: str, name: str, every: Sequence[Mapping[str, Any]]
    ) -> tuple[tuple[int, UsageError], ...]:
        """Let the experiment's own rule across parameters judge each set of them.

        Returns: what it says of those that break it, with their places.

        Raises:
            ExperimentError: the code could not be asked.
        """
        try:
            answer = _ask([target, name], json.dumps([dict(params) for params in every]))
        except ExperimentError as error:
            raise ExperimentError(_sentence(target, error.message), error.hint) from error
        if "error" in answer:
            raise ExperimentError(_sentence(target, answer["error"]), answer.get("hint", ""))
        return tuple(
            (place, UsageError(message, hint)) for place, message, hint in answer["refused"]
        )

    def _read_one(self, target: str) -> tuple[Signature, ...] | ExperimentError:
        kept = self._kept(target)
        try:
            answer = kept or _ask([target])
            if "error" in answer:
                return ExperimentError(_sentence(target, answer["error"]), answer.get("hint", ""))
            found = tuple(Signature.from_json(each) for each in answer["experiments"])
        except ExperimentError as error:
            return ExperimentError(_sentence(target, error.message), error.hint)
        if kept is None:
            self._keep(target, answer)
        return found

    def _path(self, target: str) -> Path | None:
        if self._cache is None:
            return None
        # An interpreter's answer is its own: another may lack the packages.
        key = "\n".join((__version__, sys.version, sys.prefix, target))
        return self._cache / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.json"

    def _kept(self, target: str) -> dict[str, Any] | None:
        path = self._path(target)
        if path is None:
            return None
        try:
            answer: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            return answer if answer["sha256"] == _sha256(answer["file"]) else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _keep(self, target: str, answer: dict[str, Any]) -> None:
        path = self._path(target)
        try:
            kept = {**answer, "sha256": _sha256(answer["file"])}
            if path is not None:
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                partial = path.with_suffix(f".{os.getpid()}.partial")
                partial.write_text(json.dumps(kept), encoding="utf-8")
                partial.replace(path)
        except OSError:
            # A cache that cannot be written costs time, nothing else.
            return


def _ask(question: list[str], given: str = "") -> dict[str, Any]:
    try:
        with tempfile.TemporaryDirectory(prefix="labbook-") as scratch:
            answer = Path(scratch, "answer.json")
            # -P: the directory that somebody stands in holds no modules of ours.
            command = [sys.executable, "-P", "-m", "labbook.experiments.describe", str(answer)]
            ended = subprocess.run(
                command + question,
                input=given,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=TIMEOUT_S,
                check=False,
            )
            return _answer(answer, ended)
    except subprocess.TimeoutExpired:
        raise ExperimentError(f"importing it took longer than {TIMEOUT_S:.0f} s.") from None
    except OSError as error:
        raise ExperimentError(f"no process could be started to import it: {error}.") from error


def _answer(file: Path, ended: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        last = ended.stderr.strip().rpartition("\n")[2]
        raise ExperimentError(
            f"importing it ended Python with exit code {ended.returncode}. {last}".strip()
        ) from None
    return found


def _sha256(path: str) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def _sentence(target: str, problem: str) -> str:
    return f"No experiments could be read from {target}: {problem}"
