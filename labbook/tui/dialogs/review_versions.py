"""The versions of a review, and copies that came too late: read, compared, restored."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message

from labbook.desk import review, review_document
from labbook.model import Review, ReviewDraft, ReviewRevision
from labbook.report.notes import draw_note
from labbook.text.amounts import count
from labbook.text.plain import plain
from labbook.tui.dialogs.dialog import Dialog
from labbook.tui.drawing import flat
from labbook.tui.keys import key
from labbook.tui.widgets.choices import Choices
from labbook.tui.widgets.pane import Pane
from labbook.tui.widgets.words import Words
from labbook.tui.work import ask

_STYLES = {"+": "$success", "-": "$error"}


class VersionsRead(Message):
    """A review's saved texts, oldest first."""

    def __init__(self, found: tuple[ReviewRevision, ...]) -> None:
        super().__init__()
        self.found = found


class VersionRestored(Message):
    """An earlier text stands again, as a new version."""

    def __init__(self, saved: Review) -> None:
        super().__init__()
        self.saved = saved


class ReviewVersions(Dialog[Review]):
    """Lists a review's texts beside the one that is highlighted."""

    CSS_PATH = "revisions.tcss"
    ABOUT = (
        "Every saved text of a review, newest first, and those that another window had saved over "
        "(c1, c2). Restoring one saves it as a new version, so nothing is lost by it."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        key("versions.restore", "r,enter", "restore", "restore", show=True),
        key("versions.changes", "c", "changes", "text or changes", show=True),
    ]

    def __init__(self, draft: ReviewDraft) -> None:
        super().__init__(f"Versions of the review of {draft.period.label}")
        self.add_class("versions")
        self._draft = draft
        self._found: dict[str, ReviewRevision] = {}
        self._as_changes = False

    def compose_dialog(self) -> ComposeResult:
        with Horizontal():
            yield Choices()
            with Pane():
                yield Words(id="text")

    def on_mount(self) -> None:
        read = partial(review.history, self.desk, self._draft.period)
        ask(self, "versions", read, VersionsRead)

    def on_versions_read(self, message: VersionsRead) -> None:
        self._found = {each.name: each for each in reversed(message.found)}
        options = [(_line(each), name) for name, each in self._found.items()]
        self.query_one(Choices).fill(options)

    def on_option_list_option_highlighted(self) -> None:
        self._show()

    def on_option_list_option_selected(self) -> None:
        self.action_restore()

    @property
    def _selected(self) -> ReviewRevision | None:
        return self._found.get(self.query_one(Choices).chosen or "")

    def _show(self) -> None:
        revision = self._selected
        if revision is None:
            return
        then = review_document.as_of(self._draft, revision)
        if self._as_changes:
            lines = plain(review_document.changes(then, self._draft)).splitlines()
            pieces = [Content.styled(line, _STYLES.get(line[:1], "$quiet")) for line in lines]
            shown = Content("\n").join(pieces or [Content.styled("No change since.", "$quiet")])
        else:
            width = self.query_one(Pane).scrollable_content_region.width
            shown = flat(draw_note(review_document.compose(then)), max(20, width))
        self.query_one("#text", Words).update(shown)

    def action_changes(self) -> None:
        self._as_changes = not self._as_changes
        self._show()

    def action_restore(self) -> None:
        revision = self._selected
        if revision is not None:
            restore = partial(review.restore, self.desk, self._draft.period, revision.name)
            self.labbook.writer.write(self, "restoring the text", restore, VersionRestored)

    def on_version_restored(self, message: VersionRestored) -> None:
        self.dismiss(message.saved)


def _line(each: ReviewRevision) -> Content:
    what = "came too late" if each.is_conflict else count(len(each.items), "line")
    style = "$warning" if each.is_conflict else "$quiet"
    return Content.assemble(
        (f"{each.name:>3} ", "bold"), f"{each.saved.local:%Y-%m-%d %H:%M}", (f"  {what}", style)
    )
