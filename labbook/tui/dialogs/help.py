"""The keys of what is on show, and what it is for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.screen import Screen

from labbook.tui.dialogs.dialog import Dialog
from labbook.tui.keys import key, told
from labbook.tui.widgets.pane import Pane
from labbook.tui.widgets.words import Words

HEADINGS = {
    "day": "The day",
    "run": "A selected run",
    "runs": "Runs",
    "search": "Search",
    "review": "The review",
    "threads": "Threads",
    "ideas": "Ideas",
    "reading": "The reading list",
    "time": "Time",
    "span": "Spans",
    "calendar": "The calendar",
    "findings": "Findings",
    "links": "What refers to it",
    "editor": "While typing",
    "line": "In a line of text",
    "choice": "In a choice",
    "list": "In a list",
    "pane": "In a text",
    "app": "Everywhere",
}
"""Beginnings of binding ids, in the order in which help shows them; others come first."""

HERE = "Here"

MOVING = ("page", "dialog")


@dataclass(frozen=True, slots=True)
class Shown:
    """A binding as help shows it."""

    keys: tuple[str, ...]
    words: str


class Help(Dialog[None]):
    """Lists the keys that act on the screen it is opened over, with their ids for the settings."""

    CSS_PATH = "help.tcss"

    BINDINGS: ClassVar[list[BindingType]] = [
        key("help.close", "q,question_mark,f1", "close", "close"),
    ]

    def __init__(self, over: Screen[object]) -> None:
        super().__init__("Keys")
        self._about = str(getattr(over, "ABOUT", ""))
        self._keys = _keys(over)

    def compose_dialog(self) -> ComposeResult:
        with Pane():
            yield Words(Content.styled(self._about, "$quiet"), classes="about")
            yield Words(Content("\n").join(_table(self._keys)))


def _keys(over: Screen[object]) -> dict[str, dict[str, Shown]]:
    """Heading to binding id to what is shown, of every binding that acts there."""
    found: dict[str, dict[str, Shown]] = {HERE: {}, **{each: {} for each in HEADINGS.values()}}
    for active in over.active_bindings.values():
        binding = active.binding
        name = binding.id or ""
        area = name.partition(".")[0]
        if area not in MOVING and told(binding):
            heading = found[HEADINGS.get(area, HERE)]
            pressed = over.app.get_key_display(binding)
            keys = heading[name].keys if name in heading else ()
            heading[name] = Shown(tuple(dict.fromkeys((*keys, pressed))), told(binding))
    return found


def _table(found: dict[str, dict[str, Shown]]) -> list[Content]:
    lines: list[Content] = []
    for heading, bindings in found.items():
        if not bindings:
            continue
        lines.append(Content.styled(heading, "bold $primary"))
        for name, shown in bindings.items():
            keys = "  ".join(shown.keys)
            lines.append(
                Content.assemble(
                    (f"  {keys:<18} ", "$accent"), f"{shown.words:<32} ", (name, "$quiet")
                )
            )
        lines.append(Content())
    return lines
