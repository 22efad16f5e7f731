"""Going about: from anywhere to a day, a run, a review, a thread, an idea."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import TYPE_CHECKING, cast

from textual.message import Message

from labbook.desk import find
from labbook.model import Note
from labbook.text.when import Period, parse_period
from labbook.tui.desk_app import DeskApp
from labbook.tui.work import ask

if TYPE_CHECKING:
    from labbook.tui.pages.ideas import IdeasPage
    from labbook.tui.pages.page import Page
    from labbook.tui.pages.review import ReviewPage
    from labbook.tui.pages.runs import RunsPage
    from labbook.tui.pages.threads import ThreadsPage
    from labbook.tui.pages.today import Goal, TodayPage


class NoteFound(Message):
    """A note that is to be shown."""

    def __init__(self, note: Note) -> None:
        super().__init__()
        self.note = note


class Going(DeskApp):
    """An app with pages, which knows the way to what a source names."""

    @property
    def page_on_show(self) -> Page:
        """The page on show, under whatever dialogs are open."""
        return cast("Page", self.screen_stack[0])

    async def action_page(self, name: str) -> None:
        # Awaited, since a page that is shown for the first time must be composed first.
        await self.switch_mode(name)

    async def show_day(self, day: dt.date, goal: Goal = "start") -> None:
        """Go to Today, on that day."""
        await self.action_page("today")
        cast("TodayPage", self.page_on_show).open_day(day, goal)

    async def show_run(self, run_id: int) -> None:
        """Go to Runs, on that run."""
        await self.action_page("runs")
        cast("RunsPage", self.page_on_show).show_run(run_id)

    async def show_review(self, day: dt.date) -> None:
        """Go to Review, on the week of that day."""
        await self.show_period(Period.week_of(day))

    async def show_period(self, period: Period) -> None:
        """Go to Review, on that period."""
        await self.action_page("review")
        cast("ReviewPage", self.page_on_show).open_period(period)

    async def show_thread(self, name: str) -> None:
        """Go to Threads, on that thread."""
        await self.action_page("threads")
        cast("ThreadsPage", self.page_on_show).show_thread(name)

    async def show_source(self, source: str) -> None:
        """Go to what "note:17", "run:41", "idea:3", "reading:5" or "review:2026-W47" names."""
        kind, _, which = source.partition(":")
        if kind == "review":
            await self.show_period(parse_period(which, self.desk.today()))
        elif kind == "thread":
            await self.show_thread(which)
        elif kind == "day":
            await self.show_day(dt.date.fromisoformat(which))
        elif which.isdigit():
            await self._show_number(kind, int(which))

    async def _show_number(self, kind: str, number: int) -> None:
        if kind == "run":
            await self.show_run(number)
        elif kind == "note":
            ask(self, "source", partial(find.note, self.desk, number), NoteFound)
        elif kind in ("idea", "reading"):
            await self.action_page("ideas")
            cast("IdeasPage", self.page_on_show).show_one(f"{kind}:{number}")

    async def on_note_found(self, message: NoteFound) -> None:
        await self.show_day(message.note.day, f"note:{message.note.id}")
