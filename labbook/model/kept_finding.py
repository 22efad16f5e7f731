"""Something found out: a line of a review, or a tagged note that no review has taken up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from labbook.model.review import Section
from labbook.text.finding_query import Standing

if TYPE_CHECKING:
    import datetime as dt

    from labbook.model.run import Run
    from labbook.text.period import Period

SECTION_NAMES = {
    Section.FINDINGS: "findings",
    Section.INSIGHTS: "insights",
    Section.CODE: "code",
}
"""What a query calls the sections of a review that are about what was found out."""

TAGS = {
    Section.FINDINGS: ("finding", "result"),
    Section.INSIGHTS: ("insight",),
    Section.CODE: ("code",),
}
"""The tags that make a note a finding, and in which section a draft gathers it."""


@dataclass(frozen=True, slots=True)
class InReview:
    """Where a review says it.

    position: its place among all lines of the review, from 0
    """

    period: Period
    is_closed: bool
    position: int


@dataclass(frozen=True, slots=True)
class KeptFinding:
    """Something found out, with what it rests on.

    text: as it stands in the review, whatever became of it after it was promoted; of a note
        that no review has taken up, the note
    source: where it was promoted from, as `ReviewItem` has it; stays when the text is edited
    day: of its source; of what was written by hand the day on which its review was begun, or the
        nearest in its period
    reviews: those that say it, the shortest period first; none for a note. A month's review
        takes over what its weeks say: the same line of both is one finding
    threads, tags: those in its text, of the note it comes from, and of the runs it rests on
    run_ids: what it was promoted from, then what it names or is told against; a sweep's are
        all there
    runs: the first of these, to be shown
    """

    section: Section
    text: str
    source: str
    day: dt.date
    reviews: tuple[InReview, ...] = ()
    threads: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    run_ids: tuple[int, ...] = ()
    runs: tuple[Run, ...] = ()

    @property
    def standing(self) -> Standing:
        if not self.reviews:
            return "loose"
        return "closed" if self.reviews[0].is_closed else "draft"

    @property
    def name(self) -> str:
        """What tells it from the others, as long as nobody edits its review."""
        if not self.reviews:
            return self.source
        first = self.reviews[0]
        return f"{first.period.label}/{first.position}"
