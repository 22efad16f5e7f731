"""Makes the state of every run true, whatever was killed.

Called whenever somebody looks at runs. On this machine a run is over as soon as the process
that looks after it is gone; only where we cannot see its processes does silence count.
"""

from __future__ import annotations

from collections.abc import Callable

from labbook.model import Moment, Run, RunState
from labbook.runner import endings, identity
from labbook.runner.adoption import adopt, command_ending, is_command
from labbook.runner.directory import RunDirectory
from labbook.runner.identity import Life
from labbook.runner.launching import is_launching
from labbook.runner.log import last_words
from labbook.runner.notify import run_has_ended
from labbook.runner.paste import Intake, end
from labbook.runner.queue import is_ready, start_waiting, take_back
from labbook.runner.spawn import bury
from labbook.runner.sweeps.reconcile import reconcile_sweeps
from labbook.settings import Settings
from labbook.store import runs
from labbook.store.notebook import Notebook
from labbook.store.runs import ActiveRun, Outcome

SILENCE_S = 30.0
"""Six heartbeats: how long a run on another machine may be silent."""


def reconcile(
    notebook: Notebook, settings: Settings, clock: Callable[[], Moment]
) -> tuple[Run, ...]:
    """End the runs that nobody looks after any more, and return them.

    What they had recorded is taken in first.

    Raises:
        StoreError: the notebook could not be read or written.
    """
    bury()
    ended = []
    take_back(notebook)
    for active in runs.active_runs(notebook):
        if active.run.is_waiting and is_ready(RunDirectory.of(notebook.path, active.run.id)):
            continue
        directory = RunDirectory.of(notebook.path, active.run.id)
        if _is_looked_after(active, directory, clock()) or adopt(notebook.path, active.run):
            continue
        try:
            if not _may_end(active.run, directory):
                continue  # what is to start it has claimed it this moment
            has_ended = _end(notebook, active, directory, settings, clock)
        except OSError as error:
            has_ended = _give_up(notebook, active, error, settings, clock)
        if has_ended:
            ended.append(runs.run(notebook, active.run.id))
            run_has_ended(notebook.path, active.run.id, settings)
    # Last, so that a sweep that can be resumed has no runs on their way.
    reconcile_sweeps(notebook, settings, clock)
    start_waiting(notebook, settings, clock)
    return tuple(ended)


def _is_looked_after(active: ActiveRun, directory: RunDirectory, now: Moment) -> bool:
    spawned = directory.identity("spawned")
    keeper = directory.latest_claim()[1] or spawned
    if not keeper and active.owner == identity.own().text:
        return is_launching()  # else it gave up, and could not even write that down
    keeper = keeper or active.owner
    life = identity.judge(keeper)
    if life is Life.UNKNOWN:
        silent_s = (now.us - active.heartbeat.us) / 1e6
        return silent_s < SILENCE_S
    # Another supervisor of a command may have been started, and not have claimed it yet.
    return life is Life.ALIVE or identity.judge(spawned) is Life.ALIVE


def _may_end(run: Run, directory: RunDirectory) -> bool:
    """Take the right to start the run, so that what comes late to start it does not."""
    own = identity.own().text
    try:
        if is_command(run):
            return directory.is_taken() or directory.take_start(own)
        return directory.is_claimed() or directory.claim(own)
    except (FileNotFoundError, NotADirectoryError):
        return True  # without a directory nothing can start


def _end(
    notebook: Notebook,
    active: ActiveRun,
    directory: RunDirectory,
    settings: Settings,
    clock: Callable[[], Moment],
) -> bool:
    if directory.path.is_dir():
        _end_processes(directory)
    offsets = active.events_offset, active.metrics_offset
    intake = Intake(notebook, active.run.id, directory, *offsets)
    outcome = _outcome(active, directory)
    moment = clock()
    day = moment.day(settings.day_starts_at)
    ended = end(notebook, active.run.id, intake, outcome, moment=moment, day=day)
    directory.drop_reserve()
    directory.drop_shards()
    return ended


def _give_up(
    notebook: Notebook,
    active: ActiveRun,
    error: OSError,
    settings: Settings,
    clock: Callable[[], Moment],
) -> bool:
    """End a run whose directory the system refuses us, as if it were gone."""
    moment, seen = clock(), active.events_offset
    because = f"Nobody looks after it, and {error.filename} cannot be used: {error.strerror}."
    return runs.close_run(
        notebook,
        active.run.id,
        endings.lost(because),
        moment=moment,
        day=moment.day(settings.day_starts_at),
        from_offset=seen,
        to_offset=seen,
    )


def _end_processes(directory: RunDirectory) -> None:
    """Nothing of a run that nobody looks after goes on in the dark."""
    from labbook.runner.family import end_family

    end_family(directory.path)


def _outcome(active: ActiveRun, directory: RunDirectory) -> Outcome:
    facts = directory.read_exit()
    if facts is None:
        return _lost(active, directory)
    return command_ending(directory, facts) if is_command(active.run) else endings.from_exit(facts)


def _lost(active: ActiveRun, directory: RunDirectory) -> Outcome:
    if active.run.state is RunState.QUEUED and not _has_begun(directory):
        because = "It was never started: what was to start it had ended."
    elif identity.judge(active.owner) is Life.UNKNOWN:
        because = f"Nothing has been heard of it from {active.run.host} for {SILENCE_S:.0f} s."
    elif active.run.state is RunState.RUNNING and not active.worker:
        because = "The process that recorded it ended without a word."
    else:
        because = "Its supervisor was killed or failed, and the run ended with it."
    words = last_words(directory)
    return endings.lost(f"{because} The supervisor's last words: {words}" if words else because)


def _has_begun(directory: RunDirectory) -> bool:
    return bool(directory.identity("worker")) or directory.events.exists()
