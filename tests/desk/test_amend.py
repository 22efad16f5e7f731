"""Amending: what a form said can be taken back whole, and nobody's words are written over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from labbook.desk import amend, ideas, reading, threads, write
from labbook.desk.desk import Desk
from labbook.errors import NotFound, StoreError, UsageError
from labbook.model.reading import ReadingState
from labbook.settings import Settings
from tests.support.notebooks import at, new_notebook, raw


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    new_notebook(tmp_path / "notebook").close()
    with Desk(Settings(notebook=tmp_path / "notebook"), clock=lambda: at(0)) as desk:
        yield desk


def test_acts_are_taken_back_one_after_another(desk: Desk) -> None:
    made = threads.add(desk, "kl")
    edited = threads.edit(desk, "kl", goal="a law", kind="exploration", importance=7)
    ended = threads.end(desk, "kl", "no law")
    assert amend.thread(desk, edited, over=ended) == edited
    assert amend.thread(desk, made, over=edited) == made  # kind and importance are none again
    first, _ = ideas.add(desk, "words\nmore words", importance="10x", tags=["a"])
    second = amend.idea(desk, replace(first, title="other", tags=("b",)), over=first)
    buried = ideas.bury(desk, first.id, "no")
    for wanted, over in ((second, buried), (first, second)):
        back = amend.idea(desk, wanted, over=over)
        assert replace(back, version=0) == replace(wanted, version=0)


def test_what_somebody_changed_meanwhile_stays(desk: Desk) -> None:
    thread = threads.add(desk, "kl")
    threads.edit(desk, "kl", goal="theirs")
    with pytest.raises(StoreError, match="@kl was changed by somebody else"):
        amend.thread(desk, replace(thread, goal="mine"), over=thread)
    idea, _ = ideas.add(desk, "words")
    ideas.edit(desk, idea.id, text="theirs")
    with pytest.raises(StoreError, match="theirs stays"):
        amend.idea(desk, replace(idea, title="mine"), over=idea)
    paper = reading.add(desk, "A title")
    reading.note(desk, paper.id, "theirs")
    with pytest.raises(StoreError, match="theirs stays"):
        amend.reading(desk, replace(paper, title="mine"), over=paper)
    assert threads.thread(desk, "kl").goal == ideas.idea(desk, idea.id).title == "theirs"
    assert "theirs" in reading.reading(desk, paper.id)[0].body


def test_a_thread_is_taken_back_until_something_belongs_to_it(desk: Desk) -> None:
    amend.take_back_thread(desk, threads.add(desk, "empty"))
    with pytest.raises(NotFound):
        threads.thread(desk, "empty")
    made = threads.add(desk, "kl")
    note = write.add_note(desk, "a note @kl")
    write.delete_note(desk, note.id)  # it can be restored, and names the thread still
    with pytest.raises(UsageError, match="@kl is in use"):
        amend.take_back_thread(desk, made)
    spoken = threads.edit(desk, threads.add(desk, "other").name, goal="a goal")
    with pytest.raises(UsageError, match="in use"):
        amend.take_back_thread(desk, replace(spoken, goal=""))


def test_what_is_taken_back_is_gone_from_the_lists_and_stays_in_the_file(desk: Desk) -> None:
    note = write.add_note(desk, "control variates from k1 #idea")
    idea, _ = ideas.add(desk, origin=f"note:{note.id}")
    amend.take_back_idea(desk, idea.id)
    assert ideas.ideas(desk, everything=True) == ideas.similar(desk, note.body) == ()
    assert ideas.notes_not_taken(desk)[0] == 1
    with pytest.raises(NotFound):
        ideas.idea(desk, idea.id)
    paper = reading.add(desk, "A title", doi="10.1109/1")
    amend.take_back_reading(desk, paper.id)
    with pytest.raises(NotFound):
        reading.reading(desk, paper.id)
    assert reading.add(desk, "Again", doi="10.1109/1").title == "Again"
    with raw(desk.path) as connection:
        assert connection.execute("SELECT title FROM idea").fetchall() == [(note.body,)]
        titles = connection.execute("SELECT title FROM reading ORDER BY id").fetchall()
    assert titles == [("A title",), ("Again",)]


def test_reading_is_amended_as_a_whole(desk: Desk) -> None:
    paper = reading.add(desk, "A title", arxiv="2004.00010", thread="kl")
    other = reading.add(desk, "Other", doi="10.1109/1")
    wanted = replace(paper, title="New", kind="thesis", identifier="", thread=None)
    changed = amend.reading(desk, wanted, over=paper)
    assert (changed.title, changed.kind, changed.identifier, changed.thread) == (
        *("New", "thesis", ""),
        None,
    )
    with pytest.raises(UsageError, match="is reading"):
        amend.reading(desk, replace(changed, identifier=other.identifier), over=changed)
    done = reading.move(desk, paper.id, ReadingState.READ)
    assert amend.reading(desk, changed, over=done).ended is None


def test_what_is_typed_in_the_form_of_an_idea(desk: Desk) -> None:
    idea, _ = ideas.add(desk, "words", importance="10x", cost=2, thread="kl", tags=["a"])
    bare = amend.worded(idea, "t\nbody", importance="", cost="", thread="", tags="")
    assert (bare.title, bare.body, bare.importance, bare.cost) == ("t", "body", None, None)
    assert (bare.thread, bare.tags) == (None, ())
    full = amend.worded(idea, "t", importance="10%", cost="0,5", thread="@kl", tags="#a, b")
    assert (full.importance, full.cost, full.thread, full.tags) == (1.1, 0.5, "kl", ("a", "b"))
    for wrong in ({"importance": "much"}, {"cost": "0"}, {"cost": "nan"}, {"tags": "a b!"}):
        typed = {"importance": "", "cost": "", "thread": "", "tags": "", **wrong}
        with pytest.raises(UsageError):
            amend.worded(idea, "t", **typed)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("", ""), ("2004.00010", "arXiv:2004.00010"), ("10.1109/1", "doi:10.1109/1")],
)
def test_an_identifier_is_told_by_its_form(typed: str, kept: str) -> None:
    assert amend.identifier(typed) == kept
    with pytest.raises(UsageError, match="has the form of no"):
        amend.identifier("page 12")
