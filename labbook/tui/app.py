"""The app: its pages, what they share, and the way in and out."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import signal
import sys
from typing import TYPE_CHECKING, ClassVar, cast

from rich.text import Text as RichText
from textual.binding import Binding, BindingType
from textual.dom import DOMNode

from labbook.desk.desk import Desk
from labbook.model import NextStep, Note, Run
from labbook.text.plain import plain
from labbook.tui import places
from labbook.tui.desk_app import Undone
from labbook.tui.dialogs.dialog import Dialog
from labbook.tui.endings import Endings, RunsSeen
from labbook.tui.going import Going
from labbook.tui.keys import key, known_ids
from labbook.tui.pages.page import Page
from labbook.tui.pages.today import TodayPage
from labbook.tui.saving import Text, put_away
from labbook.tui.timing import TimedApp
from labbook.tui.watch import Watcher
from labbook.tui.widgets.day_editor import DayEditor
from labbook.tui.widgets.masthead import Masthead

if TYPE_CHECKING:
    from labbook.desk.command_form import TypedCommand

FINISH_WITHIN_S = 20.0
"""So long does leaving wait for what is being written: twice what a busy gate may take."""


class LabbookApp(Going, TimedApp):
    """The notebook in a terminal.

    command_draft: a command that was typed and not started
    is_open: the first frame is shown, so the notebook may be opened
    """

    TITLE = "labbook"
    CSS_PATH = "app.tcss"
    MODES = places.MODES
    DEFAULT_MODE = "today"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("app.help", "question_mark,f1", "help", "help"),
        key("app.palette", "ctrl+p", "command_palette", "commands", priority=True),
        *places.keys(),
        key("app.quit", "ctrl+q", "leave", "quit", priority=True),
        key("app.interrupt", "ctrl+c", "help_quit", "how to quit"),
    ]

    def __init__(self, desk: Desk, day: dt.date | None = None) -> None:
        super().__init__(desk)
        self.first_day = day or desk.today()
        self.endings = Endings(self)
        self.command_draft: TypedCommand | None = None
        self.is_open = False
        self._watcher = Watcher(desk, self.post_message)
        self._clashes: set[str] = set()
        self._had_terminal = _has_terminal()

    # In

    def on_mount(self) -> None:
        self._take_settings()
        for number in (signal.SIGHUP, signal.SIGTERM):
            # The terminal is gone or the machine goes down: save what is typed, then end.
            asyncio.get_running_loop().add_signal_handler(number, self._leave_by_signal)

    def _take_settings(self) -> None:
        settings = self.desk.settings
        if settings.keys:
            unknown = ", ".join(sorted(settings.keys.keys() - known_ids()))
            if unknown:
                self.say(f"The settings change keys that there are not: {unknown}.", "warning")
            self.set_keymap(settings.keys)
        if settings.theme and settings.theme not in self.available_themes:
            self.say(f"The settings name a theme that there is not: {settings.theme}.", "warning")

    def handle_bindings_clash(
        self,
        clashed_bindings: set[Binding],
        node: DOMNode,  # noqa: ARG002 - Textual gives it
    ) -> None:
        """Two keys of the settings collide; said once for each pair."""
        names = ", ".join(sorted(binding.id or "" for binding in clashed_bindings))
        if names not in self._clashes:
            self._clashes.add(names)
            self.say(f"Two keys are the same in the settings: {names}.", "warning")

    def _leave_by_signal(self) -> None:
        self.run_worker(self.action_leave(), group="leaving")

    def on_ready(self) -> None:
        """The first frame stands: now SQLAlchemy may be loaded, in a thread."""
        self.is_open = True
        self.page_on_show.read()
        self._watcher.start()

    # What the notebook does

    def on_undone(self, message: Undone) -> None:
        """Textual calls the handler of `DeskApp` besides."""
        note, page = message.outcome, self.page_on_show
        if isinstance(note, Note) and isinstance(page, TodayPage) and page.day == note.day:
            page.show_note(note.id)

    def on_done(self) -> None:
        self._watcher.look_now()

    def on_notebook_changed(self) -> None:
        if not self.screen_stack:
            return  # the last look came while the app was ending
        for page in self._pages():
            page.notebook_changed()
        self.endings.look()

    def on_runs_seen(self, message: RunsSeen) -> None:
        if not self.screen_stack:
            return  # the answer came while the app was ending
        page = self.page_on_show
        self.endings.seen(message, page.day if isinstance(page, TodayPage) else None)
        for page in self._pages():
            page.query_one(Masthead).running = len(self.running)

    @property
    def running(self) -> dict[int, Run]:
        """The runs that are running, by id."""
        return self.endings.running.runs

    def _pages(self) -> list[Page]:
        """The pages that have been shown, the one on show first."""
        stacks = [self.screen_stack, *self._screen_stacks.values()]
        pages = [stack[0] for stack in stacks if stack and isinstance(stack[0], Page)]
        return list(dict.fromkeys(page for page in pages if page.is_mounted))

    # What is opened over a page

    def action_launch(self, name: str = "") -> None:
        from labbook.tui.dialogs.launcher import Launcher

        self._launch(Launcher(name))

    def launch_again(self, run: Run) -> None:
        """Open the launcher with a run's values in its form."""
        from labbook.tui.dialogs.command_launcher import CommandLauncher
        from labbook.tui.dialogs.launcher import Launcher

        if run.command is None:
            self._launch(Launcher(run.experiment, run))
        else:
            self._launch(CommandLauncher(repeats=run))

    def _launch(self, launcher: Dialog[Run | str] | Dialog[Run]) -> None:
        async def launched(run: Run | str | None) -> None:
            if isinstance(run, str):
                from labbook.tui.dialogs.command_launcher import CommandLauncher

                self._launch(CommandLauncher(run))
            elif run is not None:
                await self.show_day(run.day, f"run:{run.id}")
                cast("TodayPage", self.page_on_show).wait_for(run.id)

        self.push_screen(launcher, launched)

    def action_steps(self) -> None:
        from labbook.tui.dialogs.next_steps import NextSteps

        async def answered(step: NextStep | None) -> None:
            if step is not None:
                await self.show_day(
                    step.raised, f"note:{step.note_id}" if step.note_id else "start"
                )

        self.push_screen(NextSteps(), answered)

    def action_command_palette(self) -> None:
        from labbook.tui.commands import Palette

        if not isinstance(self.screen, Palette):
            self.push_screen(Palette())

    def action_help(self) -> None:
        from labbook.tui.dialogs.help import Help

        self.push_screen(Help(self.screen))

    def action_help_quit(self) -> None:
        self.say("ctrl+q quits. What you have typed is saved, and runs go on.")

    # Out

    async def action_leave(self) -> None:
        """Save what is being typed and end. Runs go on."""
        texts = [
            editor.as_text()
            for page in self._pages()
            for editor in page.query(DayEditor)
            if not editor.read_only
        ]
        for screen in self.screen_stack:
            if isinstance(screen, Dialog):
                screen.keep()
        said = await asyncio.to_thread(self._put_away, texts)
        if self._had_terminal and not _has_terminal():
            # Textual would wait for ever to write its farewell to a terminal that is gone.
            self.desk.close()
            os._exit(128 + signal.SIGHUP)
        self.exit(message=RichText("\n".join(plain(line) for line in said)) if said else None)

    def _put_away(self, texts: list[Text]) -> list[str]:
        if not self.writer.finish(FINISH_WITHIN_S):
            return ["The notebook could not be written in time; what was typed is in its drafts."]
        return put_away(self.desk, texts, self.window)

    def on_unmount(self) -> None:
        self._watcher.stop()


def run(desk: Desk, *, day: dt.date | None = None) -> None:
    """Open the app on a day, today by default, and return when the person leaves.

    Raises:
        Exception: a defect of labbook's; drafts have what was typed.
    """
    app = LabbookApp(desk, day)
    app.run()
    if app._exception is not None:
        raise app._exception


def _has_terminal() -> bool:
    """Whether the terminal is there; one that has hung up answers no more."""
    return sys.__stdin__ is not None and sys.__stdin__.isatty()
