"""Review: a week's draft, edited line by line, its old next steps settled, saved and reported."""

from __future__ import annotations

import sys
import threading
from contextlib import nullcontext
from functools import partial
from pathlib import Path

import pytest
from textual.app import App

from labbook.desk import review, steps, write
from labbook.desk.desk import Desk
from labbook.model import ReviewItem, Section, StepState
from labbook.settings import Settings
from labbook.text.when import Period
from labbook.tui.pages.review import ReviewPage
from labbook.tui.pages.today import TodayPage
from labbook.tui.widgets.kept_text import KeptText
from labbook.tui.widgets.review_rows import StepRow
from labbook.tui.work import Done
from tests.support.notebooks import DAY, at
from tests.tui.driving import Hand, bodies, desk_at, opened

THIS_WEEK = Period.week_of(DAY)
LAST_WEEK = THIS_WEEK.before()


@pytest.fixture
def week(desk: Desk) -> Desk:
    """A week with a finding and an insight, after one whose review planned two next steps."""
    write.add_note(desk, "- [ ] measure k3\n- [ ] ask Ada", day=LAST_WEEK.first)
    planned = [
        ReviewItem(Section.NEXT_STEPS, step.text, f"step:{step.id}")
        for step in steps.open_steps(desk)
    ]
    review.save(desk, LAST_WEEK, planned, (), version=None)
    write.add_note(desk, "k2 is biased by 0.28 % #finding")
    write.add_note(desk, "variance is what costs #insight")
    return desk


async def open_review(hand: Hand) -> ReviewPage:
    await hand.press("w")
    await hand.until(lambda: "Experimental findings" in hand.screen)
    return hand.page(ReviewPage)


def items(desk: Desk) -> list[tuple[str, str]]:
    saved = review.draft(desk, THIS_WEEK).saved
    assert saved is not None
    return [(item.section.name, item.text) for item in saved.items]


async def test_the_draft_has_its_four_sections_and_last_weeks_next_steps(week: Desk) -> None:
    async with opened(week, size=(80, 40)) as hand:
        await open_review(hand)
        for words in (
            "Review 2026-W48  23–29 November 2026",
            "Next steps of 2026-W47  2 to settle",
            "k2 is biased by 0.28 % #finding",
            "variance is what costs #insight",
            "Code progress",
            "a draft, not saved yet",
        ):
            assert words in hand.screen


async def test_last_weeks_next_steps_are_settled_by_keys(week: Desk) -> None:
    done, dropped = steps.open_steps(week)
    async with opened(week, size=(80, 40)) as hand:
        await open_review(hand)
        assert isinstance(hand.app.focused, StepRow)
        await hand.press("x", "minus")
        await hand.type("nobody knows")
        await hand.press("enter")
        assert "all settled" in hand.screen
        assert "dropped: nobody knows" in hand.screen
        assert steps.step(week, done.id).state is StepState.OPEN  # until it is saved
        await hand.press("s")
        assert steps.step(week, done.id).state is StepState.DONE
        assert steps.step(week, dropped.id).because == "nobody knows"
        assert bodies(week, LAST_WEEK.first) == ["- [x] measure k3\n- [x] ask Ada"]
        assert "2 settled" in hand.toasts[-1]


async def test_a_next_step_is_carried_and_the_same_key_takes_it_back(week: Desk) -> None:
    async with opened(week, size=(80, 40)) as hand:
        await open_review(hand)
        await hand.press("greater_than_sign")
        assert "1 to settle" in hand.screen
        await hand.press("k", "greater_than_sign")
        assert "2 to settle" in hand.screen


async def test_what_is_settled_is_planned_no_more_and_planned_again_when_that_is_taken_back(
    week: Desk,
) -> None:
    async with opened(week, size=(80, 40)) as hand:
        await open_review(hand)
        assert "Next steps  2" in hand.screen
        await hand.press("x")
        assert "Next steps  1" in hand.screen
        await hand.press("k", "x")
        assert "Next steps  2" in hand.screen
        await hand.press("k", "x", "greater_than_sign", "s")
    assert [text for name, text in items(week) if name == "NEXT_STEPS"] == ["ask Ada"]


