"""Where a text is typed: Markdown, kept as a draft every second, never lost."""

from __future__ import annotations

import re
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual import events
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widgets import TextArea

from labbook.text.plain import plain_line
from labbook.tui.keys import adopt, key

KEEP_AFTER_S = 1.0
"""After the first change that is not kept yet. A kill may cost two seconds of typing."""

LARGE_TEXT = 1_000_000
"""Characters; above this each key takes a noticeable time."""

_LIST_ITEM = re.compile(r"^(\s*)([-*+]|\d{1,9}[.)])( +)(\[[ xX]\] +)?")
_MARKER = re.compile(r"([-*+]|\d{1,9}[.)])|(\[[ xX]\])")
_COLOURS = (
    (re.compile(r"^\s{0,3}#{1,6}\s.*$"), Style(bold=True)),
    (re.compile(r"(?<![\w#@/&])#[^\W\d_][\w/-]*"), Style(color="green")),
    (re.compile(r"(?<![\w#@/&])@[^\W\d_][\w/-]*"), Style(color="magenta")),
    (re.compile(r"^\s*(?:[-*+]|\d{1,9}[.)]) +(\[[ xX]\])"), Style(color="yellow")),
    (re.compile(r"\[\[\d{4}-\d{2}-\d{2}\]\]|\brun:\d+"), Style(color="blue")),
    (re.compile(r"`[^`]+`"), Style(color="cyan")),
)
# A control character in the text stays in the text, and is shown as a sign of one cell.
_SIGNS = {
    **{code: 0x2400 + code for code in range(0x20) if code != 0x09},
    0x7F: 0x2421,
    **dict.fromkeys(range(0x80, 0xA0), 0xFFFD),
    **dict.fromkeys(
        [0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)], 0x21C4
    ),
}


class NoteEditor(TextArea, inherit_bindings=False):
    """An editor for one text.

    label: what is being written, for the frame ("09:12 note")
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        key("editor.save", "escape,f2", "save", "save", show=True),
        key("editor.outside", "f4", "outside", "$EDITOR", show=True),
        key("editor.undo", "ctrl+underscore,super+z", "undo", "undo", show=True),
        key("editor.redo", "ctrl+y,super+y", "redo", "redo", show=True),
        *adopt("editor", TextArea.BINDINGS, without=("undo", "redo", "select_line", "select_all")),
        key("editor.select-all", "super+a", "select_all", "select all"),
    ]

    class Unsaved(Message):
        """The text should be kept as a draft now."""

        def __init__(self, editor: NoteEditor) -> None:
            super().__init__()
            self.editor = editor

    class Finished(Message):
        """The person is done: save the text."""

        def __init__(self, editor: NoteEditor) -> None:
            super().__init__()
            self.editor = editor

    class OutsideAsked(Message):
        """The person wants to go on in their own editor."""

        def __init__(self, editor: NoteEditor) -> None:
            super().__init__()
            self.editor = editor

    def __init__(self, text: str, label: str, *, placeholder: str = "") -> None:
        super().__init__(text, tab_behavior="indent", placeholder=placeholder, compact=True)
        self.indent_width = 2
        self.cursor_blink = False  # twice a second over a slow line, for hours
        self.border_title = Content(plain_line(label))
        self.begun_with = text
        self._timer: Timer | None = None
        self._begun_item = ""

    def on_mount(self) -> None:
        self.move_cursor(self.document.end)

    @property
    def changed(self) -> bool:
        return self.text != self.begun_with

    @property
    def caret_line(self) -> int:
        """The line of the widget, frame included, that the caret is on."""
        caret = self.wrapped_document.location_to_offset(self.cursor_location)
        return caret.y - self.scroll_offset.y + 1

    def say(self, words: str) -> None:
        """Put a few words on the lower edge of the frame."""
        self.border_subtitle = Content(plain_line(words))

    def check_consume_key(self, key: str, character: str | None = None) -> bool:
        return key == "enter" or super().check_consume_key(key, character)

    def get_line(self, line_index: int) -> Text:
        """One line as it is shown: tags and tasks in colour, control characters as signs."""
        line = super().get_line(line_index)
        line.plain = line.plain.translate(_SIGNS)
        if len(line.plain) < 2_000:
            for pattern, style in _COLOURS:
                for found in pattern.finditer(line.plain):
                    line.stylize(style, *found.span(pattern.groups))
        return line

    def on_text_area_changed(self) -> None:
        if self._timer is None and self.changed:
            self._timer = self.set_timer(KEEP_AFTER_S, self._keep)

    def keep_now(self) -> None:
        """Ask for the draft to be kept without waiting."""
        if self._timer is not None:
            self._timer.stop()
            self._keep()

    def _keep(self) -> None:
        self._timer = None
        self.post_message(self.Unsaved(self))

    def settle(self) -> None:
        """The text is saved or given up: no draft is to be kept any more."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def on_blur(self) -> None:
        self.keep_now()

    def on_key(self, event: events.Key) -> None:
        if event.key == "escape":
            # Else TextArea takes it, to move the focus on.
            event.prevent_default()
        elif event.key == "enter" and self._continue_list():
            event.prevent_default()
            event.stop()
        elif event.key == "space":
            self._take_typed_marker()

    async def on_paste(self, event: events.Paste) -> None:
        if len(event.text) > LARGE_TEXT:
            self.say("a very large text: a file would be a better place")

    def _continue_list(self) -> bool:
        """Begin the next item of a list; an empty item ends it."""
        row, column = self.cursor_location
        line = self.document.get_line(row)
        item = _LIST_ITEM.match(line)
        if item is None or column < item.end() or not self.selection.is_empty:
            return False
        if not line[item.end() :].strip():
            self.replace("", (row, 0), (row, len(line)))
        else:
            box = "[ ] " if item[4] else ""
            self._begun_item = f"{item[1]}{_next_marker(item[2])}{item[3]}{box}"
            self.insert(f"\n{self._begun_item}")
        return True

    def _take_typed_marker(self) -> None:
        """A marker that is typed from habit takes the place of the one that was put there."""
        row, column = self.cursor_location
        line = self.document.get_line(row)
        begun = _LIST_ITEM.fullmatch(self._begun_item)
        if begun is None or column != len(line) or not line.startswith(self._begun_item):
            return
        typed = _MARKER.fullmatch(line[begun.end() :])
        if typed is not None and (typed[1] or begun[4]):
            kept = begun[1] if typed[1] else line[: begun.start(4)]
            self.replace(kept + typed[0], (row, 0), (row, len(line)))
            self._begun_item = ""

    def action_save(self) -> None:
        self.post_message(self.Finished(self))

    def action_outside(self) -> None:
        self.post_message(self.OutsideAsked(self))


def _next_marker(marker: str) -> str:
    digits = marker[:-1]
    return f"{int(digits) + 1}{marker[-1]}" if digits.isdigit() else marker
