"""Ends sweeps that nobody looks after any more, so that they can be resumed."""

from __future__ import annotations

from collections.abc import Callable

from labbook.model import Moment, SweepState
from labbook.runner import identity
from labbook.runner.identity import Life
from labbook.runner.log import last_line
from labbook.runner.notify import sweep_has_ended
from labbook.runner.sweeps.directory import SweepDirectory
from labbook.runner.sweeps.recording import resume_hint
from labbook.settings import Settings
from labbook.store import sweeps
from labbook.store.notebook import Notebook
from labbook.store.sweeps import RunningSweep

SILENCE_S = 30.0


def reconcile_sweeps(
    notebook: Notebook, settings: Settings, clock: Callable[[], Moment]
) -> tuple[int, ...]:
    """End the sweeps whose supervisor is gone; their numbers.

    Their runs are ended as any other runs that nobody looks after.

    Raises:
        StoreError: the notebook could not be read or written.
    """
    ended = []
    for each in sweeps.running_sweeps(notebook):
        now = clock()
        if _is_looked_after(each, now):
            continue
        words = last_line(SweepDirectory(notebook.path, each.sweep.id).supervisor_log)
        said = f" Its last words: {words}" if words else ""
        why = f"Its supervisor was killed or failed.{said} {resume_hint(each.sweep.id)}"
        day = now.day(settings.day_starts_at)
        if sweeps.close_sweep(
            notebook, each.sweep.id, SweepState.LOST, why, owner=each.owner, moment=now, day=day
        ):
            ended.append(each.sweep.id)
            sweep_has_ended(notebook.path, each.sweep.id, settings)
    return tuple(ended)


def _is_looked_after(each: RunningSweep, now: Moment) -> bool:
    life = identity.judge(each.owner)
    if life is Life.UNKNOWN:
        return (now.us - each.heartbeat.us) / 1e6 < SILENCE_S
    return life is Life.ALIVE
