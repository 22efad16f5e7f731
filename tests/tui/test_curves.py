"""A run's curves on the day's page and beside the list: drawn while it runs, not too often."""

from __future__ import annotations

import math
import time

import pytest
from syrupy.assertion import SnapshotAssertion

from labbook.desk.desk import Desk
from labbook.model import Metric, Run
from labbook.store import runs as store
from labbook.tui.pages.today import TodayPage
from tests.support.notebooks import at
from tests.tui.driving import Hand, opened
from tests.tui.made import started
from tests.tui.test_snapshots import LARGE, SMALL, Picture


@pytest.fixture
def picture(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    return snapshot.use_extension(Picture)


def tell(desk: Desk, run: Run, steps: range) -> None:
    metrics = [
        Metric(name, math.exp(-step / pace) + floor, step)
        for step in steps
        for name, pace, floor in (("train.loss", 30, 0.0), ("val.loss", 40, 0.05))
    ]
    assert store.ingest(
        desk.notebook,
        run.id,
        from_offset=steps.start,
        to_offset=steps.stop,
        metrics=metrics,
        warnings=[],
    )


async def test_curves_grow_while_the_run_goes_on_and_are_drawn_once_a_second(desk: Desk) -> None:
    run = started(desk, at(-5))
    async with opened(desk) as hand:
        tell(desk, run, range(60))
        await hand.until(lambda: "val.loss" in hand.screen)
        view = hand.page(TodayPage).view
        drawings, began = set(), time.monotonic()
        for number in range(60, 90):
            tell(desk, run, range(number, number + 1))
            await hand.pilot.pause(0.02)
            drawings |= {each.still.plain for each in view.drawn.values()}
        assert len(drawings) <= time.monotonic() - began + 2
        # The last point is shown though nothing comes after it.
        await hand.until(lambda: _last_step(hand) == 89.0, 5.0)
        await hand.press("3")
        await hand.until(lambda: "─▲─ val.loss" in hand.screen)


def _last_step(hand: Hand) -> float:
    (drawn,) = hand.page(TodayPage).view.drawn.values()
    assert drawn.results is not None
    return max(point.step for point in drawn.results.curves.by_name["val.loss"].points)


async def test_real_images_take_a_terminal_that_can_be_lent(desk: Desk) -> None:
    tell(desk, started(desk, at(-5)), range(3))
    async with opened(desk) as hand:
        await hand.until(lambda: "val.loss" in hand.screen)
        await hand.press("v")
        assert hand.toasts == ["This terminal cannot be lent to another program."]


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])
async def test_a_run_with_curves(
    desk: Desk, picture: SnapshotAssertion, size: tuple[int, int]
) -> None:
    run = started(desk, at(-5))
    tell(desk, run, range(200))
    async with opened(desk, size=size) as hand:
        await hand.until(lambda: "val.loss" in hand.screen)
        assert hand.app.export_screenshot(simplify=True) == picture
