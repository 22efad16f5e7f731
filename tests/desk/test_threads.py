"""Threads: one state each, undone by resuming, and sums that agree with the rows."""

from __future__ import annotations

import datetime as dt
import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from labbook.desk import suggest, threads, time, write
from labbook.desk.desk import Desk
from labbook.errors import LabbookError, NotFound, UsageError
from labbook.model import Moment
from labbook.model.thread import ThreadState
from labbook.settings import Settings
from labbook.store.new_run import NewRun
from labbook.store.runs import create_run
from labbook.text.period import Period
from tests.support.notebooks import DAY, at, new_notebook


class Clock:
    """A clock that stands where it is put."""

    def __init__(self) -> None:
        self.now = at(0)

    def __call__(self) -> Moment:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(tmp_path: Path, clock: Clock) -> Iterator[Desk]:
    new_notebook(tmp_path / "notebook").close()
    with Desk(Settings(notebook=tmp_path / "notebook"), clock=clock) as desk:
        yield desk


def _sql(desk: Desk, question: str, *values: object) -> list[tuple[object, ...]]:
    with sqlite3.connect(desk.path / "labbook.db") as connection:
        return connection.execute(question, values).fetchall()


def _run(desk: Desk, thread: str | None = None) -> int:
    new = NewRun("demo", {}, DAY, desk.clock(), "here", "", thread=thread)
    return create_run(desk.notebook, new).id


def test_a_thread_has_exactly_one_state_whatever_is_done_to_it(desk: Desk) -> None:
    rng = random.Random(3)
    names = ["kl", "channel", "kernels"]
    for name in names:
        write.add_note(desk, f"first @{name}")
    expected = dict.fromkeys(names, ThreadState.ACTIVE)
    outcomes = dict.fromkeys(names, "")
    for step in range(120):
        name = rng.choice(names)
        other = rng.choice([each for each in names if each != name])
        match rng.choice(["pause", "resume", "deliver", "end", "leave"]):
            case "pause":
                threads.pause(desk, name)
                expected[name] = ThreadState.PAUSED
            case "resume":
                threads.resume(desk, name)
                expected[name] = ThreadState.ACTIVE
            case "deliver":
                threads.deliver(desk, name, f"paper {step}")
                expected[name], outcomes[name] = ThreadState.DELIVERED, f"paper {step}"
            case "end":
                threads.end(desk, name, f"no {step}")
                expected[name], outcomes[name] = ThreadState.DEAD_END, f"no {step}"
            case _:
                threads.leave(desk, name, other)
                expected[name], outcomes[name] = ThreadState.LEFT, f"left for @{other}"
        found = {each.name: each for each in threads.threads(desk, ended=True)}
        assert {key: each.state for key, each in found.items()} == expected
        assert {key: each.outcome for key, each in found.items()} == outcomes, "kept by resuming"
    shown = {each.name for each in threads.threads(desk)}
    assert shown == {name for name, state in expected.items() if not state.has_ended}


def test_the_sums_agree_with_the_rows(desk: Desk, clock: Clock) -> None:
    rng = random.Random(11)
    names = ["kl", "channel", "kernels"]
    runs = [_run(desk, rng.choice([*names, None])) for _ in range(12)]
    for number in range(60):
        clock.now = at(number * 7)
        named = " ".join(f"@{name}" for name in names if rng.random() < 0.4)
        step = "\n- [ ] again" if rng.random() < 0.3 else ""
        run = f" run:{rng.choice(runs)}" if rng.random() < 0.3 else ""
        thread = rng.choice(names) if rng.random() < 0.2 else None
        note = write.add_note(desk, f"note {number} {named}{run}{step}", thread=thread)
        if rng.random() < 0.15:
            write.delete_note(desk, note.id)
        if number % 5 == 0:
            time.add(desk, rng.choice(names), at(number * 7 - 6), at(number * 7 - rng.random()))
    for each in threads.threads(desk, ended=True):
        page = threads.contents(desk, each.name)
        assert [note.id for note in reversed(page.notes)] == [
            row[0]
            for row in _sql(
                desk,
                "SELECT b.id FROM block b JOIN block_thread l ON l.block_id = b.id"
                " WHERE l.thread_id = ? AND b.deleted_us IS NULL ORDER BY b.created_us, b.id",
                each.id,
            )
        ]
        assert {run.id for run in page.runs} == {
            row[0]
            for row in _sql(
                desk,
                "SELECT id FROM run WHERE thread_id = ?1 UNION SELECT m.run_id FROM mention m"
                " JOIN block b ON b.id = m.block_id JOIN block_thread l ON l.block_id = b.id"
                " WHERE m.run_id IS NOT NULL AND b.deleted_us IS NULL AND l.thread_id = ?1",
                each.id,
            )
        }
        measured = _sql(
            desk, "SELECT sum(to_us - from_us) FROM time_span WHERE thread_id = ?", each.id
        )[0][0]
        assert each.measured_s == pytest.approx(float(str(measured)) / 1e6)
        assert sum(week[1] for week in page.weeks) == pytest.approx(each.measured_s)
        open_steps = _sql(
            desk,
            "SELECT count(*) FROM next_step WHERE state = 'open' AND thread_id = ?",
            each.id,
        )
        assert (len(page.notes), len(page.runs)) == (each.notes, each.runs)
        assert open_steps == [(each.open_steps,)]


