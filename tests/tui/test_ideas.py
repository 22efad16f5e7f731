"""Ideas and reading: kept, worded anew, settled and taken back, from every page that has one."""

from __future__ import annotations

import pytest

from labbook.desk import ideas, reading, review, threads, write
from labbook.desk.desk import Desk
from labbook.errors import NotFound
from labbook.model import ReviewItem, Section
from labbook.model.idea import IdeaState
from labbook.model.reading import ReadingState
from labbook.text.period import Period
from labbook.tui.dialogs.idea_form import IdeaForm
from labbook.tui.pages.ideas import IdeasPage
from labbook.tui.pages.review import ReviewPage
from labbook.tui.pages.runs import RunsPage
from labbook.tui.pages.today import TodayPage
from tests.support.notebooks import DAY, at
from tests.tui.driving import Hand, opened
from tests.tui.made import ended

YESTERDAY = DAY.replace(day=DAY.day - 1)
WEEK = Period.week_of(DAY)


@pytest.fixture
def kept(desk: Desk) -> Desk:
    """A notebook with ideas: one from a note, one buried, and something to read."""
    note = write.add_note(desk, "list decoding of polar codes #idea @polar", day=YESTERDAY)
    ideas.add(desk, origin=f"note:{note.id}", importance="10%", cost=10)
    ideas.add(desk, "control variates for the gradient", importance="10x", cost=2)
    buried, _ = ideas.add(desk, "list decoding again, of polar codes")
    ideas.bury(desk, buried.id, "no gain")
    reading.add(desk, "Channel polarization", authors="Arikan", doi="10.1109/TIT.2009.1")
    return desk


async def on_ideas(hand: Hand, name: str = "idea:1") -> IdeasPage:
    await hand.press("f10")
    page = hand.page(IdeasPage)
    page.show_one(name)
    await hand.settle()
    await hand.until(lambda: page.rows.chosen == name)
    await hand.pilot.pause(0.15)
    await hand.settle()
    return page


async def test_the_best_worth_stands_first_and_v_shows_the_settled_ones(kept: Desk) -> None:
    async with opened(kept) as hand:
        await hand.press("6")
        await hand.until(lambda: "control variates" in hand.screen)
        rows = [line for line in hand.screen.splitlines() if "○" in line]
        assert "control variates" in rows[0]
        assert "list decoding of polar" in rows[1]
        assert "✗" not in hand.screen
        await hand.press("v")
        assert "✗" in hand.screen


async def test_an_idea_leads_to_its_origin_and_to_what_is_like_it(kept: Desk) -> None:
    async with opened(kept) as hand:
        await on_ideas(hand)
        assert "Much like it" in hand.screen
        assert "buried: no gain" in hand.screen
        await hand.press("enter", "enter")
        assert hand.page(TodayPage).day == YESTERDAY
        assert hand.selected.body.startswith("list decoding")
        await hand.until(lambda: "named in idea 1" in hand.screen)


async def test_an_idea_is_typed_one_like_it_is_pointed_out_and_it_is_taken_back(
    kept: Desk,
) -> None:
    async with opened(kept) as hand:
        await hand.press("6", "a")
        await hand.type("decoding polar codes by list\nbody")
        await hand.until(lambda: "buried: no gain" in hand.screen)
        await hand.press("tab")
        await hand.type("much")
        await hand.press("enter")
        assert "'much' is no importance" in hand.screen
        await hand.press("ctrl+u")
        await hand.type("50%")
        await hand.press("tab")
        await hand.type("3")
        await hand.press("enter")
        found = ideas.idea(kept, 4)
        assert (found.title, found.body) == ("decoding polar codes by list", "body")
        assert (found.importance, found.cost) == (1.5, 3)
        assert hand.page(IdeasPage).rows.chosen == "idea:4"
        await hand.press("u")
        with pytest.raises(NotFound):
            ideas.idea(kept, 4)


async def test_an_idea_is_worded_anew_and_back(kept: Desk) -> None:
    async with opened(kept) as hand:
        await on_ideas(hand)
        before = ideas.idea(kept, 1)
        await hand.press("i")
        await hand.type(" soon")
        await hand.press("tab", "ctrl+u", "enter")
        after = ideas.idea(kept, 1)
        assert (after.title, after.importance) == (f"{before.title} soon", None)
        await hand.press("u")
        assert ideas.idea(kept, 1).text == before.text
        assert ideas.idea(kept, 1).importance == 1.1


