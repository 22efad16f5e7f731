"""The app in a real terminal, inside tmux: killed, closed, lent to an editor, used for a day."""

from __future__ import annotations

import random
import stat
import time
from pathlib import Path

import psutil
import pytest

from labbook.desk import find, runs, write
from labbook.desk.desk import Desk
from labbook.model import Moment, Note, RunBlock, RunState
from labbook.settings import Settings
from tests.tui.terminal import Terminal, terminal

pytestmark = pytest.mark.slow

KILLS = 5


def now(notebook: Path) -> Desk:
    return Desk(Settings(notebook=notebook), Moment.now)


def notes(notebook: Path) -> list[str]:
    with now(notebook) as desk:
        blocks = find.entry(desk, desk.today()).blocks
        return [block.body for block in blocks if isinstance(block, Note)]


def drafts(notebook: Path) -> list[str]:
    with now(notebook) as desk:
        return [draft.body for draft in write.drafts(desk)]


def test_a_killed_app_loses_at_most_two_seconds_of_typing(notebook: Path) -> None:
    rng = random.Random(7)
    for round_ in range(KILLS):
        with terminal(notebook) as window:
            window.open()
            window.keys("a")
            window.shows("new note")
            typed: list[tuple[float, int]] = []
            end = time.monotonic() + rng.uniform(1.0, 4.0)
            while time.monotonic() < end:
                window.type("x")
                typed.append((time.monotonic(), len(typed) + 1))
                time.sleep(0.05)
            window.app.kill()
            killed = time.monotonic()
        kept = drafts(notebook)
        old_enough = [length for moment, length in typed if killed - moment > 2.0]
        must = old_enough[-1] if old_enough else 0
        assert len(kept[-1]) if kept else must == 0
        assert max(map(len, kept), default=0) >= must, (round_, kept, must)
        with now(notebook) as desk:
            for draft in write.drafts(desk):
                write.drop_draft(desk, draft.window, draft.note_id)


def test_what_a_killed_app_kept_is_offered_by_the_next(notebook: Path) -> None:
    with terminal(notebook) as window:
        window.open()
        window.keys("a")
        window.shows("new note")
        window.type("words worth keeping")
        window.until(lambda: drafts(notebook) == ["words worth keeping"])
        window.app.kill()
    with terminal(notebook) as window:
        window.open()
        window.shows("takes it back")
        window.keys("Enter")
        window.shows("new note")
        window.type(", and more")
        window.keys("Escape")
        window.until(lambda: notes(notebook) == ["words worth keeping, and more"])
        window.until(lambda: drafts(notebook) == [])


def test_a_closed_terminal_saves_what_was_typed(notebook: Path) -> None:
    with terminal(notebook) as window:
        window.open()
        window.keys("a")
        window.shows("new note")
        window.type("typed when the line broke")
        window.shows("line broke")
        app = window.app
        window.close()
        window.until(lambda: has_ended(app))
    assert notes(notebook) == ["typed when the line broke"]


def has_ended(app: psutil.Process) -> bool:
    """Where nobody waits for orphans, an ended process stays as a zombie."""
    return not app.is_running() or app.status() == psutil.STATUS_ZOMBIE


def editor(tmp_path: Path, code: str) -> str:
    script = tmp_path / "editor.sh"
    script.write_text(f"#!/bin/sh\n{code}\n")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return str(script)


def test_the_terminal_is_lent_to_an_editor_and_comes_back(notebook: Path, tmp_path: Path) -> None:
    waiting = editor(tmp_path, 'echo "EDITOR HAS THE SCREEN"; sleep 1; echo "by hand" >> "$1"')
    with terminal(notebook, EDITOR=waiting) as window:
        window.open()
        window.keys("e")
        window.shows("EDITOR HAS THE SCREEN")
        window.until(lambda: notes(notebook) == ["by hand"])
        window.shows("by hand")
        assert "EDITOR HAS" not in window.screen
        window.keys("a")
        window.shows("new note")
        window.type("keys work again")
        window.keys("Escape")
        window.until(lambda: "keys work again" in notes(notebook))


def test_an_editor_that_fails_changes_nothing(notebook: Path, tmp_path: Path) -> None:
    with now(notebook) as desk:
        write.add_note(desk, "as it was")
    failing = editor(tmp_path, 'echo changed > "$1"; exit 1')
    with terminal(notebook, EDITOR=failing) as window:
        window.open()
        window.shows("as it was")
        window.keys("e")
        window.shows("status 1")
        assert notes(notebook) == ["as it was"]


def test_a_run_goes_on_when_the_terminal_is_closed(lab: Desk) -> None:
    notebook = lab.path
    with terminal(notebook) as window:
        window.open()
        launch(window, "test.walk", steps="200", pause="0.03")
        window.until(lambda: running(lab))
        window.app.kill()
    (run,) = runs.runs(lab)
    for latest in runs.follow(lab, run.id):
        run = latest
    assert run.state is RunState.FINISHED
    with terminal(notebook) as window:
        window.open()
        window.shows("position [m]")


def running(desk: Desk) -> bool:
    return any(run.state is RunState.RUNNING for run in runs.runs(desk))


def launch(window: Terminal, name: str, *, steps: str, pause: str) -> None:
    window.keys("r")
    window.shows("channel.approximation")
    window.type(name)
    window.shows(name)
    time.sleep(0.3)
    window.keys("Enter", "C-u")
    window.type(steps)
    window.keys("Tab", "C-u")
    window.type(pause)
    window.keys("Enter")
    window.until(lambda: "Run an experiment" not in window.screen)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_a_day_from_note_to_review(lab: Desk, size: tuple[int, int]) -> None:
    with terminal(lab.path) as window:
        window.open(size)
        window.keys("a")
        window.shows("new note")
        window.type("is the walk fair? #finding")
        window.keys("Escape")
        window.shows("1 note")
        launch(window, "test.walk", steps="30", pause="0.02")
        window.shows("finished in")
        window.shows("position")
        window.resize(100, 30)
        window.shows("finished in")
        window.keys("/")
        window.shows("search everything")
        window.type("walk fair")
        window.shows("1 hit")
        window.keys("Enter")
        window.shows("is the walk fair?")
        window.keys("w")
        window.shows("Experimental findings")
        window.keys("s")
        window.shows("saved, version 1")
        window.keys("3")
        window.shows("experiment ")
        window.keys("q")
        window.shows("ended with 0")
        assert "Traceback" not in window.screen
    blocks = find.entry(lab, lab.today()).blocks
    assert [type(block) for block in blocks] == [Note, RunBlock]
    (run,) = runs.runs(lab)
    assert run.state is RunState.FINISHED
