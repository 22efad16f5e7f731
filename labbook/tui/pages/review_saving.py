"""Saving a review, writing its report, and adding to it what has happened since."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import ClassVar

from textual.binding import BindingType
from textual.message import Message

from labbook.desk import review
from labbook.desk.desk import Desk
from labbook.model import Draft, Review, ReviewDraft
from labbook.report.reviews import closing_words
from labbook.text.amounts import count
from labbook.text.when import Period
from labbook.tui import review_edits as edits
from labbook.tui.dialogs.ask import Confirm
from labbook.tui.keys import key
from labbook.tui.outside import open_files
from labbook.tui.pages.review_editing import ReviewEditing
from labbook.tui.review_reading import Gathered, drop_kept
from labbook.tui.review_words import what_is_saved
from labbook.tui.work import Done, Trouble, ask

SAVING = "saving the review"


class ReviewSaved(Message):
    """A review is saved as it was when it was sent off.

    kept: the draft of a dead window that it was taken from
    """

    def __init__(self, sent: ReviewDraft, kept: Draft | None, saved: Review) -> None:
        super().__init__()
        self.sent = sent
        self.kept = kept
        self.saved = saved


class ReviewClosed(Message):
    """A review is closed."""

    def __init__(self, closed: Review) -> None:
        super().__init__()
        self.closed = closed


class ReportWritten(Message):
    """A report lies in a file."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path


class ReviewSaving(ReviewEditing):
    """The keys that save a review.

    saved: the review as it is saved, or as it was gathered
    kept: the draft of a dead window that it was taken from
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        key("review.save", "s", "save", "save", show=True, about="save the review"),
        key("review.report", "h", "report", "report", show=True, about="write it as HTML"),
        key("review.gather", "plus", "gather", "add what happened since"),
        key("review.reload", "R", "reload", "back to what is saved"),
        key(
            "review.close",
            "C",
            "close",
            "close",
            show=True,
            about="close it: it is judged and done",
        ),
        key("review.versions", "H", "versions", "versions and copies"),
    ]

    period: Period
    saved: ReviewDraft | None
    kept: Draft | None

    def __init__(self) -> None:
        super().__init__()
        self._sent: ReviewDraft | None = None
        self._then: set[str] = set()

    def reload(self) -> None:
        """Read the review as it is saved, without this window's changes."""
        raise NotImplementedError

    @property
    def is_changed(self) -> bool:
        return self.draft != self.saved

    def action_gather(self) -> None:
        ask(self, "gather", partial(review.gather, self.desk, self.period), Gathered)

    def on_gathered(self, message: Gathered) -> None:
        if self.draft is None or message.draft.period != self.draft.period:
            return
        merged = edits.merged(self.draft, message.draft)
        new = len(merged.items) - len(self.draft.items)
        self.change(merged)
        self.labbook.say(f"{count(new, 'line')} added." if new else "Nothing new has happened.")

    def action_reload(self) -> None:
        """Back to what is saved; undo has the changes."""
        if self.draft is not None and self.saved is not None and self.is_changed:
            self.draft = self.saved
            self.reload()

    def action_save(self) -> None:
        draft = self.draft
        if draft is None or draft == self._sent:
            return
        if self._sent is not None:  # what comes next needs the version that this one gets
            self._then.add("save")
            return
        self._sent = draft
        save = partial(
            review.save,
            self.desk,
            draft.period,
            draft.items,
            draft.verdicts,
            version=draft.saved.version if draft.saved else None,
        )
        answer = partial(ReviewSaved, draft, self.kept)
        self.labbook.writer.write(self, SAVING, save, answer)

    def on_review_saved(self, message: ReviewSaved) -> None:
        saved, wanted = message.saved, self._then
        self._sent, self._then = None, set()
        drop = partial(drop_kept, self.desk, saved.period, self.labbook.window, message.kept)
        self.labbook.writer.write(self, "dropping the draft", drop, lambda _: Done())
        self.labbook.say(what_is_saved(saved))
        if self.draft is None or saved.period != self.period:
            return
        self.saved = edits.on_top_of(saved, message.sent)
        self.draft = edits.on_top_of(saved, self.draft)
        self.history = []  # its lines have no next steps of their own, and would raise them again
        if not self.is_changed:
            self.read()
        elif "save" in wanted:
            self._then = wanted - {"save"}
            self.action_save()
            return
        else:
            self.keep(self.draft)
        if "close" in wanted:
            self._close()
        if "report" in wanted:
            self._write_report()

    def troubled(self, message: Trouble) -> None:
        if message.doing == SAVING:
            self._sent, self._then = None, set()
        super().troubled(message)

    def _save_then(self, what: str) -> None:
        """Save what is unsaved, and then close it or write its report."""
        if self.draft is None:
            return
        if self._sent is not None or self.is_changed or self.draft.saved is None:
            self._then.add(what)
            self.action_save()
        elif what == "close":
            self._close()
        else:
            self._write_report()

    def action_close(self) -> None:
        """Save what is unsaved, and close; asks first where planned steps are not judged."""
        draft = self.draft
        if draft is None:
            return
        left = len(draft.unjudged)
        if not left:
            self._save_then("close")
            return
        words = f"{count(left, 'next step')} of last time {'is' if left == 1 else 'are'} not "
        words += "judged. Close it all the same? The report says so."
        self.app.push_screen(Confirm("Close the review", words), self._close_if)

    def _close_if(self, wanted: bool | None) -> None:
        if wanted:
            self._save_then("close")

    def _close(self) -> None:
        close = partial(review.close, self.desk, self.period, with_open=True)
        self.labbook.writer.write(self, "closing the review", close, ReviewClosed)

    def on_review_closed(self, message: ReviewClosed) -> None:
        self.labbook.say(f"Review {message.closed.period.label}: {closing_words(message.closed)}")
        self.read()

    def action_versions(self) -> None:
        if self.draft is None or self.draft.saved is None:
            self.labbook.say("It has no versions yet: it is not saved.")
            return
        if self.is_changed:
            self.labbook.say("Save or take back your changes first: s or R.")
            return
        from labbook.tui.dialogs.review_versions import ReviewVersions

        self.app.push_screen(ReviewVersions(self.draft), self._restored)

    def _restored(self, saved: Review | None) -> None:
        if saved is not None:
            self.labbook.say(what_is_saved(saved))
            self.reload()

    def action_report(self) -> None:
        """Save what is unsaved, then write the report of it."""
        self._save_then("report")

    def _write_report(self) -> None:
        """In a thread of its own: drawing its figures takes longer than a key may wait."""
        ask(self, "report", partial(_report, self.desk, self.period), ReportWritten)

    def on_report_written(self, message: ReportWritten) -> None:
        if not open_files([message.path]):
            self.labbook.say(f"The report is {message.path}", timeout=12)


def _report(desk: Desk, period: Period) -> Path:
    from labbook.desk import report

    return report.write_own_report(desk, period)
