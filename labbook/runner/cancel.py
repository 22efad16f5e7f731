"""Asks a run to stop."""

from __future__ import annotations

from labbook.errors import ExperimentError
from labbook.model import Moment, Run, RunState
from labbook.runner.directory import RunDirectory
from labbook.store import runs
from labbook.store.notebook import Notebook


def cancel(notebook: Notebook, run_id: int) -> Run:
    """Ask a run to stop, and return it as it is then; one that has ended is left alone.

    Its supervisor does the rest: SIGTERM after ten seconds, SIGKILL after five more.

    Raises:
        NotFound: there is no such run.
        ExperimentError: it cannot be asked.
    """
    run = runs.run(notebook, run_id)
    if run.state.has_ended:
        return run
    if run.is_waiting and runs.step_run(
        notebook, run_id, RunState.CANCELLED, moment=Moment.now(), expected=(RunState.QUEUED,)
    ):
        RunDirectory.of(notebook.path, run_id).environment.unlink(missing_ok=True)
        return runs.run(notebook, run_id)
    directory = RunDirectory.of(notebook.path, run_id)
    try:
        directory.ask_to_stop()
    except OSError as error:
        raise ExperimentError(
            f"Run {run_id} cannot be asked to stop: {error.strerror}.",
            hint=f"Its directory is {directory.path}.",
        ) from error
    return runs.run(notebook, run_id)
