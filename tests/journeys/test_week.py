"""A week in a real terminal: notes and a run, Friday's review beside them, and its PDF."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from pypdf import PdfReader

from tests.support.command import labbook
from tests.support.notebooks import new_notebook
from tests.support.terminal import Terminal, terminal
from tests.support.tools import need

pytestmark = pytest.mark.slow

PLANS = ("measure k3 at large shift", "write the appendix", "ask about the lemma")
NOTES = (
    "k3 stays quiet up to a shift of two",
    "the variance of k2 is biased upwards",
    "a control variate halves the spread",
    "a table of seeds is worth its page",
    "greedy coding wins for one bit",
)


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """Last week's review with three plans, this week's notes on its days so far, and a run."""
    need("tmux")
    new_notebook(tmp_path / "notebook").close()
    book = tmp_path / "notebook"
    today = dt.date.fromisoformat(labbook(book, "show", "--json").json["day"])
    monday = today - dt.timedelta(days=today.weekday())
    plans = "\n".join(f"- [ ] {plan}" for plan in PLANS)
    labbook(book, "log", "--day", str(monday - dt.timedelta(days=3)), plans)
    assert labbook(book, "review", "last week", "--save", "--close").code == 0
    for number, note in enumerate(NOTES):
        day = min(monday + dt.timedelta(days=number), today)
        assert labbook(book, "log", "--day", str(day), note).code == 0
    assert labbook(book, "run", "kl.bias-table", "samples=1e5", "--seed", "1").code == 0
    return book


def settle_last_weeks_plans(screen: Terminal) -> None:
    """Done, carried, dropped: each key goes on to the next."""
    screen.keys("g", "x", ">", "-")
    screen.wait_for("Why is it dropped?")
    screen.type("it is proved")
    screen.keys("Enter")
    screen.wait_for("all settled", "dropped: it is proved")


def promote_the_notes(screen: Terminal) -> None:
    screen.keys("Tab")
    for _ in NOTES:
        screen.keys("p", "j")
    screen.wait_for("6 of 6 blocks read", "Experimental findings  6")


def words_of(pdf: Path) -> str:
    return " ".join(" ".join(page.extract_text().split()) for page in PdfReader(pdf).pages)


def test_friday_from_the_days_to_the_pdf(book: Path, tmp_path: Path) -> None:
    with terminal(120, 40) as screen:
        screen.start(book)
        screen.wait_for("1 run", "k1")
        screen.keys("4")
        screen.wait_for(PLANS[0], NOTES[0])
        settle_last_weeks_plans(screen)
        promote_the_notes(screen)
        screen.keys("s", "C")
        screen.wait_for("closed, version 1")
        screen.keys("C-q")
        screen.wait_until_closed()
    review = labbook(book, "review", "--json").json
    findings = review["sections"]["experimental findings"]
    assert {each["text"]: each["source"] for each in findings if each["text"] in NOTES} == {
        note: f"note:{number}" for number, note in enumerate(NOTES, start=2)
    }
    assert [each["state"] for each in review["previous_next_steps"]] == ["done", "open", "dropped"]
    assert [each["text"] for each in labbook(book, "next", "--json").json] == [PLANS[1]]
    assert labbook(book, "review", "--due").code == 0

    pdf = tmp_path / "week.pdf"
    assert labbook(book, "report", "-o", str(pdf)).code == 0
    words = words_of(pdf)
    for said in (*NOTES, *PLANS, "it is proved", "kl.bias-table"):
        assert said in words
