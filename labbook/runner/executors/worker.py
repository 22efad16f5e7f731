"""The warm worker: computes points one after another, so that imports are paid once.

    python -m labbook.runner.executors.worker OWNER TASK

An order is a line of JSON on the channel; when its point is over, the answer is one byte.
Everything else stands in the point's run directory, as for any run. The worker does not
outlive its owner, whose process number is OWNER, and never opens the notebook.
"""

from __future__ import annotations

import contextlib
import faulthandler
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from labbook.errors import ExperimentError
from labbook.experiments.backends import choose
from labbook.experiments.define import Experiment
from labbook.experiments.loading import load
from labbook.experiments.trial import Cancelled, Trial
from labbook.runner import identity
from labbook.runner.directory import ENVIRONMENT, RunDirectory
from labbook.runner.executors.interface import Task
from labbook.runner.memory import reset_peak_memory
from labbook.runner.parent import adopt_orphans, die_with, has_children
from labbook.runner.recorder import DirectoryRecorder
from labbook.runner.spawn import CHANNEL
from labbook.runner.worker import Ending, flush, judged, on_term, prepare_output

COMMAND_LOOK_S = 0.05


def main(arguments: list[str]) -> int:
    die_with(int(arguments[0]))
    task = Task(**json.loads(arguments[1]))
    # Nothing that a point starts may keep the channel open.
    os.set_inheritable(CHANNEL, False)
    channel = socket.socket(fileno=CHANNEL)
    adopts = adopt_orphans()
    prepare_output()
    bench = Bench(task)
    for line in channel.makefile("rb"):
        order = json.loads(line)
        directory = RunDirectory(Path(order["directory"]))
        bench.do(directory, order)
        if not adopts or has_children():
            _end_leftovers(directory)
        channel.sendall(b".")
    return 0


class Bench:
    """Where points are computed, each into its own directory."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._place = Path.cwd()
        self._experiment: Experiment | None = None
        self._backend: Any = None

    def do(self, directory: RunDirectory, order: dict[str, Any]) -> None:
        """Compute one point, and say in its directory how it ended."""
        reset_peak_memory()
        os.environ[ENVIRONMENT] = str(directory.path)
        os.chdir(self._place)
        signal.signal(signal.SIGTERM, on_term(directory))
        ending = Ending()
        recorder = None
        with _output_to(directory.log):
            try:
                with judged(ending):
                    recorder = DirectoryRecorder(directory)
                    self._execute(directory, recorder, order, ending)
                if recorder is not None and recorder.fault is not None:
                    ending.state, ending.message = "failed", recorder.fault.message
                    ending.exit_code = 1
            finally:
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
                if recorder is not None:
                    recorder.close()
                flush()
                if "pieces" in order:
                    ending.worker = identity.own().text
                # What a power cut takes is computed again: no need to wait for the disk.
                directory.write_exit(ending.facts(), durable=False)

    def _execute(
        self,
        directory: RunDirectory,
        recorder: DirectoryRecorder,
        order: dict[str, Any],
        ending: Ending,
    ) -> None:
        if directory.is_asked_to_stop():
            raise Cancelled
        if "argv" in order:
            self._command(directory, order["argv"], ending)
            return
        experiment, backend = self._ready()
        params = experiment.checked(experiment.signature.accept(order["params"]))
        trial = Trial(
            order["seed"],
            backend,
            params=params,
            recorder=recorder,
            earlier=directory.read_earlier(),
            cores=order.get("cores"),
        )
        recorder.started(backend)
        started = time.perf_counter()
        try:
            if "pieces" in order:
                _compute_pieces(directory, experiment, trial, range(*order["pieces"]))
            else:
                experiment.run(trial, params)
        finally:
            ending.duration_s = time.perf_counter() - started

    def _ready(self) -> tuple[Experiment, Any]:
        if self._experiment is None:
            found = load(self._task.target, self._task.experiment)
            self._backend = choose(found.specification, self._task.backend, found.try_device)
            self._experiment = found
        return self._experiment, self._backend

    def _command(self, directory: RunDirectory, argv: list[str], ending: Ending) -> None:
        started = time.perf_counter()
        place = self._task.directory or None
        try:
            process = subprocess.Popen(argv, cwd=place, stdin=subprocess.DEVNULL)
        except OSError as error:
            raise ExperimentError(f"{argv[0]} cannot be started: {error.strerror}.") from error
        try:
            while True:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    code = process.wait(COMMAND_LOOK_S)
                    break
                if directory.is_asked_to_stop():
                    process.terminate()
                    raise Cancelled
        finally:
            ending.duration_s = time.perf_counter() - started
        if code:
            ending.state = "failed"
            ending.exit_code, ending.signal = (code, None) if code > 0 else (None, -code)
            how = f"It ended with exit code {code}" if code > 0 else f"Signal {-code} ended it"
            ending.message = f"{how}."


def _compute_pieces(
    directory: RunDirectory, experiment: Experiment, trial: Trial, pieces: range
) -> None:
    """A shard: its pieces and nothing else."""
    with directory.pieces.open("w", encoding="utf-8") as file:
        for line in experiment.compute_pieces(trial, pieces, trial.params):
            file.write(line + "\n")


@contextlib.contextmanager
def _output_to(log: Path) -> Any:
    """Let both streams write to a file, those of child processes too."""
    flush()
    kept = os.dup(1), os.dup(2)
    target = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.dup2(target, 1)
        os.dup2(target, 2)
        yield
    finally:
        flush()
        for descriptor, number in zip(kept, (1, 2), strict=True):
            os.dup2(descriptor, number)
            os.close(descriptor)
        os.close(target)


def _end_leftovers(directory: RunDirectory) -> None:
    from labbook.runner.family import end_family

    end_family(directory.path, os.getpid(), patience_s=0.5)
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


if __name__ == "__main__":
    faulthandler.enable()
    sys.exit(main(sys.argv[1:]))
