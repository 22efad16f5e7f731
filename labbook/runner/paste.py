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
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from labbook import artifacts
from labbook.errors import ArtifactError
from labbook.model import Artifact, Moment, RunState
from labbook.runner.directory import RunDirectory
from labbook.runner.events import EventReader, Product
from labbook.runner.left_intake import LeftIntake
from labbook.runner.metrics_file import MetricsReader
from labbook.runner.piece import Piece, Rest, stored_provenance
from labbook.store import run_steps as runs
from labbook.store.run_steps import Outcome, Writable

BEAT_EVERY_S = 5.0


class Intake:
    """The way of one run's records into the notebook.

    offset, metrics_offset: how many bytes of the run's events, and of its metrics.jsonl, the
        notebook already has
    provenance: of a run that shares it with others; else it lies in the directory
    """

    def __init__(
        self,
        notebook: Writable,
        run_id: int,
        directory: RunDirectory,
        offset: int = 0,
        metrics_offset: int = 0,
        *,
        provenance: Callable[[], list[Artifact]] | None = None,
    ) -> None:
        self._notebook = notebook
        self._run_id = run_id
        self._directory = directory
        self._reader = EventReader(directory)
        self._reader.read_up_to(offset)
        self._offset = offset
        self._metrics = MetricsReader(directory)
        self._metrics.read_up_to(metrics_offset)
        self._metrics_offset = metrics_offset
        self._unstored: Piece | None = None
        self._last: Piece | None = None
        self._described = False
        self._shared = provenance

    def take_in(self, for_s: float) -> bool:
        """Store what the run has said by now; False when it is no longer ours to store.

        for_s: about how long to go on when the run speaks faster than we can store

        Raises:
            StoreError: it could not be stored; the next call tries again.
        """
        stop_at = time.monotonic() + for_s
        while True:
            batch = self._next()
            if not self._store(batch):
                return False
            if batch.is_last or time.monotonic() > stop_at:
                return True

    def close(
        self, outcome: Outcome, *, moment: Moment, day: dt.date, warnings: Sequence[str] = ()
    ) -> bool:
        """Store the rest and end the run; False when somebody else has ended it.

        day: the day it is now
        warnings: what the run's keepers have to say

        Raises:
            StoreError: nothing of this step was stored; it can be tried again.
        """
        rest = self.rest()
        if rest is None:
            return False
        rest = replace(rest, warnings=[*rest.warnings, *warnings])
        return self.store_rest(rest, outcome, moment=moment, day=day)

    def rest(self) -> Rest | None:
        """Store all that fits no last transaction, and the files: what is left to store.

        Returns: None when somebody else has ended the run.
        """
        if self._last is None:
            # What was read before the end need not be all.
            if self._unstored is not None and not self._store(self._unstored):
                return None
            while not (batch := self._next()).is_last:
                if not self._store(batch):
                    return None
            self._last = batch.with_rest(self._metrics)
        warnings = list(self._last.warnings)
        made = self._made(warnings)
        if self._shared is not None:
            provenance = self._shared()
        else:
            found = stored_provenance(self._notebook, self._directory)
            provenance = found.artifacts
            warnings += found.warnings
        left = self._left(made)
        return Rest(self._last, [*warnings, *left.warnings], [*made, *left.taken], provenance)

    def store_rest(self, rest: Rest, outcome: Outcome, *, moment: Moment, day: dt.date) -> bool:
        """The last transaction, with what `rest` returned; as `close`."""
        return runs.close_run(
            self._notebook,
            self._run_id,
            self._with_backend(outcome),
            moment=moment,
            day=day,
            from_offset=rest.piece.events.start,
            to_offset=rest.piece.events.end,
            stretch=rest.piece.numbers.stretch,
            metrics=rest.piece.metrics,
            warnings=rest.warnings,
            published=rest.piece.events.published,
            params=rest.piece.events.params,
            seed=rest.piece.events.seed,
            artifacts=rest.artifacts,
            provenance=rest.provenance,
        )

    def _next(self) -> Piece:
        """What to store next. Read once, since lines are numbered as they are read."""
        if self._unstored is None:
            self._unstored = Piece(
                self._reader.read(self._offset), self._metrics.read(self._metrics_offset)
            )
        return self._unstored

    def _store(self, piece: Piece) -> bool:
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
        if not piece.is_empty and not runs.ingest(
            self._notebook,
            self._run_id,
            from_offset=piece.events.start,
            to_offset=piece.events.end,
            stretch=piece.numbers.stretch,
            metrics=piece.metrics,
            warnings=piece.warnings,
            published=piece.events.published,
            params=piece.events.params,
            seed=piece.events.seed,
            progress=piece.events.progress,
        ):
            return False
        self._unstored = None
        self._offset, self._metrics_offset = piece.events.end, piece.numbers.stretch.end
        return True

    def _made(self, warnings: list[str]) -> list[Artifact]:
        """The run's products, stored; `warnings` gets a sentence for each that is not."""
        stored: list[Artifact] = []
        for product in self._reader.products.values():
            try:
                stored.append(self._put(product))
            except ArtifactError as error:
                warnings.append(f"{product.name} is not among the results: {error.message}")
        return stored

    def _left(self, made: list[Artifact]) -> LeftIntake:
        """What the run left in its directory, stored."""
        beat_at = time.monotonic() + BEAT_EVERY_S

        def beat() -> None:
            nonlocal beat_at
            if time.monotonic() >= beat_at:
                beat_at = time.monotonic() + BEAT_EVERY_S
                runs.heartbeat(self._notebook, self._run_id, moment=Moment.now())

        known = {each.sha256 for each in made}
        store = self._notebook.artifacts_dir
        left = LeftIntake(self._directory, store, self._run_id, known, beat)
        left.take()
        return left

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
    notebook: Writable,
    run_id: int,
    intake: Intake,
    outcome: Outcome,
    *,
    moment: Moment,
    day: dt.date,
    warnings: Sequence[str] = (),
) -> bool:
    """Lead a run to its last state from whatever state it is in; whether this call did it."""
    if outcome.state is not RunState.LOST:
        # A run that was over before its supervisor could open the notebook is still queued.
        runs.step_run(
            notebook, run_id, RunState.STARTING, moment=moment, expected=(RunState.QUEUED,)
        )
        runs.step_run(notebook, run_id, RunState.FINISHING, moment=moment)
    return intake.close(outcome, moment=moment, day=day, warnings=warnings)
