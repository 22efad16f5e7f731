"""Next steps: one object from the note that raised it to what settled it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from labbook.errors import NotFound
from labbook.model import Conflict, NextStep, Note, StepState
from labbook.model.next_step import REMOVED_FROM_NOTE, match_steps
from labbook.store import next_steps, notes, tables
from labbook.store.notebook import Notebook
from labbook.store.step_rows import load_steps
from labbook.text.markdown import parse_note
from tests.support.notebooks import DAY, at

BODY = "# Plan @kl\n\n- [ ] write\n- [x] read\n- [ ] run\n"


def _add(nb: Notebook, body: str) -> Note:
    return notes.add_note(nb, body, moment=at(0), day=DAY)


def _save(nb: Notebook, note: Note, body: str, minute: float = 1) -> Note:
    now = notes.note(nb, note.id)
    saved = notes.save_note(nb, note.id, body, version=now.version, moment=at(minute))
    assert isinstance(saved, Note)
    return saved


def _steps_of(nb: Notebook, note: Note) -> tuple[NextStep, ...]:
    """The steps that stand in a note, in its order."""
    step = tables.next_step
    chosen = select(step).where(step.c.block_id == note.id, step.c.position.is_not(None))
    with nb.read() as connection:
        return load_steps(connection, chosen.order_by(step.c.position))


def _states(nb: Notebook, note: Note) -> list[tuple[int, str, str]]:
    return [(each.id, each.text, each.state.value) for each in _steps_of(nb, note)]


def test_a_note_raises_its_open_and_its_ticked_items(nb: Notebook) -> None:
    note = _add(nb, BODY)
    assert _states(nb, note) == [(1, "write", "open"), (2, "read", "done"), (3, "run", "open")]
    opened = next_steps.open_steps(nb)
    assert [each.text for each in opened] == ["write", "run"]
    assert {(each.note_id, each.raised, each.thread) for each in opened} == {(note.id, DAY, "kl")}
    assert [each.position for each in opened] == [0, 2]


@pytest.mark.parametrize(
    ("items", "ids"),
    [
        (["write", "read", "run"], [1, 2, 3]),
        (["run", "write", "read"], [3, 1, 2]),
        (["write it down", "read", "run"], [1, 2, 3]),
        (["write", "read", "think", "run"], [1, 2, 4, 3]),
        (["read", "run", "publish"], [2, 3, 4]),
        (["write", "run"], [1, 3]),
        (["run", "read the paper", "write"], [3, 2, 1]),
        (["write", "read", "run", "run"], [1, 2, 3, 4]),
    ],
)
def test_a_step_keeps_its_identity_when_its_note_is_saved_again(
    nb: Notebook, items: list[str], ids: list[int]
) -> None:
    note = _add(nb, "- [ ] write\n- [ ] read\n- [ ] run\n")
    _save(nb, note, "".join(f"- [ ] {item}\n" for item in items))
    assert [(step, text) for step, text, _ in _states(nb, note)] == list(
        zip(ids, items, strict=True)
    )


def test_a_removed_step_is_dropped_with_the_reason_and_comes_back_as_itself(nb: Notebook) -> None:
    note = _add(nb, BODY)
    _save(nb, note, "# Plan\n\n- [ ] run\n")
    gone = next_steps.step(nb, 1)
    assert (gone.state, gone.because, gone.settled) == (
        StepState.DROPPED,
        REMOVED_FROM_NOTE,
        at(1),
    )
    assert next_steps.step(nb, 2).state is StepState.DONE
    _save(nb, note, BODY, minute=2)
    assert _states(nb, note) == [(1, "write", "open"), (2, "read", "done"), (3, "run", "open")]


def test_a_step_that_returns_takes_no_other_steps_place(nb: Notebook) -> None:
    note = _add(nb, "- [ ] first\n- [ ] second\n")
    _save(nb, note, "- [ ] first\n")
    _save(nb, note, "- [ ] second\n", minute=2)
    assert _states(nb, note) == [(2, "second", "open")]
    assert next_steps.step(nb, 1).because == REMOVED_FROM_NOTE
    assert next_steps.step(nb, 1).text == "first"


def test_ticking_the_box_settles_and_unticking_reopens(nb: Notebook) -> None:
    note = _add(nb, BODY)
    _save(nb, note, BODY.replace("[ ] run", "[x] run"))
    done = next_steps.step(nb, 3)
    assert (done.state, done.settled) == (StepState.DONE, at(1))
    _save(nb, note, BODY, minute=2)
    assert next_steps.step(nb, 3).state is StepState.OPEN
    assert next_steps.step(nb, 3).settled is None


@pytest.mark.parametrize("fate", ["done", "dropped"])
def test_settling_ticks_the_box_by_an_ordinary_save(nb: Notebook, fate: str) -> None:
    note = _add(nb, BODY)
    settled = next_steps.settle(nb, 3, fate, because="enough", moment=at(5))  # type: ignore[arg-type]
    assert (settled.state.value, settled.because, settled.settled) == (fate, "enough", at(5))
    now = notes.note(nb, note.id)
    assert now.body == BODY.replace("[ ] run", "[x] run")
    assert (now.version, now.edited) == (2, at(5))
    assert [each.body for each in notes.revisions(nb, note.id)] == [BODY, now.body]
    # A further save of the note leaves the fate as it is.
    _save(nb, note, now.body + "\nmore\n", minute=6)
    assert next_steps.step(nb, 3) == settled


def test_reopening_takes_the_tick_away(nb: Notebook) -> None:
    note = _add(nb, BODY)
    next_steps.settle(nb, 1, "dropped", because="no", moment=at(1))
    opened = next_steps.reopen(nb, 1, moment=at(2))
    assert (opened.state, opened.because, opened.settled) == (StepState.OPEN, "", None)
    assert notes.note(nb, note.id).body == BODY


def test_settling_twice_settles_once(nb: Notebook) -> None:
    note = _add(nb, BODY)
    first = next_steps.settle(nb, 1, "done", moment=at(1))
    assert next_steps.settle(nb, 1, "done", moment=at(2)) == first
    assert notes.note(nb, note.id).version == 2
    changed = next_steps.settle(nb, 1, "dropped", because="after all", moment=at(3))
    assert (changed.state, changed.settled) == (StepState.DROPPED, at(3))
    assert notes.note(nb, note.id).version == 2


def test_a_step_whose_item_is_gone_can_still_be_settled(nb: Notebook) -> None:
    note = _add(nb, BODY)
    _save(nb, note, "nothing left")
    assert next_steps.settle(nb, 1, "done", moment=at(3)).state is StepState.DONE
    assert notes.note(nb, note.id).body == "nothing left"


def test_a_settled_box_makes_a_late_editor_a_conflict(nb: Notebook) -> None:
    read = _add(nb, BODY)
    next_steps.settle(nb, 1, "done", moment=at(1))
    late = notes.save_note(nb, read.id, BODY + "more", version=1, moment=at(2))
    assert isinstance(late, Conflict)
    # The copy has the same items, which are no new steps.
    assert [each.id for each in next_steps.open_steps(nb)] == [3]


def test_deleting_a_note_drops_its_steps_and_restoring_brings_them_back(nb: Notebook) -> None:
    note = _add(nb, BODY)
    next_steps.settle(nb, 1, "dropped", because="no", moment=at(1))
    before = next_steps.steps(nb, (1, 2, 3))
    notes.delete_note(nb, note.id, moment=at(2))
    assert next_steps.open_steps(nb) == ()
    assert next_steps.step(nb, 3).because == REMOVED_FROM_NOTE
    notes.restore_note(nb, note.id, moment=at(3))
    assert next_steps.steps(nb, (1, 2, 3)) == before


def test_the_steps_of_a_copy_count_once_the_other_is_deleted(nb: Notebook) -> None:
    read = _add(nb, "- [ ] one\n")
    _save(nb, read, "- [ ] one\n\ntheirs")
    notes.save_note(nb, read.id, "- [ ] one\n- [ ] two\n", version=1, moment=at(2))
    assert [each.text for each in next_steps.open_steps(nb)] == ["one"]
    notes.delete_note(nb, read.id, moment=at(3))
    assert [each.text for each in next_steps.open_steps(nb)] == ["one", "two"]


def test_steps_come_in_the_order_they_are_asked_for(nb: Notebook) -> None:
    _add(nb, BODY)
    assert [each.id for each in next_steps.steps(nb, (3, 9, 1))] == [3, 1]
    with pytest.raises(NotFound, match="no next step 9"):
        next_steps.step(nb, 9)
    with pytest.raises(NotFound, match="no next step 9"):
        next_steps.settle(nb, 9, "done", moment=at(0))


ITEMS = st.lists(st.tuples(st.sampled_from(["a", "b", "c", "d", "a b"]), st.booleans()), max_size=6)


def _body(items: list[tuple[str, bool]]) -> str:
    return "note\n\n" + "".join(f"- [{'x' if done else ' '}] {text}\n" for text, done in items)


@settings(max_examples=20, deadline=None)
@given(versions=st.lists(ITEMS, min_size=1, max_size=4), data=st.data())
def test_a_box_is_ticked_exactly_when_its_step_is_settled(
    shared: Notebook, versions: list[list[tuple[str, bool]]], data: st.DataObject
) -> None:
    nb = shared
    note = _add(nb, "note")
    for minute, items in enumerate(versions, start=1):
        _save(nb, note, _body(items), minute)
        known = [each.id for each in _steps_of(nb, note)]
        if known and data.draw(st.booleans()):
            chosen = data.draw(st.sampled_from(known))
            change = data.draw(st.sampled_from(["done", "dropped", "reopen"]))
            if change == "reopen":
                next_steps.reopen(nb, chosen, moment=at(minute))
            else:
                next_steps.settle(nb, chosen, change, moment=at(minute))  # type: ignore[arg-type]
        marks = parse_note(notes.note(nb, note.id).body).next_steps
        steps = _steps_of(nb, note)
        assert [(each.text, each.position) for each in steps] == [
            (mark.text, position) for position, mark in enumerate(marks)
        ]
        assert [each.state is not StepState.OPEN for each in steps] == [mark.done for mark in marks]
    opened = {each.id for each in next_steps.open_steps(nb) if each.note_id == note.id}
    assert opened == {each.id for each in steps if each.state is StepState.OPEN}


TEXTS = st.lists(st.sampled_from("abcdef"), max_size=7)


@given(old=TEXTS, new=TEXTS)
def test_matching_is_one_to_one(old: list[str], new: list[str]) -> None:
    matched = match_steps(old, new)
    assert len(matched) == len(new)
    used = [index for index in matched if index is not None]
    assert len(set(used)) == len(used)
    assert set(used) <= set(range(len(old)))


@given(old=TEXTS, new=TEXTS)
def test_the_same_text_is_always_the_same_step(old: list[str], new: list[str]) -> None:
    matched = match_steps(old, new)
    for text in set(old) | set(new):
        exact = sum(
            1
            for index, other in enumerate(matched)
            if other is not None and new[index] == text == old[other]
        )
        assert exact == min(old.count(text), new.count(text))


UNIQUE = st.lists(st.sampled_from("abcdefgh"), max_size=6, unique=True)


@given(old=UNIQUE, data=st.data())
def test_rewording_one_item_keeps_every_identity(old: list[str], data: st.DataObject) -> None:
    new = list(old)
    if new:
        new[data.draw(st.integers(0, len(new) - 1))] = "reworded"
    assert match_steps(old, new) == list(range(len(old)))


@given(old=UNIQUE, data=st.data())
def test_items_put_in_or_taken_out_leave_the_others_alone(
    old: list[str], data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(old)))
    longer = [*old[:place], "new", *old[place:]]
    kept = list(range(len(old)))
    assert match_steps(old, longer) == [*kept[:place], None, *kept[place:]]
    assert match_steps(longer, old) == [*range(place), *range(place + 1, len(longer))]


@given(old=UNIQUE, data=st.data())
def test_changing_places_keeps_every_identity(old: list[str], data: st.DataObject) -> None:
    new = data.draw(st.permutations(old))
    assert match_steps(old, new) == [old.index(text) for text in new]
