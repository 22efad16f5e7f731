"""The Time page: its sums agree with SQL, and spans are entered, changed and taken back by keys."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labbook.desk import threads, time, write
from labbook.desk.desk import Desk
from labbook.errors import UsageError
from labbook.model import Moment
from labbook.model.time_span import TimeSpan
from labbook.settings import Settings
from labbook.tui.dialogs.span_form import SpanForm
from labbook.tui.pages.time import TimePage
from labbook.tui.span_typing import read_span, typed
from tests.support.notebooks import DAY, at, raw
from tests.tui import months
from tests.tui.driving import Hand, opened

pytestmark = pytest.mark.xdist_group("months")

TUESDAY = 24 * 60
"""Minutes from Monday's nine o'clock, at which the clock of `desk` stands, to Tuesday's."""


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("months") / "notebook"
    months.make(path)
    return path


@pytest.fixture
def quarter(book: Path) -> Iterator[Desk]:
    """Twelve weeks, to be read only; the timer has run for 47 minutes."""
    later = Moment(months.NOW.us + 47 * 60_000_000, months.ZONE)
    with Desk(Settings(notebook=book), lambda: later) as desk:
        yield desk


def minutes(desk: Desk, first: dt.date, last: dt.date) -> dict[str, int]:
    """Measured minutes by thread, worked out by SQLite, from midnight to midnight in Berlin."""
    begin, end = months.moment(first, 0).us, months.moment(last, 24).us
    with raw(desk.path) as connection:
        rows = connection.execute(
            "SELECT name, round(sum(min(coalesce(to_us, ?3), ?2) - max(from_us, ?1)) / 6e7)"
            " FROM time_span JOIN thread ON thread.id = thread_id"
            " WHERE from_us < ?2 AND coalesce(to_us, ?3) > ?1 GROUP BY name",
            (begin, end, desk.clock().us),
        ).fetchall()
    return {name: int(spent) for name, spent in rows}


def rows(desk: Desk) -> list[tuple[Any, ...]]:
    with raw(desk.path) as connection:
        return connection.execute("SELECT * FROM time_span ORDER BY id").fetchall()


def words(spent: int) -> str:
    return f"{spent // 60} h {spent % 60:02}" if spent >= 60 else f"{spent} min"


async def go_to(hand: Hand) -> TimePage:
    await hand.press("f11")
    page = hand.page(TimePage)
    await hand.until(lambda: page.found is not None)
    return page


async def fill(hand: Hand, **values: str) -> None:
    """Type into the fields of the form that is open."""
    form = hand.app.screen
    assert isinstance(form, SpanForm)
    for name, value in values.items():
        for field in form.query("Field"):
            if field.parameter.name == name.rstrip("_"):  # type: ignore[attr-defined]
                field.control.focus()  # type: ignore[attr-defined]
        await hand.press("end", "ctrl+u")
        await hand.type(value)
    await hand.settle()


async def test_every_sum_agrees_with_the_spans_to_the_minute(quarter: Desk) -> None:
    async with opened(quarter, size=(100, 60)) as hand:
        page = await go_to(hand)
        for back in range(3):
            first = DAY - dt.timedelta(weeks=back)
            await hand.until(lambda: page.found and page.found.period == page.period)
            assert page.period.first == first
            known = minutes(quarter, first, first + dt.timedelta(days=6))
            assert known, "the week has something in it"
            assert f"{words(sum(known.values()))} measured" in hand.screen.splitlines()[2]
            for day in page.period.days():
                spent = sum(minutes(quarter, day, day).values())
                bar = next(row for row in hand.screen.splitlines() if f"{day:%a %d} │" in row)
                guessed = sum(
                    each.get(day, 0) for each in time.table(quarter, page.period).estimated.values()
                )
                whole = words(round(spent + guessed / 60)) if spent or guessed else "│"
                assert whole in bar
            table = hand.screen[hand.screen.index(f" W{first:%V}\n") :]
            for thread, spent in known.items():
                row = next(
                    row for row in table.splitlines() if row.lstrip().startswith(f"@{thread}")
                )
                assert words(spent) in row
            await hand.press("left_square_bracket")


async def test_an_estimate_is_marked_and_never_added_to_what_was_measured(desk: Desk) -> None:
    write.add_note(desk, "one @kl")
    desk.clock = lambda: at(20)
    write.add_note(desk, "two @kl")
    time.start(desk, "channel")
    desk.clock = lambda: at(50)
    time.stop(desk)
    async with opened(desk, size=(120, 40)) as hand:
        await go_to(hand)
        heading = hand.screen.splitlines()[2]
        assert heading.endswith("30 min measured  ~25 min estimated")
        assert "~ estimated: @kl 25 min" in hand.screen
        assert "0.5 h were measured; 0.4 h more are an estimate" in hand.screen
        assert "@kl  " not in hand.screen.split("~ estimated")[0], "no row of measured time"


async def test_time_is_entered_changed_and_taken_away_by_keys(desk: Desk) -> None:
    desk.clock = lambda: at(TUESDAY)
    async with opened(desk) as hand:
        await go_to(hand)
        assert "No time was measured here" in hand.screen
        await hand.press("a")
        await fill(hand, thread="@kl", day="monday", from_="9:00", to="10:30", note="the bound")
        assert "@kl, Monday 2026-11-23 09:00–10:30: 1 h 30" in hand.screen
        await hand.press("enter")
        assert "Mon 23 09:00–10:30  1 h 30" in hand.screen
        entered = rows(desk)
        await hand.press("enter")
        await fill(hand, thread="channel", to="11:00")
        await hand.press("enter")
        assert "Mon 23 09:00–11:00  2 h 00 ██ @channel  the bound · by hand" in hand.screen
        await hand.press("d")
        assert rows(desk) == []
        await hand.press("u", "u")
        assert rows(desk) == entered, "as it was, to the last column"
        await hand.press("u")
        assert rows(desk) == []


