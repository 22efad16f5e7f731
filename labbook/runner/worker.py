"""The worker: calls one experiment, and writes what it says into the run directory.

    python -m labbook.runner.worker DIRECTORY SUPERVISOR

It never opens the notebook. It does not outlive its supervisor, whose process number is
SUPERVISOR: on Linux the kernel kills it then; elsewhere it notices that the pipe whose
reading end is its standard input has ended.
"""

from __future__ import annotations

import contextlib
import faulthandler
import io
import signal
import sys
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from labbook.experiments.backends import choose
from labbook.experiments.loading import load
from labbook.experiments.trial import Cancelled, Trial
from labbook.runner import raised
from labbook.runner.directory import RunDirectory
from labbook.runner.memory import peak_memory_bytes
from labbook.runner.order import Order
from labbook.runner.parent import die_with
from labbook.runner.recorder import DirectoryRecorder

if TYPE_CHECKING:
    from labbook.experiments.define import Experiment
    from labbook.runner.shards.sharing import Sharing


class Terminated(BaseException):
    """SIGTERM came, and nobody had asked the run to stop."""


@dataclass
class Ending:
    """How the experiment ended, in the words of `exit.json`.

    worker: the identity of the process, where others want to know
    shards_bytes: the memory of the processes that computed its shards
    """

    state: str = "finished"
    message: str = ""
    exit_code: int | None = 0
    signal: int | None = None
    duration_s: float | None = None
    worker: str = ""
    shards_bytes: int = 0

    def facts(self) -> dict[str, Any]:
        """What stands in `exit.json`; the peak of the memory is of this process, and of those
        that computed its shards.
        """
        told = dict(vars(self))
        memory = peak_memory_bytes() + told.pop("shards_bytes")
        if not self.worker:
            del told["worker"]
        return {**told, "peak_memory_bytes": memory, "at_us": time.time_ns() // 1000}


def main(arguments: list[str]) -> int:
    directory = RunDirectory(Path(arguments[0]))
    die_with(int(arguments[1]))
    prepare_output()
    signal.signal(signal.SIGTERM, on_term(directory))
    ending = Ending()
    recorder = None
    try:
        with judged(ending):
            recorder = DirectoryRecorder(directory)
            _execute(directory, recorder, ending)
        if recorder is not None and recorder.fault is not None:
            ending.state, ending.message, ending.exit_code = "failed", recorder.fault.message, 1
    finally:
        # From here on nothing may interrupt the one sentence that counts.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        flush()
        directory.write_exit(ending.facts())
    return ending.exit_code or 0


def _execute(directory: RunDirectory, recorder: DirectoryRecorder, ending: Ending) -> None:
    order = Order.read(directory.order)
    experiment = load(order.target, order.experiment)
    params = experiment.checked(experiment.signature.accept(order.params))
    sharing = _sharing(directory, order, experiment)
    if sharing is None:
        backend = choose(experiment.specification, order.backend, experiment.try_device)
    else:
        backend = sharing.backend
    earlier = directory.read_earlier()
    trial = partial(
        Trial, order.seed or 0, backend, params=params, recorder=recorder, earlier=earlier
    )
    if directory.is_asked_to_stop():
        raise Cancelled
    recorder.started(backend)
    started = time.perf_counter()
    try:
        if sharing is None:
            experiment.run(trial(), params)
        else:
            _have_shared(sharing, experiment, trial(), ending)
            if sharing.backend != backend:
                recorder.started(sharing.backend)
            experiment.run(trial(pieces=sharing.pieces), params)
    finally:
        ending.duration_s = time.perf_counter() - started


def _have_shared(sharing: Sharing, experiment: Experiment, trial: Trial, ending: Ending) -> None:
    """Have the pieces computed of which the trial consists."""
    try:
        sharing.compute(experiment.count_pieces(trial, trial.params), trial)
    finally:
        ending.shards_bytes = sharing.memory_bytes


def _sharing(directory: RunDirectory, order: Order, experiment: Experiment) -> Sharing | None:
    """How the work is shared out; None where this process does it."""
    if not order.shards:
        return None
    from labbook.runner.shards.sharing import Sharing

    return Sharing(directory, order, experiment)


@contextlib.contextmanager
def judged(ending: Ending) -> Iterator[None]:
    """Turn whatever the experiment raises into an ending; the details go to the log."""
    try:
        yield
    except Terminated:
        ending.state, ending.exit_code = "failed", None
        ending.signal = int(signal.SIGTERM)
        ending.message = "It was ended by SIGTERM."
    except BaseException as error:
        if not isinstance(error, (Cancelled, SystemExit)):
            _print_trace(error)
        ending.state, ending.message, ending.exit_code = raised.ending(error)


def _print_trace(error: BaseException) -> None:
    """The traceback, from the first line that is not labbook's own."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_globals.get("__name__") in _OWN:
        trace = trace.tb_next
    with contextlib.suppress(OSError, ValueError):
        traceback.print_exception(type(error), error, trace or error.__traceback__)


_OWN = (__name__, "contextlib", "labbook.experiments.define", "labbook.experiments.loading")


def prepare_output() -> None:
    """Let each printed line reach the log at once, whatever is in it."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(line_buffering=True, encoding="utf-8", errors="backslashreplace")
    faulthandler.enable()


def flush() -> None:
    """Let what was printed reach the log."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()


def on_term(directory: RunDirectory) -> Any:
    """What SIGTERM means to a run: it was cancelled, or somebody ended it."""

    def handle(_number: int, _frame: FrameType | None) -> None:
        raise Cancelled if directory.is_asked_to_stop() else Terminated

    return handle


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
