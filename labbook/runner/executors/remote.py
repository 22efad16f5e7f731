"""What a Dask worker does with a point: computes it in a warm process of its own beside it.

Imported by Dask workers. They need labbook and the experiment's code, never the notebook:
all that a point has made goes back to its owner as bytes.
"""

from __future__ import annotations

import hashlib
import os
import select
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from labbook.runner.executors.interface import Point, Task
from labbook.runner.executors.share import share_done
from labbook.runner.executors.warm import WarmWorker

LOOK_EVERY_S = 0.5


@dataclass(frozen=True, slots=True)
class Job:
    """One point on its way to a worker.

    key: names the attempt, on the scheduler too
    pieces: of a shard
    earlier: what its run goes on from
    source: the name and the text of the file that the experiment stands in, if it is one
    grace_s: how long a point that was asked to stop is waited for
    """

    key: str
    task: Task
    run: int
    seed: int
    params: dict[str, Any]
    argv: tuple[str, ...] | None
    pieces: tuple[int, int] | None
    earlier: bytes | None
    source: tuple[str, str] | None
    grace_s: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of it.

    files: the content of the point's directory, by paths in it
    because: why there is none
    """

    files: dict[str, bytes]
    because: str = ""
    exit_code: int | None = None
    signal: int | None = None
    peak_memory_bytes: int = 0


Tell = Callable[[float], None]
"""Takes the share of a point that is done."""

_NOT_RETURNED = ("cancel", "earlier.json")

REFUSED = "A worker died while it computed this point, and it is not started a second time."

_lock = threading.Lock()
_idle: dict[Task, list[WarmWorker]] = {}


def compute(job: Job) -> Answer:
    """Compute a point, unless somebody has begun to."""
    from distributed import get_client, get_worker

    board, here = get_client(), get_worker()
    claim = [job.key.rpartition("-")[0], job.key]
    # Dask gives the task of a dead worker to another, after it has noticed the death.
    if board.get_metadata(claim, default=None) is not None:
        return Answer({}, REFUSED)

    def is_cancelled() -> bool:
        wanted = here.state.tasks.get(job.key)
        if wanted is None or wanted.state == "cancelled":
            return True  # whoever asked for it is gone
        words = ("cancel", f"cancel {job.run}")
        return any(board.get_metadata([claim[0], word], default=None) for word in words)

    def tell(share: float) -> None:
        board.set_metadata([claim[0], f"share {job.run}"], share)

    if is_cancelled():
        return Answer({"exit.json": b'{"state": "cancelled"}'})
    board.set_metadata(claim, f"{os.uname().nodename} {os.getpid()}")
    return _computed(job, is_cancelled, tell)


def _computed(job: Job, is_cancelled: Callable[[], bool], tell: Tell) -> Answer:
    task = _here(job)
    worker = _take(task)
    with tempfile.TemporaryDirectory(prefix="labbook-point-") as scratch:
        directory = Path(scratch)
        if job.earlier is not None:
            (directory / "earlier.json").write_bytes(job.earlier)
        worker.give(_point(job, directory))
        try:
            alive = _wait(worker, directory, job, is_cancelled, tell)
        except BaseException:
            # The scheduler is gone, and whoever asked with it.
            worker.kill()
            worker.dismiss()
            raise
        if alive:
            worker.point = None
            with _lock:
                _idle.setdefault(task, []).append(worker)
        else:
            worker.kill()
            worker.dismiss()
        files = {
            str(path.relative_to(directory)): path.read_bytes()
            for path in directory.rglob("*")
            if path.is_file() and not path.is_symlink() and path.name not in _NOT_RETURNED
        }
    if alive or worker.status is None:
        return Answer(files)
    status = worker.status
    return Answer(files, "", status.exit_code, status.signal, status.peak_memory_bytes)


def _point(job: Job, directory: Path) -> Point:
    cores = None if job.pieces is None else 1  # a task of Dask's is a thread's work
    return Point(job.run, directory, job.seed, job.params, job.argv, job.pieces, cores)


def _wait(
    worker: WarmWorker,
    directory: Path,
    job: Job,
    is_cancelled: Callable[[], bool],
    tell: Tell,
) -> bool:
    """Wait for a point's end; False when its process died or had to be killed."""
    asked_at: float | None = None
    told = 0.0
    while True:
        ready, _, _ = select.select([worker], [], [], LOOK_EVERY_S)
        if ready:
            return worker.take()
        if asked_at is None:
            if is_cancelled():
                (directory / "cancel").touch()
                asked_at = time.monotonic()
        elif time.monotonic() - asked_at > job.grace_s:
            return False
        if job.pieces is not None and (share := share_done(directory / "events.jsonl")) != told:
            told = share
            tell(share)


def _take(task: Task) -> WarmWorker:
    with _lock:
        waiting = _idle.get(task)
        if waiting:
            return waiting.pop()
    log = Path(tempfile.gettempdir(), f"labbook-worker-{os.getpid()}-{threading.get_ident()}.log")
    return WarmWorker(task, log, {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)})


def _here(job: Job) -> Task:
    """The task with its source where this machine has it."""
    if job.source is None:
        return job.task
    name, text = job.source
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    folder = Path(tempfile.gettempdir(), f"labbook-{os.getuid()}-{digest}")
    folder.mkdir(mode=0o700, exist_ok=True)
    target = folder / name
    if not target.exists():
        part = folder / f".{os.getpid()}-{threading.get_ident()}"
        part.write_text(text, encoding="utf-8")
        part.replace(target)
    return replace(job.task, target=str(target))
