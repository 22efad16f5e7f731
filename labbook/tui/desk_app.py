"""What the app is to every page and dialog: a desk, a voice, and a way back."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from typing import Final

from textual.app import SuspendNotSupported
from textual.dom import DOMNode
from textual.message import Message
from textual.notifications import SeverityLevel

from labbook.desk.desk import Desk
from labbook.errors import LabbookError
from labbook.text.plain import plain
from labbook.tui import theme
from labbook.tui.drafts import this_window
from labbook.tui.key_turns import KeyTurns
from labbook.tui.outside import edit_outside, show_images
from labbook.tui.undo import Act, Left, Undo
from labbook.tui.work import Done, Trouble, Writer

UNDOABLE = 50

WIDTHS: Final = [(0, "-narrow"), (76, "-normal"), (150, "-wide")]
"""The class of each screen from so many columns on."""


class Undone(Message):
    """An act has been taken back.

    outcome: what taking it back gave, such as the note that stands again
    """

    def __init__(self, undo: Undo, outcome: object) -> None:
        super().__init__()
        self.undo = undo
        self.outcome = outcome


class NothingToUndo(Message):
    """Every act has been taken back."""


class DeskApp(KeyTurns, inherit_bindings=False):
    """An app over a desk.

    window: the name that drafts of this window are kept under
    """

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self.writer = Writer()
        self._undoable: deque[Undo] = deque(maxlen=UNDOABLE)
        self.HORIZONTAL_BREAKPOINTS = WIDTHS
        self.animation_level = "none"  # a slow line should not carry frames of a glide
        for each in theme.THEMES:
            self.register_theme(each)
        self.ansi_theme_dark = theme.ANSI_DARK
        self.ansi_theme_light = theme.ANSI_LIGHT
        self.theme = theme.first_theme(desk.settings.theme, set(self.available_themes))

    @cached_property
    def window(self) -> str:
        return this_window()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our own variables, for Textual's themes that do not know them."""
        return theme.variables_for(self.current_theme)

    def say(self, words: str, severity: SeverityLevel = "information", timeout: float = 4) -> None:
        """Show a sentence for a moment."""
        self.notify(plain(words), severity=severity, timeout=timeout, markup=False)

    def say_error(self, error: LabbookError) -> None:
        """Show an error, but not again while it is on the screen."""
        words = plain(f"{error.message} {error.hint}".strip())
        if all(toast.message != words for toast in self._notifications):
            self.notify(words, severity="error", timeout=10, markup=False)

    def do(
        self,
        node: DOMNode,
        doing: str,
        verb: Callable[[], object],
        undo: Undo,
        answer: type[Message] = Done,
    ) -> None:
        """Write something that can be undone; an empty `answer` comes when it is written."""

        def done(_: object) -> Message:
            self._undoable.append(undo)
            return answer()

        self.writer.write(node, doing, verb, done)

    def act(self, node: DOMNode, doing: str, act: Act[Left], answer: type[Message] = Done) -> None:
        """The same with an act; what it left is there when `answer` comes."""
        self.do(node, doing, act.do, act.undo, answer)

    def remember(self, undo: Undo) -> None:
        """From any thread; in the one that writes, an undo asked for behind it finds it."""
        self._undoable.append(undo)

    def undo(self, node: DOMNode, answer: type[Message] = Done) -> None:
        """Take back the latest act, the one included that is only being written."""

        def back() -> Undone | NothingToUndo:
            if not self._undoable:
                return NothingToUndo()
            latest = self._undoable.pop()
            return Undone(latest, latest.back())

        def undone(message: Undone | NothingToUndo) -> Message:
            self.post_message(message)
            return answer()

        self.writer.write(node, "undoing", back, undone)

    def on_nothing_to_undo(self) -> None:
        self.say("There is nothing to undo.")

    def on_undone(self, message: Undone) -> None:
        """Say so in the place of what was said of the act, which is true no more."""
        for toast in list(self._notifications):
            if toast.severity == "information":
                self._unnotify(toast, refresh=False)
        self.say(f"Taken back: {message.undo.what}.")

    def on_trouble(self, message: Trouble) -> None:
        self.say_error(message.error)

    def edit_outside(self, text: str) -> str | None:
        """Lend the terminal to the person's editor; None when nothing came back."""
        edited, error = None, None
        try:
            with self.suspend():
                # An error that leaves this block would leave the terminal lent.
                try:
                    edited = edit_outside(self.desk.settings, text)
                except LabbookError as failure:
                    error = failure
        except SuspendNotSupported:
            self.say("This terminal cannot be lent to another program.", "warning")
        if error is not None:
            self.say_error(error)
        return edited

    def show_images(self, run_id: int) -> None:
        """Lend the terminal to the images of a run."""
        try:
            with self.suspend(), suppress(OSError):
                show_images(self.desk.path, run_id)
        except SuspendNotSupported:
            self.say("This terminal cannot be lent to another program.", "warning")

    def _fatal_error(self) -> None:
        """Leave without showing a traceback: `run` raises the fault for its caller to report."""
        self._close_messages_no_wait()
