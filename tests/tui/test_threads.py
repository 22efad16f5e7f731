"""Threads: the page shows what belongs to each, changes them, and takes every change back."""

from __future__ import annotations

import pytest

from labbook.desk import ideas, reading, threads, write
from labbook.desk import time as desk_time
from labbook.desk.desk import Desk
from labbook.model import Note
from labbook.model.thread import ThreadState
from labbook.tui.dialogs.thread_form import ThreadForm
from labbook.tui.pages.ideas import IdeasPage
from labbook.tui.pages.review import ReviewPage
from labbook.tui.pages.runs import RunsPage
from labbook.tui.pages.threads import ThreadsPage
from labbook.tui.pages.today import TodayPage
from tests.support.notebooks import DAY, at, raw
from tests.tui.driving import Hand, bodies, opened
from tests.tui.made import ended

YESTERDAY = DAY.replace(day=DAY.day - 1)


@pytest.fixture
def work(desk: Desk) -> Desk:
    """A notebook with two threads that go on and one that has ended."""
    run = ended(desk, at(-60))
    write.add_note(desk, f"polar codes, see run:{run.id} @polar\n- [ ] try n = 1024", day=YESTERDAY)
    write.add_note(desk, "estimators and their importance weights @kl")
    threads.edit(desk, "polar", goal="simulate a channel", kind="exploration", importance=4)
    threads.add(desk, "old")
    threads.end(desk, "old", "no gain")
    ideas.add(desk, "list decoding", thread="polar")
    reading.add(desk, "Channel polarization", thread="polar")
    desk_time.add(desk, "polar", at(-180), at(-60))
    return desk


def state(desk: Desk, name: str) -> tuple[str, str]:
    with raw(desk.path) as connection:
        found = connection.execute("SELECT state, outcome FROM thread WHERE name = ?", (name,))
        row: tuple[str, str] = found.fetchone()
        return row


async def on_thread(hand: Hand, name: str) -> ThreadsPage:
    """Open the page, with a thread selected and read."""
    await hand.press("f9")
    page = hand.page(ThreadsPage)
    page.show_thread(name)
    await hand.settle()
    await hand.until(lambda: f"@{name}  " in hand.screen)
    await hand.pilot.pause(0.15)
    await hand.settle()
    return page


async def test_what_goes_on_is_listed_and_v_shows_what_has_ended(work: Desk) -> None:
    async with opened(work) as hand:
        await hand.press("5")
        await hand.until(lambda: "@polar" in hand.screen)
        assert "2 threads" in hand.screen
        assert "@old" not in hand.screen
        await hand.press("v")
        rows = [line for line in hand.screen.splitlines() if "@" in line]
        assert "@old" in rows[2]
        assert "dead end" in rows[2]


async def test_all_that_belongs_to_a_thread_is_shown_and_leads_to_its_place(work: Desk) -> None:
    note = write.add_note(work, "third", day=YESTERDAY)
    threads.give_note(work, note.id, "polar")
    async with opened(work, size=(120, 50)) as hand:
        page = await on_thread(hand, "polar")
        for words in (
            "simulate a channel",
            "exploration · importance 4",
            "2 h 00 measured",
            "try n = 1024",
            "Notes  2",
            "kl.bias-table",
            "list decoding",
            "Channel polarization",
            "2026-W48",
        ):
            assert words in hand.screen, words
        places = {
            "note:2": TodayPage,
            "step:1": TodayPage,
            "run:1": RunsPage,
            "idea:1": IdeasPage,
            "reading:1": IdeasPage,
            "week:2026-W48": ReviewPage,
        }
        for name, kind in places.items():
            await on_thread(hand, "polar")
            page.pieces.focus()
            page.pieces.select(name)
            await hand.press("enter")
            assert isinstance(hand.app.screen, kind), name
        await hand.press("f5")
        assert hand.page(TodayPage).day == YESTERDAY


async def test_a_thread_is_begun_with_its_goal_and_taken_back(work: Desk) -> None:
    async with opened(work) as hand:
        await hand.press("5", "a")
        await hand.type("@new-one")
        await hand.press("tab")
        await hand.type("a law")
        await hand.press("tab", "right", "right", "tab")
        await hand.type("11")
        await hand.press("enter")
        assert "a number from 1 to 10" in hand.screen
        await hand.press("backspace", "enter")
        made = threads.thread(work, "new-one")
        assert (made.goal, made.kind, made.importance) == ("a law", "idea", 1.0)
        assert hand.page(ThreadsPage).rows.chosen == "new-one"
        await hand.press("u")
        names = {each.name for each in threads.threads(work, ended=True)}
        assert names == {"polar", "kl", "old"}


