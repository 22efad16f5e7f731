"""A desk: one notebook in use, its settings and its clock."""

from __future__ import annotations

import contextlib
import datetime as dt
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from labbook import settings as settings_module
from labbook.errors import StoreError
from labbook.model.moment import Moment
from labbook.settings import Settings

if TYPE_CHECKING:
    from labbook.model import Run
    from labbook.store.notebook import Notebook

Clock = Callable[[], Moment]


class Desk:
    """One notebook in use. The notebook is opened when something first needs it.

    A desk may be shared by threads.
    """

    def __init__(self, settings: Settings, clock: Clock = Moment.now) -> None:
        self.settings = settings
        self.clock = clock
        self._notebook: Notebook | None = None
        self._opening = threading.Lock()

    @property
    def path(self) -> Path:
        """The notebook's directory."""
        return self.settings.notebook

    @property
    def notebook(self) -> Notebook:
        """The notebook; made when there is none.

        Raises:
            StoreError: it cannot be opened, with the reason.
        """
        with self._opening:
            if self._notebook is None:
                from labbook.store.notebook import Notebook

                self._notebook = Notebook.open(self.path, clock=self.clock)
                # Who comes to read is not kept out by a disk that is full or read-only.
                with contextlib.suppress(StoreError):
                    self._reconcile(self._notebook)
            return self._notebook

    def reconcile(self) -> tuple[Run, ...]:
        """End the runs that nobody looks after any more, and return them.

        Raises:
            StoreError: the notebook could not be read or written.
        """
        return self._reconcile(self.notebook)

    def _reconcile(self, notebook: Notebook) -> tuple[Run, ...]:
        from labbook.store.runs import active_runs
        from labbook.store.sweeps import running_sweeps

        if not (active_runs(notebook) or running_sweeps(notebook)):
            return ()  # most of the time, and then the runner need not be imported
        from labbook.runner.reconcile import reconcile

        return reconcile(notebook, self.settings, self.clock)

    def today(self) -> dt.date:
        """The journal's day at this moment."""
        return self.clock().day(self.settings.day_starts_at)

    def close(self) -> None:
        with self._opening:
            if self._notebook is not None:
                self._notebook.close()
                self._notebook = None

    def __enter__(self) -> Desk:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_desk(notebook: str | None = None, clock: Clock = Moment.now) -> Desk:
    """A desk over the notebook at `notebook`, else the one that the settings name.

    Raises:
        UsageError: a settings file cannot be understood.
    """
    return Desk(settings_module.load(notebook), clock)
