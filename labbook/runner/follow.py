"""Follows a run from outside, to its end."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

from labbook.errors import StoreError
from labbook.model import Moment, Run
from labbook.runner.reconcile import reconcile
from labbook.settings import Settings
from labbook.store import runs
from labbook.store.notebook import Notebook

LOOK_EVERY_S = 0.05
RECONCILE_EVERY_S = 1.0


def follow(
    notebook: Notebook, run_id: int, settings: Settings, clock: Callable[[], Moment]
) -> Iterator[Run]:
    """The run as it is now, and again whenever it has changed; the last one has ended.

    Leaving off does nothing to the run.

    Raises:
        NotFound: there is no such run.
        StoreError: the notebook cannot be read.
    """
    changes = notebook.change_counter()
    latest = runs.run(notebook, run_id)
    yield latest
    reconcile_at = time.monotonic() + RECONCILE_EVERY_S
    while not latest.state.has_ended:
        time.sleep(LOOK_EVERY_S)
        if time.monotonic() >= reconcile_at:
            # What cannot be written now is written a second later, or by somebody else.
            with contextlib.suppress(StoreError):
                reconcile(notebook, settings, clock)
            reconcile_at = time.monotonic() + RECONCILE_EVERY_S
        now = notebook.change_counter()
        if now == changes:
            continue
        changes = now
        seen = runs.run(notebook, run_id)
        if seen != latest:
            latest = seen
            yield latest