async def test_a_name_that_is_taken_is_refused_and_what_is_typed_stays(work: Desk) -> None:
    async with opened(work) as hand:
        await hand.press("5", "a")
        await hand.type("polar")
        await hand.press("tab")
        await hand.type("mine")
        await hand.press("enter")
        assert "There is a thread @polar already" in hand.screen
        assert threads.thread(work, "polar").goal == "simulate a channel"
        await hand.press("escape", "n")
        assert isinstance(hand.app.screen, ThreadForm)
        await hand.press("escape", "y")
        assert isinstance(hand.app.screen, ThreadsPage)


async def test_a_goal_is_emptied_and_comes_back(work: Desk) -> None:
    async with opened(work) as hand:
        await on_thread(hand, "polar")
        await hand.press("i", "ctrl+u", "tab", "left", "left", "left", "enter")
        changed = threads.thread(work, "polar")
        assert (changed.goal, changed.kind, changed.importance) == ("", None, 4)
        await hand.press("u")
        back = threads.thread(work, "polar")
        assert (back.goal, back.kind) == ("simulate a channel", "exploration")


async def test_what_became_of_a_thread_is_said_and_taken_back(work: Desk) -> None:
    async with opened(work) as hand:
        for key, words, expected in (
            ("p", "", (ThreadState.PAUSED, "")),
            ("d", "a post", (ThreadState.DELIVERED, "a post")),
            ("x", "too slow", (ThreadState.DEAD_END, "too slow")),
            ("l", "@kl", (ThreadState.LEFT, "left for @kl")),
        ):
            await on_thread(hand, "polar")
            await hand.press(key)
            if words:
                await hand.type(words)
                await hand.press("enter")
            assert state(work, "polar") == (expected[0].value, expected[1])
            await hand.press("u")
            assert state(work, "polar") == ("active", "")


async def test_an_ended_thread_is_resumed_and_keeps_what_was_said(work: Desk) -> None:
    async with opened(work) as hand:
        await on_thread(hand, "old")
        await hand.press("p")
        assert state(work, "old") == ("active", "no gain")
        await hand.pilot.pause(0.2)
        await hand.settle()
        assert "before: no gain" in hand.screen


async def test_a_thread_that_no_note_names_gets_another_name(work: Desk) -> None:
    async with opened(work) as hand:
        await on_thread(hand, "old")
        await hand.press("n", "ctrl+u")
        await hand.type("older")
        await hand.press("enter")
        assert {each.name for each in threads.threads(work, ended=True)} >= {"older"}
        await on_thread(hand, "polar")
        await hand.press("n", "ctrl+u")
        await hand.type("other")
        await hand.press("enter")
        assert "so it keeps its name" in hand.toasts[-1]


async def test_a_suggestion_is_shown_with_its_reason_taken_in_and_back(work: Desk) -> None:
    loose = write.add_note(work, "the importance weights explode")
    async with opened(work) as hand:
        await hand.press("5")
        await hand.until(lambda: "?1 note may belong to one" in hand.screen)
        await hand.press("s")
        await hand.until(lambda: hand.page(ThreadsPage).suggestion is not None)
        assert "“importance”" in hand.screen
        await hand.press("y")
        given = threads.contents(work, "kl").notes
        assert loose.id in [note.id for note in given]
        assert loose.body in bodies(work)
        await hand.press("u")
        assert loose.id not in [note.id for note in threads.contents(work, "kl").notes]


async def test_an_empty_notebook_says_what_the_page_is_for_and_how_to_begin(desk: Desk) -> None:
    async with opened(desk) as hand:
        await hand.press("5")
        await hand.until(lambda: "No thread is active" in hand.screen)
        await hand.press("enter", "tab", "space", "escape", "i", "p", "y", "s", "u")
        await hand.press("a")
        await hand.type("first")
        await hand.press("enter")
        await hand.until(lambda: "no goal yet" in hand.screen)


async def test_a_note_deleted_meanwhile_does_not_break_the_page(work: Desk) -> None:
    note = next(n for n in threads.contents(work, "polar").notes if isinstance(n, Note))
    async with opened(work) as hand:
        page = await on_thread(hand, "polar")
        page.pieces.focus()
        write.delete_note(work, note.id)
        await hand.press("enter")
        assert hand.app.is_running
