"""The Calendar page: its map agrees with SQL, and days are chosen and opened by keys."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from labbook.desk.desk import Desk
from labbook.report.shades import SHADES
from labbook.settings import Settings
from labbook.tui.pages.calendar import CalendarPage
from labbook.tui.pages.today import TodayPage
from labbook.tui.widgets.heat_map import HeatMap
from tests.support.notebooks import raw
from tests.tui import months
from tests.tui.driving import Hand, opened

pytestmark = pytest.mark.xdist_group("months")

TODAY = dt.date(2026, 11, 27)
FIRST = dt.date(2025, 11, 24)
"""The Monday with which 53 weeks up to today's begin."""


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("months") / "notebook"
    months.make(path)
    return path


@pytest.fixture
def quarter(book: Path) -> Iterator[Desk]:
    with Desk(Settings(notebook=book), lambda: months.NOW) as desk:
        yield desk


async def go_to(hand: Hand) -> CalendarPage:
    await hand.press("f12")
    page = hand.page(CalendarPage)
    await hand.until(lambda: page.query_one(HeatMap).found is not None)
    return page


def counts(desk: Desk) -> dict[dt.date, int]:
    """Notes by day."""
    with raw(desk.path) as connection:
        found = connection.execute(
            "SELECT day, count(*) FROM block WHERE kind = 'note' AND deleted_us IS NULL"
            " AND day >= ? GROUP BY day",
            (FIRST.isoformat(),),
        ).fetchall()
    return {dt.date.fromisoformat(day): count for day, count in found}


def cells(hand: Hand) -> dict[dt.date, str]:
    """The sign of each day of the map, whose weeks are two columns wide."""
    lines = hand.screen.splitlines()
    top = next(number for number, line in enumerate(lines) if line.startswith("  mon "))
    return {
        FIRST + dt.timedelta(days=7 * week + weekday): lines[top + weekday].ljust(130)[6 + 2 * week]
        for weekday in range(7)
        for week in range(53)
    }


async def test_each_day_is_as_dark_as_it_holds_notes(quarter: Desk) -> None:
    async with opened(quarter, size=(120, 40)) as hand:
        await go_to(hand)
        known, shown = counts(quarter), cells(hand)
        assert shown.pop(TODAY) == "◀"
        for day, sign in shown.items():
            if day > TODAY:
                assert sign == " "
            else:
                assert (SHADES.index(sign) > 0) == (day in known), day
        assert f"{sum(known.values())} notes on {len(known)} days" in hand.screen


async def test_m_counts_runs_and_time_instead(quarter: Desk) -> None:
    async with opened(quarter) as hand:
        await go_to(hand)
        await hand.press("m")
        assert "1 run on 1 day" in hand.screen
        await hand.press("m")
        with raw(quarter.path) as connection:
            ((hours,),) = connection.execute("SELECT sum(to_us - from_us) / 3.6e9 FROM time_span")
        total = float(hand.screen.split(" h measured and estimated on ")[0].split()[-1])
        assert total >= hours
        await hand.press("m")
        assert "notes on" in hand.screen


async def test_the_arrows_go_by_days_and_weeks_and_enter_opens_the_day(quarter: Desk) -> None:
    async with opened(quarter) as hand:
        page = await go_to(hand)
        await hand.press("right", "j")
        assert page.day == TODAY, "the days to come are not there yet"
        await hand.press("h", "up", "left", "down", "k")
        assert page.day == TODAY - dt.timedelta(days=15)
        await hand.until(lambda: "Thursday 12 November 2026  15 days ago" in hand.screen)
        await hand.press("left_square_bracket")
        assert page.day == dt.date(2026, 10, 12)
        await hand.press("enter")
        assert hand.page(TodayPage).day == dt.date(2026, 10, 12)


async def test_the_day_and_the_same_day_of_former_years_are_told(quarter: Desk) -> None:
    async with opened(quarter) as hand:
        page = await go_to(hand)
        assert "Friday 27 November 2026  today" in hand.screen
        below = hand.screen.split("On this day")[1].splitlines()
        assert "2025-11-27  Day one of attempt 1" in below[1]
        assert "2024-11-27  Day one of attempt 2" in below[2]
        await hand.press("left_curly_bracket")
        assert page.day == dt.date(2025, 11, 27)
        await hand.until(lambda: "1 note" in hand.screen)
        assert "Day one of attempt 1" in hand.screen.split("On this day")[0]


async def test_the_map_follows_to_years_before_and_back(quarter: Desk) -> None:
    async with opened(quarter) as hand:
        page = await go_to(hand)
        await hand.press("left_curly_bracket", "left_curly_bracket")
        assert page.day == dt.date(2024, 11, 27)
        await hand.until(lambda: "Calendar  2024-11-25 to 2025-11-30" in hand.screen)
        assert "◆" in hand.screen
        await hand.press("ctrl+g")
        await hand.type("2026-10-01")
        await hand.press("enter")
        assert page.day == dt.date(2026, 10, 1)
        assert page.day in page.period
        await hand.press("t")
        assert page.day == TODAY


async def test_a_click_chooses_a_day(quarter: Desk) -> None:
    async with opened(quarter) as hand:
        page = await go_to(hand)
        await hand.pilot.click(HeatMap, offset=(2 + 4 + 50, 1 + 2))
        await hand.settle()
        assert page.day == FIRST + dt.timedelta(weeks=50, days=2)


async def test_a_streak_counts_the_persons_own_working_days(book: Path) -> None:
    own = Settings(notebook=book, working_days=("thu",))
    with raw(book) as connection:
        days = {
            dt.date.fromisoformat(day)
            for (day,) in connection.execute("SELECT DISTINCT day FROM block")
        }
    thursday, streak = TODAY - dt.timedelta(days=1), 0
    while thursday in days:
        thursday, streak = thursday - dt.timedelta(weeks=1), streak + 1
    with Desk(own, lambda: months.NOW) as desk:
        async with opened(desk) as hand:
            await go_to(hand)
            assert streak > 1
            assert f"streak {streak} working days" in hand.screen
