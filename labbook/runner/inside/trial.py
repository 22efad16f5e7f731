"""What a script holds while it records: the trial of experiments, for any kind of value."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from labbook.experiments.trial import Recorder, Trial
from labbook.model.run import Metric
from labbook.runner.inside import frames, pictures
from labbook.runner.inside.behind import Behind
from labbook.runner.inside.calls import recorded
from labbook.runner.inside.values import flat, scalar, whole
from labbook.runner.raised import Raised, ending

if TYPE_CHECKING:
    from labbook.compute import Backend
    from labbook.runner.inside.asked import Asked

_around: ContextVar[Behind | None] = ContextVar("labbook_around", default=None)


class LiveTrial(Trial):
    """A run of this very process, or a part of the run that the process belongs to.

    It begins when its `with` block is entered, or when something is first recorded, or half a
    second after it was made, and ends with the block, with `finish()`, or with the process.
    It is also a decorator: each call of the function is then a run.

    Besides what `Trial` has: `id`, the run's number; None for what is kept in memory alone.
    """

    def __init__(self, asked: Asked) -> None:
        self._behind = Behind(asked, _around.get())
        self._put: Callable[[tuple[str, float, int]], object] = self._first
        self._before: Behind | None = None
        self._prepare(asked.params)
        self._behind.watch(self)
        weakref.finalize(self, self._behind.abandon).atexit = False

    @property
    def id(self) -> int | None:
        return self._begun().id

    @property
    def seed(self) -> int:
        """What random numbers follow from; drawn, and recorded, when it is first wanted."""
        return self._begun().seed()

    @property
    def backend(self) -> Backend:
        from labbook.compute import backend

        return backend("numpy")

    def metric(self, name: str, value: Any, step: int | None = None) -> None:
        """Record a named scalar, NumPy's, torch's and jax's too; with `step` it is a point of a
        curve.

        NaN and infinities are kept as such. A metric given again without a step, or for the
        same step, replaces what it was.

        Raises:
            TypeError: the value is not one number, or the step is not whole.
        """
        if value.__class__ is not float:
            value = scalar(name, value)
        if step is None:
            step = 0
        elif step.__class__ is not int:
            step = whole(name, step)
        if name.__class__ is not str:
            name = str(name)
        self.metrics[name] = value
        self._put((name, value, step))

    def progress(self, done: float, of: float | None = None) -> None:
        """As `Trial.progress`; never waits."""
        self._begun().heed()
        super().progress(done, of)

    def table(
        self,
        table: Any,
        rows: Any = None,
        *,
        columns: Any = None,
        units: Mapping[str, str] | None = None,
        title: str = "",
    ) -> None:
        """Record a table: `table("scores", frame)`, or a `Table`.

        rows: a frame of pandas, polars or pyarrow; a list of dicts, of dataclasses or of rows;
            a dict of columns, or of one row; an array
        columns: names for rows that have none
        units: of columns that have one

        Raises:
            TypeError, ValueError: that is no table.
        """
        self._begun()
        made, whole_text = frames.table(table, rows, columns=columns, units=units, title=title)
        if whole_text is not None:
            self.warn(
                f"The table {made.name} is long: its first {len(made.rows)} rows are shown, and "
                f"all of them are in {made.name}.csv."
            )
            self._save(f"{made.name}.csv", lambda path: path.write_text(whole_text, "utf-8"))
        super().table(made)

    def figure(self, figure: Any, drawing: Any = None) -> None:
        """Record a figure: a `Figure`, which is data; or `figure("loss", fig)`, which is pixels.

        drawing: a figure of matplotlib (or its axes, or pyplot itself), of plotly, an image of
            PIL, or the path of an image

        Raises:
            TypeError: that is no figure.
        """
        self._begun()
        data, name, drawings = pictures.figure(figure, drawing, self.files)
        if data is not None:
            super().figure(data)
        for suffix, draw in drawings:
            self._save(f"{name}{suffix}", draw)

    def file(
        self, name: str | os.PathLike[str], path: str | os.PathLike[str] | None = None
    ) -> None:
        """Keep a copy of a file as it is now, under `name` or under its own.

        Raises:
            FileNotFoundError: there is no such file.
        """
        self._begun()
        source = Path(name) if path is None else Path(path)
        known = source.name if path is None else os.fspath(name)
        self._behind.guard(lambda: super(LiveTrial, self).file(known, source))

    def keep(self, content: Mapping[str, Any]) -> None:
        self._begun()
        self._behind.guard(lambda: super(LiveTrial, self).keep(content))

    def warn(self, text: str) -> None:
        self._begun()
        super().warn(text)

    def start(self) -> Self:
        """Begin now, if it has not begun.

        Raises:
            LabbookError: it cannot be recorded, and was asked for with `strict=True`.
        """
        self._begun()
        return self

    def finish(self, state: str = "finished", message: str = "") -> None:
        """End the run, durably; ending it again changes nothing.

        state: "finished", "failed" or "cancelled"

        Raises:
            ValueError: no run can end like that.
        """
        if state not in ("finished", "failed", "cancelled"):
            raise ValueError(f"a run ends as finished, failed or cancelled, and not as {state!r}")
        self._begun()
        self._behind.end(Raised(state, str(message)))

    def __enter__(self) -> Self:
        self._begun()
        self._before = _around.get()
        _around.set(self._behind)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if _around.get() is self._behind:
            _around.set(self._before)
        self._behind.end(
            Raised("finished") if error is None else ending(error, interrupted="cancelled")
        )

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Make each call of `function` a run, with its arguments as parameters.

        A function with a parameter called `trial` gets the trial.
        """
        asked = self._behind.asked
        self._behind.abandon()
        return recorded(
            function,
            lambda given: LiveTrial(replace(asked, params={**flat(given), **asked.params})),
        )

    def __repr__(self) -> str:
        return f"<{self._behind.words}>"

    def _begun(self) -> Behind:
        self._behind.begin()
        return self._behind

    def _first(self, point: tuple[str, float, int]) -> None:
        self._begun()
        self._put(point)

    def connect(
        self, recorder: Recorder | None, put: Callable[[tuple[str, float, int]], object]
    ) -> None:
        """Write from here on where `Behind` says."""
        self._recorder, self._put = recorder, put

    def remember(self, point: tuple[str, float, int]) -> None:
        """Keep a point where there is only memory."""
        name, value, step = point
        self.curves.setdefault(name, []).append(Metric(name, value, step))

    def _save(self, name: str, draw: Callable[[Path], object]) -> None:
        """Keep a file that `draw` writes."""

        def keep() -> None:
            path = self._behind.save(name, draw)
            if path is not None:
                self.files[name] = path

        self._behind.guard(keep)
