"""Tells of the end of a run or a sweep with the person's own command, once and on the side.

Whoever ends it starts another process for that: a command that is slow or fails holds up
nothing.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from labbook import settings as settings_module
from labbook.errors import UsageError
from labbook.runner.directory import ENVIRONMENT, KEEPER, RunDirectory
from labbook.runner.spawn import bury, spawn, spawned
from labbook.runner.sweeps.directory import SweepDirectory
from labbook.settings import Settings


def run_has_ended(path: Path, run_id: int, settings: Settings | None = None) -> None:
    """Have the person's command told that a run has ended; whoever ended it calls this once.

    settings: as they were read; else they are read now
    """
    log = RunDirectory.of(path.absolute(), run_id).supervisor_log
    _start(path, "run", run_id, log, settings)


def sweep_has_ended(path: Path, sweep_id: int, settings: Settings | None = None) -> None:
    """The same of a sweep."""
    log = SweepDirectory(path.absolute(), sweep_id).supervisor_log
    _start(path, "sweep", sweep_id, log, settings)


def _start(path: Path, kind: str, number: int, log: Path, settings: Settings | None) -> None:
    """Start the process that starts the command, where one is set."""
    if settings is None:
        try:
            settings = settings_module.load(path)
        except UsageError:
            return  # whoever looks at the notebook next is told of it
    if not settings.notify_command:
        return
    bury()
    # What it runs is no part of the run, whose processes are known by these.
    not_ours = (ENVIRONMENT, KEEPER)
    environment = {name: value for name, value in os.environ.items() if name not in not_ours}
    with contextlib.suppress(OSError):
        arguments = [str(path.absolute()), kind, str(number)]
        output = log if log.parent.is_dir() else Path(os.devnull)
        spawned.add(spawn("labbook.runner.notifier", arguments, environment, output=output))
