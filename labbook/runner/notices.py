"""What is to be said when a run or a sweep has ended, and of which nothing is."""

from __future__ import annotations

import contextlib

from labbook.errors import NotFound
from labbook.model import Run, RunState, SweepState
from labbook.model.notice import Notice
from labbook.runner.live import next_attempt
from labbook.settings import Settings
from labbook.store import runs, sweeps
from labbook.store.notebook import Notebook


def run_notice(notebook: Notebook, settings: Settings, run: Run) -> Notice | None:
    """What is to be said of a run that has ended.

    Nothing of one that was cancelled, that is tried again, that is a point of a sweep, or
    that was over soon.
    """
    if run.state is RunState.CANCELLED or run.sweep_id is not None or not run.state.has_ended:
        return None
    if next_attempt(notebook.path, run.id) is not None:
        return None
    took_s = _took(notebook, run)
    return Notice.of_run(run, took_s) if took_s >= settings.notify_after_s else None


def sweep_notice(notebook: Notebook, settings: Settings, sweep_id: int) -> Notice | None:
    """What is to be said of a sweep that has ended; nothing where it was cancelled or short."""
    sweep = sweeps.sweep(notebook, sweep_id)
    if sweep.ended is None or sweep.state is SweepState.CANCELLED:
        return None
    took_s = (sweep.ended.us - sweep.created.us) / 1e6
    return Notice.of_sweep(sweep, took_s) if took_s >= settings.notify_after_s else None


def _took(notebook: Notebook, run: Run) -> float:
    """How long it took, with the attempts before it."""
    first = run
    with contextlib.suppress(NotFound):
        while (parent := first.parent_id) and next_attempt(notebook.path, parent) == first.id:
            first = runs.run(notebook, parent)
    if first is run and run.duration_s is not None:
        return run.duration_s
    begun, ended = first.started or first.created, run.ended or run.created
    return (ended.us - begun.us) / 1e6
