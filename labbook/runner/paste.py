"""Takes what a run directory holds into the notebook, piece by piece and each piece once.

The second of the two transactions that paste a run is here. Files come first: whatever the
rows name is stored by then, and a kill between the two leaves at worst a file that no row
names.
"""

from __future__ import annotations

import datetime as dt
import json
import mimetypes
import time
from dataclasses import replace
from pathlib import Path

from labbook import artifacts
from labbook.errors import ArtifactError
from labbook.model import Artifact, Moment, RunState
from labbook.runner.directory import RunDirectory
from labbook.runner.events import Batch, EventReader, Product
from labbook.store import runs
from labbook.store.notebook import Notebook
from labbook.store.runs import Outcome


class Intake:
    """The way of one run's records into the notebook.

    offset: how many bytes of the run's events the notebook already has
    """

    def __init__(
        self, notebook: Notebook, run_id: int, directory: RunDirectory, offset: int = 0
    ) -> None:
        self._notebook = notebook
        self._run_id = run_id
        self._reader = EventReader(directory)
        self._reader.read_up_to(offset)
        self._offset = offset
        self._described = False

    def take_in(self, for_s: float) -> bool:
        """Store what the run has said by now; False when it is no longer ours to store.

        for_s: about how long to go on when the run speaks faster than we can store

        Raises:
            StoreError: it could not be stored; the next call tries again.
        """
        stop_at = time.monotonic() + for_s
        while True:
            batch = self._reader.read(self._offset)
            if not self._store(batch):
                return False
            if batch.is_last or time.monotonic() > stop_at:
                return True

    def close(self, outcome: Outcome, *, moment: Moment, day: dt.date) -> bool:
        """Store the rest and end the run; False when somebody else has ended it.

        day: the day it is now

        Raises:
            StoreError: nothing of this step was stored; it can be tried again.
        """
        while not (batch := self._reader.read(self._offset)).is_last:
            if not self._store(batch):
                return False
        stored: list[Artifact] = []
        for product in self._reader.products.values():
            try:
                stored.append(self._put(product))
            except ArtifactError as error:
                batch.warnings.append(f"{product.name} is not among the results: {error.message}")
        return runs.close_run(
            self._notebook,
            self._run_id,
            self._with_backend(outcome),
            moment=moment,
            day=day,
            from_offset=batch.start,
            to_offset=batch.end,
            metrics=batch.metrics,
            warnings=batch.warnings,
            published=batch.published,
            artifacts=stored,
        )

    def _store(self, batch: Batch) -> bool:
        start = self._reader.start
        if start is not None and not self._described:
            runs.describe_run(
                self._notebook,
                self._run_id,
                backend=start.backend,
                backend_reason=start.reason,
                device=start.device,
            )
            self._described = True
        if batch.end == batch.start:
            return True
        stored = runs.ingest(
            self._notebook,
            self._run_id,
            from_offset=batch.start,
            to_offset=batch.end,
            metrics=batch.metrics,
            warnings=batch.warnings,
            published=batch.published,
            progress=batch.progress,
        )
        if stored:
            self._offset = batch.end
        return stored

    def _with_backend(self, outcome: Outcome) -> Outcome:
        start = self._reader.start
        if start is None:
            return outcome
        return replace(
            outcome, backend=start.backend, backend_reason=start.reason, device=start.device
        )

    def _put(self, product: Product) -> Artifact:
        content: Path | bytes
        if product.path is not None:
            content = product.path
            media_type = mimetypes.guess_type(product.name)[0] or "application/octet-stream"
        else:
            content = json.dumps(product.data, separators=(",", ":")).encode()
            media_type = "application/json"
        sha256, size = artifacts.put(self._notebook.artifacts_dir, content)
        return Artifact(product.name, product.kind, sha256, size, media_type)


def end(
    notebook: Notebook,
    run_id: int,
    intake: Intake,
    outcome: Outcome,
    *,
    moment: Moment,
    day: dt.date,
) -> bool:
    """Lead a run to its last state from whatever state it is in; whether this call did it."""
    if outcome.state is not RunState.LOST:
        # A run that was over before its supervisor could open the notebook is still queued.
        runs.step_run(
            notebook, run_id, RunState.STARTING, moment=moment, expected=(RunState.QUEUED,)
        )
        runs.step_run(notebook, run_id, RunState.FINISHING, moment=moment)
    return intake.close(outcome, moment=moment, day=day)
