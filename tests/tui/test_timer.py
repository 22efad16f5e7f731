"""The timer: started, switched and stopped from any page, by one key."""

from __future__ import annotations

import pytest

from labbook.desk import threads, time, write
from labbook.desk.desk import Desk
from labbook.tui.dialogs.timer import Timer
from labbook.tui.places import PLACES, Place
from labbook.tui.widgets.day_editor import DayEditor
from labbook.tui.widgets.masthead import Masthead
from tests.support.notebooks import at, raw
from tests.tui.driving import Hand, opened


def spans(desk: Desk) -> list[tuple[str, float, float | None]]:
    """Thread, beginning and end in minutes since nine, as SQLite has them."""
    with raw(desk.path) as connection:
        rows = connection.execute(
            "SELECT name, from_us, to_us FROM time_span JOIN thread ON thread.id = thread_id"
            " ORDER BY from_us"
        ).fetchall()
    zero = at(0).us
    return [(name, (begin - zero) / 60e6, end and (end - zero) / 60e6) for name, begin, end in rows]


def first_line(hand: Hand) -> str:
    return hand.screen.splitlines()[0]


async def test_it_starts_switches_and_stops_from_wherever_one_is(desk: Desk) -> None:
    write.add_note(desk, "a note @kl")
    async with opened(desk) as hand:
        await hand.press("f3")
        assert isinstance(hand.app.screen, Timer)
        await hand.press("enter")
        assert spans(desk) == [("kl", 0, None)]
        await hand.until(lambda: "◷ 0:00 @kl" in first_line(hand))
        desk.clock = lambda: at(67)
        hand.app.show_timer()
        await hand.press("3", "f3")
        assert "stop @kl  1 h 07, since 09:00" in hand.screen
        await hand.type("chan")
        await hand.settle()
        assert "switch to @kl" not in hand.screen
        await hand.press("enter")
        assert spans(desk) == [("kl", 0, 67), ("chan", 67, None)]
        await hand.until(lambda: "◷ 0:00 @chan" in first_line(hand))
        desk.clock = lambda: at(90)
        await hand.press("4", "f3", "enter")
        assert spans(desk)[1] == ("chan", 67, 90)
        await hand.until(lambda: "◷" not in first_line(hand))
        assert any("@chan: 23 min." in toast for toast in hand.toasts)


async def test_the_text_that_is_typed_meanwhile_stays(desk: Desk) -> None:
    async with opened(desk) as hand:
        await hand.press("a")
        await hand.type("half a")
        await hand.press("f3")
        await hand.type("kl")
        await hand.settle()
        await hand.press("enter")
        assert spans(desk) == [("kl", 0, None)]
        assert hand.app.screen.query_one(DayEditor).text == "half a"
        assert hand.app.screen.query_one(DayEditor).has_focus


async def test_a_forgotten_timer_is_stopped_as_of_the_last_thing_done(desk: Desk) -> None:
    time.start(desk, "kl")
    desk.clock = lambda: at(20)
    write.add_note(desk, "still here")
    desk.clock = lambda: at(200)
    async with opened(desk) as hand:
        await hand.press("f3")
        assert "stop it as of 09:20  20 min; nothing was written or run since" in hand.screen
        await hand.press("down", "enter")
        assert spans(desk) == [("kl", 0, 20)]
        await hand.press("u")
        assert spans(desk) == [("kl", 0, None)], "and that can be taken back"


async def test_a_switch_is_taken_back_whole(desk: Desk) -> None:
    time.start(desk, "kl")
    threads.add(desk, "channel")
    desk.clock = lambda: at(30)
    async with opened(desk) as hand:
        await hand.press("f3", "down", "enter")
        assert spans(desk) == [("kl", 0, 30), ("channel", 30, None)]
        await hand.press("u")
        assert spans(desk) == [("kl", 0, None)]


async def test_a_name_that_cannot_be_a_threads_is_said_below_it(desk: Desk) -> None:
    async with opened(desk) as hand:
        await hand.press("f3")
        assert "No thread yet" in hand.screen
        await hand.type("no name")
        await hand.settle()
        await hand.press("enter")
        assert "'no name' cannot be the name of a thread." in hand.screen
        assert isinstance(hand.app.screen, Timer)
        await hand.press("f3")
        assert not isinstance(hand.app.screen, Timer)
        assert spans(desk) == []


async def test_a_timer_that_another_shell_started_is_seen(desk: Desk) -> None:
    async with opened(desk) as hand:
        time.start(desk, "kl")
        await hand.until(lambda: "◷ 0:00 @kl" in first_line(hand))


@pytest.mark.parametrize("width", [80, 64, 40, 20])
async def test_where_room_is_scarce_the_minutes_stay_longest(desk: Desk, width: int) -> None:
    time.start(desk, "a-thread-with-a-very-long-name")
    desk.clock = lambda: at(125)
    async with opened(desk, size=(width, 24)) as hand:
        masthead = hand.app.screen.query_one(Masthead)
        more = Place("more", "Many more", "More", "", ("today", "TodayPage"))
        for places in (PLACES, (*PLACES, more, more)):
            masthead._places = places
            masthead.refresh()
            await hand.press("1")
            assert "1 Today" in first_line(hand)
            if width >= 40:
                await hand.until(lambda: "◷ 2:05" in first_line(hand))
        assert width < 80 or "◷ 2:05 @a-" in first_line(hand)
