"""What an executor is: it takes points, and says when each has begun and has ended.

A point is a run of a sweep, or a shard of one run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from labbook.errors import ExperimentError
from labbook.runner.process import Status


class ExecutorLost(ExperimentError):
    """What computes the points is gone, with all that it was computing."""


@dataclass(frozen=True, slots=True)
class Task:
    """What all points have in common.

    target, experiment: where the code stands, and which of it
    argv: the command, already filled, is in each point; None for experiments
    directory: where a command is started
    """

    experiment: str
    target: str = ""
    backend: str = "auto"
    directory: str = ""


@dataclass(frozen=True, slots=True)
class Point:
    """One run to be done, or one shard.

    run: its number, which no other point of this executor has
    directory: its run directory, which is there, and holds all its results when it has ended
    argv: the command of this point
    pieces: of a shard: the first of its pieces, and the one after its last
    cores: how many it may keep busy; None for as many as there are
    """

    run: int
    directory: Path
    seed: int
    params: dict[str, Any] = field(default_factory=dict)
    argv: tuple[str, ...] | None = None
    pieces: tuple[int, int] | None = None
    cores: int | None = None


@dataclass(frozen=True, slots=True)
class Begun:
    """A point has been given to a worker."""

    run: int
    at_us: int
    worker: str


@dataclass(frozen=True, slots=True)
class Ended:
    """A point is over. How it went stands in its directory; what follows, only if it does not.

    status: how the process ended that computed it
    because: why it is lost, in a sentence
    """

    run: int
    status: Status | None = None
    because: str = ""


Update = Begun | Ended


class Executor(Protocol):
    """Computes points, each at most once. A point is never started a second time."""

    @property
    def slots(self) -> int:
        """How many points it computes at the same time."""

    @property
    def room(self) -> int:
        """How many more points it takes now."""

    def submit(self, point: Point) -> None:
        """Take a point.

        Raises:
            ExecutorLost: nothing is computed any more.
        """

    def poll(self, timeout_s: float) -> Sequence[Update]:
        """What has happened since the last call; waits up to `timeout_s` for something.

        Raises:
            ExecutorLost: nothing is computed any more.
        """

    def share(self, run: int) -> float:
        """How much of a point is done, from 0 to 1, as far as it has said."""

    def cancel(self, run: int) -> None:
        """End a point that has not ended, at once; its end is told by `poll`.

        A point looks by itself for the file `cancel` in its directory; this is for those
        that do not look.
        """

    def close(self) -> None:
        """End everything that is still being computed."""
