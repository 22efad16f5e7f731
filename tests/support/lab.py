"""A notebook with small experiments in it, and real processes that run them."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import psutil

from labbook.model import Entry, Moment, Results, Run, RunState
from labbook.runner import commands
from labbook.runner.cancel import cancel
from labbook.runner.commands import Request
from labbook.runner.directory import ENVIRONMENT, RunDirectory
from labbook.runner.follow import follow
from labbook.runner.identity import Identity
from labbook.runner.launch import launch, registry
from labbook.runner.log import log_text
from labbook.runner.order import Patience
from labbook.runner.reconcile import reconcile
from labbook.settings import Settings
from labbook.store import entries, runs, sweeps
from labbook.store.notebook import Notebook

EXPERIMENTS = Path(__file__).with_name("experiments")

CAMPAIGN = range(100, 100 + int(os.environ.get("LABBOOK_KILLS", "40")))
"""Seeds of the kill cycles; `make campaign` asks for more of them."""


class Lab:
    """One notebook in a directory, and what one does with runs in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        shutil.copytree(
            EXPERIMENTS, path / "experiments", ignore=shutil.ignore_patterns("__pycache__")
        )
        self.settings = Settings(notebook=path)
        self.notebook = Notebook.open(path, clock=Moment.now)
        self.registry = registry(path)

    def start(
        self,
        name: str,
        *,
        seed: int | None = None,
        clock: Callable[[], Moment] = Moment.now,
        term_after_s: float = 10.0,
        kill_after_s: float = 5.0,
        shards: int = 0,
        executor: str = "local:2",
        **given: Any,
    ) -> Run:
        request = self.registry.request(name, given, seed)
        return launch(
            self.notebook,
            request,
            self.settings,
            clock,
            patience=Patience(term_after_s, kill_after_s),
            shards=shards,
            executor=executor,
        )

    def run(self, name: str, *, seed: int | None = None, **given: Any) -> Run:
        """Start a run and wait for its end."""
        return self.end_of(self.start(name, seed=seed, **given))

    def exec(
        self,
        *argv: str,
        directory: Path | None = None,
        standard_input: int | None = None,
        term_after_s: float = 10.0,
        kill_after_s: float = 5.0,
        **request: Any,
    ) -> Run:
        """Start a command."""
        wanted = Request(argv, str(directory or self.path), "test.command", **request)
        run_id = commands.start(
            wanted,
            self.settings,
            Moment.now,
            standard_input=standard_input,
            patience=Patience(term_after_s, kill_after_s),
        )
        return runs.run(self.notebook, run_id)

    def python(self, code: str, **request: Any) -> Run:
        """Start a command that is a Python program."""
        return self.exec(sys.executable, "-c", dedent(code), **request)

    def printed(self, run: Run) -> bytes:
        try:
            return self.directory(run).log.read_bytes()
        except FileNotFoundError:
            return b""

    def wait_for_output(self, run: Run, words: bytes) -> None:
        wait_until(lambda: words in self.printed(run), 60.0, f"{words!r} in the log")

    def end_of(self, run: Run, within_s: float = 120.0) -> Run:
        deadline = time.monotonic() + within_s
        for latest in follow(self.notebook, run.id, self.settings, Moment.now):
            assert time.monotonic() < deadline, f"run {run.id} is stuck as {latest.state}"
        return latest

    def now(self, run: Run) -> Run:
        return runs.run(self.notebook, run.id)

    def reconcile(self) -> tuple[Run, ...]:
        return reconcile(self.notebook, self.settings, Moment.now)

    def cancel(self, run: Run) -> Run:
        return cancel(self.notebook, run.id)

    def directory(self, run: Run) -> RunDirectory:
        return RunDirectory.of(self.path, run.id)

    def log(self, run: Run) -> str:
        return log_text(self.path, run.id)

    def entry(self, day: dt.date | None = None) -> Entry:
        return entries.entry(self.notebook, day or Moment.now().day())

    def results(self, run: Run) -> Results:
        from labbook.desk.results import read_results

        return read_results(self.notebook.artifacts_dir, run)

    def wait_for(self, run: Run, *states: RunState, within_s: float = 120.0) -> Run:
        wait_until(lambda: self.now(run).state in states, within_s, f"run {run.id} in {states}")
        return self.now(run)

    def wait_for_metric(self, run: Run, name: str) -> None:
        """Wait until the worker has recorded a metric."""
        events = self.directory(run).events
        mark = f'"name":"{name}"'
        wait_until(lambda: events.exists() and mark in events.read_text(), 60.0, mark)

    def pid(self, run: Run, who: str) -> int:
        """The process number of a run's `supervisor`, `shim` or `worker`, once it is known."""
        directory = self.directory(run)

        def known() -> Identity | None:
            file = "keeper/shim" if who == "shim" else who
            is_last = who == "supervisor"
            text = directory.latest_claim()[1] if is_last else directory.identity(file)
            return Identity.parse(text)

        wait_until(lambda: known() is not None, 60.0, who)
        identity = known()
        assert identity is not None
        return identity.pid

    def family(self, run: Run) -> list[psutil.Process]:
        """Every living process that carries the run's directory in its environment."""
        found = []
        for process in psutil.process_iter():
            try:
                mine = process.environ().get(ENVIRONMENT) == str(self.directory(run).path)
                if mine and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except psutil.Error:
                continue
        return found

    def close(self) -> None:
        """End what is still there, so that no test leaves processes behind."""
        for active in runs.active_runs(self.notebook):
            directory = self.directory(active.run)
            last = directory.latest_claim()[1]
            for text in (last, *map(directory.identity, ("worker", "keeper/shim"))):
                identity = Identity.parse(text)
                # Whoever reconciles claims the run, and that may have been the test itself.
                if identity is not None and identity.pid != os.getpid():
                    kill(identity.pid)
            for process in self.family(active.run):
                process.kill()
        for running in sweeps.running_sweeps(self.notebook):
            identity = Identity.parse(running.owner)
            if identity is not None and identity.pid != os.getpid():
                kill(identity.pid)
        self.notebook.close()


def kill(pid: int, number: int = signal.SIGKILL) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def wait_until(condition: Callable[[], bool], within_s: float, what: str) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"waited {within_s} s in vain for {what}"
        time.sleep(0.01)
