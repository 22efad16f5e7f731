"""Ideas: none is ever lost, whatever is done to it; the best worth for its cost comes first."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labbook.desk import find, ideas, threads, write
from labbook.desk.desk import Desk
from labbook.errors import NotFound, StoreError, UsageError
from labbook.model.idea import IdeaState, importance_words, read_importance
from labbook.settings import Settings
from tests.support.notebooks import DAY, at, new_notebook


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    new_notebook(tmp_path / "notebook").close()
    with Desk(Settings(notebook=tmp_path / "notebook"), clock=lambda: at(0)) as desk:
        yield desk


@given(data=st.data())
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_an_idea_is_never_lost(desk: Desk, data: st.DataObject) -> None:
    begun = len(ideas.ideas(desk, everything=True))
    expected: dict[int, tuple[str, IdeaState]] = {}
    for number in range(data.draw(st.integers(1, 12))):
        verb = data.draw(st.sampled_from(["add", "bury", "restore", "promote", "edit"]))
        if verb == "add" or not expected:
            text = f"idea {number} {data.draw(st.text(max_size=20))}".strip()
            kept, _ = ideas.add(desk, text)
            expected[kept.id] = (kept.text, IdeaState.KEPT)
            continue
        one = data.draw(st.sampled_from(sorted(expected)))
        if verb == "edit":
            expected[one] = (ideas.edit(desk, one, text=f"new {number}").text, expected[one][1])
        elif verb == "bury":
            ideas.bury(desk, one, "no")
            expected[one] = (expected[one][0], IdeaState.BURIED)
        elif verb == "restore":
            ideas.restore(desk, one)
            expected[one] = (expected[one][0], IdeaState.KEPT)
        else:
            ideas.promote(desk, one, "a-thread")
            expected[one] = (expected[one][0], IdeaState.PROMOTED)
    found = {each.id: (each.text, each.state) for each in ideas.ideas(desk, everything=True)}
    assert expected.items() <= found.items()
    with sqlite3.connect(desk.path / "labbook.db") as connection:
        (count,) = connection.execute("SELECT count(*) FROM idea").fetchone()
    assert count == begun + len(expected) == len(found)


def test_the_best_worth_for_its_cost_comes_first(desk: Desk) -> None:
    for text, importance, cost in (
        ("quick and small", "10%", 1),
        ("long and large", "10x", 10),
        ("long and small", "10%", 10),
        ("quick and large", "10x", 1),
        ("who knows what it takes", "10x", None),
        ("who knows", None, None),
    ):
        ideas.add(desk, text, importance=importance, cost=cost)
    assert [each.title for each in ideas.ideas(desk)] == [
        "quick and large",
        "long and large",
        "quick and small",
        "long and small",
        "who knows what it takes",
        "who knows",
    ]
    assert [each.id for each in ideas.ideas(desk, sort="age")] == [1, 2, 3, 4, 5, 6]
    worths = [each.worth for each in ideas.ideas(desk)]
    expected = [1.0, 0.1, math.log10(1.1), math.log10(1.1) / 10]
    assert worths[:4] == pytest.approx(expected)
    assert worths[4:] == [None, None]


@pytest.mark.parametrize(
    ("text", "factor", "words"),
    [
        ("10%", 1.1, "10 %"),
        ("10x", 10, "10×"),
        ("2×", 2, "2×"),
        ("1.5", 1.5, "50 %"),
        ("100%", 2, "2×"),
    ],
)
def test_importance_is_a_factor(text: str, factor: float, words: str) -> None:
    assert read_importance(text) == factor
    assert importance_words(factor) == words


@pytest.mark.parametrize("text", ["", "much", "0%", "1", "0.5", "101x", "-10%", "1e3x", "nan"])
def test_what_is_no_importance_is_refused(desk: Desk, text: str) -> None:
    with pytest.raises(UsageError, match="is no importance"):
        ideas.add(desk, "an idea", importance=text)
    assert ideas.ideas(desk) == ()


def test_a_note_gives_an_idea_that_knows_its_origin_and_is_found(desk: Desk) -> None:
    note = write.add_note(desk, "control variates from k1 #idea @kl\nmore words")
    assert ideas.notes_not_taken(desk) == (1, (note,))
    kept, alike = ideas.add(desk, origin=f"note:{note.id}", cost=2)
    assert (kept.text, kept.origin, kept.note_id) == (note.body, f"note:{note.id}", note.id)
    assert (kept.thread, kept.tags, alike) == ("kl", ("idea",), ())
    assert ideas.notes_not_taken(desk) == (0, ())
    hits = find.search(desk, "variates kind:idea tag:idea thread:kl")
    assert [(hit.kind.value, hit.id) for hit in hits] == [("idea", kept.id)]
    with pytest.raises(UsageError, match=f"Note {note.id} is idea {kept.id} already"):
        ideas.add(desk, origin=f"note:{note.id}")
    with pytest.raises(NotFound, match="no note 99"):
        ideas.add(desk, "x", origin="note:99")
    with pytest.raises(UsageError, match="is no origin"):
        ideas.add(desk, "x", origin="run:1")


def test_an_idea_had_before_is_pointed_out(desk: Desk) -> None:
    first, _ = ideas.add(desk, "Use control variates from k1 in the gradient")
    ideas.add(desk, "Quantise the latent with a dither")
    ideas.bury(desk, first.id, "the gain was 3 %")
    _, alike = ideas.add(desk, "a control variate, taken from the gradients of k2")
    assert [(each.id, each.because) for each in alike] == [(first.id, "the gain was 3 %")]
    _, alike = ideas.add(desk, '"OR NOT* (unbalanced')
    assert alike == ()


def test_promoting_gives_a_thread_what_it_lacks_and_nothing_more(desk: Desk) -> None:
    kept, _ = ideas.add(desk, "Control variates for the KL gradient, a longer title")
    promoted = ideas.promote(desk, kept.id)
    assert promoted.thread == "control-variates-gradient-longer"
    found = threads.thread(desk, promoted.thread)
    assert (found.goal, found.kind) == (kept.title, "idea")
    threads.add(desk, "kl")
    threads.edit(desk, "kl", goal="mine", kind="goal-driven")
    other, _ = ideas.add(desk, "another one", thread="kl")
    ideas.promote(desk, other.id)
    assert (threads.thread(desk, "kl").goal, threads.thread(desk, "kl").kind) == (
        "mine",
        "goal-driven",
    )
    assert [each.id for each in threads.contents(desk, "kl").ideas] == [other.id]
    restored = ideas.restore(desk, kept.id)
    assert (restored.state, restored.thread) == (IdeaState.KEPT, promoted.thread)
    lone, _ = ideas.add(desk, "k1!")
    with pytest.raises(UsageError, match="No thread's name"):
        ideas.promote(desk, lone.id)


def test_two_who_change_an_idea_do_not_overwrite_each_other(desk: Desk) -> None:
    kept, _ = ideas.add(desk, "first\n\nwith more")
    assert (kept.title, kept.text, kept.day) == ("first", "first\n\nwith more", DAY)
    ideas.edit(desk, kept.id, text="second", tags=("#New", "old"), version=kept.version)
    with pytest.raises(StoreError, match="meanwhile"):
        ideas.edit(desk, kept.id, text="third", version=kept.version)
    found = ideas.idea(desk, kept.id)
    assert (found.text, found.tags, found.version) == ("second", ("new", "old"), 2)
    with pytest.raises(UsageError, match="cannot be a tag"):
        ideas.edit(desk, kept.id, tags=("two words",))
    with pytest.raises(UsageError, match="nothing in that idea"):
        ideas.edit(desk, kept.id, text="  ")
    with pytest.raises(UsageError, match="with a reason"):
        ideas.bury(desk, kept.id, " ")
