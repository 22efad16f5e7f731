"""Search: it finds while one types, and opens what it found."""

from __future__ import annotations

import datetime as dt

import pytest

from labbook.desk import review, write
from labbook.desk.desk import Desk
from labbook.model import ReviewItem, Section
from labbook.text.when import Period
from labbook.tui.pages.review import ReviewPage
from labbook.tui.pages.runs import RunsPage
from labbook.tui.pages.search import SearchPage
from labbook.tui.pages.today import TodayPage
from labbook.tui.widgets.line import Line
from tests.support.notebooks import DAY
from tests.tui.driving import opened

LAST_WEEK = DAY - dt.timedelta(days=6)


@pytest.fixture
def written(desk: Desk) -> Desk:
    write.add_note(desk, "the bias of k2 is small #insight", day=LAST_WEEK)
    write.add_note(desk, "an unrelated remark", day=LAST_WEEK)
    write.add_note(desk, "bias again, with k3")
    return desk


@pytest.mark.parametrize("key", ["2", "slash", "f6"])
async def test_search_finds_while_one_types_newest_first(written: Desk, key: str) -> None:
    async with opened(written) as hand:
        await hand.press(key)
        await hand.type("bia")
        await hand.until(lambda: "2 hits" in hand.screen)
        lines = [line for line in hand.screen.splitlines() if "2026-11" in line and "note" in line]
        assert "Mon 2026-11-23" in lines[0]
        assert "Tue 2026-11-17" in lines[1]
        await hand.type("s small")
        await hand.until(lambda: "1 hit" in hand.screen)


async def test_enter_opens_the_day_at_the_block(written: Desk) -> None:
    async with opened(written) as hand:
        await hand.press("2")
        await hand.type("unrelated")
        await hand.until(lambda: "1 hit" in hand.screen)
        await hand.press("enter")
        assert hand.page(TodayPage).day == LAST_WEEK
        assert hand.selected.body == "an unrelated remark"


async def test_arrows_choose_among_the_hits_without_leaving_the_line(written: Desk) -> None:
    async with opened(written) as hand:
        await hand.press("2")
        await hand.type("bias")
        await hand.until(lambda: "2 hits" in hand.screen)
        await hand.press("down", "enter")
        assert hand.selected.body == "the bias of k2 is small #insight"


async def test_filters_narrow_and_a_wrong_one_is_explained(written: Desk) -> None:
    async with opened(written) as hand:
        await hand.press("2")
        assert "tag:insight" in hand.screen
        await hand.type("tag:insight")
        await hand.until(lambda: "1 hit" in hand.screen)
        await hand.press("ctrl+u")
        await hand.type("after:someday")
        await hand.until(lambda: "is not a day" in hand.screen)
        await hand.press("ctrl+u")
        await hand.type("tags:insight")
        await hand.until(lambda: "0 hits  tags: is no filter" in hand.screen)


async def test_the_keys_that_lead_out_of_the_line_are_shown_and_lead_out(written: Desk) -> None:
    async with opened(written) as hand:
        await hand.press("2")
        assert "f4–f12 pages" in hand.screen.splitlines()[-1]
        await hand.press("f7")
        assert isinstance(hand.page(RunsPage), RunsPage)
        await hand.press("f6")
        await hand.type("bias")
        await hand.until(lambda: "2 hits" in hand.screen)
        await hand.press("tab")
        assert "pages" not in hand.screen.splitlines()[-1], "here the digits do"


async def test_escape_empties_the_line_to_search_again(written: Desk) -> None:
    async with opened(written) as hand:
        await hand.press("2")
        await hand.type("bias")
        await hand.until(lambda: "2 hits" in hand.screen)
        await hand.press("tab")
        assert not hand.app.screen.query_one(Line).has_focus
        await hand.press("escape")
        assert hand.app.screen.query_one(Line).has_focus
        await hand.press("escape")
        assert hand.app.screen.query_one(Line).value == ""


async def test_a_found_review_is_opened(desk: Desk) -> None:
    week = Period.week_of(LAST_WEEK)
    review.save(desk, week, [ReviewItem(Section.INSIGHTS, "quokka")], (), version=None)
    async with opened(desk) as hand:
        await hand.press("2")
        await hand.type("quokka")
        await hand.until(lambda: "1 hit" in hand.screen)
        await hand.press("enter")
        assert hand.page(ReviewPage).period == week
        await hand.until(lambda: "quokka" in hand.screen)


async def test_what_is_written_meanwhile_is_found_without_typing_again(written: Desk) -> None:
    async with opened(written) as hand:
        await hand.press("2")
        await hand.type("bias")
        await hand.until(lambda: "2 hits" in hand.screen)
        write.add_note(written, "more bias")
        await hand.until(lambda: "3 hits" in hand.screen)
        assert hand.page(SearchPage).query_one(Line).value == "bias"
