"""The supervisor: a process of its own that looks after one run from start to paste.

    python -m labbook.runner.supervisor NOTEBOOK RUN [SHIM]

It starts the worker first and imports SQLAlchemy afterwards, so that the experiment does not
wait for it. A command is started by its shim, whose identity is SHIM, and may have had another
supervisor before. What it would say to a person goes to `supervisor.log` in the run directory.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from pathlib import Path

from labbook.runner import identity
from labbook.runner.directory import RunDirectory
from labbook.runner.identity import Life
from labbook.runner.kept import KeptCommand
from labbook.runner.order import Order
from labbook.runner.parent import adopt_orphans, has_children
from labbook.runner.process import WorkerProcess
from labbook.runner.stopping import Stopping

LEFTOVERS_PATIENCE_S = 2.0


def main(arguments: list[str]) -> int:
    notebook, run_id = Path(arguments[0]), int(arguments[1])
    directory = RunDirectory.of(notebook, run_id)
    order = Order.read(directory.order)
    if order.is_command:
        _look_after_command(notebook, directory, order, *arguments[2:])
    elif directory.claim(identity.own().text):
        _look_after_worker(notebook, directory, order)
    return 0


def _look_after_command(
    notebook: Path, directory: RunDirectory, order: Order, shim: str = ""
) -> None:
    """Take the place of the supervisor that is gone, or the first."""
    number, holder = directory.latest_claim()
    if number and identity.judge(holder) is not Life.GONE:
        return
    if not directory.claim(identity.own().text, number + 1):
        return
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    command = KeptCommand(directory, shim)

    from labbook.runner.command_supervision import supervise_command

    supervise_command(notebook, directory, order, command)
    _start_waiting(notebook)


def _look_after_worker(notebook: Path, directory: RunDirectory, order: Order) -> None:
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
    _start_waiting(notebook)


def _start_waiting(path: Path) -> None:
    """There is room for another run of the queue."""
    from labbook import settings
    from labbook.errors import LabbookError
    from labbook.model import Moment
    from labbook.runner.queue import start_waiting
    from labbook.store.notebook import Notebook

    # What cannot be started now is started by whoever looks next.
    with contextlib.suppress(LabbookError):
        chosen = settings.load(path)
        with Notebook.open(path, clock=Moment.now, create=False) as notebook:
            start_waiting(notebook, chosen, Moment.now)


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
