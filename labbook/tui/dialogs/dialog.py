"""What all dialogs have: a frame over the page, its keys on the last line, Esc to close."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, TypeVar, cast

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen, Screen

from labbook.text.plain import plain_line
from labbook.tui.keys import adopt, key
from labbook.tui.widgets.key_bar import KeyBar
from labbook.tui.work import Trouble

if TYPE_CHECKING:
    from labbook.desk.desk import Desk
    from labbook.tui.app import LabbookApp

Answer = TypeVar("Answer")


class Dialog(ModalScreen[Answer | None], inherit_bindings=False):
    """A dialog; closed with its answer, or with None.

    ABOUT: what it is for, for its help
    """

    ABOUT: ClassVar[str] = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        *adopt("dialog", Screen.BINDINGS),
        key("dialog.close", "escape", "close", "close", show=True),
        key("dialog.help", "f1", "app.help", "help", show=True),
    ]

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title

    @property
    def labbook(self) -> LabbookApp:
        return cast("LabbookApp", self.app)

    @property
    def desk(self) -> Desk:
        return self.labbook.desk

    def compose(self) -> ComposeResult:
        with Vertical(classes="frame") as frame:
            frame.border_title = Content(plain_line(self._title))
            yield from self.compose_dialog()
        yield KeyBar()

    def compose_dialog(self) -> ComposeResult:
        """The dialog's own widgets."""
        yield from ()

    def action_close(self) -> None:
        self.dismiss(None)

    def keep(self) -> None:
        """The app ends: keep what is typed here."""

    def on_trouble(self, message: Trouble) -> None:
        message.stop()
        self.troubled(message)

    def troubled(self, message: Trouble) -> None:
        """The desk could not do what the dialog asked."""
        self.labbook.say_error(message.error)
