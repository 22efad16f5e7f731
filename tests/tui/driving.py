"""Drives the real app over a real notebook: presses keys, waits, reads the screen."""

from __future__ import annotations

import asyncio
import datetime as dt
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from textual import events
from textual.keys import _character_to_key
from textual.pilot import Pilot
from textual.worker import Worker, WorkerCancelled

from labbook.desk import find
from labbook.desk.desk import Desk
from labbook.model import Entry, Moment, Note
from labbook.settings import Settings
from labbook.tui.app import LabbookApp
from labbook.tui.pages.page import Page
from labbook.tui.widgets.block_view import BlockView
from labbook.tui.work import Defect, Done
from tests.support.notebooks import DAY, at

SIZE = (80, 24)
P = TypeVar("P", bound=Page)


class Hand:
    """Somebody at the keyboard."""

    def __init__(self, app: LabbookApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot

    async def press(self, *keys: str) -> None:
        """Press keys, and wait until what they set off has been read, written and shown."""
        for key in keys:
            self.app.post_message(events.Key(key, None if len(key) > 1 else key))
            await self._acted()
        await self.settle()

    async def _acted(self) -> None:
        """Wait until a key has had its turn, and what it asked for is read and shown.

        That is sooner than that nothing moves, for which a pilot waits.
        """
        await self.pilot._wait_for_screen()
        while self.app.is_running and (self.app._under_way or self.app._held):
            await asyncio.sleep(0.001)
        await asyncio.gather(*map(finished, self.app.workers))
        await self.pilot._wait_for_screen()

    async def type(self, text: str) -> None:
        """Type a text as it is, faster than anybody could."""
        for letter in text:
            key = "enter" if letter == "\n" else _character_to_key(letter)
            self.app.post_message(events.Key(key, letter))
        await self.pilot.pause()

    async def settle(self) -> None:
        for _ in range(2):
            written = threading.Event()
            self.app.writer.write(self.app, "waiting", written.set, lambda _: Done())
            await asyncio.to_thread(written.wait, 10)
            await asyncio.gather(*map(finished, self.app.workers))
            await self.pilot.pause()

    async def until(self, what: Callable[[], object], within_s: float = 10.0) -> None:
        """Wait until something is so."""
        deadline = time.monotonic() + within_s
        while not what():
            assert time.monotonic() < deadline, f"waited {within_s} s in vain\n{self.screen}"
            await self.pilot.pause(0.03)
        await self.settle()

    def page(self, kind: type[P]) -> P:
        page = self.app.screen_stack[0]
        assert isinstance(page, kind)
        return page

    @property
    def screen(self) -> str:
        """What stands on the screen, as text."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join(strip.text.rstrip() for strip in strips)

    @property
    def toasts(self) -> list[str]:
        return [each.message for each in self.app._notifications]

    @property
    def blocks(self) -> list[BlockView]:
        return list(self.app.screen_stack[0].query(BlockView))

    @property
    def selected(self) -> Any:
        """The block that is selected: a note or a run block."""
        focused = self.app.focused
        return focused.block if isinstance(focused, BlockView) else None


async def finished(worker: Worker[Any]) -> None:
    with suppress(WorkerCancelled):  # overtaken by a later question
        await worker.wait()


@asynccontextmanager
async def opened(
    desk: Desk, *, size: tuple[int, int] = SIZE, day: dt.date | None = None
) -> AsyncIterator[Hand]:
    """The app, open on a day; a defect that it kept to itself fails the test at the end."""
    app = LabbookApp(desk, day)
    defects: list[str] = []
    say_error = app.say_error

    def noted(error: Any) -> None:
        if isinstance(error, Defect):
            defects.append(f"{error.message} {error.hint}")
        say_error(error)

    app.say_error = noted  # type: ignore[method-assign]
    async with app.run_test(size=size, notifications=True) as pilot:
        hand = Hand(app, pilot)
        await hand.until(lambda: app.is_open)
        yield hand
    assert not defects, defects


def desk_at(path: Path, clock: Callable[[], Moment] | None = None) -> Desk:
    """A desk whose clock stands at nine in the morning of DAY, unless another is given."""
    return Desk(Settings(notebook=path), clock or (lambda: at(0)))


def bodies(desk: Desk, day: dt.date = DAY) -> list[str]:
    """The notes of a day, in order."""
    return [block.body for block in entry(desk, day).blocks if isinstance(block, Note)]


def entry(desk: Desk, day: dt.date = DAY) -> Entry:
    return find.entry(desk, day)
