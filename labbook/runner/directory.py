"""The run directory: the whole protocol between what runs and what records it.

`<notebook>/runs/<run>/` holds, for a run of any kind and in any language:

    run.json        what to run; written once, before anything starts (see `order`)
    earlier.json    what the run that this one goes on from has kept
    environment.json  what a run starts with that waits in the queue; gone once it has started
    spawned         the identity of the supervisor, by who started it
    claim           the identity of the supervisor, by itself; comes into being once and never
                    again, so a second supervisor for the same run stops at once
    keeper/         of a command alone: what keeps it when its supervisor is killed (below)
    worker          the identity of the worker, by the supervisor
    events.jsonl    what the run says, one JSON object a line, only ever appended; a last line
                    without its newline was cut off by a kill and counts for nothing
    metrics.jsonl   numbers, as a program in any language writes them (see `metrics_file`)
    provenance/     files that say where the run comes from
    log             what the run prints, both streams, as raw bytes
    files/          files that events name, by a path relative to the directory
    cancel          there when somebody asked the run to stop
    .shards/        one like this for each shard, with its pieces.jsonl; gone in the end
    exit.json       how it ended; written whole or not at all, and never twice
    supervisor.log  what the supervisor itself had to complain about
    reserve         room for exit.json, given back when the disk is full

What else a run leaves there is the run's own, and is taken in at its end (see `left_files`).

Events, each with a `type`; numbers that are not finite are "nan", "inf" and "-inf":

    {"type": "start", "at_us": 1790000000000000, "backend": "numpy", "reason": "", "device": ""}
    {"type": "params", "params": {"lr": 0.1}, "seed": 7}       what the run has not named yet
    {"type": "progress", "done": 10, "of": 100}
    {"type": "metric", "name": "loss", "value": 0.25, "step": 10}
    {"type": "table", "table": {"name": …, "columns": [{"name", "unit"}], "rows": […]}}
    {"type": "figure", "figure": {"name": …, "x": …, "y": …, "series": […], "marks": […]}}
    {"type": "file", "kind": "file" | "series", "name": "weights.npz", "path": "files/1.npz"}
    {"type": "warning", "text": "…"}

exit.json, all but `state` optional:

    {"state": "finished" | "failed" | "cancelled", "message": "", "exit_code": 0,
     "signal": null, "duration_s": 1.25, "peak_memory_bytes": 50000000, "at_us": …}

A command is started by its shim and outlives its supervisor, whose place another one takes:

    keeper/shim     the identity of the shim, by itself; like `claim` it comes once, and is the
                    right to start the command
    keeper/claim.2  the identity of the second supervisor, and so on; each may be claimed when
                    the one before it is gone
    keeper/started  the command's process, when it was started in microseconds since 1970, and
                    by the machine's own clock
    keeper/stopping why the first signal was sent, "cancelled" or "timed_out", and when by that
                    clock
    keeper/size     columns and rows of its terminal; the shim looks when it gets SIGWINCH
    keeper/next     the number of the run that tries again after this one has failed

Its exit.json has besides "cpu_s", "monotonic" (the end by the machine's own clock),
"left_processes" and "log_lacks_bytes".

Nobody else needs to be alive for the notebook to take in what a directory holds.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import threading
from pathlib import Path
from typing import Any

ENVIRONMENT = "LABBOOK_RUN_DIR"
"""Names the directory to the run itself; also how left-over processes are recognised."""

SHARDS = ".shards"

KEEPER = "LABBOOK_RUN_KEEPER"
"""Names the directory to the shim and the supervisor of a command, which are no part of it."""

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

OWN_NAMES = frozenset(
    {
        *("run.json", "earlier.json", "spawned", "claim", "worker", "events.jsonl", "log", "files"),
        *("cancel", "exit.json", "supervisor.log", "reserve", "metrics.jsonl", "provenance"),
        *("keeper", "environment.json"),
    }
)
"""What the protocol itself keeps in a run directory; everything else there is the run's."""

_RESERVE_BYTES = 8192
_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})


