"""Findings: the list follows the query, Enter leads to the source, d tells what differs."""

from __future__ import annotations

from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from labbook.desk import compare, review, write
from labbook.desk.desk import Desk
from labbook.model import ReviewItem, Section
from labbook.settings import Settings
from labbook.text.period import Period
from labbook.tui.pages.findings import FindingsPage
from labbook.tui.pages.review import ReviewPage
from labbook.tui.pages.runs import RunsPage
from labbook.tui.pages.today import TodayPage
from tests.support.notebooks import DAY, at
from tests.tui.driving import desk_at, opened
from tests.tui.made import ended
from tests.tui.test_snapshots import LARGE, NARROW, SMALL, Picture, draw

WEEK = Period.week_of(DAY)
MONTH = Period.months(2026, 11)


@pytest.fixture
def picture(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    return snapshot.use_extension(Picture)


@pytest.fixture
def found(notebook: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Three runs, a review that rests on them, and a tagged note that it left out."""
    monkeypatch.setenv("HOME", str(notebook.parent))
    desk = desk_at(notebook)
    runs = [
        ended(
            desk,
            at(-90 + shift),
            params={"shift": shift, "samples": 10_000_000},
            metrics={"k3.stdev": 1.4 * shift, "k3.stdev_se": 0.02 * shift, "k1.bias": -0.0005},
        ).id
        for shift in (1, 2, 4)
    ]
    note = write.add_note(desk, f"k3 **wins** as far as shift 2 @kl #finding, see run:{runs[0]}")
    write.add_note(desk, "its tail is what costs #insight @kl")
    block = compare.paste(desk, runs[:2])
    items = [
        ReviewItem(Section.FINDINGS, note.body, f"note:{note.id}"),
        ReviewItem(Section.FINDINGS, "the wide one is dear", f"run:{runs[2]}"),
        ReviewItem(Section.FINDINGS, "runs 1 and 2 compared", f"comparison:{block.id}"),
        ReviewItem(Section.INSIGHTS, "by hand: a control variate costs nothing"),
    ]
    review.save(desk, WEEK, items, (), version=None)
    review.close(desk, WEEK)
    review.save(desk, MONTH, items[:1], (), version=None)
    return desk


async def test_enter_leads_from_each_finding_to_its_source(found: Desk) -> None:
    async with opened(found) as hand:
        for downs, page, shown in (
            (0, TodayPage, "k3 wins"),
            (1, RunsPage, "shift"),
            (2, TodayPage, "comparison of"),
            (3, ReviewPage, "control variate"),
        ):
            await hand.press("f4")
            await hand.press("home", *["j"] * downs)
            await hand.press("enter")
            assert isinstance(hand.app.screen, page), downs
            await hand.until(lambda shown=shown: shown in hand.screen)
            if page is TodayPage:
                assert hand.selected is not None
                assert shown in hand.screen


async def test_tab_leads_to_the_runs_and_reviews_behind_it(found: Desk) -> None:
    async with opened(found) as hand:
        await hand.press("9")
        await hand.press("tab", "j")
        assert "run 1 · kl.bias-table" in hand.screen
        await hand.press("enter")
        assert hand.page(RunsPage).selected_run is not None
        await hand.press("9")
        await hand.press("G")  # what had the focus has it again
        await hand.press("enter")
        assert hand.page(ReviewPage).period == MONTH


async def test_the_query_narrows_and_a_wrong_one_is_explained(found: Desk) -> None:
    async with opened(found) as hand:
        await hand.press("9")
        assert "Findings 4" in hand.screen
        await hand.press("slash")
        await hand.type("shift>=4")
        await hand.until(lambda: "Findings 1" in hand.screen)
        await hand.press("ctrl+u")
        await hand.type("shft>=4")
        await hand.until(lambda: "No run has a metric or parameter shft" in hand.screen)
        await hand.press("ctrl+u")
        await hand.type("is:loose")
        await hand.until(lambda: "in no review" in hand.screen)
        await hand.press("escape", "escape")
        await hand.until(lambda: "Findings 4" in hand.screen)


async def test_what_is_promoted_meanwhile_appears(found: Desk) -> None:
    async with opened(found) as hand:
        await hand.press("9")
        before = Period.week_of(DAY).before()
        review.save(found, before, [ReviewItem(Section.INSIGHTS, "quokka")], (), version=None)
        await hand.until(lambda: "Findings 5" in hand.screen)
        assert "quokka" in hand.screen


async def test_d_shows_which_setting_made_a_difference_and_what_rests_on_it(found: Desk) -> None:
    async with opened(found, size=LARGE) as hand:
        await hand.press("9", "d")
        await hand.until(lambda: "shift alone, with samples=1e7" in hand.screen)
        assert "from 4 findings on 3 runs" in hand.screen
        await hand.press("enter", "enter")
        assert hand.page(ReviewPage).period == WEEK
        await hand.press("9", "d")
        await hand.until(lambda: "the wide one is dear" in hand.screen)
        assert not hand.page(FindingsPage).is_differing


SCENES: dict[str, tuple[tuple[int, int], tuple[str, ...]]] = {
    "findings": (SMALL, ("9",)),
    "findings-large": (LARGE, ("9", "tab", "j")),
    "findings-narrow": (NARROW, ("9", "j")),
    "findings-wrong-query": (SMALL, ("9", "slash", "=thread:kl shft>=0.5")),
    "findings-loose": (SMALL, ("9", "slash", "=is:loose", "enter")),
    "findings-differences": (SMALL, ("9", "d")),
    "findings-differences-large": (LARGE, ("9", "d", "enter")),
}


@pytest.mark.parametrize("scene", SCENES)
async def test_it_looks_as_before(found: Desk, picture: SnapshotAssertion, scene: str) -> None:
    size, keys = SCENES[scene]
    assert await draw(found, size, keys) == picture


async def test_the_light_theme_looks_as_before(found: Desk, picture: SnapshotAssertion) -> None:
    light = Settings(notebook=found.path, theme="labbook-light")
    with Desk(light, found.clock) as own:
        assert await draw(own, LARGE, ("9",)) == picture


@pytest.mark.parametrize("keys", [("9",), ("9", "d")], ids=("findings", "differences"))
async def test_an_empty_page_looks_as_before(
    desk: Desk, picture: SnapshotAssertion, keys: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(desk.path.parent))
    assert await draw(desk, SMALL, keys) == picture
