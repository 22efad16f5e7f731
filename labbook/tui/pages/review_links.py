"""What refers to a review, and ideas that come from its lines and its days."""

from __future__ import annotations

from functools import partial

from labbook.desk import backlinks
from labbook.model import Note
from labbook.model.backlink import Backlink
from labbook.tui.pages.linked import IdeaSource, Referred
from labbook.tui.pages.review_days import ReviewDays
from labbook.tui.widgets.review_rows import ItemRow, StepRow
from labbook.tui.widgets.source_rows import SourceRow


class ReviewLinks(ReviewDays, IdeaSource):
    """The way from a line to where it came from, and from the review to what refers to it.

    named: what refers to it
    """

    named: tuple[Backlink, ...] = ()

    @property
    def referred(self) -> Referred:
        return self.period.label, partial(backlinks.of_review, self.desk, self.period)

    @property
    def idea_source(self) -> tuple[str, str]:
        """An idea that a note gave comes from the note; from any other line, from the review."""
        row, origin = self.focused, f"review:{self.period.label}"
        if isinstance(row, SourceRow):
            block = row.material.block
            if isinstance(block, Note):
                return row.line or block.body, row.material.source
            return row.material.line, origin
        if isinstance(row, StepRow):
            return row.step.text, origin
        if isinstance(row, ItemRow) and row.item is not None:
            of_note = row.item.source_id("note") is not None
            return row.item.text, row.item.source if of_note else origin
        return "", ""

    async def action_source(self) -> None:
        """Go to the note or run that a line came from."""
        row = self.focused
        if isinstance(row, SourceRow):
            await self.labbook.show_day(row.material.day, row.material.source)
        elif isinstance(row, ItemRow) and row.item is not None:
            await self.labbook.show_source(row.item.source)
        elif isinstance(row, StepRow) and row.step.note_id is not None:
            await self.labbook.show_day(row.step.raised, f"note:{row.step.note_id}")
