"""The last line: the keys that act here and now."""

from __future__ import annotations

from textual.content import Content
from textual.keys import key_to_character
from textual.screen import Screen

from labbook.tui.places import PLACES
from labbook.tui.widgets.hot_line import HotLine
from labbook.tui.widgets.line import Line

ALWAYS = ("app.help", "app.palette", "dialog.help")

PAGES = tuple(f"app.{place.name}" for place in PLACES)

LAST = ("dialog.close", "page.quit")

Key = tuple[str, str, str]
"""How it is shown, what it does, what pressing it sends."""


class KeyBar(HotLine):
    """One line of keys, as many as fit; help and the palette always do.

    It is one widget and not one for each key, as Textual's footer is: it changes with every
    move of the focus, and a slow line should carry one line's change.
    """

    DEFAULT_CSS = """
    KeyBar { dock: bottom; height: 1; padding: 0 1; background: $surface; color: $quiet; }
    """

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._bindings_changed)

    def _bindings_changed(self, _screen: Screen[object]) -> None:
        self.refresh()

    def render(self) -> Content:
        shown, always = self._keys()
        room = self.content_size.width
        last = Content("").join(_words(each) for each in always)
        line = Content()
        spots = []
        for each in shown:
            words = _words(each)
            if line.cell_length + words.cell_length + last.cell_length > room:
                break
            spots.append((line.cell_length, each[2]))
            line = line + words
        line = line.pad_right(max(0, room - line.cell_length - last.cell_length))
        for each in always:
            spots.append((line.cell_length, each[2]))
            line = line + _words(each)
        self.spots = spots
        return line

    def hit(self, name: str) -> None:
        self.app.simulate_key(name)

    def _keys(self) -> tuple[list[Key], list[Key]]:
        shown: dict[str, Key] = {}
        always: dict[str, Key] = {}
        last: dict[str, Key] = {}
        focused = self.screen.focused
        for pressed, active in self.screen.active_bindings.items():
            binding = active.binding
            if focused is not None and focused.check_consume_key(pressed, _character(pressed)):
                continue  # it is typed, not acted on
            where = always if binding.id in ALWAYS else shown
            if active.enabled and (binding.show or where is always):
                display = self.app.get_key_display(binding)
                where.setdefault(binding.action, (display, binding.description, binding.key))
                if binding.id in LAST:
                    last[binding.action] = where[binding.action]
        inner = {action: each for action, each in shown.items() if action not in last}
        return [*inner.values(), *self._pages(), *last.values()], list(always.values())

    def _pages(self) -> list[Key]:
        """Where digits are typed, the keys that lead to the other pages all the same."""
        focused = self.screen.focused
        if not isinstance(focused, Line):
            return []
        keys: dict[str, Key] = {}
        for pressed, active in self.screen.active_bindings.items():
            binding = active.binding
            if binding.id in PAGES and not focused.check_consume_key(pressed, _character(pressed)):
                display = self.app.get_key_display(binding)
                keys.setdefault(binding.id, (display, "pages", pressed))
        ways = sorted(keys.values(), key=lambda way: (len(way[0]), way[0]))  # f4 before f12
        if not ways:
            return []
        return [(f"{ways[0][0]}–{ways[-1][0]}", *ways[0][1:])]


def _words(key: Key) -> Content:
    return Content.assemble((key[0], "bold $accent"), f" {key[1]}  ")


def _character(pressed: str) -> str | None:
    return pressed if len(pressed) == 1 else key_to_character(pressed)
