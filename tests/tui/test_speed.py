"""Speed where it is felt: a long day is shown, and keys are answered while runs write."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from labbook.desk import write
from labbook.desk.desk import Desk
from labbook.model import Progress, Run
from labbook.store import runs as store
from labbook.tui.pages.today import TodayPage
from labbook.tui.widgets.day_editor import DayEditor
from tests.support.notebooks import DAY, at
from tests.tui.driving import opened
from tests.tui.made import ended, started

NOTE = """\
## Checking estimator {number}

The bias of **k2** is small where `p` and `q` are close, but not where they are far apart. See
run:{number} and [[2026-11-20]]; the tail decides. #estimators @kl

- [ ] measure it at shift {number}
- [x] write down the closed form

> an estimator is only as good as its tail
"""


@pytest.fixture
def long_day(desk: Desk) -> Desk:
    """Fifty blocks: ten runs with a table and a plot each, forty notes."""
    for number in range(10):
        for part in range(4):
            write.add_note(desk, NOTE.format(number=4 * number + part))
        ended(desk, at(10 * number))
    return desk


async def test_a_day_of_fifty_blocks_is_shown_soon(long_day: Desk) -> None:
    async with opened(long_day, day=DAY.replace(day=20)) as hand:
        page = hand.page(TodayPage)
        took = []
        for _ in range(3):
            page.open_day(DAY.replace(day=20))
            await hand.until(lambda: not hand.blocks)
            began = time.perf_counter()
            page.open_day(DAY)
            while len(hand.blocks) != 50:
                await asyncio.sleep(0.002)
            await hand.pilot.pause()
            took.append(time.perf_counter() - began)
        assert min(took) < 0.9  # 0.3 s where nothing else runs


async def test_no_key_waits_while_runs_write(long_day: Desk) -> None:
    run = started(long_day, at(200))
    stop = threading.Event()
    writer = threading.Thread(target=_write_on, args=(long_day, run, stop))
    async with opened(long_day) as hand:
        await hand.press("a")
        editor = hand.app.query_one(DayEditor)
        writer.start()
        waited = []
        for number in range(60):
            began = time.perf_counter()
            hand.app.simulate_key("x")
            while len(editor.text) <= number:
                await asyncio.sleep(0.001)
            waited.append(time.perf_counter() - began)
            await asyncio.sleep(0.05)
        stop.set()
        await asyncio.to_thread(writer.join)
        waited.sort()
        assert waited[-3] < 0.1  # 0.05 s where nothing else runs


def _write_on(desk: Desk, run: Run, stop: threading.Event) -> None:
    """What a supervisor does with a run that talks without pause."""
    done = 0
    while not stop.wait(0.05):
        done += 1
        store.ingest(
            desk.notebook,
            run.id,
            from_offset=done - 1,
            to_offset=done,
            metrics=(),
            warnings=(),
            progress=Progress(done, 1000),
        )
