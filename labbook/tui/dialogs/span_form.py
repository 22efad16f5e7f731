"""A time span by hand: a new one, or another thread, day, beginning and end for one there is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message

from labbook.desk import time
from labbook.desk.desk import Desk
from labbook.errors import LabbookError, UsageError
from labbook.model import Parameter, ParameterKind
from labbook.model.time_span import TimeSpan
from labbook.text.duration import span_words
from labbook.text.plain import plain_line
from labbook.tui.dialogs.dialog import Dialog
from labbook.tui.keys import key
from labbook.tui.span_typing import FIELDS, TypedSpan, read_span
from labbook.tui.undo import Undo
from labbook.tui.widgets.parameter_form import Field
from labbook.tui.widgets.words import Words
from labbook.tui.work import Trouble

SAVING = "saving the span"

HELP = {
    "thread": "what it was spent on",
    "day": "2026-11-23, yesterday, monday",
    "from": "9:30",
    "to": "16:05; where it ended on another day, 2026-11-24 9:00",
    "note": "what was done, if you like",
}


class SpanSaved(Message):
    """A span has been written."""

    def __init__(self, span: TimeSpan, undo: Undo) -> None:
        super().__init__()
        self.span = span
        self.undo = undo


class SpanForm(Dialog[TimeSpan]):
    """Answers with the span that was written.

    span: the one to change; None for a new one
    values: what stands in the fields at first
    """

    CSS_PATH = "span_form.tcss"
    ABOUT = (
        "Time that no timer measured, or that one measured wrongly. No two spans may overlap. "
        "Enter saves, tab goes to the next field, Esc leaves everything as it is."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        key("span.save", "enter", "save", "save", show=True),
        key("span.next", "tab,down", "app.focus_next", "next field", show=True),
        key("span.before", "shift+tab,up", "app.focus_previous", "field before"),
    ]

    def __init__(self, span: TimeSpan | None, values: Mapping[str, str]) -> None:
        super().__init__("Change a span" if span else "Enter time by hand")
        self._span = span
        self._values = values

    def compose_dialog(self) -> ComposeResult:
        for name in FIELDS:
            words = HELP[name]
            if name == "to" and self._span is not None and self._span.end is None:
                words = "empty while its timer runs"
            parameter = Parameter(name, ParameterKind.TEXT, bounds=words)
            yield Field(parameter, self._values.get(name, ""), indent=8)
        yield Words(id="meaning")

    def on_mount(self) -> None:
        empty = next((field for field in self.query(Field) if not field.value), None)
        (empty or self.query_one(Field)).control.focus()

    def on_input_changed(self) -> None:
        self._mean()

    def _read(self) -> TypedSpan:
        given = {field.parameter.name: field.value for field in self.query(Field)}
        return read_span(given, self._span, self.desk.clock(), self.desk.today())

    def _mean(self) -> None:
        """What would be saved, in words."""
        try:
            found = self._read()
        except LabbookError:
            self._say(Content())  # it is said when it is to be saved, not at every letter
            return
        end = found.end or self.desk.clock()
        length = span_words((end.us - found.begin.us) / 1e6)
        until = f"{found.end.local:%H:%M}" if found.end else "now"
        on = f"{found.begin.local:%A %Y-%m-%d %H:%M}–{until}"
        self._say(Content.styled(f"@{plain_line(found.thread)}, {on}: {length}", "$quiet"))

    def action_save(self) -> None:
        try:
            found = self._read()
        except UsageError as error:
            self._say_error(error)
            return
        save = partial(_save, self.desk, self._span, found)
        self.labbook.writer.write(self, SAVING, save, lambda saved: saved)

    def on_span_saved(self, message: SpanSaved) -> None:
        self.labbook.remember(message.undo)
        self.dismiss(message.span)

    def troubled(self, message: Trouble) -> None:
        """What stands in the way is said below the fields, which stay as they are."""
        if message.doing == SAVING and isinstance(message.error, UsageError):
            self._say_error(message.error)
        else:
            super().troubled(message)

    def _say_error(self, error: UsageError) -> None:
        self._say(Content.styled(plain_line(error.message), "$error"))

    def _say(self, words: Content) -> None:
        self.query_one("#meaning", Words).update(words)


def _save(desk: Desk, before: TimeSpan | None, found: TypedSpan) -> SpanSaved:
    if before is not None:
        changed = time.edit(
            desk,
            before.id,
            thread=found.thread,
            begin=found.begin,
            end=found.end,
            note=found.note,
        )
        back = partial(time.restore, desk, before)
        return SpanSaved(changed, Undo(f"changed a span of @{before.thread}", back))
    if found.end is None:
        raise UsageError("When did it end?")
    added = time.add(desk, found.thread, found.begin, found.end, found.note)
    return SpanSaved(added, Undo(f"entered {span_of(added)}", partial(time.remove, desk, added.id)))


def span_of(span: TimeSpan) -> str:
    """ "1 h 30 of @kl"."""
    if span.end is None:
        return f"the running span of @{span.thread}"
    return f"{span_words((span.end.us - span.start.us) / 1e6)} of @{span.thread}"


def proposed(spans: tuple[TimeSpan, ...], day: dt.date, desk: Desk) -> dict[str, str]:
    """What a new span probably is: after the last one of that day, up to now if it is today."""
    now = desk.clock()
    ends = [each.end for each in spans if each.end and each.end.local.date() == day]
    values = {"day": day.isoformat(), "thread": f"@{spans[0].thread}" if spans else ""}
    values |= {"from": f"{max(ends).local:%H:%M}"} if ends else {}
    return values | ({"to": f"{now.local:%H:%M}"} if ends and day == now.local.date() else {})