async def test_promoting_makes_a_thread_and_undoing_takes_it_back(kept: Desk) -> None:
    async with opened(kept) as hand:
        await on_ideas(hand, "idea:2")
        await hand.press("p")
        await hand.type("variates")
        await hand.press("enter")
        assert ideas.idea(kept, 2).state is IdeaState.PROMOTED
        assert threads.thread(kept, "variates").goal == "control variates for the gradient"
        await hand.press("u")
        assert ideas.idea(kept, 2).state is IdeaState.KEPT
        with pytest.raises(NotFound):
            threads.thread(kept, "variates")


async def test_burying_asks_why_and_restoring_brings_back(kept: Desk) -> None:
    async with opened(kept) as hand:
        page = await on_ideas(hand)
        await hand.press("d")
        await hand.type("too slow")
        await hand.press("enter")
        found = ideas.idea(kept, 1)
        assert (found.state, found.because) == (IdeaState.BURIED, "too slow")
        assert page.rows.chosen == "idea:1"
        await hand.press("R")
        assert ideas.idea(kept, 1).state is IdeaState.KEPT
        await hand.press("u", "u")
        found = ideas.idea(kept, 1)
        assert (found.state, found.because) == (IdeaState.KEPT, "")


async def test_the_filter_takes_words_and_threads(kept: Desk) -> None:
    async with opened(kept) as hand:
        await hand.press("6", "slash")
        await hand.type("@pol")
        await hand.until(lambda: "control variates" not in hand.screen)
        assert "list decoding" in hand.screen
        await hand.type(" zebra")
        await hand.until(lambda: "Nothing here has these words" in hand.screen)
        await hand.press("escape", "escape")
        await hand.until(lambda: "control variates" in hand.screen)


async def test_reading_is_listed_moved_noted_and_tied_to_a_run(kept: Desk) -> None:
    run = ended(kept, at(-60))
    async with opened(kept) as hand:
        await hand.press("6", "r")
        await hand.until(lambda: "Channel polarization" in hand.screen)
        await hand.press("s")
        assert reading.reading(kept, 1)[0].state is ReadingState.READING
        await hand.press("n")
        await hand.type("theorem 2 is the point")
        await hand.press("enter")
        await hand.press("l")
        await hand.type(f"run:{run.id}")
        await hand.press("enter")
        found, runs = reading.reading(kept, 1)
        assert [each.id for each in runs] == [run.id]
        assert found.body == f"**{DAY}** theorem 2 is the point"
        await hand.until(lambda: "Reimplemented in  1" in hand.screen)
        await hand.press("enter", "enter")
        assert isinstance(hand.app.screen, RunsPage)
        await hand.until(lambda: "named in reading 1" in hand.screen)
        await hand.press("f10", "u", "u", "u")
        found, runs = reading.reading(kept, 1)
        assert (found.state, found.body, runs) == (ReadingState.TO_READ, "", ())


async def test_something_to_read_is_added_changed_and_dropped(kept: Desk) -> None:
    async with opened(kept) as hand:
        await hand.press("6", "r", "a")
        await hand.type("Elements")
        await hand.press("tab", "tab", "right", "right", "right", "tab")
        await hand.type("10.1109/TIT.2009.1")
        await hand.press("enter")
        assert "is reading 1 already" in " ".join(hand.screen.split())
        await hand.press("ctrl+u", "enter")
        assert reading.reading(kept, 2)[0].kind == "book"
        await hand.press("i")
        await hand.type(" of Information Theory")
        await hand.press("enter")
        await hand.press("d")
        found = reading.reading(kept, 2)[0]
        assert (found.title, found.state) == (
            "Elements of Information Theory",
            ReadingState.DROPPED,
        )


async def test_b_keeps_the_selected_note_as_an_idea_with_the_way_back(kept: Desk) -> None:
    note = write.add_note(kept, "dithered quantisation\nof the latent @latent #idea")
    async with opened(kept) as hand:
        await hand.press("b", "escape")
        found = ideas.idea(kept, 4)
        assert (found.text, found.origin, found.thread) == (note.body, f"note:{note.id}", "latent")
        assert "Idea 4 is kept" in hand.toasts[-1]
        await hand.press("b")
        await hand.until(lambda: "much like idea 4" in hand.screen)


