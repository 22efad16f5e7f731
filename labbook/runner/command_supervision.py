"""What a supervisor does for a command, from its start or from wherever another left off."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psutil

from labbook.model import Moment
from labbook.runner import endings
from labbook.runner.command_stopping import CommandStopping
from labbook.runner.directory import RunDirectory
from labbook.runner.family import end_family, family
from labbook.runner.kept import KeptCommand
from labbook.runner.notify import run_has_ended
from labbook.runner.order import Order
from labbook.runner.retry import Retry
from labbook.runner.supervision import Supervision, insist
from labbook.runner.usage import Usage
from labbook.store import runs
from labbook.store.notebook import Notebook
from labbook.store.runs import ActiveRun, Outcome

TURN_S = 0.1
LEFTOVERS_PATIENCE_S = 2.0


def supervise_command(
    notebook_path: Path, directory: RunDirectory, order: Order, command: KeptCommand
) -> None:
    """Look after a command until its run is pasted, and start the next attempt if there is one."""
    notebook = insist(lambda: Notebook.open(notebook_path, clock=Moment.now, create=False))
    with notebook:
        active = _active(notebook, order.run)
        if active is not None:
            _Care(notebook, directory, order, command, active).take()
    directory.drop_reserve()


class _Care:
    """One command, looked after by one supervisor."""

    def __init__(
        self,
        notebook: Notebook,
        directory: RunDirectory,
        order: Order,
        command: KeptCommand,
        active: ActiveRun,
    ) -> None:
        self._notebook = notebook
        self._directory = directory
        self._order = order
        self._command = command
        self._stopping = CommandStopping(directory, order, command)
        self._usage = Usage(command)
        self._active = active
        self._retry = Retry(notebook, directory, order, active.run, command)

    def take(self) -> None:
        """Look after it until its run is pasted, and start the next attempt if there is one."""
        has_started = self._command.wait_for_start()
        supervision = Supervision(
            self._notebook,
            self._directory,
            self._order,
            self._command if has_started else None,
            self._active,
        )
        supervision.watch(self._command, self._stopping, look=self._usage.look, turn_s=TURN_S)
        facts = self._directory.read_exit()
        warnings = _lacks(self._order, facts)
        left = self._end_leftovers(facts)
        if left and self._stopping.begun is None:
            warnings.append(f"It left processes behind, and they were ended: {', '.join(left)}.")
        outcome = self._retry.announced(self._usage.told(self._outcome(facts)))
        has_ended = supervision.close(outcome, warnings)
        self._retry.start()
        if has_ended:
            run_has_ended(self._notebook.path, self._order.run)

    def _outcome(self, facts: dict[str, Any] | None) -> Outcome:
        if facts is not None:
            return endings.of_command(facts, self._stopping.begun, self._order.timeout_s)
        if self._stopping.is_hopeless:
            return endings.failed("It was told to stop, and not even SIGKILL has ended it.")
        if not self._directory.take_start(""):
            return endings.failed(
                "What kept it was killed, and it was ended: how it would have ended is not known."
            )
        return endings.failed("What was to start it was killed.")

    def _end_leftovers(self, facts: dict[str, Any] | None) -> list[str]:
        """End what the command has left behind; the names of those processes."""
        if facts is not None and facts.get("left_processes") is False:
            return []
        path, shim = self._directory.path, self._command.shim_pid
        names = [_name(each) for each in family(path, shim)]
        if names:
            end_family(path, shim, patience_s=LEFTOVERS_PATIENCE_S)
        return names


def _active(notebook: Notebook, run_id: int) -> ActiveRun | None:
    found = insist(lambda: runs.active_runs(notebook))
    return next((each for each in found if each.run.id == run_id), None)


def _lacks(order: Order, facts: dict[str, Any] | None) -> list[str]:
    """Warnings of the output that was not kept, and of input that was not there again."""
    warnings = []
    lost = (facts or {}).get("log_lacks_bytes")
    if isinstance(lost, int) and lost > 0:
        warnings.append(f"{lost} bytes of what it printed were not kept: there was no room.")
    if order.attempt > 1 and order.standard_input == "-":
        warnings.append("It had nothing to read: the first attempt had taken what the pipe held.")
    return warnings


def _name(process: psutil.Process) -> str:
    try:
        return process.name()
    except psutil.Error:
        return str(process.pid)