class RunDirectory:
    """One run's directory."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.order = path / "run.json"
        self.earlier = path / "earlier.json"
        self.environment = path / "environment.json"
        self.events = path / "events.jsonl"
        self.metrics = path / "metrics.jsonl"
        self.provenance = path / "provenance"
        self.log = path / "log"
        self.shards = path / SHARDS
        self.pieces = path / "pieces.jsonl"
        self.files = path / "files"
        self.supervisor_log = path / "supervisor.log"
        self.keeper = path / "keeper"
        self._exit = path / "exit.json"
        self._cancel = path / "cancel"
        self._reserve = path / "reserve"

    @classmethod
    def of(cls, notebook: Path, run_id: int) -> RunDirectory:
        return cls(notebook / "runs" / str(run_id))

    def make(self, *, reserve: bool = True) -> None:
        """Make the directory, readable by nobody else, with its reserve.

        A directory of that name is a leftover of a notebook that was restored from an older
        backup; it is moved aside.
        """
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            self.path.mkdir(mode=0o700)
        except FileExistsError:
            number = 1
            while (aside := self.path.with_name(f"{self.path.name}.old{number}")).exists():
                number += 1
            self.path.rename(aside)
            self.path.mkdir(mode=0o700)
        if reserve:
            self._reserve.write_bytes(bytes(_RESERVE_BYTES))

    def make_keeper(self) -> None:
        """Make the place for a command's keeper."""
        self.keeper.mkdir(mode=0o700)

    def claim(self, identity: str, number: int = 1) -> bool:
        """Take the right to look after this run; False when it is taken.

        number: of a command's supervisor; the one before it is gone
        """
        return self._take(self._claim(number), identity)

    def latest_claim(self) -> tuple[int, str]:
        """The number and the identity of the last supervisor; 0 and "" before the first."""
        number = 0
        while self._claim(number + 1).exists():
            number += 1
        return number, self._read(self._claim(number)) if number else ""

    def take_start(self, identity: str) -> bool:
        """Take the right to start the command, so that a shim that comes late does not."""
        return self._take(self.keeper / "shim", identity)

    def _claim(self, number: int) -> Path:
        return self.path / "claim" if number == 1 else self.keeper / f"claim.{number}"

    def _take(self, right: Path, identity: str) -> bool:
        mine = self.path / f".claim.{os.getpid()}.{threading.get_ident()}"
        write_whole(mine, identity.encode())
        try:
            # A link appears with its content: nobody ever sees a claim without a name.
            os.link(mine, right)
        except FileExistsError:
            return False
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            return _create(right, identity.encode())
        finally:
            mine.unlink(missing_ok=True)
        return True

    def claim_quickly(self, identity: str) -> None:
        """Take that right for a run that begins with its row, so that nobody else can want it.

        Not flushed: after a power cut there is another boot, and nobody is taken for alive.
        """
        _create(self.path / "claim", identity.encode())

    def read_earlier(self) -> dict[str, Any] | None:
        """What the run that this one goes on from has kept; None if it begins anew.

        Raises:
            ValueError: it is no JSON object.
        """
        try:
            found = json.loads(self.earlier.read_bytes())
        except FileNotFoundError:
            return None
        if not isinstance(found, dict):
            raise ValueError(f"{self.earlier} holds no object")
        return found

    def is_claimed(self) -> bool:
        return self._claim(1).exists()

    def is_taken(self) -> bool:
        """Whether the right to start the command is taken."""
        return (self.keeper / "shim").exists()

    def identity(self, who: str) -> str:
        """The identity in `spawned`, `claim`, `worker` or `keeper/shim`; empty when it is not
        there (yet).
        """
        return self._read(self.path / who)

    def write_identity(self, who: str, identity: str) -> None:
        write_whole(self.path / who, identity.encode())

    def words(self, which: str) -> list[str]:
        """What stands in `keeper/started`, `stopping` or `next`; nothing when it is not there."""
        return self._read(self.keeper / which).split()

    def write_words(self, which: str, *words: object) -> None:
        write_whole(self.keeper / which, " ".join(map(str, words)).encode())

    def _read(self, path: Path) -> str:
        try:
            return path.read_text(encoding="utf-8")
        except OSError:
            return ""

    def ask_to_stop(self) -> None:
        self._cancel.touch(mode=0o600)

    def is_asked_to_stop(self) -> bool:
        return self._cancel.exists()

    def write_exit(self, facts: dict[str, Any], *, durable: bool = True) -> None:
        """Say how the run ended, unless that is said already.

        durable: also after a power cut, for which the disk is waited for
        """
        data = json.dumps(facts).encode()
        if self._exit.exists():
            return
        try:
            write_whole(self._exit, data, for_good=durable)
        except OSError as error:
            if error.errno not in NO_ROOM:
                raise
            self._reserve.unlink(missing_ok=True)
            write_whole(self._exit, data, for_good=durable)

    def has_exit(self) -> bool:
        return self._exit.exists()

    def read_exit(self) -> dict[str, Any] | None:
        """What `exit.json` says; None when it is not there or is no JSON object."""
        try:
            facts = json.loads(self._exit.read_bytes())
        except (OSError, ValueError):
            return None
        return facts if isinstance(facts, dict) else None

    def drop_reserve(self) -> None:
        """Give the room back; a directory that is gone has none."""
        with contextlib.suppress(OSError):
            self._reserve.unlink()

    def drop_shards(self) -> None:
        """Remove what the shards have left, which the run has gone through."""
        import shutil

        shutil.rmtree(self.shards, ignore_errors=True)


def _create(path: Path, data: bytes) -> bool:
    """Create a file; False when it is there."""
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    return True


def write_whole(path: Path, data: bytes, *, for_good: bool = True) -> None:
    """Write a file so that it is there whole or not at all.

    for_good: also after a power cut, which takes the disk's time
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    descriptor = os.open(partial, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            if for_good:
                file.flush()
                os.fsync(file.fileno())
        partial.replace(path)
    except OSError:
        partial.unlink(missing_ok=True)
        raise
