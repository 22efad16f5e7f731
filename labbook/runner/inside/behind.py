"""Behind a trial: nothing yet, a run of its own, a run that it joins, or memory alone."""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from labbook.errors import DiskFull, LabbookError
from labbook.runner.directory import ENVIRONMENT
from labbook.runner.inside.asked import Asked
from labbook.runner.inside.keeping import keeping
from labbook.runner.inside.session import Joined, Own
from labbook.runner.raised import Raised

if TYPE_CHECKING:
    from labbook.runner.inside.trial import LiveTrial

UNUSED_FOR_S = 0.3
"""How long a trial may wait for its `with` or its function before it begins by itself."""


class Behind:
    """What one trial records in, and when that begins and ends.

    is_abandoned: the trial is gone, and nobody has ended it
    """

    def __init__(self, asked: Asked, around: Behind | None) -> None:
        self.asked = asked
        self.is_abandoned = False
        self._around = around
        self._made = time.monotonic()
        self._lock = threading.RLock()
        self._run: Own | Joined | None = None
        self._has_begun = self._has_ended = self._is_inherited = False
        self._seed = asked.seed
        self._trial: Callable[[], LiveTrial | None] = lambda: None

    def watch(self, trial: LiveTrial) -> None:
        """Serve this trial, and no longer than it is there."""
        self._trial = weakref.ref(trial)
        keeping.add(self)

    @property
    def id(self) -> int | None:
        return None if self._run is None else self._run.id

    @property
    def words(self) -> str:
        which = f"run {self.id}" if self.id is not None else "a trial"
        if self._has_ended:
            return f"{which} of {self.asked.experiment}, ended"
        return f"{which} of {self.asked.experiment}, {'going on' if self._has_begun else 'new'}"

    def begin(self) -> None:
        """Begin, if that has not happened yet.

        Raises:
            LabbookError: it cannot be recorded, and was asked for strictly.
        """
        if self._has_begun:
            return
        with self._lock:
            if self._has_begun:
                return
            try:
                self._run = self._joined() or self._own()
            except LabbookError as error:
                if self.asked.strict:
                    keeping.remove(self)
                    raise
                why = f"{error.message} {error.hint}".strip()
                keeping.say(f"{self.asked.experiment} is kept in memory alone. {why}")
            self._has_begun = True
            self._connect()

    def seed(self) -> int:
        with self._lock:
            if self._seed is None:
                from labbook.experiments.spec import draw_seed

                self._seed = draw_seed()
                if self._run is not None and not self._has_ended:
                    self._run.spool.params({}, self._seed)
            return self._seed

    def heed(self) -> None:
        """Raise Cancelled, if somebody asked the run to stop."""
        if self._run is not None:
            self._run.spool.heed()

    def guard(self, keep: Callable[[], object]) -> None:
        """Keep a file; a disk that is full costs the file, and not the script."""
        try:
            keep()
        except DiskFull as full:
            if self._run is not None:
                self._run.spool.fault = None
            keeping.say(f"{full.message} {full.hint}")

    def save(self, name: str, draw: Callable[[Path], object]) -> Path | None:
        """Keep under `name` what `draw` writes; in memory alone nothing is drawn."""
        if self._run is None or self._has_ended:
            return None
        spool = self._run.spool
        path = spool.new_path(Path(name).suffix)
        draw(path)
        spool.keep_file(name, path)
        return path

    def end(self, how: Raised) -> None:
        """End the run, once; of a run that a fork's child has inherited only the parent does.

        Raises:
            LabbookError: it could not be closed now, and was asked for strictly.
        """
        with self._lock:
            if self._has_ended or not self._has_begun:
                self._has_ended = True
                keeping.remove(self)
                return
            self._has_ended = True
            try:
                if self._run is not None and not self._is_inherited:
                    self._run.end(how)
            except (LabbookError, OSError) as error:
                if self.asked.strict:
                    raise
                keeping.say(
                    f"Run {self.id} could not be closed now, and is at the next look at the "
                    f"notebook's runs: {error}"
                )
            finally:
                keeping.remove(self)
                self._connect()

    def abandon(self) -> None:
        """Take note that nobody can record here any more. Called while garbage is collected,
        so it takes no lock.
        """
        self.is_abandoned = True

    def flush(self) -> None:
        if self._run is not None and not self._has_ended and not self._run.spool.flush():
            keeping.say(
                f"What {self.asked.experiment} records waits in memory: there is no room in "
                "the notebook's directory. Free some space."
            )

    def take_in(self) -> None:
        """Bring into the notebook what the run directory holds.

        Raises:
            LabbookError: not now.
        """
        if self.is_abandoned:
            self.end(Raised("finished"))
        elif not self._has_begun:
            if time.monotonic() - self._made > UNUSED_FOR_S:
                self.begin()
        elif self._run is not None and not self._has_ended:
            self._run.take_in()

    def go_on_in_child(self) -> None:
        """Record, in a fork's child, into the parent's run; its end is the parent's."""
        self._lock = threading.RLock()
        self._is_inherited = self._has_begun
        if self._run is not None and not self._has_ended:
            self._run.spool.go_on_in_child()
            self._connect()

    def _joined(self) -> Joined | None:
        named = os.environ.get(ENVIRONMENT)
        return Joined.find(named, self.asked) if named else None

    def _own(self) -> Own:
        parent = None if self._around is None else self._around._run
        return Own(self.asked, parent, keeping.notebook_at, keeping.origin)

    def _connect(self) -> None:
        """Let the trial write where this stands now."""
        trial = self._trial()
        if trial is None:
            return
        if self._run is None:
            trial.connect(None, trial.remember)
        elif self._has_ended:
            trial.connect(None, self._too_late)
        else:
            trial.connect(self._run.spool, self._run.spool.put)

    def _too_late(self, _: object) -> None:
        keeping.say(f"What is recorded after the end of run {self.id} is kept nowhere.")
