"""The next steps still open: ticked, dropped with a reason, or gone to."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import ClassVar, Literal

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message

from labbook.desk import steps
from labbook.model import NextStep
from labbook.text.amounts import count
from labbook.text.plain import plain_line
from labbook.tui.dialogs.ask import Ask
from labbook.tui.dialogs.dialog import Dialog
from labbook.tui.keys import key
from labbook.tui.undo import Undo
from labbook.tui.widgets.choices import Choices
from labbook.tui.widgets.words import Words
from labbook.tui.work import ask


class StepsRead(Message):
    """The open next steps, as they stand now."""

    def __init__(self, found: tuple[NextStep, ...]) -> None:
        super().__init__()
        self.found = found


class StepSettled(Message):
    """A next step has been closed."""


class NextSteps(Dialog[NextStep]):
    """Lists the open next steps; answers with the one whose day should be shown."""

    CSS_PATH = "next_steps.tcss"
    ABOUT = (
        "Everything that is still to be done, oldest first. A next step is an item `- [ ]` in a "
        "note; ticking it here ticks the box in its note too."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        key("steps.done", "x,space", "settle('done')", "done", show=True),
        key("steps.drop", "minus", "drop", "drop it", show=True),
        key("steps.undo", "u", "undo", "undo", show=True),
        key("steps.go", "enter", "go", "go to its day", show=True),
    ]

    def __init__(self) -> None:
        super().__init__("Next steps")
        self._steps: dict[str, NextStep] = {}

    def compose_dialog(self) -> ComposeResult:
        yield Choices()
        yield Words(id="nothing")

    def on_mount(self) -> None:
        self.read()

    def read(self) -> None:
        ask(self, "steps", partial(steps.open_steps, self.desk), StepsRead)

    def on_steps_read(self, message: StepsRead) -> None:
        self._steps = {str(step.id): step for step in message.found}
        today = self.desk.today()
        options = [(_line(step, today), name) for name, step in self._steps.items()]
        self.query_one(Choices).fill(options, keep=True)
        self.query_one(Choices).display = bool(options)
        self.query_one("#nothing").display = not options
        words = "" if options else "Nothing is open. Write - [ ] in a note to raise a next step."
        self.query_one("#nothing", Words).update(Content.styled(words, "$quiet"))

    @property
    def _selected(self) -> NextStep | None:
        return self._steps.get(self.query_one(Choices).chosen or "")

    def action_settle(self, fate: Literal["done", "dropped"], because: str = "") -> None:
        step = self._selected
        if step is not None:
            settle = partial(steps.settle, self.desk, step.id, fate, because)
            done = Undo(
                f"{plain_line(step.text)}: {fate}", partial(steps.reopen, self.desk, step.id)
            )
            self.labbook.do(self, "settling the next step", settle, done, StepSettled)

    def on_step_settled(self) -> None:
        self.read()

    def action_drop(self) -> None:
        def answered(because: str | None) -> None:
            if because:
                self.action_settle("dropped", because)

        if self._selected is not None:
            self.app.push_screen(Ask("Why is it dropped?", "one line, for the review"), answered)

    def action_undo(self) -> None:
        self.labbook.undo(self, StepSettled)

    def action_go(self) -> None:
        self.dismiss(self._selected)

    def on_option_list_option_selected(self) -> None:
        self.action_go()


def _line(step: NextStep, today: dt.date) -> Content:
    age = (today - step.raised).days
    facts = [count(age, "day") if age > 0 else "today"]
    facts += [f"@{plain_line(step.thread)}"] if step.thread else []
    facts += [f"carried {step.carried}×"] if step.carried else []
    return Content.assemble(
        ("○ ", "$accent"), plain_line(step.text), (f"  {' · '.join(facts)}", "$quiet")
    )
