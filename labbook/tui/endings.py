"""Says that runs and sweeps have ended: in a toast, by the bell, by the terminal's own means."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from textual.message import Message

from labbook.desk.desk import Desk
from labbook.model import Run, RunState, Sweep, SweepState
from labbook.report.runs import state_words
from labbook.text.ringing import ringing
from labbook.tui.phrases import ACTIVE, run_name
from labbook.tui.work import ask

if TYPE_CHECKING:
    import datetime as dt

    from labbook.model.notice import Notice
    from labbook.tui.desk_app import DeskApp


@dataclass(frozen=True, slots=True)
class Standing:
    """Which runs and sweeps are running, by their numbers."""

    runs: dict[int, Run] = field(default_factory=dict)
    sweeps: frozenset[int] = frozenset()


class RunsSeen(Message):
    """What is running, and what has ended since the last look.

    notices: what is to be said of those that took long, by kind and number
    """

    def __init__(
        self,
        running: Standing,
        runs: tuple[Run, ...],
        sweeps: tuple[Sweep, ...],
        notices: dict[tuple[str, int], Notice],
    ) -> None:
        super().__init__()
        self.running = running
        self.runs = runs
        self.sweeps = sweeps
        self.notices = notices


class Endings:
    """Knows what was running, and tells of each end once."""

    def __init__(self, app: DeskApp) -> None:
        self.running = Standing()
        self._app = app

    def look(self) -> None:
        """Ask what is running now; `RunsSeen` comes to the app."""
        look = partial(_look, self._app.desk, self.running)
        ask(self._app, "runs", look, lambda seen: seen)

    def seen(self, message: RunsSeen, day: dt.date | None) -> None:
        """Tell of what has ended.

        day: whose page is on show; it tells of its own runs itself
        """
        before, self.running = self.running, message.running
        # Two looks that overlap see the same end: it is said once.
        for run in message.runs:
            if run.id in before.runs:
                self._toast(day == run.day or run.sweep_id is not None, *_words(run))
                self._ring(message.notices.get(("run", run.id)))
        for sweep in message.sweeps:
            if sweep.id in before.sweeps:
                words = f"sweep {sweep.id} · {sweep.experiment} {sweep.state}. {sweep.message}"
                is_good = sweep.state is SweepState.FINISHED
                self._toast(day == sweep.day, words.strip(), is_good)
                self._ring(message.notices.get(("sweep", sweep.id)))

    def _toast(self, is_shown: bool, words: str, is_good: bool) -> None:
        if not is_shown and "toast" in self._app.desk.settings.notify:
            self._app.say(words, severity="information" if is_good else "warning")

    def _ring(self, notice: Notice | None) -> None:
        driver = self._app._driver
        if notice is not None and driver is not None:
            words = f"{notice.title} {notice.message}"
            driver.write(ringing(words, self._app.desk.settings.notify, os.environ))
            driver.flush()


def _words(run: Run) -> tuple[str, bool]:
    words = f"{run_name(run)} {state_words(run)}. {run.message}".strip()
    return words, run.state is RunState.FINISHED


def _look(desk: Desk, before: Standing) -> RunsSeen:
    from labbook.desk import notices, runs, sweeps

    running = {run.id: run for run in runs.runs(desk, states=ACTIVE)}
    swept = frozenset(sweeps.running(desk))
    gone = tuple(runs.run(desk, run_id) for run_id in sorted(before.runs.keys() - running.keys()))
    over = tuple(sweeps.sweep(desk, sweep_id) for sweep_id in sorted(before.sweeps - swept))
    said = {("run", run.id): notices.of_run(desk, run) for run in gone}
    said |= {("sweep", sweep.id): notices.of_sweep(desk, sweep.id) for sweep in over}
    told = {key: notice for key, notice in said.items() if notice is not None}
    return RunsSeen(Standing(running, swept), gone, over, told)
