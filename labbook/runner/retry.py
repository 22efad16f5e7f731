"""Another attempt at a command that has failed: a run of its own, whose parent is this one."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping
from dataclasses import replace

import psutil

from labbook.errors import StoreError
from labbook.model import Moment, Run, RunState
from labbook.runner import identity
from labbook.runner.commands import prepare, set_off
from labbook.runner.directory import RunDirectory
from labbook.runner.kept import KeptCommand
from labbook.runner.order import Order
from labbook.store import runs
from labbook.store.notebook import Notebook
from labbook.store.runs import NewRun, Outcome


class Retry:
    """What follows on one attempt of a command."""

    def __init__(
        self,
        notebook: Notebook,
        directory: RunDirectory,
        order: Order,
        run: Run,
        command: KeptCommand,
    ) -> None:
        self._notebook = notebook
        self._directory = directory
        self._order = order
        self._run = run
        self._next: Order | None = None
        self._environment = _environment(command) if order.attempts > 1 else {}

    def announced(self, outcome: Outcome) -> Outcome:
        """The outcome, which says which attempt it was; the next one is recorded by then."""
        is_first = self._order.attempt == 1 and outcome.state is not RunState.FAILED
        if self._order.attempts == 1 or is_first:
            return outcome
        number = f"Attempt {self._order.attempt} of {self._order.attempts}"
        if outcome.state is RunState.FAILED and self._order.attempt < self._order.attempts:
            try:
                self._next = self._recorded()
                number += f"; the next is run {self._next.run}"
            except (StoreError, OSError) as error:
                number += f"; the next could not be recorded: {error}"
        message = f"{outcome.message or ''} {number}.".strip()
        return replace(outcome, message=message)

    def start(self) -> None:
        """Start the next attempt, when there is one.

        Raises:
            OSError: it could not be started; it will be found lost.
        """
        if self._next is None:
            return
        notebook = self._notebook.path.absolute()
        reading = _opened(self._next.standard_input)
        try:
            set_off(
                notebook,
                RunDirectory.of(notebook, self._next.run),
                self._next,
                environment=self._environment,
                standard_input=reading,
            )
        finally:
            if reading is not None:
                os.close(reading)

    def _recorded(self) -> Order:
        """The next attempt's order; another supervisor may have recorded it."""
        if words := self._directory.words("next"):
            notebook = self._notebook.path
            return Order.read(RunDirectory.of(notebook, int(words[0])).order)
        new = runs.create_run(self._notebook, self._new_run())
        order = replace(self._order, run=new.id, attempt=self._order.attempt + 1)
        prepare(self._notebook.path.absolute(), order)
        self._directory.write_words("next", new.id)
        return order

    def _new_run(self) -> NewRun:
        run, now = self._run, Moment.now()
        return NewRun(
            experiment=run.experiment,
            params=run.params,
            day=now.day(dt.time.fromisoformat(self._order.day_starts_at)),
            moment=now,
            host=identity.place()[0],
            owner=identity.own().text,
            seed=run.seed,
            parent_id=run.id,
            name=run.name,
            thread=run.thread,
            tags=run.tags,
            command=run.command,
        )


def _environment(command: KeptCommand) -> Mapping[str, str]:
    """The environment that the command was started in, which may not be this process's."""
    pid = command.shim_pid
    try:
        return dict(os.environ) if pid is None else psutil.Process(pid).environ()
    except psutil.Error:
        return dict(os.environ)


def _opened(standard_input: str) -> int | None:
    """What the next attempt reads; of a pipe there is nothing left."""
    if standard_input in ("", "-"):
        return None
    try:
        return os.open(standard_input, os.O_RDONLY)
    except OSError:
        return None
