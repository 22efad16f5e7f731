"""Marking runs on their page: to compare them, and for good."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from textual.binding import BindingType
from textual.message import Message

from labbook.desk import backlinks, marks
from labbook.model import Run
from labbook.model.comparison import FEWEST, MOST
from labbook.tui.dialogs.ask import Ask
from labbook.tui.keys import key
from labbook.tui.pages.linked import LinkedPage, Referred
from labbook.tui.pages.run_actions import RunActions
from labbook.tui.phrases import run_name
from labbook.tui.undo import Undo


class RunChanged(Message):
    """What is said of a run has changed."""


class RunMarks(RunActions, LinkedPage):
    """A page with a list of runs, of which some can be marked."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("runs.mark", "space", "mark", "mark", show=True, about="mark the run, to compare it"),
        key("runs.compare", "c", "compare", "compare", show=True, about="compare the marked runs"),
        key("runs.pin", "p", "pin", "pin", about="pin the run, or unpin it"),
        key("runs.tags", "t", "tags", "tags", about="change the run's tags"),
        key("runs.name", "n", "rename", "name", about="give the run a name"),
        key("runs.annotate", "e", "annotate", "annotate", about="annotate the run in $EDITOR"),
        key("runs.delete", "x", "delete", "delete", about="delete the run; u brings it back"),
        key("runs.undo", "u", "undo", "undo", about="undo the last change"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.marked: dict[int, None] = {}

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        run = self.selected_run
        if action == "compare":
            return len(self.marked) >= FEWEST
        if action == "cancel_run" and len(self.marked) >= FEWEST:
            return False  # the key compares
        if action == "delete":
            return run is not None and run.state.has_ended
        if action in ("mark", "pin", "tags", "rename", "annotate"):
            return run is not None
        return super().check_action(action, parameters)

    @property
    def referred(self) -> Referred | None:
        run = self.selected_run
        return (f"run:{run.id}", partial(backlinks.of_run, self.desk, run.id)) if run else None

    def show_marks(self) -> None:
        """Draw the list again: other runs are marked."""
        raise NotImplementedError

    def action_mark(self) -> None:
        run = self.selected_run
        if run is None:
            return
        if run.id in self.marked:
            del self.marked[run.id]
        elif len(self.marked) == MOST:
            self.labbook.say(f"{MOST} runs are the most that can be compared.")
        else:
            self.marked[run.id] = None
        self.show_marks()
        self.refresh_bindings()

    def action_compare(self) -> None:
        from labbook.tui.dialogs.comparison_view import ComparisonView

        self.app.push_screen(ComparisonView(tuple(self.marked)))

    def action_pin(self) -> None:
        run = self.selected_run
        if run is not None:
            to, back = not run.is_pinned, run.is_pinned
            self._change(
                run,
                "pinned" if to else "unpinned",
                partial(marks.pin, self.desk, run.id, pinned=to),
                partial(marks.pin, self.desk, run.id, pinned=back),
            )

    def action_tags(self) -> None:
        run = self.selected_run
        if run is None:
            return

        def answered(line: str | None) -> None:
            if line is not None:
                add = line.replace(",", " ").split()
                drop = [tag for tag in run.tags if tag not in {a.removeprefix("#") for a in add}]
                self._change(
                    run,
                    "tagged",
                    partial(marks.tag, self.desk, run.id, add, drop),
                    partial(marks.set_tags, self.desk, run.id, run.tags),
                )

        title = f"Tags of {run_name(run)}"
        self.app.push_screen(Ask(title, "paper draft", value=" ".join(run.tags)), answered)

    def action_rename(self) -> None:
        run = self.selected_run
        if run is None:
            return

        def answered(name: str | None) -> None:
            if name is not None:
                self._change(
                    run,
                    "named",
                    partial(marks.rename, self.desk, run.id, name),
                    partial(marks.rename, self.desk, run.id, run.name),
                )

        self.app.push_screen(Ask(f"A name for {run_name(run)}", "", value=run.name), answered)

    def action_annotate(self) -> None:
        run = self.selected_run
        text = self.labbook.edit_outside(run.annotation) if run is not None else None
        if run is not None and text is not None:
            self._change(
                run,
                "annotated",
                partial(marks.annotate, self.desk, run.id, text),
                partial(marks.annotate, self.desk, run.id, run.annotation),
            )

    def action_delete(self) -> None:
        run = self.selected_run
        if run is not None:
            self.marked.pop(run.id, None)
            self._change(
                run,
                "deleted",
                partial(marks.delete, self.desk, [run.id]),
                partial(marks.restore, self.desk, run.id),
            )
            self.labbook.say(f"{run_name(run)} is deleted; u brings it back.")

    def action_undo(self) -> None:
        self.labbook.undo(self, RunChanged)

    def on_run_changed(self) -> None:
        self.read()

    def _change(
        self, run: Run, done: str, verb: Callable[[], object], back: Callable[[], object]
    ) -> None:
        undo = Undo(f"{done} {run_name(run)}", back)
        self.labbook.do(self, "changing the run", verb, undo, RunChanged)
