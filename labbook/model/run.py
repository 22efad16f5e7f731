"""A run: one execution of an experiment, and the states it goes through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from labbook.model.curve import NO_CURVES, Curves

if TYPE_CHECKING:
    import datetime as dt

    from labbook.model.figure import Figure
    from labbook.model.moment import Moment
    from labbook.model.picture import Picture
    from labbook.model.published import Published
    from labbook.model.table import Table


class RunState(StrEnum):
    """Where a run stands. Each step is a compare-and-set in the store."""

    QUEUED = "queued"
    STARTING = "starting"
    RUNNING = "running"
    FINISHING = "finishing"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"
    LOST = "lost"

    @property
    def has_ended(self) -> bool:
        return self in _ENDED

    @property
    def words(self) -> str:
        """The state as a person reads it."""
        return self.value.replace("_", " ")


_ENDED = frozenset(
    {
        RunState.FINISHED,
        RunState.FAILED,
        RunState.CANCELLED,
        RunState.TIMED_OUT,
        RunState.LOST,
    }
)

ALLOWED_STEPS: Mapping[RunState, frozenset[RunState]] = {
    RunState.QUEUED: frozenset({RunState.STARTING, RunState.CANCELLED, RunState.LOST}),
    RunState.STARTING: frozenset({RunState.RUNNING, RunState.FINISHING} | _ENDED),
    RunState.RUNNING: frozenset({RunState.FINISHING} | _ENDED),
    RunState.FINISHING: _ENDED,
    **{state: frozenset[RunState]() for state in _ENDED},
}


KEPT = "kept.json"
"""The artifact with what a run has kept, for another to go on from it."""


class ArtifactKind(StrEnum):
    TABLE = "table"
    FIGURE = "figure"
    SERIES = "series"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file that a run produced, stored by its SHA-256."""

    name: str
    kind: ArtifactKind
    sha256: str
    size_bytes: int
    media_type: str


@dataclass(frozen=True, slots=True)
class Metric:
    """One point of a named scalar. Without steps there is one point, at step 0.

    There is one zero: SQLite stores -0.0 as 0.
    """

    name: str
    value: float
    step: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", self.value + 0.0)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come: `done` of `total` units, or of an unknown total."""

    done: float
    total: float | None = None

    @property
    def fraction(self) -> float | None:
        if not self.total:
            return None
        return min(1.0, max(0.0, self.done / self.total))


@dataclass(frozen=True, slots=True)
class Code:
    """The state of the git working tree that a run was started from."""

    commit: str
    branch: str = ""
    dirty: bool = False
    root: str = ""


class CommandRole(StrEnum):
    """What a command is to its run: labbook started it, or it is what the run goes on inside."""

    RUN = "run"
    AROUND = "around"


@dataclass(frozen=True, slots=True)
class Command:
    """A program and its arguments, never a line for a shell.

    directory: where it was started
    """

    argv: tuple[str, ...]
    directory: str
    role: CommandRole = CommandRole.RUN


@dataclass(frozen=True, slots=True)
class Run:
    """One execution of an experiment, as the notebook knows it.

    experiment: the experiment's name; of a command, what the command is called
    name: what its owner calls this one
    command: of runs that are not one of the experiments
    seed: what every random number of the run follows from
    backend: "numpy" or "cupy", what really computed; empty until the run has begun
    backend_reason: why that backend was taken
    duration_s: of the experiment's own call, by a monotonic clock, without start-up
    message: how it ended, in a sentence, when it did not simply finish
    metrics: the last value of each
    environment: interpreter, platform and package versions; what was shared out, and where
    provenance: files that say where it comes from: changes to the code, requirements, …
    parent_id: the run that it goes on from, or repeats
    cpu_s: of all its processes together
    peak_memory_bytes: of all its processes together, where that could be seen
    gpu_utilisation: the mean share of the time in which a device was busy, from 0 to 1
    sweep_id: the sweep that it is a point of
    is_waiting: whether it stands in the queue
    published: what texts give for its metrics
    """

    id: int
    experiment: str
    state: RunState
    day: dt.date
    created: Moment
    params: Mapping[str, Any] = field(default_factory=dict)
    seed: int | None = None
    backend: str = ""
    backend_asked: str = "auto"
    backend_reason: str = ""
    device: str = ""
    started: Moment | None = None
    ended: Moment | None = None
    duration_s: float | None = None
    exit_code: int | None = None
    signal: int | None = None
    message: str = ""
    host: str = ""
    code: Code | None = None
    environment: Mapping[str, Any] = field(default_factory=dict)
    peak_memory_bytes: int | None = None
    progress: Progress | None = None
    warnings: tuple[str, ...] = ()
    metrics: Mapping[str, float] = field(default_factory=dict)
    artifacts: tuple[Artifact, ...] = ()
    provenance: tuple[Artifact, ...] = ()
    parent_id: int | None = None
    name: str = ""
    command: Command | None = None
    thread: str | None = None
    tags: tuple[str, ...] = ()
    is_pinned: bool = False
    annotation: str = ""
    cpu_s: float | None = None
    gpu_memory_bytes: int | None = None
    gpu_utilisation: float | None = None
    sweep_id: int | None = None
    is_waiting: bool = False
    deleted: bool = False
    published: tuple[Published, ...] = ()

    @property
    def shards(self) -> int:
        """Into how many shards its work was cut; 0 where one process did all of it."""
        shards = self.environment.get("shards")
        return shards if isinstance(shards, int) else 0

    @property
    def executor(self) -> str:
        """What computed the shards, as it was typed; empty where there are none."""
        return str(self.environment.get("executor") or "") if self.shards else ""


@dataclass(frozen=True, slots=True)
class Results:
    """What a run shows: its tables, figures and pictures, in the order they were made.

    The table of its published values, if it has any, is the last.

    curves: its metrics of several points; none of an experiment that drew figures of its own
    missing: names of those whose stored file is gone or altered
    """

    tables: tuple[Table, ...] = ()
    figures: tuple[Figure, ...] = ()
    missing: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()
    curves: Curves = NO_CURVES
