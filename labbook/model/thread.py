"""A thread: a line of research that notes name, its goal, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from labbook.model.moment import Moment

ThreadKind = Literal["goal-driven", "idea", "exploration", "learning"]
THREAD_KINDS: tuple[ThreadKind, ...] = get_args(ThreadKind)

EXPLORING: frozenset[ThreadKind] = frozenset({"exploration", "idea"})
"""The kinds whose time is spent away from a goal that was set before."""


class ThreadState(StrEnum):
    """What became of a thread; it is in exactly one of these."""

    ACTIVE = "active"
    PAUSED = "paused"
    DELIVERED = "delivered"
    DEAD_END = "dead_end"
    LEFT = "left"

    @property
    def has_ended(self) -> bool:
        """Whether nobody means to go on with it: a dead end is an answer, one left is none."""
        return self in (ThreadState.DELIVERED, ThreadState.DEAD_END, ThreadState.LEFT)

    @property
    def words(self) -> str:
        return self.value.replace("_", " ")


@dataclass(frozen=True, slots=True)
class Thread:
    """A line of research, and how much of the notebook belongs to it.

    importance: from 1 to 10, as its owner sees it
    outcome: the deliverable, why it was a dead end, or what it was left for; of one that was
        resumed, what it was then
    notes: how many name it or were given to it
    runs: how many belong to it, or are named by its notes
    open_steps: next steps
    measured_s: seconds of timers and of time entered by hand
    began, touched: the first and the last thing written, run or timed; None where nothing was
    """

    id: int
    name: str
    created: Moment
    goal: str = ""
    kind: ThreadKind | None = None
    importance: float | None = None
    state: ThreadState = ThreadState.ACTIVE
    outcome: str = ""
    notes: int = 0
    runs: int = 0
    open_steps: int = 0
    measured_s: float = 0.0
    began: Moment | None = None
    touched: Moment | None = None

    @property
    def standing(self) -> str:
        """ "active", "delivered: a blog post", "left for @kl"."""
        words = self.state.words
        if not self.state.has_ended or not self.outcome:
            return words
        return self.outcome if self.outcome.startswith(words) else f"{words}: {self.outcome}"
