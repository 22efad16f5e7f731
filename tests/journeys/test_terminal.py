"""Whole journeys in a real terminal, as a person at 80 by 24 would make them."""

from __future__ import annotations

import re
import signal
import time
from pathlib import Path

import pytest

from tests.support.command import labbook
from tests.support.notebooks import new_notebook
from tests.support.terminal import Terminal, terminal
from tests.support.tools import need

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _tools() -> None:
    need("tmux")


@pytest.fixture
def book(tmp_path: Path) -> Path:
    new_notebook(tmp_path / "notebook").close()
    return tmp_path / "notebook"


def write(screen: Terminal, text: str) -> None:
    screen.keys("a")
    screen.wait_for("new note")
    for line in text.splitlines(keepends=True):
        screen.type(line.rstrip("\n"))
        if line.endswith("\n"):
            screen.keys("Enter")


def start_bias_table(screen: Terminal) -> None:
    screen.type("bias")
    screen.wait_for("shift")
    screen.keys("Enter")
    time.sleep(0.5)  # the focus moves to the form
    screen.keys("Enter")


def test_a_day_from_the_first_note_to_the_pasted_plot(book: Path) -> None:
    with terminal() as screen:
        screen.start(book)
        screen.wait_for("Nothing is written yet today")
        write(screen, "k3 ought to be quieter #finding\n- [ ] measure it")
        screen.keys("Escape")
        screen.wait_for("1 next step", "k3 ought to be quieter")

        screen.keys("r")
        screen.wait_for("Run an experiment")
        start_bias_table(screen)
        screen.wait_for("standard error", "exact", within_s=60)
        screen.keys("k", "j")
        screen.wait_for("kl.bias-table · finished")

        screen.keys("2")
        screen.wait_for("search everything")
        screen.type("quieter")
        screen.wait_for("k3 ought to be")
        screen.keys("F4")
        screen.keys("C-q")
        screen.wait_until_closed()
    note, run = labbook(book, "show", "--json").json["blocks"]
    assert note["body"] == "k3 ought to be quieter #finding\n- [ ] measure it"
    assert (run["run"]["experiment"], run["run"]["state"]) == ("kl.bias-table", "finished")
    assert abs(run["run"]["metrics"]["k3.stdev"] - 1.4166) < 0.01


def test_killing_the_app_while_typing_loses_at_most_two_seconds(book: Path) -> None:
    with terminal() as screen:
        screen.start(book)
        screen.wait_for("Nothing is written yet today")
        screen.keys("a")
        screen.wait_for("new note")
        typed: list[tuple[float, str]] = []
        for number in range(60):
            word = f"w{number:02} "
            screen.type(word)
            typed.append((time.monotonic(), word))
            time.sleep(0.05)
        killed = time.monotonic()
        screen.app().send_signal(signal.SIGKILL)
    with terminal() as again:
        again.start(book)
        shown = again.wait_for("w00")
    kept = set(re.findall(r"w\d\d", shown))
    # A word is on its way through tmux and the app for a moment before anybody can keep it.
    due = {word.strip() for at, word in typed if at < killed - 2.5}
    assert due <= kept


def test_a_run_outlives_the_app_that_started_it(book: Path) -> None:
    with terminal() as screen:
        screen.start(book)
        screen.wait_for("Nothing is written yet today")
        screen.keys("r")
        screen.wait_for("Run an experiment")
        start_bias_table(screen)
        screen.wait_for("kl.bias-table", "1 run")
        screen.app().send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        (run,) = labbook(book, "runs", "list", "--json").json
        if run["state"] == "finished":
            return
        time.sleep(0.2)
    raise AssertionError(f"the run is {run['state']}: {run['message']}")


def test_the_demo_opens_the_app_when_the_user_agrees(tmp_path: Path) -> None:
    with terminal(100, 30) as screen:
        screen.start(tmp_path / "none", "demo", "--directory", str(tmp_path / "demo"))
        screen.wait_for("Open it now?", within_s=90)
        screen.keys("y", "Enter")
        screen.wait_for("1 Today", "1 note · 2 runs", within_s=30)
        screen.keys("C-q")
        screen.wait_until_closed()
