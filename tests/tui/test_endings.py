"""The app tells of ends: in toasts, and by ringing for what took long, once."""

from __future__ import annotations

from dataclasses import replace

from labbook.desk import sweeps
from labbook.desk.desk import Desk
from labbook.model import RunState
from tests.support.notebooks import at
from tests.tui.driving import Hand, opened
from tests.tui.made import end, started


def heard(hand: Hand) -> list[str]:
    """What is written to the terminal from now on, but for the screen's own."""
    written: list[str] = []
    assert hand.app._driver is not None
    hand.app._driver.write = written.append  # type: ignore[method-assign]
    return written


def rings(written: list[str]) -> list[str]:
    return [each for each in written if "\a" in each]


async def test_a_run_that_took_long_rings_once_and_one_that_was_cancelled_does_not(
    desk: Desk,
) -> None:
    desk.settings = replace(desk.settings, notify_after_s=1.0)
    run, cancelled = started(desk, at(-1)), started(desk, at(-1))
    async with opened(desk) as hand:
        await hand.until(lambda: len(hand.app.running) == 2)
        written = heard(hand)
        end(desk, cancelled, state=RunState.CANCELLED)
        await hand.until(lambda: len(hand.app.running) == 1)
        end(desk, run)
        await hand.until(lambda: not hand.app.running and rings(written))
    assert rings(written) == [f"\x1b]9;run {run.id} · kl.bias-table finished in 1.4 s.\a\a"]


async def test_a_sweep_is_told_of_once_and_none_of_its_points(lab: Desk) -> None:
    lab.settings = replace(lab.settings, notify_after_s=0.0)
    async with opened(lab) as hand:
        await hand.press("2")
        written = heard(hand)
        planned = sweeps.plan(
            lab, sweeps.Wish({"steps": "5,6", "pause_s": "0.2"}, "test.walk"), "local:1"
        )
        sweep = sweeps.start(lab, planned, "local:1")
        await hand.until(lambda: rings(written), 30.0)
        assert [toast for toast in hand.toasts if "test.walk" in toast] == [
            f"sweep {sweep.id} · test.walk finished."
        ]
    assert len(rings(written)) == 1


async def test_no_toast_where_the_settings_want_none(desk: Desk) -> None:
    desk.settings = replace(desk.settings, notify=())
    run = started(desk, at(-1))
    async with opened(desk) as hand:
        await hand.until(lambda: hand.app.running)
        await hand.press("2")
        end(desk, run)
        await hand.until(lambda: not hand.app.running)
        assert hand.toasts == []
