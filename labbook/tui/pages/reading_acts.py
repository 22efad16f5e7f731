"""What can be done to something on the reading list: begun, read, noted, tied to a run."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from textual.binding import BindingType

from labbook.desk import amend, reading
from labbook.model.reading import Reading, ReadingState
from labbook.text.plain import plain_line
from labbook.tui.dialogs.ask import Ask
from labbook.tui.keys import key
from labbook.tui.pages.beside import Amended, Beside
from labbook.tui.undo import Act

_ON_ONE = ("note", "link", "move")


class ReadingActs(Beside):
    """The keys that change the reading list."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("reading.start", "s", "move('reading')", "start", show=True, about="begin to read it"),
        key("reading.read", "x", "move('read')", "read", show=True, about="it is read"),
        key("reading.note", "n", "note", "note", show=True, about="note something of it"),
        key("reading.link", "l", "link", "run", show=True, about="a run that reimplements it"),
    ]

    is_reading: bool

    @property
    def reading(self) -> Reading | None:
        """What the keys act on."""
        raise NotImplementedError

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if not self.is_attached:
            return True
        if action in _ON_ONE:
            found = self.reading
            return found is not None and parameters != (found.state.value,)
        return super().check_action(action, parameters)

    def add_reading(self) -> None:
        self._open_reading(None)

    def edit_reading(self) -> None:
        self._open_reading(self.reading)

    def _open_reading(self, found: Reading | None) -> None:
        from labbook.tui.dialogs.reading_form import ReadingForm

        def answered(kept: Reading | None) -> None:
            if kept is not None:
                self.sought = f"reading:{kept.id}"
                self.read()

        self.app.push_screen(ReadingForm(found), answered)

    def drop(self) -> None:
        self.action_move(ReadingState.DROPPED.value)

    def action_move(self, state: str) -> None:
        found = self.reading
        if found is not None:
            move = partial(reading.move, self.desk, found.id, ReadingState(state))
            self._change(found, state, move)
            self.labbook.say(f"{plain_line(found.title)}: {state}; u takes it back.")

    def action_note(self) -> None:
        found = self.reading
        if found is None:
            return

        def answered(words: str | None) -> None:
            if words:
                note = partial(reading.note, self.desk, found.id, words)
                self._change(found, "noted something of", note)

        title = f"Noted of {plain_line(found.title)}"
        self.app.push_screen(Ask(title, "one line, under today's date"), answered)

    def action_link(self) -> None:
        """Tie it to a run, or, where they are tied, untie them."""
        found = self.reading
        if found is None:
            return

        def answered(run: str | None) -> None:
            if run:
                tied = run.removeprefix("run:") in map(str, found.runs)
                tie = partial(reading.link, self.desk, found.id, run)
                act = Act(
                    f"tied {plain_line(found.title)} to a run",
                    partial(tie, linked=not tied),
                    lambda _: tie(linked=tied),
                )
                self.labbook.act(self, "tying it to a run", act, Amended)

        title = "Which run reimplements it? (one that is tied to it is untied)"
        self.app.push_screen(Ask(title, "run:41"), answered)

    def _change(self, found: Reading, done: str, verb: Callable[[], Reading]) -> None:
        desk = self.desk
        act = Act(
            f"{done} {plain_line(found.title)}",
            verb,
            lambda left: amend.reading(desk, found, over=left),
        )
        self.labbook.act(self, "changing the reading list", act, Amended)
