"""A trial: what an experiment records with, and where it learns that it should stop."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from labbook.errors import ExperimentError
from labbook.model import Cell, Figure, Metric, Progress, Table
from labbook.model.jsonable import encode
from labbook.model.published import Published

if TYPE_CHECKING:
    from numpy.random import Generator

    from labbook.compute import Backend

PROGRESS_EVERY_S = 0.1
"""Progress is passed on, and a cancel looked for, at most this often."""


class Cancelled(BaseException):
    """Somebody asked the run to stop.

    Like KeyboardInterrupt it is no `Exception`, so that an experiment's own `except
    Exception` does not swallow it. `finally` and `with` clean up as usual.
    """


class Recorder(Protocol):
    """Where a trial's records go besides memory."""

    def progress(self, progress: Progress) -> None: ...
    def metric(self, metric: Metric) -> None: ...
    def table(self, table: Table) -> None: ...
    def figure(self, figure: Figure) -> None: ...
    def file(self, name: str, path: Path) -> None: ...
    def keep(self, content: Mapping[str, Any]) -> None: ...
    def published(self, published: Published) -> None: ...
    def warn(self, text: str) -> None: ...
    def is_cancelled(self) -> bool: ...


class Trial:
    """One execution of an experiment, seen from inside it.

    What is recorded can be read back from the trial: `metrics` (the last value of each),
    `tables`, `figures` and `files` by name, `published_values`
    and `warnings`. Without a recorder, which is how
    a plain call of an experiment runs, `curves` keeps every point that was given a step.

    seed: what every random number must follow from
    params: the parameters of this execution
    earlier: what the trial that this one goes on from has kept, as JSON has it
    kept: what this one has kept
    cores: how many processor cores it may keep busy
    """

    def __init__(
        self,
        seed: int,
        backend: Backend,
        *,
        params: Mapping[str, Any] | None = None,
        recorder: Recorder | None = None,
        earlier: Mapping[str, Any] | None = None,
        pieces: Callable[[], Iterator[Any]] | None = None,
        cores: int | None = None,
    ) -> None:
        """
        pieces: what the shards of this run have computed
        cores: how many it may keep busy; else all there are
        """
        self._seed = seed
        self._backend = backend
        self._prepare(params, recorder, earlier, pieces, cores)

    def _prepare(
        self,
        params: Mapping[str, Any] | None,
        recorder: Recorder | None = None,
        earlier: Mapping[str, Any] | None = None,
        pieces: Callable[[], Iterator[Any]] | None = None,
        cores: int | None = None,
    ) -> None:
        """What every trial has, whatever it takes its seed and its backend from."""
        self.params = dict(params or {})
        self.metrics: dict[str, float] = {}
        self.curves: dict[str, list[Metric]] = {}
        self.tables: dict[str, Table] = {}
        self.figures: dict[str, Figure] = {}
        self.files: dict[str, Path] = {}
        self.published_values: list[Published] = []
        self.warnings: list[str] = []
        self.earlier = earlier
        self.kept: Mapping[str, Any] | None = None
        self.cores = cores or os.cpu_count() or 1
        self._recorder = recorder
        self._next_progress = 0.0
        self._pieces, self._is_sharded = pieces, pieces is not None

    @property
    def seed(self) -> int:
        return self._seed

    @property
    def backend(self) -> Backend:
        return self._backend

    def progress(self, done: float, of: float | None = None) -> None:
        """Say how far the work has come: `done` units `of` a total, when it is known.

        Cheap enough for the inside of a loop. Once shards have done the work, there is none to
        speak of.

        Raises:
            Cancelled: somebody asked the run to stop.
        """
        if self._recorder is None:
            return
        now = time.monotonic()
        if now < self._next_progress and done != of:
            return
        self._next_progress = now + PROGRESS_EVERY_S
        if not self._is_sharded:
            self._recorder.progress(Progress(float(done), None if of is None else float(of)))
        if self._recorder.is_cancelled():
            raise Cancelled

    def pieces(self) -> Iterator[Any]:
        """What each piece of the work comes to, in order, as JSON has it: see `Shards`.

        They come from the run's shards, or are computed while one asks for them.

        Raises:
            ExperimentError: the experiment is not cut into pieces.
            Cancelled: somebody asked the run to stop.
        """
        if self._pieces is None:
            raise ExperimentError(
                "The work of this trial is not cut into pieces.",
                hint="Say how: @experiment(…, shards=Shards(count, compute)).",
            )
        return self._pieces()

    def computes_pieces_by(self, source: Callable[[], Iterator[Any]]) -> None:
        """Let `pieces` come from there, unless shards have computed them."""
        self._pieces = self._pieces if self._is_sharded else source

    def metric(self, name: str, value: float, step: int | None = None) -> None:
        """Record a named scalar; with `step` it is a point of a curve.

        NaN and infinities are kept as such. A metric given again without a step, or for the
        same step, replaces what it was.
        """
        metric = Metric(str(name), float(value), 0 if step is None else int(step))
        self.metrics[metric.name] = metric.value
        if self._recorder is not None:
            self._recorder.metric(metric)
        elif step is not None:
            self.curves.setdefault(metric.name, []).append(metric)

    def table(self, table: Table) -> None:
        """Record a table; one of the same name replaces it."""
        table = _plain_cells(table)
        self.tables[table.name] = table
        if self._recorder is not None:
            self._recorder.table(table)

    def figure(self, figure: Figure) -> None:
        """Record a figure; one of the same name replaces it."""
        self.figures[figure.name] = figure
        if self._recorder is not None:
            self._recorder.figure(figure)

    def file(self, name: str, path: str | os.PathLike[str]) -> None:
        """Keep a copy of a file under `name`, as it is now.

        Raises:
            FileNotFoundError: there is no such file.
        """
        source = Path(path)
        if not source.is_file():
            raise FileNotFoundError(f"trial.file({name!r}): there is no file {source}")
        self.files[str(name)] = source
        if self._recorder is not None:
            self._recorder.file(str(name), source)

    def keep(self, content: Mapping[str, Any]) -> None:
        """Keep what a later run needs to go on from this one: see `grows` of `experiment`.

        content: whatever JSON can hold, with NaN and infinities
        """
        self.kept = cast(Mapping[str, Any], encode(dict(content)))
        if self._recorder is not None:
            self._recorder.keep(self.kept)

    def published(
        self, metric: str, value: float, *, source: str, uncertainty: float | None = None
    ) -> None:
        """Say what a text gives for a metric; the two are shown side by side.

        source: where it stands
        uncertainty: half of the last digit that was printed, or the standard error that was;
            None where the text gives an exact value

        Raises:
            ValueError: the value is not finite, or the uncertainty is not positive and finite.
        """
        given = None if uncertainty is None else float(uncertainty)
        published = Published(str(metric), float(value), str(source), given)
        self.published_values.append(published)
        if self._recorder is not None:
            self._recorder.published(published)

    def warn(self, text: str) -> None:
        """Tell the reader of the results something that they should know."""
        self.warnings.append(str(text))
        if self._recorder is not None:
            self._recorder.warn(str(text))

    def rng(self, name: str) -> Generator:
        """The random numbers named `name`: the same for the same seed and name, whatever
        else the run draws and in whatever order.
        """
        from labbook.compute import generator

        return generator(self.seed, name)


def _plain_cells(table: Table) -> Table:
    """NumPy's scalars as Python's: JSON knows no others."""
    rows = tuple(tuple(_plain_cell(cell) for cell in row) for row in table.rows)
    return Table(table.name, table.columns, rows, table.title)


def _plain_cell(cell: Any) -> Cell:
    if cell is None or type(cell) in (str, int, float, bool):
        return cast(Cell, cell)
    return _plain_cell(cell.item()) if hasattr(cell, "item") else str(cell)
