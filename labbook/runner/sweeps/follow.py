"""Follows a sweep from outside, to its end."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

from labbook.errors import StoreError
from labbook.model import Moment, Sweep
from labbook.runner.follow import RECONCILE_EVERY_S
from labbook.runner.reconcile import reconcile
from labbook.settings import Settings
from labbook.store import sweeps
from labbook.store.notebook import Notebook

LOOK_EVERY_S = 0.1


def follow(
    notebook: Notebook, sweep_id: int, settings: Settings, clock: Callable[[], Moment]
) -> Iterator[Sweep]:
    """The sweep as it is now, and again whenever it has changed; the last one has ended.

    Raises:
        NotFound: there is no such sweep.
        StoreError: the notebook cannot be read.
    """
    changes = notebook.change_counter()
    latest = sweeps.sweep(notebook, sweep_id)
    yield latest
    reconcile_at = time.monotonic() + RECONCILE_EVERY_S
    while not latest.state.has_ended:
        time.sleep(LOOK_EVERY_S)
        if time.monotonic() >= reconcile_at:
            with contextlib.suppress(StoreError):
                reconcile(notebook, settings, clock)
            reconcile_at = time.monotonic() + RECONCILE_EVERY_S
        now = notebook.change_counter()
        if now != changes:
            changes = now
            seen = sweeps.sweep(notebook, sweep_id)
            if seen != latest:
                latest = seen
                yield latest
