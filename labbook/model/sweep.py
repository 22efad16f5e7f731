"""A sweep: runs of one experiment over a space of parameters, and how far it has come."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import datetime as dt

    from labbook.model.figure import Scale
    from labbook.model.moment import Moment
    from labbook.model.run import RunState

SEED = "seed"
"""The axis that gives each run its seed, and is no parameter."""


class SweepState(StrEnum):
    """Where a sweep stands. A lost one can be resumed, as can any that has ended."""

    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"

    @property
    def has_ended(self) -> bool:
        return self is not SweepState.RUNNING


@dataclass(frozen=True, slots=True)
class Factor:
    """Values that vary together: one name and its values, or several and their rows.

    rows: typed values, in the order of the names
    scale: how the values are spaced, where they are numbers
    """

    names: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    scale: Scale = "linear"

    def values(self, name: str) -> tuple[Any, ...]:
        place = self.names.index(name)
        return tuple(row[place] for row in self.rows)


@dataclass(frozen=True, slots=True)
class Space:
    """All points of a sweep: the fixed values, and every combination of the factors' rows.

    The last factor varies fastest. A point's number never changes, so that a sweep can be
    resumed.

    metrics: the names that its figure is to show; those that the runs share when empty
    order: the names in the order in which a point has them; others follow
    """

    factors: tuple[Factor, ...]
    fixed: Mapping[str, Any] = field(default_factory=dict)
    metrics: tuple[str, ...] = ()
    order: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        return math.prod(len(each.rows) for each in self.factors)

    def point(self, position: int) -> dict[str, Any]:
        """Every value of one point, its seed among them where that is swept.

        Raises:
            IndexError: there is no such point.
        """
        if not 0 <= position < self.size:
            raise IndexError(position)
        rows = []
        for factor in reversed(self.factors):
            position, place = divmod(position, len(factor.rows))
            rows.append(zip(factor.names, factor.rows[place], strict=True))
        values = {**self.fixed, **{name: value for row in reversed(rows) for name, value in row}}
        ordered = {name: values[name] for name in self.order if name in values}
        return {**ordered, **values}

    def points(self) -> Iterator[dict[str, Any]]:
        return (self.point(position) for position in range(self.size))

    @property
    def swept(self) -> tuple[str, ...]:
        """The names that take more than one value, the seed left out."""
        return tuple(
            name
            for factor in self.factors
            for name in factor.names
            if name != SEED and len({repr(value) for value in factor.values(name)}) > 1
        )

    def scale_of(self, name: str) -> Scale:
        return next((each.scale for each in self.factors if name in each.names), "linear")

    def to_json(self) -> dict[str, Any]:
        return {
            "factors": [
                {"names": list(each.names), "rows": [list(row) for row in each.rows]}
                | ({"scale": each.scale} if each.scale != "linear" else {})
                for each in self.factors
            ],
            "fixed": dict(self.fixed),
            "metrics": list(self.metrics),
            "order": list(self.order),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Space:
        """Read what `to_json` wrote.

        Raises:
            KeyError, TypeError: it is no space.
        """
        return cls(
            tuple(
                Factor(
                    tuple(each["names"]),
                    tuple(tuple(row) for row in each["rows"]),
                    each.get("scale", "linear"),
                )
                for each in data["factors"]
            ),
            data["fixed"],
            tuple(data["metrics"]),
            tuple(data["order"]),
        )


@dataclass(frozen=True, slots=True)
class Tally:
    """How many points stand where; a point without a run is still to come."""

    points: int
    finished: int = 0
    failed: int = 0
    running: int = 0

    @property
    def missing(self) -> int:
        """Points without a finished run."""
        return self.points - self.finished

    @property
    def words(self) -> str:
        """ "13 of 20 finished, 1 failed"."""
        return f"{self.finished} of {self.points} finished" + (
            f", {self.failed} failed" if self.failed else ""
        )


@dataclass(frozen=True, slots=True)
class Sweep:
    """Runs of one experiment over a space.

    experiment: its name; of a sweep of commands, what the command is called
    seed: of every run whose point names none
    executor: where its runs are computed, as it was asked for: "local:2"
    argv: the command, with its placeholders, when it is one
    message: how it ended, in a sentence, when it did not simply finish
    """

    id: int
    experiment: str
    state: SweepState
    day: dt.date
    created: Moment
    space: Space
    tally: Tally
    seed: int
    backend_asked: str = "auto"
    executor: str = "local"
    ended: Moment | None = None
    argv: tuple[str, ...] | None = None
    directory: str = ""
    thread: str | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class SweepPoint:
    """One point and the run that stands for it: the finished one, else the last."""

    position: int
    run_id: int
    state: RunState
    duration_s: float | None = None
    message: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)
