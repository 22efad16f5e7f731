"""Reads a review, and keeps its unsaved changes, in threads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from textual.message import Message

from labbook.desk import backlinks, review, review_document, write
from labbook.desk.desk import Desk
from labbook.errors import UsageError
from labbook.model import Block, Draft, ReviewDraft
from labbook.model.backlink import Backlink
from labbook.text.when import Period
from labbook.tui.drafts import REVIEW, dead_drafts
from labbook.tui.drawing import Drawn, draw_block
from labbook.tui.widgets.review_rows import draw_item


@dataclass(frozen=True, slots=True)
class ReviewRead:
    """A review as it stands.

    drawn: the blocks of its period, each drawn at the width that was asked for
    late: how many copies came too late to be saved, since it was last saved
    named: what refers to it
    kept: the changes of a window that was closed before it saved them
    changed: the review with those changes
    """

    draft: ReviewDraft
    drawn: tuple[Drawn, ...] = ()
    late: int = 0
    named: tuple[Backlink, ...] = ()
    kept: Draft | None = None
    changed: ReviewDraft | None = None


class ReviewAnswered(Message):
    """A review has been read."""

    def __init__(self, found: ReviewRead) -> None:
        super().__init__()
        self.found = found


class Gathered(Message):
    """What the period gives by now."""

    def __init__(self, draft: ReviewDraft) -> None:
        super().__init__()
        self.draft = draft


def read_review(
    desk: Desk, period: Period, window: str, widths: tuple[int, int], known: Mapping[int, Drawn]
) -> ReviewRead:
    """The review of a period, with what this window or a dead one has changed in it.

    widths: what blocks and what lines are drawn in
    known: blocks that are drawn already, by id; those that are as they were are not drawn again
    """
    draft = review.draft(desk, period)
    for item in draft.items:
        draw_item(item, widths[1])  # remembered, so that showing it has nothing to draw
    drawn = tuple(
        _drawn(each.block, widths[0], known.get(each.block.id)) for each in draft.material
    )
    found = ReviewRead(draft, drawn, _late(desk, draft), backlinks.of_review(desk, period))
    drafts = [each for each in write.drafts(desk) if each.window.endswith(REVIEW + period.label)]
    own = [each for each in drafts if each.window == f"{window}{REVIEW}{period.label}"]
    for kept in own or reversed(dead_drafts(drafts, desk.clock())):
        try:
            return replace(found, kept=kept, changed=review_document.parse(draft, kept.body))
        except UsageError:
            continue
    return found


def _drawn(block: Block, width: int, known: Drawn | None) -> Drawn:
    if known is not None and known.block == block and known.width == width:
        return known
    return draw_block(block, width)  # without figures: here a run is read, not looked at


def _late(desk: Desk, draft: ReviewDraft) -> int:
    saved = draft.saved
    if saved is None:
        return 0
    found = review.history(desk, draft.period)
    return sum(each.is_conflict and each.saved.us >= saved.edited.us for each in found)


def keep_review(desk: Desk, draft: ReviewDraft, window: str) -> None:
    """Keep unsaved changes, so that a closed window cannot take them."""
    write.keep_draft(
        desk,
        Draft(
            window=f"{window}{REVIEW}{draft.period.label}",
            day=draft.period.first,
            body=review_document.compose(draft),
            saved=desk.clock(),
        ),
    )


def drop_kept(desk: Desk, period: Period, window: str, kept: Draft | None) -> None:
    """The changes are saved or taken back."""
    write.drop_draft(desk, f"{window}{REVIEW}{period.label}")
    if kept is not None:
        write.drop_draft(desk, kept.window)