async def go_to(hand: Hand, words: str) -> None:
    await hand.press("home")
    for _ in range(40):
        focused = hand.app.focused
        if focused is not None and words in str(focused.render()):
            return
        await hand.pilot.press("j")
        await hand.pilot.pause()
    raise AssertionError(f"no row has {words!r}\n{hand.screen}")


async def test_keys_that_come_before_the_page_is_drawn_again_act_on_the_next_line(
    week: Desk,
) -> None:
    done, carried = steps.open_steps(week)
    async with opened(week, size=(80, 40)) as hand:
        await open_review(hand)
        await hand.type("x>s")
        await hand.until(lambda: "saved" in hand.screen)
    assert steps.step(week, done.id).state is StepState.DONE
    assert steps.step(week, carried.id).carried == 1


async def test_a_review_is_saved_and_closed_by_two_quick_keys_without_a_conflict(
    week: Desk,
) -> None:
    async with opened(week, size=(80, 40)) as hand:
        await open_review(hand)
        await hand.type("xxsC")
        await hand.until(lambda: "closed, version 1" in hand.screen)
    saved = review.draft(week, THIS_WEEK).saved
    assert saved is not None
    assert saved.closing is not None
    assert [each.is_conflict for each in review.history(week, THIS_WEEK)] == [False]


async def test_what_is_changed_while_a_review_is_being_saved_is_not_lost(week: Desk) -> None:
    async with opened(week, size=(80, 40)) as hand:
        page = await open_review(hand)
        await hand.press("G", "a")
        await hand.type("plan it")
        await hand.press("escape")
        held = threading.Event()
        hand.app.writer.write(hand.app, "waiting", partial(held.wait, 10), lambda _: Done())
        await hand.type("s")
        await hand.type("adrop it")
        await hand.pilot.press("escape")
        held.set()
        await hand.settle()
        assert page.is_changed
        await hand.press("s")
        assert not page.is_changed
    assert [text for _, text in items(week)].count("plan it") == 1
    assert "drop it" in [text for _, text in items(week)]
    assert [each.is_conflict for each in review.history(week, THIS_WEEK)] == [False, False]
    planned = [each.text for each in steps.open_steps(week)]
    assert planned.count("plan it") <= 1


async def test_lines_are_edited_added_removed_and_moved(week: Desk) -> None:
    async with opened(week, size=(80, 40)) as hand:
        await open_review(hand)
        await go_to(hand, "k2 is biased")
        await hand.press("i", "ctrl+u")
        await hand.type("k2: 0.28 %")
        await hand.press("escape", "a")
        await hand.type("a line by hand")
        await hand.press("escape", "K")
        await go_to(hand, "variance is")
        await hand.press("d", "s")
        assert items(week)[:2] == [("FINDINGS", "a line by hand"), ("FINDINGS", "k2: 0.28 %")]
        assert ("INSIGHTS", "variance is what costs #insight") not in items(week)


async def test_a_line_past_the_end_of_its_section_joins_the_next(week: Desk) -> None:
    async with opened(week, size=(80, 40)) as hand:
        await open_review(hand)
        await go_to(hand, "k2 is biased")
        await hand.press("J", "s")
        assert items(week)[0] == ("INSIGHTS", "k2 is biased by 0.28 % #finding")


async def test_u_takes_changes_back_one_by_one(week: Desk) -> None:
    async with opened(week, size=(80, 40)) as hand:
        page = await open_review(hand)
        first = page.draft
        await go_to(hand, "k2 is biased")
        await hand.press("d")
        await go_to(hand, "variance is")
        await hand.press("d", "u", "u")
        assert page.draft == first
        assert "not saved yet" in hand.screen


async def test_a_line_under_next_steps_becomes_a_next_step(week: Desk) -> None:
    async with opened(week, size=(80, 40)) as hand:
        await open_review(hand)
        await hand.press("G", "k", "a")
        await hand.type("write the paper")
        await hand.press("escape", "s")
    assert "write the paper" in [step.text for step in steps.open_steps(week)]


