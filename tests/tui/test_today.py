"""The Today page: what it shows, and moving about it."""

from __future__ import annotations

import datetime as dt

import pytest

from labbook.desk import write
from labbook.desk.desk import Desk
from labbook.tui.dialogs.next_steps import NextSteps
from labbook.tui.pages.today import TodayPage
from tests.support.notebooks import DAY
from tests.tui.driving import Hand, bodies, opened

YESTERDAY = DAY - dt.timedelta(days=1)
LONG = "\n\n".join(f"paragraph {number}" for number in range(30))


async def test_an_empty_day_says_what_can_be_done(desk: Desk) -> None:
    async with opened(desk) as hand:
        assert "Nothing is written yet today" in hand.screen
        assert "write a note" in hand.screen


async def test_the_heading_says_the_day_and_what_is_on_it(desk: Desk) -> None:
    write.add_note(desk, "- [ ] call the editor\n- [x] buy ink")
    async with opened(desk) as hand:
        assert "Monday 23 November 2026  today" in hand.screen
        assert "1 note" in hand.screen
        assert "1 next step " in hand.screen
        assert "○ call the editor" in hand.screen


async def test_today_opens_on_its_last_block_and_another_day_on_its_first(desk: Desk) -> None:
    for text in ("one", LONG, "three"):
        write.add_note(desk, text)
        write.add_note(desk, text, day=YESTERDAY)
    async with opened(desk) as hand:
        assert hand.selected.body == "three"
        assert "three" in hand.screen
        await hand.press("left_square_bracket")
        assert hand.selected.body == "one"
        assert "one" in hand.screen


async def test_j_and_k_move_from_block_to_block(desk: Desk) -> None:
    for text in ("one", "two", "three"):
        write.add_note(desk, text)
    async with opened(desk) as hand:
        for key, there in (
            ("k", "two"),
            ("up", "one"),
            ("k", "one"),
            ("j", "two"),
            ("down", "three"),
        ):
            await hand.press(key)
            assert hand.selected.body == there
        await hand.press("home")
        assert hand.selected.body == "one"
        await hand.press("G")
        assert hand.selected.body == "three"
        await hand.press("g", "g")
        assert hand.selected.body == "one"
        await hand.press("end")
        assert hand.selected.body == "three"


async def test_g_alone_goes_to_the_first_block_after_a_moment(desk: Desk) -> None:
    for text in ("one", "two"):
        write.add_note(desk, text)
    async with opened(desk) as hand:
        await hand.press("g")
        assert "go to a day" in hand.screen
        await hand.until(lambda: hand.selected is not None and hand.selected.body == "one")


async def test_j_goes_on_through_a_block_taller_than_the_screen(desk: Desk) -> None:
    for text in ("before", LONG, "after"):
        write.add_note(desk, text)
    async with opened(desk) as hand:
        await hand.press("home", "j")
        seen = hand.screen
        for _ in range(20):
            if hand.selected.body != LONG:
                break
            await hand.press("j")
            seen += hand.screen
        assert hand.selected.body == "after"
        assert all(f"paragraph {number}" in seen for number in range(30))


async def test_a_page_down_takes_the_selection_with_it(desk: Desk) -> None:
    for number in range(20):
        write.add_note(desk, f"note {number}")
    async with opened(desk) as hand:
        await hand.press("home", "pagedown", "pagedown")
        assert hand.selected.body not in ("note 0", "note 1")
        assert hand.selected.body in hand.screen


@pytest.mark.parametrize(
    ("keys", "away"),
    [
        (("left_square_bracket",), -1),
        (("right_square_bracket",), 1),
        (("left_square_bracket", "t"), 0),
        (("left_curly_bracket",), -3),
    ],
)
async def test_keys_turn_to_other_days(desk: Desk, keys: tuple[str, ...], away: int) -> None:
    write.add_note(desk, "three days ago", day=DAY - dt.timedelta(days=3))
    write.add_note(desk, "today")
    async with opened(desk) as hand:
        await hand.press(*keys)
        assert hand.page(TodayPage).day == DAY + dt.timedelta(days=away)


@pytest.mark.parametrize("keys", [("ctrl+g",), ("g", "d")])
async def test_a_day_is_gone_to_by_a_phrase(desk: Desk, keys: tuple[str, ...]) -> None:
    write.add_note(desk, "last friday's words", day=dt.date(2026, 11, 20))
    async with opened(desk) as hand:
        await hand.press(*keys)
        await hand.type("friday")
        await hand.settle()
        assert "Friday 20 November 2026, 3 days ago" in hand.screen
        await hand.press("enter")
        assert "last friday's words" in hand.screen


async def test_a_phrase_that_means_no_day_is_not_answered(desk: Desk) -> None:
    async with opened(desk) as hand:
        await hand.press("ctrl+g")
        await hand.type("someday")
        await hand.press("enter")
        assert "is not a day" in hand.screen
        await hand.press("escape")
        assert hand.page(TodayPage).day == DAY


async def open_steps(hand: Hand) -> None:
    await hand.press("x")
    assert isinstance(hand.app.screen, NextSteps)


async def test_x_ticks_a_next_step_and_its_box(desk: Desk) -> None:
    write.add_note(desk, "- [ ] first\n- [ ] second")
    async with opened(desk) as hand:
        await open_steps(hand)
        await hand.press("j", "x")
        assert bodies(desk) == ["- [ ] first\n- [x] second"]
        await hand.press("u")
        assert bodies(desk) == ["- [ ] first\n- [ ] second"]


async def test_a_next_step_is_dropped_with_a_reason(desk: Desk) -> None:
    from labbook.desk import steps

    write.add_note(desk, "- [ ] not worth it")
    (step,) = steps.open_steps(desk)
    async with opened(desk) as hand:
        await open_steps(hand)
        await hand.press("minus")
        await hand.type("too dear")
        await hand.press("enter")
        assert steps.step(desk, step.id).because == "too dear"
        assert "Nothing is open" in hand.screen


async def test_enter_on_a_next_step_goes_to_its_note(desk: Desk) -> None:
    write.add_note(desk, "- [ ] from yesterday", day=YESTERDAY)
    async with opened(desk) as hand:
        await open_steps(hand)
        await hand.press("enter")
        assert hand.page(TodayPage).day == YESTERDAY
        assert hand.selected.body == "- [ ] from yesterday"


async def test_a_resized_window_draws_the_day_at_its_new_width(desk: Desk) -> None:
    words = " ".join(["word"] * 60)
    write.add_note(desk, words)
    async with opened(desk, size=(120, 40)) as hand:
        wide = max(len(line) for line in hand.screen.splitlines() if "word word" in line)
        await hand.pilot.resize_terminal(60, 20)
        await hand.until(lambda: hand.page(TodayPage).view.block_width < 60)
        await hand.until(
            lambda: max(len(line) for line in hand.screen.splitlines() if "word word" in line) < 60
        )
        assert wide > 100
        assert hand.screen.count("word") == 60


async def test_a_new_day_is_noticed(desk: Desk) -> None:
    from labbook.model import Moment

    now = [desk.clock()]
    with Desk(desk.settings, lambda: now[0]) as turning:
        async with opened(turning) as hand:
            assert "2026  today" in hand.screen
            now[0] = Moment(now[0].us + int(86400e6), now[0].zone)
            await hand.until(lambda: "2026  yesterday" in hand.screen, within_s=4)
