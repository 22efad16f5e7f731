"""Pictures of every page and dialog. Look at each before accepting it.

`pytest tests/tui/test_snapshots.py --snapshot-update` draws them anew, as SVG files that a
browser shows; a change of one pixel of a cell fails.
"""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from labbook.desk import review, runs, steps, write
from labbook.desk.desk import Desk
from labbook.errors import StoreError
from labbook.model import Draft, Progress, ReviewItem, RunState, Section
from labbook.settings import Settings
from labbook.store import runs as store
from labbook.text.when import Period
from labbook.tui.phrases import ACTIVE
from tests.support.notebooks import DAY, at
from tests.tui.driving import desk_at, opened
from tests.tui.made import ended, started

PLAN = """\
# What decides between k2 and k3

The bias of **k2** is small where `p` and `q` are close. Measure it where they are *not*. @kl #plan

- [ ] compare k2 at shift 1 with the closed form
- [ ] ask Ada for the second dataset
- [x] write down the exact law
"""

FINDING = """\
k3 has the same spread and no bias: its tail is what costs. #finding #insight

> an estimator is only as good as its tail

See [[2026-11-20]] and run:1.
"""

SMALL, LARGE, NARROW = (80, 24), (120, 40), (60, 20)


class Picture(SingleFileSnapshotExtension):
    """One SVG file for each picture."""

    _write_mode = WriteMode.TEXT
    file_extension = "svg"