async def test_t_takes_up_the_newest_note_that_is_tagged(kept: Desk) -> None:
    note = write.add_note(kept, "a dither #idea")
    async with opened(kept) as hand:
        await hand.press("6")
        await hand.until(lambda: "1 #idea note not here yet" in hand.screen)
        await hand.press("t", "escape")
        assert ideas.idea(kept, 4).note_id == note.id
        await hand.until(lambda: "not here yet" not in hand.screen)


async def test_b_keeps_a_line_of_the_review_and_a_note_of_its_days(kept: Desk) -> None:
    note = write.add_note(kept, "a remark of monday")
    review.save(kept, WEEK, [ReviewItem(Section.INSIGHTS, "why not both")], (), version=None)
    async with opened(kept) as hand:
        await hand.press("4", "G", "k", "k")
        page = hand.page(ReviewPage)
        row = next(r for r in page.rows if "why not both" in str(r.render()))
        row.focus()
        await hand.press("b", "escape")
        found = ideas.idea(kept, 4)
        assert (found.text, found.origin) == ("why not both", f"review:{WEEK.label}")
        await hand.press("tab")
        source = next(s for s in page.source_rows if s.material.source == f"note:{note.id}")
        source.focus()
        await hand.press("b", "escape")
        assert ideas.idea(kept, 5).note_id == note.id
        await on_ideas(hand, "idea:4")
        await hand.press("enter", "enter")
        assert hand.page(ReviewPage).period == WEEK
        await hand.press("B")
        assert "idea 4" in hand.screen
        await hand.press("enter")
        assert hand.page(IdeasPage).rows.chosen == "idea:4"


async def test_a_half_typed_idea_outlives_the_window(kept: Desk) -> None:
    async with opened(kept) as hand:
        await hand.press("6", "a")
        await hand.type("half an idea")
        await hand.pilot.press("ctrl+q")
        await hand.pilot.pause(0.3)
    assert [each.body for each in write.drafts(kept)] == ["half an idea"]


async def test_a_typed_idea_is_thrown_away_only_when_that_is_meant(kept: Desk) -> None:
    async with opened(kept) as hand:
        await hand.press("6", "a", "escape")
        assert isinstance(hand.app.screen, IdeasPage)
        await hand.press("a")
        await hand.type("half")
        await hand.press("tab", "escape", "n")
        assert isinstance(hand.app.screen, IdeaForm)
        await hand.press("escape", "y")
        assert isinstance(hand.app.screen, IdeasPage)
        assert write.drafts(kept) == ()
        assert len(ideas.ideas(kept, everything=True)) == 3


async def test_what_another_window_said_of_an_idea_stays(kept: Desk) -> None:
    async with opened(kept) as hand:
        await on_ideas(hand)
        await hand.press("i")
        ideas.edit(kept, 1, text="theirs")
        await hand.type(" mine")
        await hand.press("escape")
        assert "theirs stays" in " ".join(hand.screen.split())
        assert "mine" in hand.screen
        assert ideas.idea(kept, 1).text == "theirs"


async def test_empty_lists_say_what_they_are_for(desk: Desk) -> None:
    async with opened(desk) as hand:
        await hand.press("6")
        await hand.until(lambda: "No idea is kept" in hand.screen)
        await hand.press("enter", "tab", "space", "d", "p", "R", "i", "t", "escape")
        await hand.press("r")
        assert "Nothing waits to be read" in hand.screen
        await hand.press("n", "l", "s", "x", "d", "i")
        assert isinstance(hand.app.screen, IdeasPage)


async def test_search_leads_to_an_idea_and_what_names_the_day_is_listed(kept: Desk) -> None:
    write.add_note(kept, f"as said on [[{YESTERDAY}]]")
    async with opened(kept) as hand:
        await hand.press("2")
        await hand.type("variates kind:idea")
        await hand.until(lambda: "1 hit" in hand.screen)
        await hand.press("enter")
        assert hand.page(IdeasPage).rows.chosen == "idea:2"
        await hand.press("f5", "left_curly_bracket")
        await hand.until(lambda: f"named in note of {DAY}" in hand.screen)
        await hand.press("B", "enter")
        assert hand.page(TodayPage).day == DAY
