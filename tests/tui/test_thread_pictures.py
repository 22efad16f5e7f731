"""Pictures of Threads and Ideas, as in test_snapshots: look at each before accepting it."""

from __future__ import annotations

from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from labbook.desk import ideas, reading, threads, write
from labbook.desk import time as desk_time
from labbook.desk.desk import Desk
from labbook.settings import Settings
from tests.support.notebooks import DAY, at
from tests.tui.driving import desk_at
from tests.tui.made import ended
from tests.tui.test_snapshots import LARGE, SMALL, Picture, draw

YESTERDAY = DAY.replace(day=DAY.day - 1)
LAST_WEEK = DAY.replace(day=DAY.day - 6)


@pytest.fixture
def picture(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    return snapshot.use_extension(Picture)


@pytest.fixture
def habits(notebook: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A notebook with threads, ideas and reading, in a home of its own."""
    monkeypatch.setenv("HOME", str(notebook.parent))
    desk = desk_at(notebook)
    run = ended(desk, at(-60))
    text = f"polar codes get within 0.2 bits, see run:{run.id} @polar\n- [ ] try n = 1024"
    write.add_note(desk, text, day=YESTERDAY)
    write.add_note(desk, "the construction of Arikan, read again @polar", day=LAST_WEEK)
    write.add_note(desk, "estimators and their importance weights @kl")
    write.add_note(desk, "why do the importance weights explode?", day=YESTERDAY)
    goal = "Simulate a channel with polar codes, in n log n"
    threads.edit(desk, "polar", goal=goal, kind="exploration", importance=4)
    goal = "Decide between k2 and k3 for the trainer"
    threads.edit(desk, "kl", goal=goal, kind="goal-driven", importance=8)
    threads.add(desk, "textbook")
    threads.pause(desk, "textbook")
    threads.add(desk, "bits-back")
    threads.end(desk, "bits-back", "the seed costs more than it gives")
    desk_time.add(desk, "polar", at(-180), at(-60))
    note = write.add_note(desk, "list decoding of polar codes #idea", day=YESTERDAY)
    ideas.add(desk, origin=f"note:{note.id}", thread="polar", importance="10%", cost=5)
    words = (
        "control variates for the gradient\n\nThe **best** factor is known:\n\n- gaussians\n- a log"
    )
    ideas.add(desk, words, importance="10x", cost=8, thread="kl")
    buried, _ = ideas.add(desk, "decoding polar codes by list")
    ideas.bury(desk, buried.id, "no gain")
    paper = reading.add(
        desk, "Channel polarization", authors="Arikan", doi="10.1109/TIT.2009.1", thread="polar"
    )
    reading.link(desk, paper.id, f"run:{run.id}")
    reading.note(desk, paper.id, "theorem 2 is the point")
    reading.add(desk, "Elements of Information Theory", kind="book", authors="Cover, Thomas")
    return desk


SCENES: dict[str, tuple[tuple[int, int], tuple[str, ...]]] = {
    "threads": (SMALL, ("5", "j")),
    "threads-large": (LARGE, ("5", "j", "v", "enter", "j")),
    "threads-suggestion": (SMALL, ("5", "s")),
    "threads-goal": (SMALL, ("5", "j", "i")),
    "ideas": (SMALL, ("6", "v", "j")),
    "ideas-large": (LARGE, ("6", "v", "j", "enter")),
    "ideas-new": (SMALL, ("6", "a", "=list decoding of polar codes")),
    "reading": (SMALL, ("6", "r")),
    "reading-new": (SMALL, ("6", "r", "a", "=A title", "tab", "tab", "tab")),
    "named-in": (SMALL, ("3", "B")),
}


@pytest.mark.parametrize("scene", SCENES)
async def test_it_looks_as_before(habits: Desk, picture: SnapshotAssertion, scene: str) -> None:
    size, keys = SCENES[scene]
    assert await draw(habits, size, keys) == picture


@pytest.mark.parametrize("key", ["5", "6"])
async def test_an_empty_page_looks_as_before(
    desk: Desk, picture: SnapshotAssertion, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(desk.path.parent))
    assert await draw(desk, SMALL, (key,)) == picture


@pytest.mark.parametrize("key", ["5", "6"])
async def test_the_light_theme_looks_as_before(
    habits: Desk, picture: SnapshotAssertion, key: str
) -> None:
    light = Settings(notebook=habits.path, theme="labbook-light")
    with Desk(light, habits.clock) as own:
        assert await draw(own, SMALL, (key, "j", "enter")) == picture
