"""A review: a period condensed into four sections, and a verdict on what was planned."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from labbook.model.next_step import StepState

if TYPE_CHECKING:
    import datetime as dt

    from labbook.model.entry import Block
    from labbook.model.moment import Moment
    from labbook.model.next_step import NextStep
    from labbook.text.when import Period


class Section(StrEnum):
    FINDINGS = "experimental findings"
    INSIGHTS = "insights"
    CODE = "code progress"
    NEXT_STEPS = "next steps"
    TIME = "time"


Fate = Literal["done", "carried", "dropped"]


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """One line of a review.

    text: Markdown
    source: where it came from: "run:41", "sweep:3", "comparison:18", "note:17", "step:5",
        "commit:<repository>@<hash>", "time:<period>", or nothing when it was written by hand
    """

    section: Section
    text: str
    source: str = ""

    def source_id(self, kind: str) -> int | None:
        """41 where the source is "run:41" and `kind` "run"; None where it is anything else.

        A source may have been typed: 18 digits are what the notebook can hold for certain.
        """
        found = re.fullmatch(rf"{kind}:([0-9]{{1,18}})", self.source)
        return int(found[1]) if found else None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one next step, as one review judged it."""

    step_id: int
    fate: Fate
    because: str = ""
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Closing:
    """When a review was closed, and how many planned steps it left unjudged."""

    moment: Moment
    left_open: int = 0


@dataclass(frozen=True, slots=True)
class Review:
    """A saved review. A period has one; saving it again raises its version.

    closing: set once it is closed; it may still be edited
    """

    id: int
    period: Period
    version: int
    items: tuple[ReviewItem, ...]
    verdicts: tuple[Verdict, ...]
    created: Moment
    edited: Moment
    closing: Closing | None = None

    def section(self, section: Section) -> tuple[ReviewItem, ...]:
        return tuple(item for item in self.items if item.section is section)


@dataclass(frozen=True, slots=True)
class ReviewRevision:
    """One text that a review had, or that came too late to be saved.

    name: "3" for version 3; "c1" for the first copy that came too late
    """

    name: str
    saved: Moment
    items: tuple[ReviewItem, ...]
    verdicts: tuple[Verdict, ...]

    @property
    def is_conflict(self) -> bool:
        return self.name.startswith("c")


@dataclass(frozen=True, slots=True)
class Material:
    """One block of a period, as a review may take it up.

    source: what an item made of it names: "note:17", "run:41"
    line: what it says, in one line
    steps: the next steps that it consists of, as sources; none where it says anything else
    """

    block: Block
    source: str
    line: str
    steps: frozenset[str] = frozenset()

    @property
    def day(self) -> dt.date:
        return self.block.day


@dataclass(frozen=True, slots=True)
class ReviewDraft:
    """What a review would say if it were saved now.

    items: what was saved before, else what the period's runs, notes and commits give
    previous_steps: the next steps of the review before this one, as they stand today
    saved: the review that is saved for this period, if any
    missing: what could not be gathered, each in a sentence (a repository that is gone)
    later: how many lines notes, runs and sweeps have given since it was saved
    material: the period's blocks, oldest first
    read: those of them that were read for this review, by id
    """

    period: Period
    items: tuple[ReviewItem, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    previous: Review | None = None
    previous_steps: tuple[NextStep, ...] = ()
    saved: Review | None = None
    missing: tuple[str, ...] = ()
    later: int = 0
    material: tuple[Material, ...] = field(default=(), compare=False)
    read: frozenset[int] = field(default=frozenset(), compare=False)

    def section(self, section: Section) -> tuple[ReviewItem, ...]:
        return tuple(item for item in self.items if item.section is section)

    @property
    def unjudged(self) -> tuple[NextStep, ...]:
        """The planned steps that nobody has settled, and that this review has not judged."""
        judged = {verdict.step_id for verdict in self.verdicts}
        return tuple(
            step
            for step in self.previous_steps
            if step.state is StepState.OPEN and step.id not in judged
        )

    @property
    def unpromoted(self) -> tuple[Material, ...]:
        """What no item was made of, each source once."""
        return not_taken_up(self.material, {item.source for item in self.items})


def without_settled(
    items: Sequence[ReviewItem], verdicts: Sequence[Verdict]
) -> tuple[ReviewItem, ...]:
    """The items without those plans that the same review's verdicts say are done or dropped."""
    settled = {f"step:{each.step_id}" for each in verdicts if each.fate != "carried"}
    return tuple(
        each
        for each in items
        if each.section is not Section.NEXT_STEPS or each.source not in settled
    )


def not_taken_up(material: tuple[Material, ...], sources: Collection[str]) -> tuple[Material, ...]:
    """The material that none of the sources names, each source once."""
    taken = set(sources)
    left: dict[str, Material] = {}
    for each in material:
        if each.source not in taken and taken.isdisjoint(each.steps):
            left.setdefault(each.source, each)
    return tuple(left.values())
