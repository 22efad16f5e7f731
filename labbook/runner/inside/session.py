"""The run behind a trial: what a process records of itself, from its first row to its end."""

from __future__ import annotations

import datetime as dt
import os
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labbook.errors import LabbookError, StoreError
from labbook.model.jsonable import encode
from labbook.model.moment import Moment
from labbook.model.run import RunState
from labbook.runner import identity
from labbook.runner.directory import RunDirectory
from labbook.runner.inside.spool import Spool
from labbook.runner.memory import peak_memory_bytes
from labbook.runner.paste import Intake
from labbook.runner.raised import Raised
from labbook.settings import load
from labbook.store import run_steps
from labbook.store.new_run import NewRun
from labbook.store.run_steps import Outcome

if TYPE_CHECKING:
    from labbook.model import Artifact
    from labbook.runner.inside.asked import Asked
    from labbook.runner.inside.program import Origin, Provenance
    from labbook.store.quick import QuickNotebook

HEARTBEAT_EVERY_S = 5.0
INGEST_FOR_S = 0.2
ORIGIN_PATIENCE_S = 5.0
"""How long the end of a first, short run waits for git."""


class Joined:
    """A run that somebody else looks after: what is recorded here is written there."""

    def __init__(self, directory: RunDirectory, asked: Asked) -> None:
        self.id = int(name) if (name := directory.path.name).isdigit() else None
        self.spool = Spool(directory)
        if asked.params or asked.seed is not None:
            self.spool.params(asked.params, asked.seed)

    @classmethod
    def find(cls, named: str, asked: Asked) -> Joined | None:
        """The run whose directory the environment names, if it is there and goes on."""
        directory = RunDirectory(Path(named))
        if not directory.path.is_dir() or directory.has_exit():
            return None
        return cls(directory, asked)

    def take_in(self) -> None:
        """Nothing: its supervisor does."""

    def end(self, _: Raised) -> None:
        """Write what waits. The end itself is said by whoever looks after the run."""
        self.spool.flush()
        self.spool.close()


class Own:
    """A run of this process's own."""

    def __init__(
        self,
        asked: Asked,
        parent: Own | Joined | None,
        notebook_at: Callable[[Path], QuickNotebook],
        origin: Origin,
    ) -> None:
        """Write the run's row and block, and make its directory.

        Raises:
            LabbookError: it cannot be recorded, with the reason.
        """
        settings = load(asked.notebook)
        self._settings = settings
        self._day_starts_at = settings.day_starts_at
        self._notebook = notebook_at(settings.notebook)
        self._origin = origin
        self._lock = threading.RLock()
        self._pid = os.getpid()
        self._began, self._cpu_s = time.monotonic(), time.process_time()
        self._notebook.open(Moment.now)
        provenance = origin.ask()
        self._is_described = provenance is not None
        self.id = self._notebook.create_run(_new_run(asked, parent, self), provenance)
        self.directory = RunDirectory.of(self._notebook.path.absolute(), self.id)
        self._intake = Intake(
            self._notebook, self.id, self.directory, provenance=lambda: self._behind(origin)
        )
        self._next_heartbeat = 0.0
        try:
            self.directory.make(reserve=False)
            self.directory.claim_quickly(identity.own().text)
            self.spool = Spool(self.directory)
        except OSError as error:
            why = f"Its directory could not be made: {error}."
            self._close(Raised("failed", why, None))
            raise StoreError(f"Run {self.id} cannot be recorded. {why}") from error

    @property
    def notebook_path(self) -> Path:
        return self._notebook.path

    @property
    def day_starts_at(self) -> dt.time:
        return self._day_starts_at

    def take_in(self) -> None:
        """Bring what has been recorded into the notebook, and say that the run goes on.

        Raises:
            StoreError: it could not be written; a later call takes it in.
        """
        with self._lock:
            if not self._is_described and (found := self._origin.ask()) is not None:
                self._describe(found)
            self._intake.take_in(for_s=INGEST_FOR_S)
            if time.monotonic() > self._next_heartbeat:
                self._next_heartbeat = time.monotonic() + HEARTBEAT_EVERY_S
                run_steps.heartbeat(self._notebook, self.id, moment=Moment.now())

    def end(self, how: Raised) -> None:
        """Close the run with all that was recorded.

        Raises:
            LabbookError: it could not be closed; its directory says how it ended, and the next
                look at the notebook's runs closes it.
        """
        with self._lock:
            all_written = self.spool.flush()
            if self.spool.lost or not all_written:
                how = how._replace(message=f"{how.message} {_LOST}".strip())
            try:
                self._close(how)
            except (LabbookError, OSError):
                self._leave_word(how)
                raise
            finally:
                self.spool.close()

    def _close(self, how: Raised) -> None:
        if not self._is_described and (found := self._origin.wait(ORIGIN_PATIENCE_S)) is not None:
            self._describe(found)
        moment = Moment.now()
        outcome = Outcome(
            RunState(how.state),
            exit_code=how.exit_code,
            message=how.message or None,
            duration_s=time.monotonic() - self._began,
            cpu_s=time.process_time() - self._cpu_s,
            peak_memory_bytes=peak_memory_bytes(),
        )
        day = moment.day(self._day_starts_at)
        if self._intake.close(outcome, moment=moment, day=day) and self._settings.notify_command:
            from labbook.runner.notify import run_has_ended

            run_has_ended(self._notebook.path, self.id, self._settings)

    def _behind(self, origin: Origin) -> list[Artifact]:
        """The files that say where it comes from, stored."""
        from labbook import artifacts
        from labbook.model.run import Artifact, ArtifactKind

        found = origin.wait(0.0)
        return [
            Artifact(
                f"provenance/{name}",
                ArtifactKind.FILE,
                *artifacts.put(self._notebook.artifacts_dir, content),
                "text/plain",
            )
            for name, content in (found.files if found is not None else {}).items()
        ]

    def _describe(self, found: Provenance) -> None:
        run_steps.describe_run(
            self._notebook, self.id, code=found.code, environment=found.environment
        )
        self._is_described = True

    def _leave_word(self, how: Raised) -> None:
        """Let the directory say how it ended, and that nobody looks after it any more."""
        facts = {**how._asdict(), "duration_s": time.monotonic() - self._began}
        with suppress(OSError):
            self.directory.write_exit({**facts, "at_us": time.time_ns() // 1000})
            self.directory.write_identity("claim", "nobody")


_LOST = "Some of what it recorded could not be written to the disk."


def _new_run(asked: Asked, parent: Own | Joined | None, run: Own) -> NewRun:
    from labbook.runner.inside import program

    moment = Moment.now()
    inside = isinstance(parent, Own) and parent.notebook_path == run.notebook_path
    return NewRun(
        experiment=asked.experiment,
        params=_encoded(asked.params),
        day=moment.day(run.day_starts_at),
        moment=moment,
        host=identity.place()[0],
        owner=identity.own().text,
        seed=asked.seed,
        parent_id=parent.id if inside and parent is not None else None,
        name=asked.name,
        thread=asked.thread,
        tags=asked.tags,
        command=program.command(),
        is_running=True,
    )


def _encoded(params: Mapping[str, Any]) -> dict[str, Any]:
    encoded: dict[str, Any] = encode(dict(params))
    return encoded
