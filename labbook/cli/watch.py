"""Watches a run in the foreground: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from labbook.cli.output import say
from labbook.desk import runs, sweeps
from labbook.desk.desk import Desk
from labbook.errors import RunCancelled
from labbook.model.run import Progress, Run
from labbook.model.sweep import Sweep

LINE_EVERY_S = 5.0


class _Show(Protocol):
    def __call__(self, progress: Progress | None) -> None: ...


def watch(desk: Desk, run: Run) -> Run:
    """Follow a run to its end. The first Ctrl-C cancels it, a second one does not wait for that.

    Raises:
        RunCancelled: Ctrl-C was pressed a second time; the run is on its way to its end.
    """
    with _shown(f"run {run.id} · {run.experiment}") as show:
        try:
            return _followed(desk, run, show)
        except KeyboardInterrupt:
            try:
                if not runs.cancel(desk, run.id).state.has_ended:
                    say("Cancelling; press Ctrl-C again not to wait for its end.")
                return _followed(desk, run, show)
            except KeyboardInterrupt:
                runs.cancel(desk, run.id)  # the first request may have been interrupted itself
                raise RunCancelled(
                    f"Run {run.id} has been asked to stop, and is not waited for.",
                    hint=f"`labbook runs show {run.id}` tells how it ends.",
                ) from None


def watch_sweep(desk: Desk, sweep: Sweep) -> Sweep:
    """Follow a sweep to its end. The first Ctrl-C cancels it, a second one does not wait.

    Raises:
        RunCancelled: Ctrl-C was pressed a second time; the sweep is on its way to its end.
    """
    with _shown(f"sweep {sweep.id} · {sweep.experiment}") as show:
        try:
            return _followed_sweep(desk, sweep, show)
        except KeyboardInterrupt:
            try:
                if not sweeps.cancel(desk, sweep.id).state.has_ended:
                    say("Cancelling; press Ctrl-C again not to wait for its end.")
                return _followed_sweep(desk, sweep, show)
            except KeyboardInterrupt:
                sweeps.cancel(desk, sweep.id)
                raise RunCancelled(
                    f"Sweep {sweep.id} has been asked to stop, and is not waited for.",
                    hint=f"`labbook sweep show {sweep.id}` tells how it ends.",
                ) from None


def _followed_sweep(desk: Desk, sweep: Sweep, show: _Show) -> Sweep:
    latest = sweep
    for latest in sweeps.follow(desk, sweep.id):
        tally = latest.tally
        show(Progress(tally.finished + tally.failed, tally.points))
    return latest


def _followed(desk: Desk, run: Run, show: _Show) -> Run:
    latest = run
    for latest in runs.follow(desk, run.id):
        show(latest.progress)
    return latest


@contextmanager
def _shown(title: str) -> Iterator[_Show]:
    if not sys.stderr.isatty():
        yield _Lines(title)
        return
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    bar = Bar(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    with bar:
        task = bar.add_task(title, total=None)

        def show(progress: Progress | None) -> None:
            if progress is not None:
                bar.update(task, completed=progress.done, total=progress.total)

        yield show


class _Lines:
    """Progress as a line now and then, for logs and pipes."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._last = time.monotonic()
        say(f"{title} …")

    def __call__(self, progress: Progress | None) -> None:
        if progress is None or time.monotonic() - self._last < LINE_EVERY_S:
            return
        self._last = time.monotonic()
        fraction = progress.fraction
        far = f"{fraction:.0%}" if fraction is not None else f"{progress.done:g}"
        say(f"{self._title} · {far}")
