"""An entry: one day's page, made of blocks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt

    from labbook.model.moment import Moment
    from labbook.model.run import Run
    from labbook.model.sweep import Sweep


class BlockKind(StrEnum):
    NOTE = "note"
    RUN = "run"
    SWEEP = "sweep"
    LINK = "link"
    COMPARISON = "comparison"


class RunRole(StrEnum):
    """Why a run stands on a day."""

    STARTED = "started"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Note:
    """A block of Markdown.

    id: the block's
    version: counts saves; a save must name the version it was made from
    conflict_of: the note that somebody else saved while this text was being written
    """

    id: int
    day: dt.date
    time: Moment
    body: str
    version: int
    edited: Moment
    tags: tuple[str, ...] = ()
    threads: tuple[str, ...] = ()
    conflict_of: int | None = None
    deleted: bool = False

    @property
    def thread(self) -> str | None:
        """The first thread it names."""
        return self.threads[0] if self.threads else None


@dataclass(frozen=True, slots=True)
class RunBlock:
    """A run standing on a day: where it started, or a link where it ended later."""

    id: int
    day: dt.date
    time: Moment
    run: Run
    role: RunRole = RunRole.STARTED


@dataclass(frozen=True, slots=True)
class SweepBlock:
    """A sweep standing on a day: where it started, or a link where it ended later."""

    id: int
    day: dt.date
    time: Moment
    sweep: Sweep
    role: RunRole = RunRole.STARTED


@dataclass(frozen=True, slots=True)
class ComparisonBlock:
    """A comparison standing on a day: drawn from its runs, the first of which is the measure."""

    id: int
    day: dt.date
    time: Moment
    runs: tuple[Run, ...]


Block = Note | RunBlock | SweepBlock | ComparisonBlock


@dataclass(frozen=True, slots=True)
class Entry:
    """One day's page: its blocks, oldest first."""

    day: dt.date
    blocks: tuple[Block, ...] = ()


@dataclass(frozen=True, slots=True)
class Revision:
    """One saved text of a note."""

    note_id: int
    version: int
    saved: Moment
    body: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """A save that came too late: theirs stays, ours is kept as a copy beside it."""

    theirs: Note
    copy: Note


@dataclass(frozen=True, slots=True)
class Draft:
    """Text being typed in one window, kept so that a crash cannot take it.

    note_id: the note being edited, or None for a new one
    base_version: the version the edit began from
    """

    window: str
    day: dt.date
    body: str
    saved: Moment
    note_id: int | None = None
    base_version: int | None = None
