"""One shard: its pieces, and what became of it."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import shutil
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from labbook.runner.directory import RunDirectory
from labbook.runner.executors.interface import Ended
from labbook.runner.executors.remote import REFUSED
from labbook.runner.identity import Identity

COLUMNS = (
    *("shard", "first_piece", "pieces", "attempts", "host", "process", "device", "seconds"),
    "peak_memory_bytes",
)


class Shard:
    """One shard of a run.

    attempts: how often it has been begun
    directory: of the last attempt
    worker: the identity of the process that computed it
    """

    def __init__(self, number: int, pieces: range) -> None:
        self.number = number
        self.pieces = pieces
        self.attempts = 0
        self.is_done = False
        self.directory: RunDirectory
        self.worker = ""
        self.device = ""
        self.memory_bytes = 0
        self.seconds = 0.0

    def begin(self, directory: RunDirectory, earlier: Path) -> None:
        """Begin an attempt in a directory of its own.

        earlier: what the run goes on from, if that is there
        """
        directory.make(reserve=False)
        with contextlib.suppress(FileNotFoundError):
            shutil.copyfile(earlier, directory.earlier)
        self.directory = directory
        self.attempts += 1

    def end(self, ended: Ended) -> tuple[str, str]:
        """How this attempt has ended, "finished", "failed", "cancelled" or "lost", and why."""
        facts = self.directory.read_exit()
        if facts is None:
            return "lost", _death(ended)
        state, message = str(facts.get("state")), str(facts.get("message") or "")
        if facts.get("signal"):
            return "lost", message  # somebody ended its worker, and it could still say so
        if state == "finished":
            self.is_done = True
            self.worker = str(facts.get("worker") or "")
            self.memory_bytes = int(facts.get("peak_memory_bytes") or 0)
            self.seconds = float(facts.get("duration_s") or 0.0)
            self.device = _device(self.directory)
        return state, message

    def row(self) -> tuple[Any, ...]:
        by = Identity.parse(self.worker)
        who = (by.host, by.pid) if by else ("", "")
        what = (self.number, self.pieces.start, len(self.pieces), self.attempts)
        return *what, *who, self.device, f"{self.seconds:.6g}", self.memory_bytes


def table_of(shards: Sequence[Shard]) -> str:
    """Who computed which shard, as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(each.row() for each in shards)
    return text.getvalue()


def _death(ended: Ended) -> str:
    status = ended.status
    if status is None:
        known = ended.because and ended.because != REFUSED
        return ended.because if known else "its worker died."
    if status.signal is None:
        return f"its worker ended with exit code {status.exit_code}."
    try:
        name = signal.Signals(status.signal).name
    except ValueError:
        name = f"signal {status.signal}"
    memory = ", as the system does when memory runs out" if name == "SIGKILL" else ""
    return f"its worker was ended by {name}{memory}."


def _device(directory: RunDirectory) -> str:
    """What the worker says that it computes on, in its first words."""
    try:
        with directory.events.open("rb") as file:
            return str(json.loads(file.readline()).get("device") or "")
    except (OSError, ValueError, AttributeError):
        return ""