async def test_unsaved_changes_come_back_with_their_week_and_after_a_kill(week: Desk) -> None:
    async with opened(week, size=(80, 40)) as hand:
        await open_review(hand)
        await go_to(hand, "k2 is biased")
        await hand.press("d")
        assert "unsaved" in hand.screen
        await hand.press("left_square_bracket")
        await hand.until(lambda: "2026-W47" in hand.screen)
        await hand.press("right_square_bracket")
        await hand.until(lambda: "unsaved" in hand.screen)
        assert "• k2 is biased" not in hand.screen
        (kept,) = write.drafts(week)
    from dataclasses import replace

    write.drop_draft(week, kept.window)
    dead = "gone-host-nobody:1:0.0" + kept.window[kept.window.index("/review:") :]
    write.keep_draft(week, replace(kept, window=dead))
    with desk_at(week.path, lambda: replace(week.clock(), us=week.clock().us + 10**9)) as later:
        async with opened(later, size=(80, 40)) as hand:
            assert not hand.app.query(KeptText), "it is no note"
            await open_review(hand)
            await hand.until(lambda: "unsaved" in hand.screen)
            assert "• k2 is biased" not in hand.screen
            await hand.press("s")
            assert write.drafts(later) == ()


async def test_two_windows_on_one_review_lose_nothing(week: Desk) -> None:
    async with opened(week, size=(80, 40)) as hand:
        page = await open_review(hand)
        await go_to(hand, "k2 is biased")
        await hand.press("d")
        review.save(week, THIS_WEEK, [ReviewItem(Section.CODE, "theirs")], (), version=None)
        await hand.press("s")
        assert "saved by somebody else" in hand.toasts[-1]
        assert page.draft is not None
        assert "• k2 is biased" not in hand.screen
        await hand.press("R")
        await hand.until(lambda: "theirs" in hand.screen)


async def test_what_happens_after_saving_is_gathered_by_plus(week: Desk) -> None:
    async with opened(week, size=(80, 40)) as hand:
        await open_review(hand)
        await hand.press("s")
        await hand.until(lambda: "saved, version 1" in hand.screen)
        week.clock = lambda: at(5)
        write.add_note(week, "k3 too #finding")
        await hand.until(lambda: "+ adds 1 line since version 1" in hand.screen)
        await hand.press("plus")
        await hand.until(lambda: "k3 too" in hand.screen)
        assert hand.screen.count("k2 is biased") == 1
        await hand.press("s")
        await hand.until(lambda: "saved, version 2" in hand.screen)


async def test_h_saves_and_writes_the_report(week: Desk) -> None:
    async with opened(week, size=(80, 40)) as hand:
        await open_review(hand)
        await hand.press("h")
        path = week.path / "reports" / "2026-W48.html"
        await hand.until(path.exists, within_s=20)
        await hand.until(lambda: any(str(path) in toast for toast in hand.toasts))
        assert "k2 is biased by 0.28" in path.read_text()
        assert items(week)


async def test_another_period_is_reviewed_by_a_phrase(week: Desk) -> None:
    async with opened(week, size=(80, 40)) as hand:
        page = await open_review(hand)
        await hand.press("ctrl+g")
        await hand.type("last week")
        await hand.press("enter")
        assert page.period == LAST_WEEK
        await hand.until(lambda: "saved, version 1" in hand.screen)
        await hand.press("t")
        assert page.period == THIS_WEEK


async def test_o_goes_to_where_a_line_came_from(week: Desk) -> None:
    async with opened(week, size=(80, 40)) as hand:
        await open_review(hand)
        await go_to(hand, "variance is")
        await hand.press("o")
        await hand.until(lambda: hand.app.current_mode == "today" and hand.selected)
        assert hand.page(TodayPage).day == DAY
        assert hand.selected.body == "variance is what costs #insight"


async def test_the_whole_review_is_edited_in_the_persons_own_editor(
    week: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(App, "suspend", lambda _: nullcontext())
    script = tmp_path / "editor.py"
    script.write_text(
        "import pathlib, sys\npath = pathlib.Path(sys.argv[1])\n"
        "path.write_text(path.read_text().replace('variance', 'spread'))\n"
    )
    settings = Settings(notebook=week.path, editor=f"{sys.executable} {script}")
    with Desk(settings, week.clock) as own:
        async with opened(own, size=(80, 40)) as hand:
            await open_review(hand)
            await hand.press("e")
            assert "spread is what costs" in hand.screen
            assert "unsaved" in hand.screen
