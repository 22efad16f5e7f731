"""A small form: a few fields below one another, saved together, and undone together."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.message import Message

from labbook.errors import LabbookError
from labbook.text.plain import plain_line
from labbook.tui.dialogs.ask import Confirm
from labbook.tui.dialogs.dialog import Answer, Dialog
from labbook.tui.keys import key
from labbook.tui.undo import Act
from labbook.tui.widgets.choice import Choice
from labbook.tui.widgets.line import Line
from labbook.tui.widgets.words import Words
from labbook.tui.work import Trouble


@dataclass(frozen=True, slots=True)
class Asked:
    """One thing that a form asks for.

    help: shown while its field has the focus
    choices: what it can be; empty for a line of text
    """

    name: str
    value: str = ""
    help: str = ""
    choices: tuple[str, ...] = ()


class FormSaved(Message):
    """What a form said is written."""


class Fields(VerticalScroll, can_focus=False, inherit_bindings=False):
    """The fields; they scroll by moving the focus."""


class FormField(Horizontal):
    """The name of what is asked for, and the value."""

    def __init__(self, asked: Asked, indent: int) -> None:
        super().__init__()
        self.asked = asked
        self._indent = indent
        self.control = Choice(asked.choices, asked.value) if asked.choices else Line(asked.value)

    def compose(self) -> ComposeResult:
        name = Words(Content(plain_line(self.asked.name)), classes="name")
        name.styles.width = self._indent
        yield name
        yield self.control

    def on_descendant_focus(self) -> None:
        self.set_class(True, "-here")  # Textual draws :focus-within anew for the field alone

    def on_descendant_blur(self) -> None:
        self.set_class(False, "-here")


class Form(Dialog[Answer]):
    """Answers with what was saved.

    DOING: what saving it is called, as a verb in -ing
    """

    CSS_PATH = "form.tcss"
    DOING: ClassVar[str] = "saving it"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("form.save", "enter", "save", "save", show=True),
        key("form.next", "tab,down", "app.focus_next", "next field", show=True),
        key("form.before", "shift+tab,up", "app.focus_previous", "field before"),
    ]

    def __init__(self, title: str, asked: Sequence[Asked]) -> None:
        super().__init__(title)
        self._asked = tuple(asked)
        self._act: Act[Answer] | None = None

    @abstractmethod
    def act(self, typed: dict[str, str]) -> Act[Answer]:
        """What saving does.

        Raises:
            LabbookError: something that was typed cannot be understood.
        """

    def compose_dialog(self) -> ComposeResult:
        indent = max(len(each.name) for each in self._asked) + 2
        with Fields(id="fields"):
            yield from self.compose_above()
            for each in self._asked:
                yield FormField(each, indent)
        yield Words(id="told")

    def compose_above(self) -> ComposeResult:
        """What stands above the fields."""
        yield from ()

    @property
    def typed(self) -> dict[str, str]:
        fields = self.query(FormField)
        return {field.asked.name: field.control.value.strip() for field in fields}

    @property
    def is_changed(self) -> bool:
        return any(
            field.control.value.strip() != plain_line(field.asked.value).strip()
            for field in self.query(FormField)
        )

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        field = event.widget.parent
        help_ = field.asked.help if isinstance(field, FormField) else ""
        self.tell(Content.styled(plain_line(help_), "$quiet"))

    def tell(self, words: Content) -> None:
        """Say something below the fields."""
        self.query_one("#told", Words).update(words)

    def action_save(self) -> None:
        if self._act is not None:
            return
        try:
            self._act = self.act(self.typed)
        except LabbookError as error:
            self._tell_wrong(error)
            return
        self.labbook.act(self, self.DOING, self._act, FormSaved)

    def on_form_saved(self) -> None:
        self.dismiss(self._act.left if self._act is not None else None)

    def troubled(self, message: Trouble) -> None:
        """What was typed stays."""
        self._act = None
        self._tell_wrong(message.error)

    def _tell_wrong(self, error: LabbookError) -> None:
        self.tell(Content.styled(plain_line(f"{error.message} {error.hint}".strip()), "$error"))

    def action_close(self) -> None:
        """Away; where something was typed, only when that is meant."""
        if not self.is_changed:
            self.dismiss(None)
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self.given_up()
                self.dismiss(None)

        words = "What you have typed here is not saved."
        self.app.push_screen(Confirm("Throw it away?", words), answered)

    def given_up(self) -> None:
        """What was typed is not wanted."""
