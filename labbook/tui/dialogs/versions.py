"""The saved texts of a note or a review: read, compared with what stands now, restored."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import ClassVar, Generic, TypeVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message

from labbook.tui.dialogs.dialog import Answer, Dialog
from labbook.tui.keys import key
from labbook.tui.widgets.choices import Choices
from labbook.tui.widgets.pane import Pane
from labbook.tui.widgets.words import Words
from labbook.tui.work import ask

Version = TypeVar("Version")

_STYLES = {"+": "$success", "-": "$error"}


class VersionsRead(Message, Generic[Version]):
    """The saved texts by their names, oldest first."""

    def __init__(self, found: dict[str, Version]) -> None:
        super().__init__()
        self.found = found


class Versions(Dialog[Answer], Generic[Answer, Version]):
    """Lists the versions beside the text of the one that is highlighted."""

    CSS_PATH = "versions.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("revisions.restore", "r,enter", "restore", "restore", show=True),
        key("revisions.changes", "c", "changes", "text or changes", show=True),
    ]

    def __init__(self, title: str) -> None:
        super().__init__(title)
        self._found: dict[str, Version] = {}
        self._as_changes = False

    @abstractmethod
    def read(self) -> dict[str, Version]:
        """The versions by their names, oldest first; called off the UI's thread."""

    @abstractmethod
    def line(self, version: Version) -> Content:
        """What the list says of a version."""

    @abstractmethod
    def text(self, version: Version) -> Content:
        """What it says."""

    @abstractmethod
    def changes(self, version: Version) -> Iterable[str]:
        """What became of it since: a difference, line by line."""

    @abstractmethod
    def restore(self, version: Version) -> None:
        """Let it stand again, and close."""

    def compose_dialog(self) -> ComposeResult:
        with Horizontal():
            yield Choices()
            with Pane():
                yield Words(id="text")

    def on_mount(self) -> None:
        ask(self, "versions", self.read, VersionsRead)

    def on_versions_read(self, message: VersionsRead[Version]) -> None:
        self._found = dict(reversed(message.found.items()))
        options = [(self.line(each), name) for name, each in self._found.items()]
        self.query_one(Choices).fill(options)

    def on_option_list_option_highlighted(self) -> None:
        self._show()

    def on_option_list_option_selected(self) -> None:
        self.action_restore()

    @property
    def _selected(self) -> Version | None:
        return self._found.get(self.query_one(Choices).chosen or "")

    @property
    def width(self) -> int:
        """Of the text, in cells."""
        return max(20, self.query_one(Pane).scrollable_content_region.width)

    def _show(self) -> None:
        version = self._selected
        if version is None:
            return
        if self._as_changes:
            lines = [_styled(line) for line in self.changes(version)]
            shown = Content("\n").join(lines or [Content.styled("No change since.", "$quiet")])
        else:
            shown = self.text(version)
        self.query_one("#text", Words).update(shown)

    def action_changes(self) -> None:
        self._as_changes = not self._as_changes
        self._show()

    def action_restore(self) -> None:
        version = self._selected
        if version is not None:
            self.restore(version)


def _styled(line: str) -> Content:
    return Content.styled(line, _STYLES.get(line[:1], "$quiet"))
