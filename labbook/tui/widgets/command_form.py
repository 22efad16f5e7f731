"""The form of a command: its line, and what is recorded or decided beside it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.suggester import Suggester, SuggestFromList

from labbook.desk.command_form import TypedCommand
from labbook.model import Parameter, ParameterKind
from labbook.text.plain import plain_line
from labbook.tui.widgets.line import Line
from labbook.tui.widgets.parameter_form import Field
from labbook.tui.widgets.words import Words

_TEXT = ParameterKind.TEXT
_FIELDS = {
    "line": Parameter("command", _TEXT, required=True, bounds="a program and its arguments"),
    "directory": Parameter("directory", _TEXT, bounds="where it is started; → completes"),
    "name": Parameter("name", _TEXT, bounds="else the program's or the script's"),
    "params": Parameter("params", _TEXT, bounds="lr=3e-4 model=big: written down, not given to it"),
    "tags": Parameter("tags", _TEXT, bounds="#baseline #paper"),
    "thread": Parameter("thread", _TEXT, bounds="@kl"),
    "timeout": Parameter("timeout", _TEXT, bounds="30s, 5m, 2h; as long as it takes when empty"),
    "retry": Parameter("retry", _TEXT, bounds="while it fails, so many times more"),
    "queue": Parameter(
        "queue", ParameterKind.CHOICE, choices=("no", "yes"), help="let it wait until there is room"
    ),
}
_INDENT = 11


class CommandForm(Vertical):
    """The fields of a command."""

    class Changed(Message):
        """A value has changed."""

    def __init__(self, typed: TypedCommand) -> None:
        super().__init__()
        self._first = typed
        self._fields = {
            name: Field(parameter, getattr(typed, name), _INDENT)
            for name, parameter in _FIELDS.items()
        }
        self._line("directory").suggester = _Directories()

    def compose(self) -> ComposeResult:
        yield from self._fields.values()
        yield Words(id="remark")

    @property
    def line(self) -> Line:
        """The command line's own field."""
        return self._line("line")

    @property
    def typed(self) -> TypedCommand:
        texts = {name: field.value for name, field in self._fields.items()}
        return TypedCommand(**texts, original=self._first.original)

    def fill(self, typed: TypedCommand) -> None:
        """Let these texts stand in the form."""
        self._first = typed
        texts = asdict(typed)
        for name, field in self._fields.items():
            if isinstance(field.control, Line):
                field.control.value = plain_line(texts[name])
        self.line.cursor_position = len(self.line.value)

    def offer(self, lines: Sequence[str]) -> None:
        """Complete the command line to one of these."""
        self.line.suggester = SuggestFromList(lines, case_sensitive=True)

    def say(self, wrong: Mapping[str, str], remark: str = "") -> None:
        """Show what is wrong at each field, and a remark below them all."""
        for name, field in self._fields.items():
            field.say(wrong.get(name, ""))
        self.query_one("#remark", Words).update(Content.styled(plain_line(remark), "$warning"))

    def on_input_changed(self) -> None:
        self.post_message(self.Changed())

    def on_choice_changed(self) -> None:
        self.post_message(self.Changed())

    def _line(self, name: str) -> Line:
        control = self._fields[name].control
        assert isinstance(control, Line)  # noqa: S101 - as `_FIELDS` has it
        return control


class _Directories(Suggester):
    """Completes a path to the first directory that begins so."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        return await asyncio.to_thread(_completed, value)


def _completed(value: str) -> str | None:
    base, _, begun = value.rpartition("/")
    folder = Path(f"{base}/" if "/" in value else ".").expanduser()
    try:
        with os.scandir(folder) as entries:
            names = sorted(
                each.name
                for each in entries
                if each.name.startswith(begun or "") and each.is_dir() and _is_shown(each, begun)
            )
    except (OSError, ValueError, RuntimeError):
        return None
    return f"{value}{names[0][len(begun) :]}/" if names else None


def _is_shown(entry: os.DirEntry[str], begun: str) -> bool:
    """Hidden ones are for who asks for them, and a line holds no name that is not plain."""
    is_hidden = entry.name.startswith(".") and not begun.startswith(".")
    return not is_hidden and plain_line(entry.name) == entry.name
