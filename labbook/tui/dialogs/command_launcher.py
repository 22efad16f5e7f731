"""Starting a command: a line as in a shell, and what is recorded beside it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.message import Message

from labbook.desk import command_form
from labbook.desk.command_form import TypedCommand
from labbook.model import Run
from labbook.tui.dialogs.dialog import Dialog
from labbook.tui.keys import key
from labbook.tui.later import Later
from labbook.tui.widgets.command_form import CommandForm
from labbook.tui.work import Trouble, ask

CHECK_AFTER_S = 0.15
CHECKING = "checking the command"
STARTING = "starting the command"


class RecentRead(Message):
    """The commands that were run last."""

    def __init__(self, found: tuple[TypedCommand, ...]) -> None:
        super().__init__()
        self.found = found


class CommandChecked(Message):
    """What is wrong with a command, by field, and what is perhaps not meant so."""

    def __init__(self, wrong: dict[str, str], remark: str) -> None:
        super().__init__()
        self.wrong = wrong
        self.remark = remark


class CommandStarted(Message):
    """A command has been started."""

    def __init__(self, run: Run) -> None:
        super().__init__()
        self.run = run


class _Fill(VerticalScroll, inherit_bindings=False):
    """Scrolls to the field that has the focus; up and down are the dialog's."""


class CommandLauncher(Dialog[Run]):
    """Answers with the run that was started.

    line: what the command line begins with
    repeats: a run whose command stands in the form at first
    """

    CSS_PATH: ClassVar[list[str]] = ["launcher.tcss", "command_launcher.tcss"]  # type: ignore[assignment]
    ABOUT = (
        "Any program, recorded as `labbook exec --detach` does. Words are quoted as in a shell, "
        "but none reads the line: $NAME, * and | reach the program as they are. Up and down bring "
        "the commands that were run last, right completes. Esc closes, and what was typed is kept "
        "until the app ends."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        key("command.go", "enter", "go", "start", show=True),
        key("command.before", "up", "go_back(1)", "command before", show=True),
        key("command.after", "down", "go_back(-1)", "command after"),
        key("command.next", "tab", "app.focus_next", "next field", show=True),
    ]

    def __init__(self, line: str = "", repeats: Run | None = None) -> None:
        super().__init__(f"Run {repeats.id} once more" if repeats else "Run a command")
        self._line = line
        self._repeats = repeats
        self._recent: tuple[TypedCommand, ...] = ()
        self._place = -1
        self._own = TypedCommand()
        self._check = Later(self, CHECK_AFTER_S, self._check_now)
        self._starting = False

    def compose_dialog(self) -> ComposeResult:
        if self._repeats is not None:
            first = command_form.typed(self._repeats)
        elif self._line or self.labbook.command_draft is None:
            first = TypedCommand(line=self._line, directory=_here())
        else:
            first = self.labbook.command_draft
        with _Fill(id="fill", can_focus=False):
            yield CommandForm(first)

    def on_mount(self) -> None:
        self._form.line.focus()
        self._form.line.cursor_position = len(self._form.line.value)
        ask(self, "recent", partial(command_form.recent, self.desk), RecentRead)
        if self._repeats is not None:
            self._check_now()

    @property
    def _form(self) -> CommandForm:
        return self.query_one(CommandForm)

    # Typing

    def on_recent_read(self, message: RecentRead) -> None:
        self._recent = message.found
        self._form.offer([each.line for each in message.found])

    def on_command_form_changed(self) -> None:
        self._check.ask()

    def _check_now(self) -> None:
        typed = self._form.typed
        if typed.line:
            ask(self, CHECKING, partial(_checked, typed), lambda found: found)
        else:
            self._form.say({})

    def on_command_checked(self, message: CommandChecked) -> None:
        self._form.say(message.wrong, message.remark)

    def action_go_back(self, step: int) -> None:
        """In the command line to another command, as in a shell; elsewhere to another field."""
        if self.focused is not self._form.line:
            self.focus_previous() if step > 0 else self.focus_next()
            return
        place = self._place + step
        if not -1 <= place < len(self._recent):
            return
        if self._place == -1:
            self._own = self._form.typed
        self._place = place
        self._form.fill(self._own if place == -1 else self._recent[place])

    # Starting

    def action_go(self) -> None:
        if self._starting:
            return
        self._starting = True
        start = partial(
            command_form.start,
            self.desk,
            self._form.typed,
            size=(self.app.size.width, self.app.size.height),
            parent_id=self._repeats.id if self._repeats else None,
        )
        self.labbook.writer.write(self, STARTING, start, CommandStarted)

    def on_command_started(self, message: CommandStarted) -> None:
        if self._repeats is None:
            self.labbook.command_draft = None
        self.dismiss(message.run)

    def action_close(self) -> None:
        """Away; what was typed is there when it is opened again."""
        if self._repeats is None and self._form.typed.line:
            self.labbook.command_draft = self._form.typed
        self.dismiss(None)

    def troubled(self, message: Trouble) -> None:
        """What cannot be started is said at its field too."""
        if message.doing == STARTING:
            self._starting = False
            self._check_now()
        super().troubled(message)


def _checked(typed: TypedCommand) -> CommandChecked:
    return CommandChecked(command_form.refusals(typed), command_form.remark(typed))


def _here() -> str:
    try:
        return str(Path.cwd())
    except OSError:
        return ""
