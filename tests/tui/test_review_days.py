"""The days beside a review: read, marked, promoted; the review closed, its versions restored."""

from __future__ import annotations

from dataclasses import replace

import pytest

from labbook.desk import review, steps, write
from labbook.desk.desk import Desk
from labbook.model import Factor, ReviewItem, Section, Space, Verdict
from labbook.store.comparisons import add_comparison
from labbook.store.sweeps import NewSweep, create_sweep
from labbook.tui.pages.review_editing import LineEditor
from labbook.tui.pages.today import TodayPage
from labbook.tui.widgets.source_rows import SourceRow
from tests.support.notebooks import DAY, at
from tests.tui.driving import Hand, opened
from tests.tui.made import ended
from tests.tui.test_review import LAST_WEEK, THIS_WEEK, items, open_review, week

__all__ = ["week"]

LARGE = (120, 40)


@pytest.fixture
def days(week: Desk) -> Desk:
    """That week with a note without a tag, and a run."""
    write.add_note(week, "# Notes of a talk\n\n- tails are heavy\n- [ ] read it\n\n~ada said so")
    ended(week, at(3), params={"shift": 0.1})
    return week


async def go_to_source(hand: Hand, words: str) -> SourceRow:
    focused = hand.app.focused
    if not isinstance(focused, SourceRow):
        await hand.press("tab")
    await hand.press("home")
    for _ in range(40):
        focused = hand.app.focused
        if isinstance(focused, SourceRow) and words in str(focused.render()):
            return focused
        await hand.pilot.press("j")
        await hand.pilot.pause()
    raise AssertionError(f"no block has {words!r}\n{hand.screen}")


async def test_the_days_stand_beside_the_review_and_are_marked_as_read(days: Desk) -> None:
    async with opened(days, size=LARGE) as hand:
        await open_review(hand)
        assert "0 of 4 blocks read" in hand.screen
        assert "Notes of a talk" in hand.screen
        assert "Not taken up: 1 block" in hand.screen
        await hand.press("tab", "j")
        assert "2 of 4 blocks read" in hand.screen
        await hand.press("m")
        assert "1 of 4 blocks read" in hand.screen
        await hand.pilot.pause(0.5)
        await hand.settle()
    assert len(review.draft(days, THIS_WEEK).read) == 1
    async with opened(days, size=LARGE) as hand:
        await open_review(hand)
        assert "1 of 4 blocks read" in hand.screen


async def test_p_takes_a_block_up_with_the_way_back_and_u_takes_it_back(days: Desk) -> None:
    async with opened(days, size=LARGE) as hand:
        page = await open_review(hand)
        first = page.draft
        row = await go_to_source(hand, "Notes of a talk")
        await hand.press("p")
        assert page.draft is not None
        taken = page.draft.section(Section.FINDINGS)[-1]
        assert taken.source == row.material.source
        assert taken.text.endswith("tails are heavy\n\n~ada said so\n\n— ~ada")
        assert "Not taken up" not in hand.screen
        await hand.press("p")
        assert "taken up already" in hand.toasts[-1]
        await hand.press("u")
        assert page.draft == first


async def test_sweeps_and_comparisons_stand_there_and_are_taken_up(days: Desk) -> None:
    first, second = (ended(days, at(minute)) for minute in (4, 5))
    space = Space((Factor(("shift",), ((0.1,), (0.2,))),))
    sweep = create_sweep(days.notebook, NewSweep("kl.sweep", space, 5, DAY, at(6), "elsewhere"))
    block = add_comparison(days.notebook, [first.id, second.id], moment=at(7), day=DAY)
    async with opened(days, size=LARGE) as hand:
        page = await open_review(hand)
        assert "0 of 8 blocks read" in hand.screen
        for words in ("sweep 1 · kl.sweep", f"comparison of runs {first.id} and {second.id}"):
            await go_to_source(hand, words)
            await hand.press("enter", "p")
        assert page.draft is not None
        taken = page.draft.section(Section.FINDINGS)[-2:]
        assert [each.source for each in taken] == [f"sweep:{sweep.id}", f"comparison:{block.id}"]
        assert taken[0].text == "kl.sweep over shift=0.1,0.2 · 2 points: 0 of 2 finished"
        assert taken[1].text.endswith(
            "compared: k1.bias -0.00047 against -0.00047, k3.stdev 1.4 against 1.4"
        )


async def test_one_line_of_a_note_is_taken_up_where_one_chooses(days: Desk) -> None:
    async with opened(days, size=LARGE) as hand:
        page = await open_review(hand)
        row = await go_to_source(hand, "Notes of a talk")
        await hand.press("enter", "j", "P", "i")
        await hand.press("j", "P", "n", "escape")
        assert hand.app.focused is row
        assert page.draft is not None
        wanted = ReviewItem(Section.INSIGHTS, "tails are heavy", row.material.source)
        assert page.draft.section(Section.INSIGHTS)[-1] == wanted
        await hand.press("s")
    assert f"read it [[{DAY}]]" in [step.text for step in steps.open_steps(days)]


