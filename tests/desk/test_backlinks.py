"""Backlinks: what names a thing leads back to it, and what only looks like its name does not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from labbook.desk import backlinks, ideas, reading, review, write
from labbook.desk.desk import Desk
from labbook.model import ReviewItem, Section
from labbook.settings import Settings
from labbook.store.new_run import NewRun
from labbook.store.runs import create_run
from labbook.text.period import Period
from tests.support.notebooks import DAY, at, new_notebook

YESTERDAY = DAY - dt.timedelta(days=1)
WEEK = Period.week_of(DAY)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    new_notebook(tmp_path / "notebook").close()
    with Desk(Settings(notebook=tmp_path / "notebook"), clock=lambda: at(0)) as desk:
        yield desk


def recorded(desk: Desk) -> int:
    new = NewRun("kl.pair", {}, DAY, at(0), "here", "")
    return create_run(desk.notebook, new).id


def test_a_day_is_named_by_notes_and_used_by_reviews_and_ideas(desk: Desk) -> None:
    note = write.add_note(desk, "control variates #idea", day=DAY)
    write.add_note(desk, f"on the same day [[{DAY}]]", day=DAY)
    naming = write.add_note(desk, f"first line\nsee [[{DAY}]] again", day=YESTERDAY)
    gone = write.add_note(desk, f"deleted [[{DAY}]]", day=YESTERDAY)
    write.delete_note(desk, gone.id)
    write.add_note(desk, f"`[[{DAY}]]` is code, and {DAY} no link", day=YESTERDAY)
    idea, _ = ideas.add(desk, origin=f"note:{note.id}")
    run = recorded(desk)
    items = [
        ReviewItem(Section.FINDINGS, "found\nmore", f"note:{note.id}"),
        ReviewItem(Section.CODE, "ran", f"run:{run}"),
        ReviewItem(Section.CODE, "by hand"),
    ]
    review.save(desk, WEEK, items, (), version=None)
    found = backlinks.of_day(desk, DAY)
    assert [(each.source, each.day, each.words) for each in found] == [
        (f"note:{naming.id}", YESTERDAY, f"see [[{DAY}]] again"),
        (f"review:{WEEK.label}", WEEK.last, "found"),
        (f"review:{WEEK.label}", WEEK.last, "ran"),
        (f"idea:{idea.id}", DAY, "control variates #idea"),
    ]
    assert [each.name for each in found[:2]] == [f"note of {YESTERDAY}", f"review {WEEK.label}"]


def test_a_run_is_named_by_notes_ideas_and_what_it_reimplements(desk: Desk) -> None:
    run = recorded(desk)
    note = write.add_note(desk, f"look at run:{run}")
    write.add_note(desk, f"look at run:{run}1 and my-run:{run}")
    idea, _ = ideas.add(desk, f"more of run:{run}")
    ideas.add(desk, f"more of run:{run}7")
    paper = reading.add(desk, "A title")
    reading.link(desk, paper.id, f"run:{run}")
    found = [each.source for each in backlinks.of_run(desk, run)]
    assert found == [f"note:{note.id}", f"reading:{paper.id}", f"idea:{idea.id}"]
    assert backlinks.of_run(desk, run + 1) == ()


def test_an_idea_is_named_by_notes_and_ideas(desk: Desk) -> None:
    idea, _ = ideas.add(desk, "dithered quantisation")
    note = write.add_note(desk, f"words\nidea:{idea.id} again")
    write.add_note(desk, f"an idea {idea.id} by chance, idea:{idea.id}2")
    found = backlinks.of_idea(desk, idea.id)
    assert [(each.source, each.words) for each in found] == [
        (f"note:{note.id}", f"idea:{idea.id} again")
    ]


def test_a_review_is_named_by_its_label_and_knows_its_ideas(desk: Desk) -> None:
    note = write.add_note(desk, f"as planned in {WEEK.label}")
    write.add_note(desk, f"x{WEEK.label} and {WEEK.label}9 are others")
    idea, _ = ideas.add(desk, "why not", origin=f"review:{WEEK.label}")
    assert idea.origin == f"review:{WEEK.label}"
    found = backlinks.of_review(desk, WEEK)
    assert [each.source for each in found] == [f"note:{note.id}", f"idea:{idea.id}"]
