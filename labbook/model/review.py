"""A review: a period condensed into four sections, and a verdict on what was planned."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from labbook.model.moment import Moment
    from labbook.model.next_step import NextStep
    from labbook.text.when import Period


class Section(StrEnum):
    FINDINGS = "experimental findings"
    INSIGHTS = "insights"
    CODE = "code progress"
    NEXT_STEPS = "next steps"


Fate = Literal["done", "carried", "dropped"]


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """One line of a review.

    text: Markdown
    source: where it came from: "run:41", "sweep:3", "note:17", "step:5",
        "commit:<repository>@<hash>", or nothing when it was written by hand
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
class Review:
    """A saved review. A period has one; saving it again raises its version."""

    id: int
    period: Period
    version: int
    items: tuple[ReviewItem, ...]
    verdicts: tuple[Verdict, ...]
    created: Moment
    edited: Moment

    def section(self, section: Section) -> tuple[ReviewItem, ...]:
        return tuple(item for item in self.items if item.section is section)


@dataclass(frozen=True, slots=True)
class ReviewDraft:
    """What a review would say if it were saved now.

    items: what was saved before, else what the period's runs, notes and commits give
    previous_steps: the next steps of the review before this one, as they stand today
    saved: the review that is saved for this period, if any
    missing: what could not be gathered, each in a sentence (a repository that is gone)
    later: how many lines notes and runs have given since it was saved
    """

    period: Period
    items: tuple[ReviewItem, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    previous: Review | None = None
    previous_steps: tuple[NextStep, ...] = ()
    saved: Review | None = None
    missing: tuple[str, ...] = ()
    later: int = 0

    def section(self, section: Section) -> tuple[ReviewItem, ...]:
        return tuple(item for item in self.items if item.section is section)
