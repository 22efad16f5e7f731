"""Reads a review, and keeps its unsaved changes, in threads."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message

from labbook.desk import review, review_document, write
from labbook.desk.desk import Desk
from labbook.errors import UsageError
from labbook.model import Draft, ReviewDraft
from labbook.text.when import Period
from labbook.tui.drafts import REVIEW, dead_drafts


@dataclass(frozen=True, slots=True)
class ReviewRead:
    """A review as it stands.

    kept: the changes of a window that was closed before it saved them
    changed: the review with those changes
    """

    draft: ReviewDraft
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


def read_review(desk: Desk, period: Period, window: str) -> ReviewRead:
    """The review of a period, with what this window or a dead one has changed in it."""
    draft = review.draft(desk, period)
    drafts = [each for each in write.drafts(desk) if each.window.endswith(REVIEW + period.label)]
    own = [each for each in drafts if each.window == f"{window}{REVIEW}{period.label}"]
    for kept in own or reversed(dead_drafts(drafts, desk.clock())):
        try:
            return ReviewRead(draft, kept, review_document.parse(draft, kept.body))
        except UsageError:
            continue
    return ReviewRead(draft)


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
