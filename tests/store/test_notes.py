"""Notes: saved with a version, kept in every version, lost in none."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
)

from labbook.errors import NotFound, UsageError
from labbook.model import Conflict, Note
from labbook.store import entries, notes, threads
from labbook.store.notebook import Notebook
from labbook.text.period import Period
from tests.support.notebooks import DAY, at, new_notebook, raw

WEEK = Period.week_of(DAY)


def _add(nb: Notebook, body: str, minute: float = 0, thread: str | None = None) -> Note:
    return notes.add_note(nb, body, moment=at(minute), day=DAY, thread=thread)


def _save(nb: Notebook, note: Note, body: str, minute: float = 1) -> Note | Conflict:
    return notes.save_note(nb, note.id, body, version=note.version, moment=at(minute))


def test_a_note_is_read_as_it_was_written(nb: Notebook) -> None:
    body = "# Tried k3\n\nIt beats k2 #insight #kl/bias @kl-estimators, see @channel.\n"
    written = _add(nb, body)
    assert written.body == body
    assert written.day == DAY
    assert written.time == at(0)
    assert written.version == 1
    assert written.tags == ("insight", "kl/bias")
    assert written.threads == ("kl-estimators", "channel")
    assert notes.note(nb, written.id) == written


def test_a_given_thread_comes_first_and_stays_when_the_text_changes(nb: Notebook) -> None:
    written = _add(nb, "about @other", thread="@Main")
    assert written.threads == ("main", "other")
    saved = _save(nb, written, "about nothing")
    assert isinstance(saved, Note)
    assert saved.threads == ("main",)
    assert _add(nb, "about @main and @other", thread="main").threads == ("main", "other")
    assert set(threads.threads(nb)) == {"main", "other"}


@pytest.mark.parametrize("name", ["", "two words", "a#b", "12", "x.", "\n", "`code`"])
def test_what_cannot_be_written_after_an_at_sign_is_no_thread(nb: Notebook, name: str) -> None:
    with pytest.raises(UsageError, match="cannot be the name of a thread"):
        _add(nb, "x", thread=name)
    assert entries.entry(nb, DAY).blocks == ()


def test_threads_are_listed_with_the_one_named_last_first(nb: Notebook) -> None:
    for body in ("@old", "@new", "@old @middle", "@new"):
        _add(nb, body)
    assert threads.threads(nb) == ("new", "middle", "old")


def test_a_save_raises_the_version_and_keeps_both_texts(nb: Notebook) -> None:
    first = _add(nb, "one #a")
    second = _save(nb, first, "two #b", minute=5)
    assert isinstance(second, Note)
    assert (second.version, second.body, second.tags) == (2, "two #b", ("b",))
    assert (second.time, second.edited) == (at(0), at(5))
    kept = notes.revisions(nb, first.id)
    assert [(each.version, each.body, each.saved) for each in kept] == [
        (1, "one #a", at(0)),
        (2, "two #b", at(5)),
    ]


def test_saving_the_same_text_is_no_new_version(nb: Notebook) -> None:
    first = _add(nb, "one")
    assert _save(nb, first, "one") == first
    assert len(notes.revisions(nb, first.id)) == 1


def test_an_older_text_can_be_saved_again(nb: Notebook) -> None:
    first = _add(nb, "one")
    second = _save(nb, first, "two")
    assert isinstance(second, Note)
    third = _save(nb, second, "one")
    assert isinstance(third, Note)
    assert (third.version, third.body) == (3, "one")


def test_of_two_editors_the_second_gets_a_copy_beside_the_first(nb: Notebook) -> None:
    read = _add(nb, "start @thread", minute=0, thread="given")
    _add(nb, "later", minute=1)
    theirs = _save(nb, read, "theirs", minute=2)
    ours = _save(nb, read, "ours #mine", minute=3)
    assert isinstance(ours, Conflict)
    assert ours.theirs == theirs
    assert ours.copy.body == "ours #mine"
    assert ours.copy.conflict_of == read.id
    assert ours.copy.threads == ("given",)
    # Beside it: before what was written later.
    assert [block.body for block in entries.entry(nb, DAY).blocks] == [
        "theirs",
        "ours #mine",
        "later",
    ]
    again = notes.save_note(nb, ours.copy.id, "ours, edited", version=1, moment=at(4))
    assert isinstance(again, Note)
    assert again.conflict_of == read.id


def test_a_late_save_that_says_the_same_or_changed_nothing_makes_no_copy(nb: Notebook) -> None:
    read = _add(nb, "start")
    theirs = _save(nb, read, "theirs")
    assert _save(nb, read, "theirs") == theirs
    assert _save(nb, read, "start") == theirs
    assert len(entries.entry(nb, DAY).blocks) == 1


def test_a_deleted_note_leaves_its_day_and_can_be_restored(nb: Notebook) -> None:
    note = _add(nb, "here #tag @thread")
    notes.delete_note(nb, note.id, moment=at(1))
    assert entries.entry(nb, DAY).blocks == ()
    assert notes.note(nb, note.id).deleted
    assert [each.id for each in notes.deleted_notes(nb, WEEK)] == [note.id]
    assert notes.deleted_notes(nb, WEEK.before()) == ()
    notes.delete_note(nb, note.id, moment=at(2))
    assert notes.restore_note(nb, note.id, moment=at(3)) == note
    assert entries.entry(nb, DAY).blocks == (note,)
    assert notes.deleted_notes(nb, WEEK) == ()


def test_what_was_being_written_when_its_note_was_deleted_becomes_a_note(nb: Notebook) -> None:
    note = _add(nb, "start @kl")
    notes.delete_note(nb, note.id, moment=at(1))
    saved = _save(nb, note, "much more\n\n- [ ] step", minute=2)
    assert isinstance(saved, Conflict)
    assert saved.theirs.deleted
    assert saved.copy.conflict_of is None
    assert entries.entry(nb, DAY).blocks == (saved.copy,)


def test_a_conflict_copy_becomes_a_note_when_the_other_is_deleted(nb: Notebook) -> None:
    note = _add(nb, "start")
    _save(nb, note, "theirs")
    conflict = _save(nb, note, "ours")
    assert isinstance(conflict, Conflict)
    notes.delete_note(nb, note.id, moment=at(3))
    assert notes.note(nb, conflict.copy.id).conflict_of is None


def test_an_unknown_note_is_not_found(nb: Notebook) -> None:
    for use in (
        lambda: notes.note(nb, 7),
        lambda: notes.revisions(nb, 7),
        lambda: notes.save_note(nb, 7, "x", version=1, moment=at(0)),
        lambda: notes.delete_note(nb, 7, moment=at(0)),
        lambda: notes.restore_note(nb, 7, moment=at(0)),
    ):
        with pytest.raises(NotFound, match="no note 7"):
            use()


HOSTILE = [
    "\x1b]52;c;aGk=\x07 \x1b[2J \x9b31m",
    "[@click=app.bell]x[/] [/] [link=https://x]",
    "\u202egnirts\u202c \u2066x\u2069",
    "null\x00byte",
    "lone \ud83d surrogate",
    "'; DROP TABLE block; --",
    "\u0627\u0644\u0639\u0631\u0628\u064a\u0629 \U0001f469\u200d\U0001f52c e\u0301",
    "a" * 1_000_000,
    "\r\n\r\n\t\x0b\x0c",
]


@pytest.mark.parametrize("body", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_kept_as_typed_but_for_what_cannot_be_stored(
    nb: Notebook, body: str
) -> None:
    expected = body.replace("\x00", "").replace("\ud83d", "")
    assert _add(nb, body).body == expected
    with raw(nb.path) as connection:
        stored, sha256 = connection.execute("SELECT body, body_sha256 FROM block").fetchone()
    assert stored == expected
    assert sha256 == hashlib.sha256(expected.encode()).hexdigest()


@settings(max_examples=100, deadline=None)
@given(body=st.text(min_size=1))
def test_any_text_comes_back(shared: Notebook, body: str) -> None:
    written = _add(shared, body)
    assert written.body == body.replace("\x00", "")
    assert notes.note(shared, written.id) == written


class Editors(RuleBasedStateMachine):
    """Two windows on the same notes: whatever they do, every saved text can be found."""

    held = Bundle("held")

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp(prefix="labbook-editors-"))
        self.nb = new_notebook(self.directory / "notebook")
        self.saved: list[str] = []
        self.clock = 0

    def _next(self) -> float:
        self.clock += 1
        return self.clock

    @initialize(target=held)
    def begin(self) -> Note:
        return _add(self.nb, "begin")

    @rule(target=held, body=st.text("ab \n-[]x@#", min_size=1, max_size=12))
    def add(self, body: str) -> Note:
        self.saved.append(body)
        return _add(self.nb, body, self._next())

    @rule(target=held, note=held, body=st.text("ab \n-[]x@#", min_size=1, max_size=12))
    def save(self, note: Note, body: str) -> object:
        """Save from what some window read at some time, however old."""
        self.saved.append(body)
        outcome = notes.save_note(
            self.nb, note.id, body, version=note.version, moment=at(self._next())
        )
        if isinstance(outcome, Conflict):
            return multiple(outcome.theirs, outcome.copy)
        return multiple(outcome)

    @rule(note=held)
    def delete(self, note: Note) -> None:
        notes.delete_note(self.nb, note.id, moment=at(self._next()))

    @rule(target=held, note=consumes(held))
    def restore(self, note: Note) -> Note:
        return notes.restore_note(self.nb, note.id, moment=at(self._next()))

    @invariant()
    def every_saved_text_is_in_some_revision(self) -> None:
        with self.nb.read() as connection:
            statement = "SELECT body FROM block_revision"
            kept = set(connection.exec_driver_sql(statement).scalars())
        assert kept >= set(self.saved)

    @invariant()
    def the_last_revision_is_the_note(self) -> None:
        with self.nb.read() as connection:
            ids = connection.exec_driver_sql("SELECT id FROM block").scalars().all()
        for note_id in ids:
            last = notes.revisions(self.nb, note_id)[-1]
            note = notes.note(self.nb, note_id)
            assert (last.version, last.body) == (note.version, note.body)

    def teardown(self) -> None:
        self.nb.close()
        shutil.rmtree(self.directory)


Editors.TestCase.settings = settings(max_examples=10, stateful_step_count=12, deadline=None)
TestEditors = Editors.TestCase