async def test_a_runs_line_keeps_its_run_when_it_is_reworded(days: Desk) -> None:
    run = ended(days, at(4), experiment="channel")
    async with opened(days, size=LARGE) as hand:
        page = await open_review(hand)
        assert page.draft is not None
        left = tuple(item for item in page.draft.items if item.source != f"run:{run.id}")
        page.change(replace(page.draft, items=left))
        await hand.settle()
        await go_to_source(hand, "channel")
        await hand.press("p", "tab", "G")
        for _ in range(12):
            if "channel" in str(hand.app.focused.render() if hand.app.focused else ""):
                break
            await hand.press("k")
        await hand.press("i")
        page.query_one(LineEditor).clear()
        await hand.type("the channel holds")
        await hand.press("escape", "s")
    saved = review.draft(days, THIS_WEEK).saved
    assert saved is not None
    assert ReviewItem(Section.FINDINGS, "the channel holds", f"run:{run.id}") in saved.items


async def test_o_jumps_from_a_block_to_its_day(days: Desk) -> None:
    async with opened(days, size=LARGE) as hand:
        await open_review(hand)
        row = await go_to_source(hand, "Notes of a talk")
        await hand.press("o")
        await hand.until(lambda: hand.app.current_mode == "today" and hand.selected)
        assert hand.page(TodayPage).day == DAY
        assert hand.selected.id == row.material.block.id


async def test_on_a_narrow_terminal_one_side_at_a_time_is_shown(days: Desk) -> None:
    async with opened(days, size=(80, 40)) as hand:
        await open_review(hand)
        assert "blocks read" not in hand.screen
        await hand.press("tab")
        assert "1 of 4 blocks read" in hand.screen
        assert "Insights" not in hand.screen
        await hand.press("tab")
        assert "Insights" in hand.screen


async def test_c_closes_and_asks_first_where_steps_are_not_judged(days: Desk) -> None:
    async with opened(days, size=LARGE) as hand:
        await open_review(hand)
        await hand.press("C")
        assert "2 next steps of last time are not judged" in hand.screen
        await hand.press("n")
        assert review.draft(days, THIS_WEEK).saved is None
        await hand.press("x", "C", "y")
        await hand.until(lambda: "closed with 1 step open, version 1" in hand.screen)
    closed = review.draft(days, THIS_WEEK).saved
    assert closed is not None
    assert closed.closing is not None
    assert closed.closing.left_open == 1


async def test_a_copy_that_came_too_late_is_shown_and_restored(days: Desk) -> None:
    async with opened(days, size=LARGE) as hand:
        await open_review(hand)
        review.save(days, THIS_WEEK, [ReviewItem(Section.CODE, "theirs")], (), version=None)
        await hand.press("s")
        assert "saved by somebody else" in hand.toasts[-1]
        await hand.press("R")
        await hand.until(lambda: "1 copy came too late, H shows" in hand.screen)
        await hand.press("H")
        await hand.until(lambda: "k2 is biased" in hand.screen)
        await hand.press("c")
        assert "+- theirs" in hand.screen
        await hand.press("r")
        await hand.until(lambda: "version 2" in hand.screen)
    assert ("FINDINGS", "k2 is biased by 0.28 % #finding") in items(days)


async def test_a_review_that_is_due_is_told_on_today_until_it_is_closed(days: Desk) -> None:
    (first, second) = steps.open_steps(days)[:2]
    async with opened(days, size=LARGE) as hand:
        await hand.until(lambda: "The review of 2026-W47 is due" in hand.screen)
        review.save(
            days, LAST_WEEK, (), (Verdict(first.id, "done"), Verdict(second.id, "done")), version=1
        )
        review.close(days, LAST_WEEK)
        await hand.until(lambda: "is due" not in hand.screen)


async def test_a_long_week_is_shown_whole_and_once_however_often_it_is_asked_for(
    week: Desk,
) -> None:
    for number in range(70):
        write.add_note(week, f"finding {number} #finding")
    async with opened(week, size=LARGE) as hand:
        page = await open_review(hand)
        for _ in range(3):
            page.show_draft(0)
            page.read()
        await hand.press("R")
        await hand.until(lambda: len(page.source_rows) == 72)
        assert page.draft is not None
        await hand.until(lambda: len(page.rows) == len(page.draft.items) + 3)
        blocks = [row.material.block.id for row in page.source_rows]
        assert blocks == sorted(set(blocks))
