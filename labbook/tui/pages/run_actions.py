"""What can be done to a run, wherever it is selected."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual.binding import BindingType
from textual.message import Message

from labbook.model import CommandRole, Run
from labbook.report.runs import state_words
from labbook.tui.dialogs.ask import Confirm
from labbook.tui.keys import key
from labbook.tui.outside import open_files
from labbook.tui.pages.page import Page
from labbook.tui.phrases import run_name
from labbook.tui.work import ask


class FiguresDrawn(Message):
    """A run's figures lie in files."""

    def __init__(self, paths: tuple[Path, ...], shown: bool) -> None:
        super().__init__()
        self.paths = paths
        self.shown = shown


class Cancelling(Message):
    """A run has been asked to stop, unless it had ended."""

    def __init__(self, run: Run) -> None:
        super().__init__()
        self.run = run


class RunActions(Page):
    """A page on which a run can be selected."""

    BINDINGS: ClassVar[list[BindingType]] = [
        # On Runs, c compares.
        key("run.cancel", "c,C", "cancel_run", "cancel", show=True, about="cancel the run"),
        key("run.log", "l", "log", "log", show=True, about="what it prints"),
        key("run.again", "R", "again", "again", about="run it again, with changes"),
        key("run.figures", "o", "figures", "figures", show=True, about="figures as files"),
        key("run.images", "v", "images", "images", about="figures and pictures as real images"),
    ]

    @property
    def selected_run(self) -> Run | None:
        """The run that the keys act on."""
        raise NotImplementedError

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        run = self.selected_run
        if action == "cancel_run":
            return run is not None and not run.state.has_ended
        if action == "again":
            is_around = run is not None and run.command and run.command.role is CommandRole.AROUND
            return run is not None and not is_around
        if action in ("log", "figures", "images"):
            return run is not None
        return super().check_action(action, parameters)

    def action_cancel_run(self) -> None:
        run = self.selected_run
        if run is None:
            return

        def answered(yes: bool | None) -> None:
            if yes:
                from labbook.desk import runs

                cancel = partial(runs.cancel, self.desk, run.id)
                self.labbook.writer.write(self, "cancelling the run", cancel, Cancelling)

        words = "What it has done so far is kept, but it cannot be resumed."
        self.app.push_screen(Confirm(f"Cancel {run_name(run)}?", words), answered)

    def on_cancelling(self, message: Cancelling) -> None:
        run = message.run
        if run.state.has_ended:
            self.labbook.say(f"{run_name(run)} had ended already: {state_words(run)}.")
        else:
            self.labbook.say(f"{run_name(run)} is asked to stop.")

    def action_again(self) -> None:
        """The launcher with this run's values."""
        if (run := self.selected_run) is not None:
            self.labbook.launch_again(run)

    def action_log(self) -> None:
        from labbook.tui.dialogs.log_view import LogView

        run = self.selected_run
        if run is not None:
            self.app.push_screen(LogView(run))

    def action_figures(self) -> None:
        run = self.selected_run
        if run is not None:
            ask(self, "figures", partial(self._draw, run), lambda found: FiguresDrawn(*found))

    def action_images(self) -> None:
        if (run := self.selected_run) is not None:
            self.labbook.show_images(run.id)

    def _draw(self, run: Run) -> tuple[tuple[Path, ...], bool]:
        """In a thread: matplotlib takes its time."""
        from labbook.desk import report, runs

        run = runs.run(self.desk, run.id)  # in a list, runs are without their artifacts
        directory = Path(tempfile.mkdtemp(prefix=f"labbook-run-{run.id}-"))
        paths = report.draw_figures(self.desk, run, directory)
        return paths, bool(paths) and open_files(paths)

    def on_figures_drawn(self, message: FiguresDrawn) -> None:
        if not message.paths:
            self.labbook.say("This run has no figures.")
        elif not message.shown:
            self.labbook.say(f"The figures are in {message.paths[0].parent}.", timeout=12)