@pytest.fixture
def picture(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    return snapshot.use_extension(Picture)


@pytest.fixture
def book(notebook: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A notebook with two weeks in it, in a home of its own."""
    monkeypatch.setenv("HOME", str(notebook.parent))
    last_friday = DAY - dt.timedelta(days=3)
    with desk_at(notebook) as desk:
        note = write.add_note(desk, "- [ ] measure k3\n- [ ] read the appendix", day=last_friday)
        planned = [
            ReviewItem(Section.NEXT_STEPS, step.text, f"step:{step.id}")
            for step in steps.open_steps(desk)
        ]
        week = Period.week_of(last_friday)
        review.save(desk, week, planned, (), version=None)
        review.close(desk, week)
        write.save_note(desk, note.id, note.body + "\n\nand more", version=note.version)
    with desk_at(notebook, lambda: at(12)) as desk:
        write.add_note(desk, PLAN)
        ended(desk, at(63))
        ended(desk, at(70), experiment="train", state=RunState.FAILED, message="Out of memory.")
    with desk_at(notebook, lambda: at(80)) as desk:
        write.add_note(desk, FINDING)
    return notebook


@pytest.fixture
def written(book: Path) -> Desk:
    return desk_at(book, lambda: at(95))


SCENES: dict[str, tuple[tuple[int, int], tuple[str, ...]]] = {
    "today": (SMALL, ()),
    "today-large": (LARGE, ("home",)),
    "today-narrow": (NARROW, ("k", "k")),
    "a-run": (SMALL, ("home", "j")),
    "a-failed-run": (SMALL, ("k",)),
    "writing": (SMALL, ("a", "=- [ ] try it on #data of @kl", "enter", "=`k3` at run:1")),
    "editing": (LARGE, ("home", "i")),
    "another-day": (SMALL, ("left_curly_bracket",)),
    "an-empty-day": (SMALL, ("right_square_bracket",)),
    "going-to-a-day": (SMALL, ("ctrl+g", "=friday")),
    "leader": (SMALL, ("g",)),
    "next-steps": (SMALL, ("x",)),
    "versions": (SMALL, ("left_curly_bracket", "H", "j", "c")),
    "launcher": (SMALL, ("r", "=bias")),
    "launcher-filled-in": (LARGE, ("r", "=bias", "enter", "ctrl+u", "=x")),
    "launcher-narrow": (NARROW, ("r", "=bias", "enter")),
    "cancel": (SMALL, ("G", "c")),
    "search": (SMALL, ("2",)),
    "search-found": (SMALL, ("2", "=k3", "down")),
    "runs": (SMALL, ("3",)),
    "runs-large": (LARGE, ("3", "enter", "pagedown")),
    "runs-wide": ((170, 40), ("3",)),
    "runs-filtered": (SMALL, ("3", "slash", "=nothing like it")),
    "runs-wrong-query": (SMALL, ("3", "slash", "=kl.* shft>=0.5")),
    "runs-columns": (SMALL, ("3", "f", "=shift k3.stdev", "enter", "space")),
    "comparison": (SMALL, ("3", "space", "j", "space", "c")),
    "review": (SMALL, ("4",)),
    "review-large": (LARGE, ("4", "x", "j", "j", "a", "=a line by hand")),
    "review-days": (SMALL, ("4", "tab", "j", "m", "k")),
    "review-beside-days": (LARGE, ("4", "tab", "j", "j", "j", "enter", "j", "p")),
    "review-closing": (SMALL, ("4", "C")),
    "help": (SMALL, ("question_mark",)),
    "palette": (SMALL, ("ctrl+p",)),
    "palette-found": (SMALL, ("ctrl+p", "=yesterday")),
}


async def draw(desk: Desk, size: tuple[int, int], keys: tuple[str, ...]) -> str:
    """Press the keys and draw the screen."""
    running = runs.runs(desk, states=ACTIVE)
    async with opened(desk, size=size) as hand:
        await hand.until(lambda: len(hand.app.running) == len(running))
        for key in keys:
            if key.startswith("="):
                await hand.type(key[1:])
                await hand.pilot.pause(0.3)
                await hand.settle()
            else:
                await hand.press(key)
        await hand.pilot.pause(0.25)
        await hand.settle()
        for editor in hand.app.screen.query("TextArea, Input"):
            editor._pause_blink(True)  # type: ignore[attr-defined]
        await hand.pilot.pause()
        return hand.app.export_screenshot(simplify=True)


@pytest.mark.parametrize("scene", SCENES)
async def test_it_looks_as_before(written: Desk, picture: SnapshotAssertion, scene: str) -> None:
    size, keys = SCENES[scene]
    if scene == "cancel":
        started(written, at(90))
    assert await draw(written, size, keys) == picture


async def test_a_running_run_looks_as_before(written: Desk, picture: SnapshotAssertion) -> None:
    run = started(written, at(90))
    store.heartbeat(written.notebook, run.id, moment=at(95), progress=Progress(3, 8))
    assert await draw(written, SMALL, ()) == picture


async def test_a_kept_text_looks_as_before(written: Desk, picture: SnapshotAssertion) -> None:
    write.keep_draft(written, Draft("gone:1:0.0", DAY, "words\nthat were\nnot saved", at(10)))
    assert await draw(written, SMALL, ("home",)) == picture


async def test_the_versions_of_a_review_look_as_before(
    written: Desk, picture: SnapshotAssertion
) -> None:
    week = Period.week_of(DAY)
    draft = review.gather(written, week)
    review.save(written, week, draft.items, (), version=None)
    review.save(written, week, draft.items[1:], (), version=1)
    with suppress(StoreError):  # another window's, from before
        review.save(written, week, draft.items[:2], (), version=1)
    assert await draw(written, LARGE, ("4", "H", "j", "j", "c")) == picture


@pytest.mark.parametrize(
    "keys",
    [(), ("3",), ("4",), ("r", "=bias", "enter")],
    ids=("today", "runs", "review", "launcher"),
)
async def test_the_light_theme_looks_as_before(
    written: Desk, picture: SnapshotAssertion, keys: tuple[str, ...]
) -> None:
    light = Settings(notebook=written.path, theme="labbook-light")
    with Desk(light, written.clock) as own:
        assert await draw(own, SMALL, keys) == picture


async def test_a_conflict_looks_as_before(written: Desk, picture: SnapshotAssertion) -> None:
    note = write.add_note(written, "we both wrote")
    write.save_note(written, note.id, "we both wrote, I first", version=note.version)
    write.save_note(written, note.id, "we both wrote, I second", version=note.version)
    assert await draw(written, SMALL, ()) == picture
