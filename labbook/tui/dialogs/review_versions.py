"""The versions of a review, and copies that came too late: read, compared, restored."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from textual.content import Content
from textual.message import Message

from labbook.desk import review, review_document
from labbook.model import Review, ReviewDraft, ReviewRevision
from labbook.report.notes import draw_note
from labbook.text.amounts import count
from labbook.text.plain import plain
from labbook.tui.dialogs.versions import Versions
from labbook.tui.drawing import flat


class VersionRestored(Message):
    """An earlier text stands again, as a new version."""

    def __init__(self, saved: Review) -> None:
        super().__init__()
        self.saved = saved


class ReviewVersions(Versions[Review, ReviewRevision]):
    """The versions of a review; closed with what was restored."""

    ABOUT = (
        "Every saved text of a review, newest first, and those that another window had saved over "
        "(c1, c2). Restoring one saves it as a new version, so nothing is lost by it."
    )

    def __init__(self, draft: ReviewDraft) -> None:
        super().__init__(f"Versions of the review of {draft.period.label}")
        self._draft = draft

    def read(self) -> dict[str, ReviewRevision]:
        return {each.name: each for each in review.history(self.desk, self._draft.period)}

    def line(self, version: ReviewRevision) -> Content:
        lines = count(len(version.items), "line")
        what = "came too late" if version.is_conflict else lines
        style = "$warning" if version.is_conflict else "$quiet"
        when = f"{version.saved.local:%Y-%m-%d %H:%M}"
        return Content.assemble((f"{version.name:>3} ", "bold"), when, (f"  {what}", style))

    def text(self, version: ReviewRevision) -> Content:
        then = review_document.as_of(self._draft, version)
        return flat(draw_note(review_document.compose(then)), self.width)

    def changes(self, version: ReviewRevision) -> Iterable[str]:
        then = review_document.as_of(self._draft, version)
        return plain(review_document.changes(then, self._draft)).splitlines()

    def restore(self, version: ReviewRevision) -> None:
        restore = partial(review.restore, self.desk, self._draft.period, version.name)
        self.labbook.writer.write(self, "restoring the text", restore, VersionRestored)

    def on_version_restored(self, message: VersionRestored) -> None:
        self.dismiss(message.saved)