async def test_an_overlap_is_refused_in_a_sentence_and_what_was_typed_stays(desk: Desk) -> None:
    time.add(desk, "kl", at(-180), at(-60))
    before = rows(desk)
    async with opened(desk) as hand:
        await go_to(hand)
        await hand.press("a")
        await fill(hand, thread="channel", from_="7:00", to="7:30")
        await hand.press("enter")
        assert "That overlaps span 1, @kl on 2026-11-23 from 06:00 to 08:00." in hand.screen
        assert "@channel" in hand.screen or "channel" in hand.screen
        for given, told in (("7:61", "is no time of the day"), ("10:00", "has not come yet")):
            await fill(hand, from_="8:30", to=given)
            await hand.press("enter")
            assert told in hand.screen
        assert rows(desk) == before
        await hand.press("escape")
        assert rows(desk) == before


async def test_a_running_timer_can_be_given_its_end(desk: Desk) -> None:
    time.start(desk, "kl")
    desk.clock = lambda: at(90)
    async with opened(desk) as hand:
        await go_to(hand)
        assert "Mon 23 09:00–now    1 h 30" in hand.screen
        await hand.press("enter")
        await fill(hand, to="9:20")
        await hand.press("enter")
        assert "Mon 23 09:00–09:20  20 min" in hand.screen
        await hand.until(lambda: "◷" not in hand.screen)
        await hand.press("u")
        await hand.until(lambda: "◷ 1:30 @kl" in hand.screen)


async def test_the_long_view_tells_the_pattern_and_how_to_silence_it(desk: Desk) -> None:
    desk.clock = lambda: months.NOW
    for week, name in enumerate(("one", "two", "three", "four")):
        day = DAY - dt.timedelta(weeks=week + 5)
        time.add(desk, name, months.moment(day, 9), months.moment(day, 13))
    async with opened(desk, size=(110, 40)) as hand:
        page = await go_to(hand)
        await hand.press("l")
        await hand.until(lambda: page.found and page.found.is_long)
        assert "12 weeks" in hand.screen
        told = " ".join(hand.screen.split())
        assert (
            "4 threads were begun and none delivered, and 100% of the time (16.0 of 16.0 h)" in told
        )
        assert "gentle = false` in settings.toml" in told
        desk.settings = replace(desk.settings, gentle=False)
        threads.add(desk, "another")
        await hand.until(lambda: "none delivered" not in hand.screen)
        await hand.press("l")
        await hand.until(lambda: page.found and not page.found.is_long)
        assert page.period.first == DAY


async def test_other_periods_are_turned_to_and_asked_for(quarter: Desk) -> None:
    async with opened(quarter) as hand:
        page = await go_to(hand)
        await hand.press("left_square_bracket", "left_square_bracket", "right_square_bracket")
        assert page.period.label == "2026-W47"
        await hand.press("ctrl+g")
        await hand.type("2026-10")
        await hand.press("enter")
        assert page.period.label == "2026-10"
        await hand.until(lambda: "Time 2026-10" in hand.screen)
        await hand.press("t")
        assert page.period.label == "2026-W48"


ZONES = ("Europe/Berlin", "America/New_York", "+05:30", "UTC")


@given(
    st.integers(at(0).us, at(500 * 24 * 60).us),
    st.one_of(st.none(), st.integers(1, 3 * 24 * 3600 * 1_000_000)),
    st.sampled_from(ZONES),
)
@settings(max_examples=60)
def test_a_span_that_is_typed_as_it_stands_is_the_same_to_the_microsecond(
    begin: int, length: int | None, zone: str
) -> None:
    end = None if length is None else Moment(begin + length, zone)
    span = TimeSpan(1, "kl", Moment(begin, zone), end, note="a note")
    found = read_span(typed(span), span, at(0), DAY)
    assert (found.thread, found.begin, found.end, found.note) == ("kl", span.start, end, "a note")


def test_an_end_before_the_beginning_is_on_the_next_day() -> None:
    given = {"thread": "kl", "day": "2026-11-22", "from": "23:10", "to": "0:40", "note": ""}
    found = read_span(given, None, at(0), DAY)
    assert found.end is not None
    assert found.end.us - found.begin.us == 90 * 60_000_000
    longer = read_span({**given, "to": "monday 8:10"}, None, at(0), DAY)
    assert longer.end is not None
    assert longer.end.us - longer.begin.us == 9 * 3600 * 1_000_000


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"thread": " "}, "Which thread"),
        ({"day": "someday"}, "is not a day"),
        ({"from": ""}, "is no time of the day"),
        ({"to": ""}, "When did it end"),
        ({"to": "someday 9:00"}, "is not a day"),
    ],
)
def test_what_cannot_be_understood_is_told(wrong: dict[str, str], told: str) -> None:
    given = {"thread": "kl", "day": "today", "from": "9:00", "to": "9:30", "note": ""}
    with pytest.raises(UsageError, match=told):
        read_span({**given, **wrong}, None, at(0), DAY)
