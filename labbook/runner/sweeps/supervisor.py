"""The supervisor of a sweep: a process of its own, from the first point to the last.

    python -m labbook.runner.sweeps.supervisor NOTEBOOK SWEEP

What it would say to a person goes to `supervisor.log` in the sweep's directory.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from labbook.model import Moment
from labbook.runner import identity
from labbook.runner.executors.choose import make_executor, parse_executor
from labbook.runner.executors.interface import ExecutorLost, Task
from labbook.runner.sweeps.directory import SweepDirectory
from labbook.runner.sweeps.recording import Recording
from labbook.runner.sweeps.supervision import Supervision
from labbook.store import sweeps
from labbook.store.notebook import Notebook


def main(arguments: list[str]) -> int:
    path, sweep_id = Path(arguments[0]), int(arguments[1])
    directory = SweepDirectory(path, sweep_id)
    order = directory.read_order()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: directory.ask_to_stop())
    owner = identity.own().text
    with Notebook.open(path, clock=Moment.now, create=False) as notebook:
        if not sweeps.take_over(notebook, sweep_id, owner, known=(order.owner,)):
            return 0
        sweep = sweeps.sweep(notebook, sweep_id)
        recording = Recording(notebook, sweep, order, owner)
        task = Task(sweep.experiment, order.target, sweep.backend_asked, sweep.directory)
        try:
            executor = make_executor(parse_executor(sweep.executor), task, directory.path)
        except ExecutorLost as error:
            recording.close_lost(error.message)
            return 0
        try:
            Supervision(recording, executor, directory, order).go()
        finally:
            executor.close()
    directory.drop_empty_logs()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
