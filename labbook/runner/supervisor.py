"""The supervisor: a process of its own that looks after one run from start to paste.

    python -m labbook.runner.supervisor NOTEBOOK RUN

It starts the worker first and imports SQLAlchemy afterwards, so that the experiment does not
wait for it. What it would say to a person goes to `supervisor.log` in the run directory.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from labbook.runner import identity
from labbook.runner.directory import RunDirectory
from labbook.runner.order import Order
from labbook.runner.parent import adopt_orphans, has_children
from labbook.runner.process import WorkerProcess
from labbook.runner.stopping import Stopping

LEFTOVERS_PATIENCE_S = 2.0


def main(arguments: list[str]) -> int:
    notebook, run_id = Path(arguments[0]), int(arguments[1])
    directory = RunDirectory.of(notebook, run_id)
    if not directory.claim(identity.own().text):
        return 0
    order = Order.read(directory.order)
    # Whoever started us may have ignored it, and then nobody learns how a child ended.
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    worker = _start_worker(directory)
    stopping = Stopping(directory, order, worker) if worker else None
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.hurry() if stopping else None)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    adopts = adopt_orphans()

    from labbook.runner.supervision import supervise

    supervise(notebook, directory, order, worker, stopping)
    if worker is not None:
        _end_leftovers(directory, worker, adopts)
    return 0


def _end_leftovers(directory: RunDirectory, worker: WorkerProcess, adopts: bool) -> None:
    """End what the experiment started and left behind."""
    if not worker.wait_for_end(LEFTOVERS_PATIENCE_S):
        worker.kill()
    # Whoever adopts orphans and has no child has nothing to look for.
    if not adopts or has_children():
        from labbook.runner.family import end_family

        end_family(directory.path, os.getpid(), patience_s=LEFTOVERS_PATIENCE_S)


def _start_worker(directory: RunDirectory) -> WorkerProcess | None:
    """The worker; None when there is none to start, and `exit.json` says why."""
    if directory.is_asked_to_stop():
        directory.write_exit({"state": "cancelled", "message": "It was cancelled before it began."})
        return None
    try:
        worker = WorkerProcess(directory)
    except OSError as error:
        why = f"Its process could not be started: {os.strerror(error.errno or 0)}."
        directory.write_exit({"state": "failed", "message": why})
        return None
    directory.write_identity("worker", worker.identity)
    return worker


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