def test_what_it_is_for_is_changed_part_by_part(desk: Desk) -> None:
    threads.add(desk, "@KL-Bias")
    threads.edit(desk, "kl-bias", goal="  an unbiased estimator ", kind="goal-driven")
    found = threads.edit(desk, "@kl-bias", importance=8)
    assert (found.name, found.goal, found.kind, found.importance) == (
        "kl-bias",
        "an unbiased estimator",
        "goal-driven",
        8,
    )
    assert found.touched is None, "nothing was done on it yet"


@pytest.mark.parametrize(
    ("verb", "error"),
    [
        (lambda desk: threads.pause(desk, "none"), NotFound),
        (lambda desk: threads.deliver(desk, "kl", "  "), UsageError),
        (lambda desk: threads.end(desk, "kl", ""), UsageError),
        (lambda desk: threads.leave(desk, "kl", "@KL"), UsageError),
        (lambda desk: threads.leave(desk, "kl", "none"), NotFound),
        (lambda desk: threads.add(desk, "two words"), UsageError),
        (lambda desk: threads.give_note(desk, 99, "kl"), NotFound),
    ],
)
def test_what_makes_no_sense_changes_nothing(desk: Desk, verb, error: type[LabbookError]) -> None:  # type: ignore[no-untyped-def]
    write.add_note(desk, "@kl")
    before = threads.threads(desk, ended=True)
    with pytest.raises(error):
        verb(desk)
    assert threads.threads(desk, ended=True) == before


def test_a_thread_is_renamed_only_while_no_text_holds_its_name(desk: Desk) -> None:
    given = write.add_note(desk, "no name in here", thread="old")
    time.add(desk, "old", at(-60), at(-30))
    assert threads.rename(desk, "old", "New").name == "new"
    found = threads.thread(desk, "new")
    assert (found.notes, found.measured_s) == (1, 1800)
    naming = write.add_note(desk, "here it is: @new")
    write.delete_note(desk, naming.id)
    with pytest.raises(UsageError, match=f"stands in the text of note {naming.id} of {DAY}"):
        threads.rename(desk, "new", "newer")  # the deleted note may be restored
    threads.add(desk, "other")
    with pytest.raises(UsageError, match="@new already"):
        threads.rename(desk, "other", "new")
    assert [each.threads for each in threads.contents(desk, "new").notes] == [("new",)]
    assert given.body == "no name in here"


def test_a_note_is_given_a_thread_and_it_is_taken_back(desk: Desk) -> None:
    note = write.add_note(desk, "for later @kl\n- [ ] do it")
    given = threads.give_note(desk, note.id, "@channel")
    assert given.threads == ("channel", "kl")
    assert (given.body, given.version) == (note.body, note.version)
    assert [step.text for step in threads.contents(desk, "channel").steps] == ["do it"]
    assert threads.give_note(desk, note.id, None).threads == ("kl",)
    write.delete_note(desk, note.id)
    with pytest.raises(UsageError, match="is deleted"):
        threads.give_note(desk, note.id, "kl")


def test_a_thread_is_suggested_with_reasons(desk: Desk, clock: Clock) -> None:
    for number, text in enumerate(
        ["dithered quantisation of the latent @channel", "quantisation once more @channel"]
    ):
        clock.now = at(-5000 + number)
        write.add_note(desk, text, day=DAY - dt.timedelta(days=3))
    clock.now = at(0)
    write.add_note(desk, "bias of k2 @kl")
    clock.now = at(10)
    beside = write.add_note(desk, "and again")
    clock.now = at(200)
    shared = write.add_note(desk, "does the quantisation step matter?")
    clock.now = at(400)
    write.add_note(desk, "nothing to go by")
    found = suggest.suggestions(desk, Period(DAY, DAY))
    assert [(each.note.id, each.thread) for each in found] == [
        (beside.id, "kl"),
        (shared.id, "channel"),
    ]
    assert found[0].reasons == ("beside note 3",)
    assert "“quantisation”" in found[1].reasons
    for each in found:
        threads.give_note(desk, each.note.id, each.thread)
    assert suggest.suggestions(desk, Period(DAY, DAY)) == ()
